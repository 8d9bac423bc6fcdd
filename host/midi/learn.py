"""Learn: move a control and touch a knob, in either order, and they are bound."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ...effects.parameters import BoundParameter
from ...models.errors import PortError
from .bindings import Binding, Travel
from .messages import Event, MessageReader
from .numbered import CHOSEN_BY, DATA_CONTROLLERS, NumberedParameters
from .sources import Source

if TYPE_CHECKING:
    from .map import MidiMap

MOVED = 8 / 127  # how far a control goes that is being moved; a worn one at rest flickers by a step or two
# The lower half of a 14-bit pair runs through a good part of its range before the upper half is sent: what is no more than
# that may be a pair, so a control by itself has to go farther there.
MOVED_IN_UPPER_HALF = 96 / 127
SILENCE_SECONDS = 1.0  # after which a button that has said one thing alone is meant
REST_SECONDS = 0.3  # after which a control that was learned counts as let go: it may not be taken for the next knob's


class Learned(NamedTuple):
    """A control that was recognised, and the channel it is on."""

    source: Source
    channel: int


class Learn:
    """Finds out which control is being moved, and binds it to the knob that is touched.

    14-bit pairs, NRPN and RPN are told from their parts; jitter, a note's end and program changes count for nothing. A
    button or key is known when it is released; pressure while a key is down counts as the key.

    Args:
        midi: the map to bind in; each binding is on the channel that the control was heard on.
        parameters: the knobs, to refuse at once what cannot be bound; left out, any name goes.

    Example:
        learn = Learn(midi, board.parameters)
        learn.touch("drive_db")
        learn.feed(message)             # → Learned(cc 74, channel 1) once the control has moved enough, else None
    """

    def __init__(self, midi: "MidiMap", parameters: Mapping[str, BoundParameter] | None = None) -> None:
        self._midi, self._parameters = midi, parameters
        self._awaiting: Binding | None = None  # touched, its control not yet moved
        self._waiting: Learned | None = None  # moved, its knob not yet touched
        self._bound: Learned | None = None  # the last one bound, which may go on moving
        self._reader, self._numbered = MessageReader(), NumberedParameters()
        self._forget()

    def touch(self, path: str, **options: Any) -> Learned | None:
        """Say which knob is meant; `options` are those of `Binding`.

        Returns:
            the control that it was bound to, where one was moved before; None where one is awaited now.

        Raises:
            UnknownName, InvalidValue, InvalidType: there is no such knob, or it cannot be bound so.
        """
        binding = Binding(path, **options)
        if self._parameters is not None:
            Travel(binding, self._parameters[path].parameter)
        self._forget()
        self._awaiting, learned, self._waiting = binding, self._waiting, None
        return self._bind(learned) if learned else None

    def feed(self, message: Any) -> Learned | None:
        """Take a message (mido's, or bytes); return the control that it bound to the touched knob, else None."""
        learned = None
        for event in self._reader.read(message):
            found = self._hear(event)
            if found:
                learned = self._found(found) or learned
        return learned

    def settle(self) -> Learned | None:
        """Bind the last control that was heard at one of its ends, if any: a button that says "on" and nothing else.

        To be called after a silence; return what was bound, else None.
        """
        at_ends = [found for found, (low, high) in self._ways.items() if low == 0 or high == 1]
        return self._found(self._whole(at_ends[-1])) if at_ends else None

    def _found(self, found: Learned) -> Learned | None:
        self._forget()
        if self._awaiting:
            return self._bind(found)
        if found != self._bound:
            self._waiting = found
        return None

    def _bind(self, found: Learned) -> Learned:
        assert self._awaiting
        self._midi.bind(str(found.source), self._awaiting, channel=found.channel)
        self._bound, self._awaiting = found, None
        return found

    def _forget(self) -> None:
        self._ways: dict[Learned, tuple[float, float]] = {}  # control: the lowest and the highest position heard
        self._counts: dict[Learned, int] = {}
        self._coarse: dict[tuple[int, int], int] = {}  # (channel, controller): the upper 7 bits of what may be a pair
        self._down: set[tuple[int, int]] = set()  # (channel, note)

    def _hear(self, event: Event) -> Learned | None:
        """Return the control that has moved enough with this event to be meant."""
        found, position = self._control(event)
        if found is None:
            return None
        low, high = self._ways.get(found, (position, position))
        low, high = self._ways[found] = min(low, position), max(high, position)
        self._counts[found] = self._counts.get(found, 0) + 1
        alone_there = found.source.kind == "cc" and 32 <= found.source.number < 64
        return self._whole(found) if high - low >= (MOVED_IN_UPPER_HALF if alone_there else MOVED) else None

    def _control(self, event: Event) -> tuple[Learned | None, float]:
        """Return the control that an event may come from, and its position."""
        kind, channel, number, value = event
        if kind == "cc":
            return self._controller(channel, number, value)
        if kind == "note":
            was_down = (channel, number) in self._down
            (self._down.add if value else self._down.discard)((channel, number))
            return (Learned(Source("note", number), channel), float(value > 0)) if value or was_down else (None, 0.0)
        if kind == "program" or (kind != "pitch bend" and self._down):
            return None, 0.0
        source = Source(kind, number)
        return Learned(source, channel), source.position_of(value)

    def _controller(self, channel: int, number: int, value: int) -> tuple[Learned | None, float]:
        moved = self._numbered.heard(channel, number, value)
        if moved:
            return Learned(moved[0][0], channel), moved[0][1]
        if number in CHOSEN_BY or (number in DATA_CONTROLLERS and self._numbered.chosen(channel)):
            return None, 0.0
        if number < 32:
            self._coarse[channel, number] = value
        elif number < 64 and (channel, number - 32) in self._coarse:
            pair = Source("cc14", number - 32)
            return Learned(pair, channel), (self._coarse[channel, number - 32] << 7 | value) / pair.highest
        return Learned(Source("cc", number), channel), value / 127

    def _whole(self, found: Learned) -> Learned:
        """Return the 14-bit pair instead of its upper half."""
        pair = Learned(Source("cc14", found.source.number), found.channel)
        is_half = found.source.kind == "cc" and 2 * self._counts.get(pair, 0) >= self._counts[found]
        return pair if is_half else found


def learn_from_port(learn: Learn, port: Any, seconds: float) -> Learned:
    """Listen to an open input until the control for the touched knob has moved, and come to rest again.

    Raises:
        PortError: nothing has moved after `seconds`.
    """
    begun = last = time.monotonic()
    learned = None
    while time.monotonic() - begun < seconds or learned:
        for arrival in port.arrived():
            last, learned = time.monotonic(), learn.feed(arrival.data) or learned
        silent = time.monotonic() - last
        if learned and (silent > REST_SECONDS or last - begun > seconds):
            return learned
        if not learned and silent > SILENCE_SECONDS:
            learned, last = learn.settle(), time.monotonic()
        time.sleep(0.005)
    raise PortError(f"{port.name}: no control was moved within {seconds:g} s")
