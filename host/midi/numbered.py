"""Numbered parameters: RPN and NRPN, chosen by two controllers and moved by data entry on four others."""

from collections.abc import Iterable

from .sources import Source

DATA, DATA_FINE, INCREMENT, DECREMENT = DATA_CONTROLLERS = 6, 38, 96, 97
CHOSEN_BY = {98: ("nrpn", 0), 99: ("nrpn", 7), 100: ("rpn", 0), 101: ("rpn", 7)}  # controller: kind, shift of its 7 bits
NONE_CHOSEN = 127 << 7 | 127


class NumberedParameters:
    """What was chosen on each channel, and the values of the parameters that are wanted (of all, where none are said).

    Source: MIDI 1.0 Detailed Specification, "Registered and Non-Registered Parameter Numbers".
    """

    def __init__(self, wanted: Iterable[Source] | None = None) -> None:
        self._wanted = None if wanted is None else set(wanted)
        self._kind: dict[int, str] = {}  # channel: which of the two was chosen last
        self._number: dict[tuple[int, str], int] = {}  # (channel, kind): the number so far
        self._value: dict[tuple[int, Source], int] = {}  # 0 to 16383
        self._fine: set[tuple[int, Source]] = set()  # where the lower 7 bits of the value were ever heard

    def chosen(self, channel: int) -> Source | None:
        """Return what data entry on a channel would move; None where nothing, or "none" (127, 127), is chosen."""
        kind = self._kind.get(channel)
        number = self._number.get((channel, kind), NONE_CHOSEN) if kind else NONE_CHOSEN
        return Source(kind, number) if kind and number != NONE_CHOSEN else None

    def heard(self, channel: int, controller: int, value: int) -> list[tuple[Source, float]]:
        """Take a controller's value, 0 to 127; return the parameter it moves with its position, 0 to 1, or nothing."""
        if controller in CHOSEN_BY:
            kind, shift = CHOSEN_BY[controller]
            before = self._number.get((channel, kind), NONE_CHOSEN)
            self._kind[channel] = kind
            self._number[channel, kind] = before & ~(127 << shift) | value << shift
            return []
        if controller not in DATA_CONTROLLERS:
            return []
        source = self.chosen(channel)
        if source is None or (self._wanted is not None and source not in self._wanted):
            return []
        number = self._value[channel, source] = self._moved(channel, source, controller, value)
        coarse = (channel, source) not in self._fine
        return [(source, (number >> 7) / 127 if coarse else number / 16383)]

    def _moved(self, channel: int, source: Source, controller: int, value: int) -> int:
        before = self._value.get((channel, source), 0)
        if controller == DATA:
            return value << 7
        if controller == DATA_FINE:
            self._fine.add((channel, source))
            return before & ~127 | value
        step = 1 if (channel, source) in self._fine else 128  # the smallest step that this control has shown
        return min(max(before + (step if controller == INCREMENT else -step), 0), 16383)
