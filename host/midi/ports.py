"""MIDI ports: what is plugged in, opened through whichever of the machine's MIDI systems has it."""

import atexit
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple, Self
from weakref import WeakSet, ref

from ..quiet import quiet_stderr
from .systems import CLIENT, MOST_WAITING, chosen, clients_of

LISTEN_SECONDS = 0.001
LOOK_SECONDS = 1.0  # how often a silent port is looked for


class Arrival(NamedTuple):
    """A message as a port got it.

    Attributes:
        seconds: `time.monotonic()` when it came in.
        data: its bytes, as the port gave them: not checked.
    """

    seconds: float
    data: bytes


@dataclass(frozen=True)
class FoundPort:
    """A port of another program or a device.

    Attributes:
        name: as the system calls it.
        direction: "input": it can be listened to; "output": it can be sent to.
        system: "ALSA", "JACK", "CoreMIDI" or "Windows MultiMedia".
    """

    name: str
    direction: str
    system: str


def list_ports() -> list[FoundPort]:
    """Return every port that this machine's MIDI systems have now, inputs first.

    Raises:
        MissingExtra: python-rtmidi is not installed; PortError: no MIDI system runs here, and what was tried.
    """
    found = []
    for direction in ("input", "output"):
        for system, client in clients_of(direction).items():
            found += [FoundPort(name, direction, system) for name in client.get_ports()]
            client.delete()
    return found


_OPEN: "WeakSet[Port]" = WeakSet()


@atexit.register
def _close_all() -> None:
    """Leave as one should: a JACK server may wait seconds for a client that has just gone."""
    for port in list(_OPEN):
        port.close()


class Port:
    """An open port; close it, or use it in a `with` block.

    Attributes:
        name: of the device or program at the other end; a virtual port's own.
        system: the MIDI system that it was found in.
    """

    _direction: str
    _client: Any

    def __init__(self, name: str | None, virtual: bool, system: str | None) -> None:
        self._virtual, self._lock, self._client = virtual, threading.RLock(), None
        clients = clients_of(self._direction, system)
        try:
            self.name, self.system = (
                (name or CLIENT, next(iter(clients))) if virtual else chosen(name, self._direction, clients)
            )
            self._client = clients.pop(self.system)
        finally:
            for other in clients.values():
                other.delete()
        self._connect()
        _OPEN.add(self)

    def _connect(self) -> None:
        if self._virtual:
            self._client.open_virtual_port(self.name)
        else:
            self._client.open_port(self._client.get_ports().index(self.name), self._direction)

    @property
    def is_there(self) -> bool:
        """Whether the other end is plugged in now; always so for an open virtual port, which others plug into."""
        return self._client is not None and (self._virtual or self.name in self._client.get_ports())

    def close(self) -> None:
        """Close it; closing twice does no harm."""
        with self._lock:
            if self._client is not None:
                with quiet_stderr():  # a server that has gone away is complained of
                    self._client.delete()
            self._client = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()  # python-rtmidi leaves a client that nobody has any more to its system

    def __repr__(self) -> str:
        return f"<MIDI {self._direction} {self.name!r} ({self.system})>"


class InputPort(Port):
    """A port that is listened to. Messages are stamped as they arrive, to the millisecond; those that come together keep
    their distance.

    SysEx, clock and active sensing are left out: no knob hangs on them. A device that is unplugged warns in one line,
    the knobs stay where they are, and when it comes back it goes on. A JACK server that ends takes its ports along for good:
    close them before you open others.

    Attributes:
        lost: messages let go because nobody had asked for the 65,536 before them.
        said: called with a line where the device is unplugged, in place of a warning; None: a RuntimeWarning.
    """

    _direction = "input"

    def __init__(self, name: str | None, virtual: bool, system: str | None) -> None:
        self._waiting: deque[Arrival] = deque(maxlen=MOST_WAITING)
        self._last = 0.0  # stamp
        self.lost = 0
        self.said: Callable[[str], None] | None = None
        self._looked, self._gone = time.monotonic(), False
        super().__init__(name, virtual, system)
        threading.Thread(target=_listen, args=(ref(self),), name=f"MIDI {self.name}", daemon=True).start()

    def arrived(self) -> list[Arrival]:
        """Return what came in since it was last asked, in order; never waits."""
        self._take_in()
        waiting = self._waiting
        heard = [waiting.popleft() for _ in range(len(waiting))]
        if heard:
            self._looked = heard[-1].seconds
        elif time.monotonic() - self._looked > LOOK_SECONDS:
            self._look()
        return heard

    def _take_in(self) -> bool:
        """Stamp what the system has for us; tell whether the port is open.

        The system's own thread writes into a queue that is read here: it never waits for Python, nor Python for it.
        """
        with self._lock:
            if self._client is None:
                return False
            got: list[tuple[list[int], float]] = []
            while len(got) < MOST_WAITING and (message := self._client.get_message()):
                got.append(message)
            ages = accumulate([0.0, *(seconds for _, seconds in reversed(got[1:]))]) if got else ()
            now = time.monotonic()
            for (data, _), age in zip(got, reversed(list(ages)), strict=True):
                self.lost += len(self._waiting) == MOST_WAITING
                self._last = max(self._last, now - age)
                self._waiting.append(Arrival(self._last, bytes(data)))
            return True

    def _look(self) -> None:
        """Look whether a silent device is still plugged in, and plug it in again where it has come back."""
        with self._lock:
            if self._client is None or self._virtual:
                return
            if not self._gone and not self.is_there:
                self._gone = True
                line = f"MIDI port {self.name!r} is gone; knobs stay as they are, and it goes on when it is back"
                self.said(line) if self.said else warnings.warn(line, RuntimeWarning, stacklevel=3)
            elif self._gone and self.is_there:
                self._client.close_port()
                self._connect()
                self._gone = False
                if self.said:
                    self.said(f"MIDI port {self.name!r} is back")
            self._looked = time.monotonic()


def _listen(port: "ref[InputPort]") -> None:
    """Stamp what arrives until the port is closed, or nobody has it any more."""
    while (opened := port()) is not None and opened._take_in():
        del opened
        time.sleep(LISTEN_SECONDS)


class OutputPort(Port):
    """A port that is sent to: a controller that shows where knobs stand."""

    _direction = "output"

    def send(self, message: Any) -> None:
        """Send a message: a mido Message, or its bytes."""
        data = message.bytes() if hasattr(message, "bytes") else list(message)
        if self._client is not None:
            self._client.send_message(data)


def open_input(name: str | None = None, *, virtual: bool = False, system: str | None = None) -> InputPort:
    """Listen to a MIDI port.

    Args:
        name: the port's name or a part of it, in any case; None: the only one there is.
        virtual: make a port of this name, which other programs send to (not on Windows).
        system: "alsa", "jack", …; None: whichever has the port.

    Raises:
        PortError: there is no such port, or several; names those there are, and what was tried.
        MissingExtra: python-rtmidi is not installed.
    """
    return InputPort(name, virtual, system)


def open_output(name: str | None = None, *, virtual: bool = False, system: str | None = None) -> OutputPort:
    """Send to a MIDI port; arguments and errors as `open_input`."""
    return OutputPort(name, virtual, system)
