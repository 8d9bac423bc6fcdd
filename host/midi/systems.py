"""The machine's MIDI systems, through python-rtmidi: ALSA, JACK, CoreMIDI, Windows.

Which of them runs differs from machine to machine (a container has no ALSA sequencer, a laptop no JACK server), so each is
tried, and where none runs the error says what was tried.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...models.errors import InvalidValue, MissingExtra, PortError
from ..quiet import quiet_stderr

CLIENT = "wetdry"
SEQUENCER = Path("/dev/snd/seq")


def clients_of(direction: str, system: str | None = None) -> dict[str, Any]:
    """Return a client of every MIDI system that runs here, by the system's name; only of `system` where one is named.

    Args:
        direction: "input" or "output".
        system: its name, in any case.

    Raises:
        PortError: none runs, and what was tried; InvalidValue: a system that this machine's python-rtmidi does not know.
    """
    clients, tried = {}, []
    for name in systems():
        if system is None or name.lower() == system.lower():
            client, problem = client_of(direction, name)
            tried.append(problem)
            if client is not None:
                clients[name] = client
    if system is not None and not tried:
        raise InvalidValue(f"system = {system!r} is not one of {', '.join(map(repr, systems()))} on this machine")
    if not clients:
        raise PortError("no MIDI system runs on this machine: " + "; ".join(tried))
    return clients


def systems() -> dict[str, int]:
    """Return the MIDI systems that python-rtmidi was built for: name → its number there."""
    rtmidi = rtmidi_module()
    every = {rtmidi.get_api_display_name(api): api for api in rtmidi.get_compiled_api() if api != rtmidi.API_RTMIDI_DUMMY}
    return {"JACK" if name == "Jack" else name: api for name, api in every.items()}


def client_of(direction: str, system: str) -> tuple[Any, str]:
    """Return a client of a MIDI system, or None and why there is none."""
    rtmidi = rtmidi_module()
    if system == "ALSA" and not SEQUENCER.exists():
        return None, f"ALSA has no sequencer ({SEQUENCER})"
    kind: Callable[..., Any] = rtmidi.MidiIn if direction == "input" else rtmidi.MidiOut
    try:
        with quiet_stderr():
            return kind(systems()[system], name=CLIENT), ""
    except (rtmidi.RtMidiError, OSError) as error:
        server = os.environ.get("JACK_DEFAULT_SERVER", "default")
        hint = f"no server named {server!r} runs (jackd -r -d dummy starts one without hardware)"
        return None, f"JACK: {hint}" if system == "JACK" else f"{system}: {error}"


def rtmidi_module() -> Any:
    """Return python-rtmidi. Raises MissingExtra where it is not installed, PortError where it does not load."""
    try:
        import rtmidi
    except ModuleNotFoundError:
        raise MissingExtra("a MIDI port", "live", "python-rtmidi") from None
    except ImportError as error:
        raise PortError(f"python-rtmidi does not load on this machine ({error}); Debian: apt install libasound2") from None
    return rtmidi
