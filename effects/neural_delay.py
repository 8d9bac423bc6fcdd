"""NeuralDelay: echoes that run through an amp again and again."""

import copy
import math
from dataclasses import replace
from typing import Any

import numpy as np

from ..models.errors import InvalidType, InvalidValue
from ..models.parameter import Parameter
from .effect import Effect
from .kernels import neural_delay as compiled
from .kernels.kernel import TILE
from .kernels.nested import wrap
from .kernels.program import Knob, Part
from .kernels.tone import TONE_OFF
from .neural_saturator import NeuralSaturator
from .registry import REGISTRY

LOOP = "loop_"
SWITCH = (False, True)
LONGEST_TAIL_SECONDS = 60.0


@REGISTRY.register
class NeuralDelay(Effect):
    """A delay whose feedback runs through another effect: a neural amp, a saturator, a bitcrusher.

    Input + feedback → delay line → echo (heard); echo → low-pass → the inner effect → DC block (10 Hz) → level → limiter
    → feedback. The first echo is the input itself, to the last bit; every further one has been through the loop once more.

    The level of what comes out of the inner effect is brought down to that of what went in (followers of 50 ms, and a
    count of the energy that has gone in and out), however much gain an amp has: `feedback` is about what is left of an
    echo in the next one, less 0.1 dB. With `runaway` that is left out: the amp's gain counts, and the loop may howl. The
    limiter leaves -6 dBFS and below alone and ends at 0 dBFS: what is in the line never exceeds the input's peak plus 1,
    whatever the knobs and the inner effect.

    Args:
        loop: any effect with as many outputs as inputs; it is copied, and its knobs appear here with `loop_` before
            their names. None: the NeuralSaturator (`TubeSaturator(oversampling=1)` costs a tenth of it). Its latency
            is taken off the delay, so that echoes stay in time.
        **values: knobs to set.

    Knobs:
        time_ms: 2 to 2000 ms, log scale, rounded to whole samples; at least 65 samples and the loop's latency.
        time_mode: how the time moves. "smooth": the old echo fades into the new one in 40 ms, without a bend in pitch;
            "tape": the time glides, at most an octave up or down, and the pitch bends with it (4-point Lagrange on the
            way).
        feedback: 0 to 1; 1 loses 0.1 dB a pass, and what low-pass and DC block take.
        ping_pong: True: in stereo, both inputs enter the left line and echoes cross over at each pass; nothing in mono.
        tone_hz: low-pass in the loop, one-pole, 200 to 20000 Hz, log scale; 20000 is off.
        runaway: False: echoes do not get louder. True: the inner effect's gain counts.
        mix: dry · (1 - mix) + echoes · mix, as pedalboard.Delay.
        loop_…: the inner effect's.

    Switches fade over in 20 ms. A knob of the inner effect that rebuilds it (oversampling) clears the echoes.

    Latency 0 samples. Tail: until echoes have fallen by 90 dB, at most 60 s is said; feedback 1 hardly ends.

    With feedback 0 it is pedalboard.Delay, sample by sample, where the time is a whole number of samples (between two,
    pedalboard takes the shorter).

    Source of the maths: the line and its interpolation in J. O. Smith, "Physical Audio Signal Processing", chapters
    "Delay Lines" and "Lagrange Interpolation"; counting energy: B. Hannaford, J.-H. Ryu, "Time-Domain Passivity Control
    of Haptic Interfaces", IEEE Transactions on Robotics and Automation 18 (2002); the low-pass: `kernels.tone`.

    Example:
        >>> import numpy as np
        >>> click = np.zeros(48000, "float32")
        >>> click[0] = 1
        >>> echoes = NeuralDelay(time_ms=250, feedback=0.5, mix=1)(click, 48000)
        >>> float(echoes[12000]), bool(0.1 < abs(echoes[24000:24100]).max() < 0.5)
        (1.0, True)
    """

    parameters_table = (
        Parameter("time_ms", "ms", 2.0, 1e3 * compiled.LONGEST_SECONDS, 350.0, scale="log", smoothing_ms=0.0),
        Parameter("time_mode", choices=("smooth", "tape"), default="smooth"),
        Parameter("feedback", "", 0.0, 1.0, 0.4),
        Parameter("ping_pong", choices=SWITCH, default=False),
        Parameter("tone_hz", "Hz", 200.0, TONE_OFF, 5000.0, scale="log"),
        Parameter("runaway", choices=SWITCH, default=False),
        Parameter("mix", "", 0.0, 1.0, 0.35),
    )

    time_ms: float
    time_mode: str
    feedback: float
    ping_pong: bool
    tone_hz: float
    runaway: bool
    mix: float

    def __init__(self, loop: Effect | None = None, **values: Any) -> None:
        if loop is not None and not isinstance(loop, Effect):
            raise InvalidType(f"NeuralDelay(loop=…) takes an effect, got {type(loop).__name__}")
        inputs, outputs = getattr(loop, "_channels", (1, 1))
        if inputs != outputs:
            raise InvalidValue(f"a loop needs as many outputs as inputs, this model has {inputs} inputs and {outputs} outputs")
        inner = NeuralSaturator(drive_db=9.0, tone_hz=20000.0) if loop is None else copy.copy(loop)
        self.__dict__["_loop"], self.__dict__["_given"] = inner, loop is not None
        knobs = [replace(p, name=LOOP + name, default=inner._values[name]) for name, p in inner._table.items()]
        self._set_up([*self.parameters_table, *knobs], values)

    @property
    def loop(self) -> Effect:
        """A copy of the inner effect, its knobs as they stand; turn them by their `loop_` names."""
        with self._lock:
            twin = copy.copy(self._loop)
            for name in twin._table:
                twin._put(name, self._values[LOOP + name])  # also where a scheduled move has turned it
            return twin

    @property
    def tail_seconds(self) -> float:
        """Seconds until echoes have fallen by 90 dB, at the knobs of now; at most 60."""
        each = -20.0 * math.log10(max(self.feedback, 1e-9))
        if self.runaway or each * LONGEST_TAIL_SECONDS <= 90.0 * self.time_ms * 1e-3:
            return LONGEST_TAIL_SECONDS
        return min((1.0 + 90.0 / each) * (self.time_ms * 1e-3 + self._loop.tail_seconds), LONGEST_TAIL_SECONDS)

    # knobs: the inner effect holds its own, so that it may reckon one from another

    def _kernel_numbers(self, parameter: Parameter, numbers: np.ndarray) -> np.ndarray:
        name = parameter.name.removeprefix(LOOP)
        if name == parameter.name:
            return super()._kernel_numbers(parameter, numbers)
        return self._loop._kernel_numbers(self._loop._table[name], numbers)

    def _knobs(self) -> tuple[Knob, ...]:
        return tuple(Knob(p.smoothing_ms, p.maximum - p.minimum) for p in self.parameters_table)

    def _put(self, name: str, value: Any) -> None:
        if not name.startswith(LOOP):
            super()._put(name, value)
            return
        self._table[name].to_number(value)  # raises under the name that was given
        inner = self._loop
        with self._lock:
            numbers, version = list(inner._numbers), inner._version
            inner._put(name.removeprefix(LOOP), value)
            self._values[name] = inner._values[name.removeprefix(LOOP)]
            for own, place in inner._places.items():
                if LOOP + own == name or inner._numbers[place] != numbers[place]:
                    self._numbers[self._places[LOOP + own]] = inner._numbers[place]
            self.__dict__["_moves"] += 1
            if inner._version != version:
                self._changed()

    def _parts(self, sample_rate: float, channels: int) -> list[Part]:
        inner = self._loop._parts(sample_rate, channels)
        latency = self._loop._latency(sample_rate)
        silence = -(-sum(part.prewarm_samples for part in inner) // TILE) * TILE
        memory = compiled.initial_memory(sample_rate, channels, len(inner), latency, silence)
        own = Part(compiled.NEURAL_DELAY, self._knobs(), memory, compiled.initial_state(sample_rate, channels, latency))
        return [wrap(compiled.NEURAL_DELAY, inner, own, prewarm_samples=silence)]

    def _arguments(self) -> tuple[Any, ...]:
        return (self._loop,) if self._given else ()
