"""The machine's MIDI systems, through python-rtmidi: ALSA, JACK, CoreMIDI, Windows.

Which of them runs differs from machine to machine (a container has no ALSA sequencer, a laptop no JACK server), so each is
tried, and where none runs the error says what was tried.
"""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...models.errors import InvalidValue, MissingExtra, PortError, near_misses
from ..quiet import quiet_stderr

CLIENT = "wetdry"
TRIES = 3
MOST_WAITING = 65536  # messages that nobody has asked for; older ones are let go
SEQUENCER = Path("/dev/snd/seq")
LOOPS_BACK = "Midi Through"  # ALSA's own port, on every Linux machine: nobody's controller


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


def chosen(name: str | None, direction: str, clients: dict[str, Any]) -> tuple[str, str]:
    """Return the name and the system of the port that is meant: a part of its name, in any case; None: the only one there is.

    Raises:
        PortError: there is no such port, or several; names those there are.
    """
    there = [(found, system) for system, client in clients.items() for found in client.get_ports()]
    if name is None:
        meant = [one for one in there if LOOPS_BACK not in one[0]]
    else:
        meant = [one for one in there if one[0] == name] or [one for one in there if name.lower() in one[0].lower()]
    if len({found for found, _ in meant}) == 1:
        return meant[0]
    listed = ", ".join(repr(found) for found, _ in meant or there) or "none"
    systems = " and ".join(clients)
    if meant:
        like = "" if name is None else f" named like {name!r}"
        raise PortError(f"several MIDI {direction}s{like}; say which: {listed}")
    if name is None:
        raise PortError(f"no MIDI {direction} is plugged in ({systems} asked); virtual=True makes one to send to")
    near = near_misses(name, [found for found, _ in there]) if there else f"{systems} has none"
    raise PortError(f"no MIDI {direction} named {name!r}; {near}")


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
    try:
        for _ in range(TRIES - 1 if system == "JACK" and jack_runs() else 0):
            with suppress(rtmidi.RtMidiError, OSError):
                return _opened(rtmidi, direction, system), ""
            time.sleep(0.3)
        return _opened(rtmidi, direction, system), ""
    except (rtmidi.RtMidiError, OSError) as error:
        if system != "JACK":
            return None, f"{system}: {error}"
        runs = "does not answer" if jack_runs() else "does not run (jackd -r -d dummy starts one without hardware)"
        return None, f"JACK: the server named {_jack_server()!r} {runs}"


def _opened(rtmidi: Any, direction: str, system: str) -> Any:
    with quiet_stderr():
        if direction == "input":
            return rtmidi.MidiIn(systems()[system], name=CLIENT, queue_size_limit=MOST_WAITING)
        return rtmidi.MidiOut(systems()[system], name=CLIENT)


def _jack_server() -> str:
    return os.environ.get("JACK_DEFAULT_SERVER", "default")


def jack_runs() -> bool:
    """Tell whether a JACK server's socket is there (PipeWire's has none); one that is busy may miss a client's first call."""
    if not hasattr(os, "getuid"):
        return False
    return any(Path(folder, f"jack_{_jack_server()}_{os.getuid()}_0").exists() for folder in ("/dev/shm", "/tmp"))


def rtmidi_module() -> Any:
    """Return python-rtmidi. Raises MissingExtra where it is not installed, PortError where it does not load."""
    try:
        import rtmidi
    except ModuleNotFoundError:
        raise MissingExtra("a MIDI port", "live", "python-rtmidi") from None
    except ImportError as error:
        raise PortError(f"python-rtmidi does not load on this machine ({error}); Debian: apt install libasound2") from None
    return rtmidi
