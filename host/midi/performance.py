"""Performance: a controller turns the knobs of what plays, live, each message at its sample."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from ...effects.call import check_call
from ...effects.parameters import Parameters
from ...models.errors import InvalidType, InvalidValue
from ..automation.automated import Automated
from ..automation.steps import Steps
from ..uncopied import UncopiedLayout
from .feedback import Feedback
from .map import MidiMap
from .messages import MessageReader
from .ports import Arrival
from .take import Take, message_of

KEPT_SECONDS = 30.0  # of the knobs' course: as much as the longest latency
FEEDBACK_SECONDS = 0.03  # between two looks at what to send back


class Source(Protocol):
    """What messages arrive at: an open MIDI port, or anything else that stamps them."""

    def arrived(self) -> list[Arrival]:
        """Return what came in since it was last asked, in order, stamped by the performance's clock."""
        ...


class Performance:
    """Plays a stream block by block while a controller turns its knobs.

    A message stamped at t is applied one block later, at its place in the block: as far before the block's end as t
    lies before the moment at which the block is asked for. So the time between messages is kept to the sample, and the
    delay is one block, whatever the block. Of knobs that lag, and of the smoothing of knobs, `Automated` tells.

    What was applied where is the `take`: rendered offline from the same knob positions it gives the same samples, bit for bit
    for our effects, also after `take.save("take.mid")`:

        Automated(board, midi.curves("take.mid", board.parameters))(dry, 48000)

    Knobs may also be turned by hand between two blocks: heard in the next block, and no part of the take.
    Another sample rate or channel count, or a change of what is played inside, begins a stream, and a take. The first block of
    all takes longer, since what plays is made ready: play one of silence and `reset()` before the curtain rises.

    Args:
        processor: an effect, a Chain, a Graph, a plugin: anything that streams.
        midi: which control turns which knob; what is bound later counts from the next stream on.
        port: where messages arrive: `wetdry.midi.open_input()`; None: they come through `hear` alone.
        automation: curves for other knobs, as `Automated` takes them; `tempo` for those in beats.
        feedback: the controller's other port, to show there what was turned elsewhere: `wetdry.midi.open_output()`.
        clock: the clock by which messages are stamped, in seconds.

    Raises:
        UnknownName, InvalidType, InvalidValue: the map or a curve does not fit the knobs; a knob has both.

    Example:
        >>> import numpy as np
        >>> from wetdry import Gain, MidiMap, Performance
        >>> played = Performance(Gain(), MidiMap({"cc 7": "gain_db"}))
        >>> played.hear(b"\\xb0\\x07\\x7f")  # control change 7 on channel 1, all the way up
        >>> wet = played.process(np.zeros(64, "float32"), 48000)
        >>> played.parameters["gain_db"].value, played.take
        (48.0, <Take of 1 messages in 0.0 s at 48000 Hz>)
    """

    def __init__(
        self,
        processor: Any,
        midi: MidiMap,
        port: Source | None = None,
        *,
        automation: Mapping[str, Any] | None = None,
        tempo: Any = None,
        feedback: Any = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._processor, self._midi, self._port, self._clock = processor, midi, port, clock
        self._automation, self._tempo, self._shows = dict(automation or {}), tempo, feedback
        self._layout, self._lock = UncopiedLayout(), threading.RLock()
        self._by_code: deque[Arrival] = deque()
        self._begin(48000.0)

    def _begin(self, rate: float) -> None:
        """Begin a stream: the knobs where they stand, the map as it is now."""
        self._bound = Automated(self._processor, {}).parameters
        self._decoder, self._reader, self.take = self._midi.decoder(self._bound), MessageReader(), Take(rate)
        self._steps = {path: Steps(number) for path, number in self._decoder.stands.items()}
        both = sorted(set(self._steps) & set(self._automation))
        if both:
            raise InvalidValue(f"{both[0]} has a control and a curve: leave it out of the MIDI map or of the automation")
        self._automated = Automated(self._processor, {**self._automation, **self._steps}, self._tempo)
        self._seen = {path: self._bound[path].value for path in self._steps}  # after the last block
        self._feedback = Feedback(self._midi, self._shows, self._bound) if self._shows is not None else None
        self._fed_back = 0  # the sample at which the controller was last sent to

    @property
    def parameters(self) -> Parameters:
        """Every knob of what plays."""
        return self._automated.parameters

    @property
    def latency_samples(self) -> int:
        """Samples by which the sound lags; messages come a block later besides."""
        return self._automated.latency_samples

    def reset(self) -> None:
        """Begin anew: the next block begins a stream and a take; knobs stay where they are."""
        with self._lock:
            self._automated.reset()
            self._layout.forget()

    def hear(self, message: Any, seconds: float | None = None) -> None:
        """Take a message, mido's or bytes, that came from elsewhere than the port: at the next block.

        Args:
            message: MIDI; what moves no knob does nothing.
            seconds: when it came, by the performance's clock; None: now. Not before the message before it.
        """
        stamp = self._clock() if seconds is None else float(seconds)
        try:
            data = bytes(message.bytes() if hasattr(message, "bytes") else message)
        except (TypeError, ValueError):
            raise InvalidType(f"a MIDI message is mido's, or bytes, got {message!r:.60}") from None
        if not math.isfinite(stamp):
            raise InvalidValue(f"a message comes at a time in seconds, got {stamp}")
        self._by_code.append(Arrival(stamp, data))

    def process(self, input_array: np.ndarray, sample_rate: float, buffer_size: int = 8192) -> np.ndarray:
        """Play the next block of the stream, the messages that have come in applied.

        Args:
            input_array: float32 or float64, (samples,), (channels, samples) or (samples, channels).
            sample_rate: in Hz.
            buffer_size: taken for compatibility; the result does not depend on it.

        Returns:
            float32 in the input's layout; the first blocks of a stream are shorter by the latency.

        Raises:
            InvalidType, InvalidValue, LayoutError: as `Effect.process`; PluginError: something inside cannot stream.
        """
        rate = check_call(sample_rate, buffer_size)
        with self._lock:
            channels, samples = self._layout.to_planar(input_array, copy=False).shape
            if not samples:
                return np.array(input_array, np.float32)  # a stream would begin before the first message is heard
            if self._automated._running != (rate, channels):
                self._begin(rate)
            self._apply_hand()
            self._apply(self._arrived(), samples)
            played = self._automated.process(input_array, rate, buffer_size, reset=False)
            self.take.samples += samples
            self._look_back(samples)
            return played

    __call__ = process

    def _arrived(self) -> list[Arrival]:
        """Return what has come in, in the order in which it did."""
        by_code = [self._by_code.popleft() for _ in range(len(self._by_code))]
        arrived = self._port.arrived() if self._port is not None else []
        return sorted([*arrived, *by_code], key=lambda one: one.seconds) if by_code else arrived

    def _apply(self, arrived: list[Arrival], samples: int) -> None:
        """Move the knobs as messages say, each in its place in the block that is about to be played."""
        first, now, rate = self.take.samples, self._clock(), self.take.sample_rate
        before = first
        for arrival in arrived:
            place = samples + round((arrival.seconds - now) * rate)
            before = max(before, first + min(max(place, 0), samples - 1))  # no message before the last one
            for event in self._reader.read(arrival.data):
                message = message_of(event)
                self.take.messages.append((before, message))
                if self._feedback:
                    self._feedback.heard(message)
                for path, number in self._decoder.feed(message):
                    self._move(path, before, number)

    def _move(self, path: str, sample: int, number: float) -> None:
        steps = self._steps[path]
        steps.append(sample, number)
        if sample == 0:
            steps.forget_before(0)  # the stream begins so: also for what lags and asks for what was before it

    def _apply_hand(self) -> None:
        """Take over what was turned by hand since the last block."""
        for path, seen in self._seen.items():
            bound = self._bound[path]
            if bound.value != seen:
                number = bound.parameter.to_number(bound.value)
                self._decoder.moved(path, number)
                self._move(path, self.take.samples, number)

    def _look_back(self, samples: int) -> None:
        """Note where the knobs stand after a block; forget, and tell the controller, what is due."""
        self._seen = {path: self._bound[path].value for path in self._steps}
        at, rate = self.take.samples, self.take.sample_rate
        if at // rate != (at - samples) // rate:
            for steps in self._steps.values():
                steps.forget_before(at - round(KEPT_SECONDS * rate))
        if self._feedback and at - self._fed_back >= FEEDBACK_SECONDS * rate:
            self._feedback.send()
            self._fed_back = at
