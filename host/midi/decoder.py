"""From messages to knob moves: what a controller has said so far, and where it has turned each knob.

    decoder = midi_map.decoder(board.parameters)
    for path, number in decoder.feed(message):      # a mido message, or bytes as they came from a port
        ...

`path` is the knob's name in `board.parameters`; `number` is in the domain of `Parameter.to_number`: the value in the knob's
unit, or the index of a choice. A message that moves nothing gives no moves, and none raises.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...effects.parameters import BoundParameter
from .bindings import Binding, Travel
from .messages import Event, MessageReader
from .numbered import NumberedParameters
from .sources import Source

PICKUP_STEP = 1.5 / 127  # a 7-bit control that comes this close has reached the knob


class Move(NamedTuple):
    """A knob turned: its path, and the number it goes to."""

    path: str
    number: float


class Decoder:
    """Turns one port's messages into moves; holds what MIDI spreads over several messages, and where the knobs stand.

    A 14-bit control moves on its coarse message already (finer bits at 0, or with none ever heard on its whole 7-bit way), and
    again on the fine one. Notes that end, sysex, clocks and broken bytes do no harm.
    """

    def __init__(
        self,
        bindings: Sequence[tuple[Source, Binding]],
        programs: Mapping[int, Mapping[str, Any]],
        parameters: Mapping[str, BoundParameter],
    ) -> None:
        """Take the map's parts and the knobs to turn; pickup and toggles start from where those stand.

        Raises:
            UnknownName: a path that is not in `parameters`. InvalidValue, InvalidType: what a knob does not allow.
        """
        self._controls: dict[Source, list[_Control]] = {}
        self._stands: dict[str, float] = {}
        self._of_path: dict[str, list[_Control]] = {}
        for source, binding in bindings:
            bound = parameters[binding.to]
            control = _Control(source, binding, Travel(binding, bound.parameter))
            self._controls.setdefault(source, []).append(control)
            self._of_path.setdefault(binding.to, []).append(control)
            self._stands[binding.to] = bound.parameter.to_number(bound.value)
        self._programs: dict[int, list[Move]] = {}
        for number, values in programs.items():
            self._programs[number] = [Move(path, parameters[path].parameter.to_number(value)) for path, value in values.items()]
            self._stands.update((p, parameters[p].parameter.to_number(parameters[p].value)) for p in values)
        self._reader = MessageReader()
        self._numbered = NumberedParameters(source for source in self._controls if source.kind in ("nrpn", "rpn"))
        self._coarse: dict[tuple[int, int], int] = {}  # (channel, controller): the upper 7 bits of a 14-bit pair
        self._fine: set[tuple[int, int]] = set()  # pairs whose lower 7 bits were ever heard

    @property
    def stands(self) -> dict[str, float]:
        """Where each knob of the map stands now."""
        return dict(self._stands)

    def feed(self, message: Any) -> list[Move]:
        """Return the moves that a message makes, in order; a knob that stands there already makes none."""
        moves: list[Move] = []
        for event in self._reader.read(message):
            if event.kind == "program":
                moves += self._program(event.value)
            for source, position in self._positions(event):
                for control in self._controls.get(source, ()):
                    if control.binding.channel in (None, event.channel):
                        number = control.turned(position, self._stands[control.binding.to])
                        moves += self._move(control.binding.to, number, control)
        return moves

    def moved(self, path: str, number: float) -> None:
        """Say that a knob was turned elsewhere: controls that pick up have to reach it again."""
        self._move(path, number, None)

    def _program(self, number: int) -> list[Move]:
        return [moved for path, target in self._programs.get(number, ()) for moved in self._move(path, target, None)]

    def _move(self, path: str, number: float | None, by: "_Control | None") -> list[Move]:
        if number is None or self._stands.get(path) == number:
            return []
        self._stands[path] = number
        for control in self._of_path.get(path, ()):
            control.holds = control is by
        return [Move(path, number)]

    def _positions(self, event: Event) -> list[tuple[Source, float]]:
        """Return the sources that an event moves, each with its new position, 0 to 1."""
        kind, channel, number, value = event
        if kind == "cc":
            heard = [(Source("cc", number), value / 127)]
            if number < 64:
                heard += self._pair(channel, number, value)
            return heard + self._numbered.heard(channel, number, value)
        if kind == "note":
            down = [(Source("note velocity"), value / 127)] if value else []
            return [(Source("note", number), float(value > 0)), *down]
        source = Source(kind, number)
        return [(source, source.position_of(value))]

    def _pair(self, channel: int, number: int, value: int) -> list[tuple[Source, float]]:
        source, place = Source("cc14", number % 32), (channel, number % 32)
        if source not in self._controls:
            return []
        if number < 32:
            self._coarse[place] = value
            return [(source, (value << 7) / 16383 if place in self._fine else value / 127)]
        self._fine.add(place)
        return [(source, (self._coarse[place] << 7 | value) / 16383)] if place in self._coarse else []


class _Control:
    """One binding at work: where its control stands, and whether it has hold of the knob."""

    def __init__(self, source: Source, binding: Binding, travel: Travel) -> None:
        self.source, self.binding, self.travel = source, binding, travel
        self.position: float | None = None
        self.holds = False

    def turned(self, position: float, stands: float) -> float | None:
        """Return the number that the knob goes to from `stands`; None where it stays."""
        before, self.position = self.position, position
        if self.binding.toggle:
            pressed = position >= 0.5 and (before is None or before < 0.5 or self.source.kind == "note")
            return self.travel.other_end(stands) if pressed else None
        if self.binding.pickup and not self.holds:
            knob = self.travel.position_of(stands)
            crossed = before is not None and (before - knob) * (position - knob) <= 0
            if not crossed and abs(position - knob) > PICKUP_STEP:
                return None
            self.holds = True
        return self.travel.number_at(position)
