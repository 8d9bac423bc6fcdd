"""A VST3's raw state, as JUCE's hosts write it, turned into a .vstpreset."""

import re
import struct

from ...models.errors import PluginError

MAGIC = b"VC2!"  # JUCE: then the size, then XML, then NUL
CHUNKS = (("IComponent", b"Comp"), ("IEditController", b"Cont"))
ALPHABET = ".ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+"
HEADER_BYTES = 48


def preset_of(raw_state: bytes, class_id: bytes) -> bytes:
    """Return the bytes of a .vstpreset that holds a raw state.

    Args:
        raw_state: what pedalboard's and DawDreamer's `raw_state` of a VST3 is.
        class_id: 32 hexadecimal digits, by which a plugin knows its presets.

    Raises:
        PluginError: no raw state of a VST3.
    """
    chunks = chunks_of(raw_state)
    body, table, at = b"", b"", HEADER_BYTES
    for name, data in chunks:
        table += name + struct.pack("<qq", at, len(data))
        body, at = body + data, at + len(data)
    return (
        b"VST3"
        + struct.pack("<i", 1)
        + class_id
        + struct.pack("<q", at)
        + body
        + b"List"
        + struct.pack("<i", len(chunks))
        + table
    )


def chunks_of(raw_state: bytes) -> list[tuple[bytes, bytes]]:
    """Return the state of component and controller, by the names a .vstpreset gives them. Raises PluginError."""
    text = raw_state[8:].rstrip(b"\0").decode("utf-8", "replace") if raw_state[:4] == MAGIC else ""
    found = [(name, re.search(f"<{tag}>([^<]*)</{tag}>", text)) for tag, name in CHUNKS]
    chunks = [(name, decoded(match[1]) if match else b"") for name, match in found]
    if not any(data for _, data in chunks):
        raise PluginError("these bytes are no raw state of a VST3: pass what raw_state of the same plugin gave")
    return chunks


def class_id_of(preset: bytes) -> bytes:
    """Return whose preset a .vstpreset is, as 32 hexadecimal digits. Raises PluginError."""
    if preset[:4] != b"VST3" or len(preset) < HEADER_BYTES or not re.fullmatch(rb"[0-9A-Fa-f]{32}", preset[8:40]):
        raise PluginError("this is no .vstpreset: its first bytes are not those of one")
    return preset[8:40]


def decoded(text: str) -> bytes:
    """Decode JUCE's own base 64: the size, a dot, then six bits a character, the lowest first. Raises PluginError."""
    size, dot, characters = text.partition(".")
    if not dot or not size.isdigit() or int(size) > len(characters):
        raise PluginError("the raw state is damaged: it does not say how long it is")
    bits = 0
    for i, character in enumerate(characters):
        value = ALPHABET.find(character)
        if value < 0:
            raise PluginError(f"the raw state is damaged: {character!r} does not belong there")
        bits |= value << (6 * i)
    return bits.to_bytes((6 * len(characters) + 7) // 8, "little")[: int(size)]
