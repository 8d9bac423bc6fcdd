"""Feedback: a controller shows where the knobs stand when something else has turned them."""

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...effects.parameters import BoundParameter
from ...models.errors import MissingExtra
from .bindings import Binding, Travel
from .decoder import Decoder
from .sources import Source

if TYPE_CHECKING:
    from mido import Message

    from .map import MidiMap

SENT_BACK = ("cc", "cc14", "nrpn", "rpn", "pitch bend", "channel pressure", "poly pressure", "note")
CHOSEN_BY = {"nrpn": (99, 98), "rpn": (101, 100)}  # the controllers that say a parameter's number


class Feedback:
    """Sends a controller (motor faders, lit rings and buttons) what turned its knobs elsewhere, not what it sent itself.

    Args:
        midi: the map; a binding on any channel is sent on the one last heard from, at first on channel 1.
        output: the port to the controller: anything with `send(message)` for mido's messages.
        parameters: the knobs, by name.
        patience_seconds: a knob that comes to where its control was heard within this time was turned by it.

    Raises:
        UnknownName, InvalidValue, InvalidType: the map does not fit the knobs. MissingExtra: mido is not installed.

    Example:
        feedback = Feedback(midi, wetdry.midi.open_output("X-TOUCH"), board.parameters)
        feedback.send()                 # the first time everything, later what changed elsewhere: call it now and then
        feedback.heard(message)         # whatever comes from the controller
    """

    def __init__(
        self, midi: "MidiMap", output: Any, parameters: Mapping[str, BoundParameter], patience_seconds: float = 1.0
    ) -> None:
        _mido()
        midi.check(parameters)
        shown = [(source, binding) for source, binding in midi.bindings if source.kind in SENT_BACK]
        self._output, self._patience = output, patience_seconds
        self._shown = [_Shown(source, binding, parameters[binding.to]) for source, binding in shown]
        # Two controls may turn one knob: each is decoded as if it had a knob of its own.
        alone = [(s, replace(b, to=str(i), pickup=False, toggle=False)) for i, (s, b) in enumerate(shown)]
        self._decoder = Decoder(alone, {}, {str(i): one.knob for i, one in enumerate(self._shown)})

    def heard(self, message: Any) -> None:
        """Take a message (mido's, or bytes) that came from the controller: its control stands there, and is not sent back."""
        moves, until = self._decoder.feed(message), time.monotonic() + self._patience
        for place, number in moves:
            shown = self._shown[int(place)]
            shown.heard.append((until, shown.value_of(number)))
            shown.channel = shown.binding.channel or _channel(message)

    def send(self) -> int:
        """Send the controls whose knobs were turned elsewhere since the last time; return how many."""
        sent, now = 0, time.monotonic()
        for place, shown in enumerate(self._shown):
            number = shown.knob.parameter.to_number(shown.knob.value)
            value = shown.value_of(number)
            if value == shown.known:
                continue
            shown.known = value
            self._decoder.moved(str(place), number)
            if not shown.was_heard(value, now):
                for message in messages(shown.source, shown.channel, value):
                    self._output.send(message)
                sent += 1
        return sent


class _Shown:
    """One control of the controller, and what it shows."""

    def __init__(self, source: Source, binding: Binding, knob: BoundParameter) -> None:
        self.source, self.binding, self.knob = source, binding, knob
        self.channel = binding.channel or 1
        self.known: int | None = None  # the value at the last look
        self.heard: deque[tuple[float, int]] = deque(maxlen=4096)  # until when it counts, and the value
        self._travel = Travel(binding, knob.parameter)

    def value_of(self, number: float) -> int:
        """Return the value that the control sends when it has the knob at `number`."""
        return self.source.value_at(self._travel.position_of(number))

    def was_heard(self, value: int, now: float) -> bool:
        """Tell whether the control brought the knob to `value`; what was heard before that is done with."""
        while self.heard and self.heard[0][0] < now:
            self.heard.popleft()
        if self.binding.toggle or all(heard != value for _, heard in self.heard):  # a pressed button does not know the knob
            return False
        while self.heard.popleft()[1] != value:
            pass
        return True


def messages(source: Source, channel: int, value: int) -> list["Message"]:
    """Return the mido messages by which a source, as read by `read_source`, says `value` (0 to `source.highest`)."""
    message, at = _mido().Message, {"channel": channel - 1}

    def controllers(*pairs: tuple[int, int]) -> list["Message"]:
        return [message("control_change", control=control, value=v, **at) for control, v in pairs]

    coarse, fine, number = value >> 7, value & 127, source.number
    if source.kind == "cc":
        return controllers((number, value))
    if source.kind == "cc14":
        return controllers((number, coarse), (number + 32, fine))
    if source.kind in CHOSEN_BY:
        high, low = CHOSEN_BY[source.kind]
        return controllers((high, number >> 7), (low, number & 127), (6, coarse), (38, fine))
    if source.kind == "pitch bend":
        return [message("pitchwheel", pitch=value - 8192, **at)]
    if source.kind == "channel pressure":
        return [message("aftertouch", value=value, **at)]
    if source.kind == "poly pressure":
        return [message("polytouch", note=number, value=value, **at)]
    return [message("note_on", note=number, velocity=127 if value > 63 else 0, **at)]


def _channel(message: Any) -> int:
    return (message.bytes() if hasattr(message, "bytes") else message)[0] % 16 + 1


def _mido() -> Any:
    try:
        import mido
    except ImportError:
        raise MissingExtra("sending to a controller", "live", "mido") from None
    return mido
