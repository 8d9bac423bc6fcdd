"""What passes between us and the process of an isolated plugin: a fixed frame for audio, JSON for everything else.

The audio itself lies in `SharedAudio`: rows of the input, rows of the key, and the answer over both of them.
"""

import base64
import json
import os
import struct
from typing import Any, NamedTuple

from ...models import errors
from ...models.errors import PluginError, WetdryError

PLAY, ASK, AUDIO, ANSWER, ERROR = range(5)


class Request(NamedTuple):
    """To the plugin. `length`: samples to play, or bytes of JSON that follow; `memory`: bytes of shared audio to map."""

    kind: int
    reset: bool = False
    channels: int = 0
    key_channels: int = 0
    length: int = 0
    buffer_size: int = 0
    sample_rate: float = 0.0
    memory: int = 0


class Reply(NamedTuple):
    """From the plugin. `length`: samples that came out, or bytes of JSON that follow."""

    kind: int
    channels: int = 0
    length: int = 0
    latency: int = 0
    non_finite: int = 0


_REQUEST, _REPLY = struct.Struct("<B?HHIIdQ"), struct.Struct("<BHIqQ")


def send_request(descriptor: int, request: Request, text: bytes = b"") -> None:
    """Write a request. Raises OSError where nobody reads."""
    send(descriptor, _REQUEST.pack(*request) + text)


def receive_request(descriptor: int) -> Request:
    """Wait for a request. Raises EOFError where the other side is gone."""
    return Request(*_REQUEST.unpack(receive(descriptor, _REQUEST.size)))


def send_reply(descriptor: int, reply: Reply, text: bytes = b"") -> None:
    """Write a reply. Raises OSError where nobody reads."""
    send(descriptor, _REPLY.pack(*reply) + text)


def receive_reply(descriptor: int) -> Reply:
    """Wait for a reply. Raises EOFError where the other side is gone."""
    return Reply(*_REPLY.unpack(receive(descriptor, _REPLY.size)))


def send(descriptor: int, frame: bytes) -> None:
    """Write all of a frame. Raises OSError where nobody reads."""
    sent = os.write(descriptor, frame)
    while sent < len(frame):
        sent += os.write(descriptor, memoryview(frame)[sent:])


def receive(descriptor: int, count: int) -> bytes:
    """Read exactly so many bytes. Raises EOFError where the other side is gone."""
    parts, missing = [], count
    while missing:
        part = os.read(descriptor, missing)
        if not part:
            raise EOFError
        if len(part) == count:
            return part
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def packed(data: Any) -> bytes:
    """Return plain data, bytes included, as JSON."""
    return json.dumps(data, default=lambda value: {"base64": base64.b64encode(value).decode()}).encode()


def unpacked(text: bytes) -> Any:
    """Undo `packed`."""
    return json.loads(text, object_hook=lambda found: base64.b64decode(found["base64"]) if "base64" in found else found)


def error_to_plain(error: Exception) -> dict[str, str]:
    """Return an error as plain data."""
    return {"kind": type(error).__name__, "message": str(error)}


def error_of(data: dict[str, str]) -> WetdryError:
    """Return the error that plain data says: of the same class where it is one of ours."""
    kind = getattr(errors, data["kind"], None)
    if not (isinstance(kind, type) and issubclass(kind, WetdryError)):
        return PluginError(f"{data['kind']}: {data['message']}")
    error = kind.__new__(kind)  # past constructors that take more than a message
    error.args = (data["message"],)
    return error
