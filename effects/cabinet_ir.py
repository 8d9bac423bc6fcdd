"""CabinetIR: a loudspeaker, a room or a plate, as its impulse response."""

import math
from typing import Any

import numpy as np

from ..models.decibels import factor
from ..models.errors import InvalidValue
from ..models.parameter import Parameter
from .effect import Effect
from .impulse_response import NORMALISE, TRIM, ImpulseResponse
from .kernels import cabinet_ir as compiled
from .kernels.convolution import convolution_part
from .kernels.program import Knob, Part
from .registry import REGISTRY

CUT_TAIL_CYCLES = math.log(10 ** (90 / 20)) / (math.pi * math.sqrt(2.0))  # of its cutoff, until a Butterworth is down by 90 dB
UNIT_IMPULSE = np.ones((1, 1), np.float32)


@REGISTRY.register
class CabinetIR(Effect):
    """Convolution with an impulse response → low cut → high cut → mix → level.

    Both cuts are second-order Butterworth filters (12 dB an octave) on the wet sound, in trapezoidal form, exact while
    they move; each is off at the end of its range and fades in over its first twentieth (to 24 Hz, from 17.2 kHz). A
    new response, or a turn of `normalise`, `trim` or `minimum_phase`, fades over in 20 ms; it has not heard what was
    played before.

    Args:
        impulse_response: path of a WAV, FLAC or AIFF file, or (array, sample rate in Hz); mono or stereo, at most 30 s.
            None: a unit impulse, which leaves the sound as it is. It can be set later. At another rate than the audio's
            it is resampled, its frequency response kept; one that starts at full level then sounds up to 64 samples
            later (`minimum_phase` does without).
        **knobs: as below.

    Channels: a mono response plays every channel. A response with as many channels as the audio plays each with its
    own. On mono audio the mean of a stereo response plays, which is what its two sides add up to at half level each.

    Knobs:
        normalise: "none" the response's own level; "peak" its largest sample becomes 1; "energy" white noise keeps its
            level. One factor for all channels, taken last.
        trim: "none"; "tail" cuts off the end that holds less than -90 dB of the energy; "both" the silence before the
            onset too.
        minimum_phase: False, or True: the same magnitude, every channel as early as can be.
        low_cut_hz: 20 (off) to 1000 Hz, log scale.
        high_cut_hz: 1000 to 20000 Hz (off), log scale.
        mix: dry 0 to wet 1.
        level_db: gain after the mix, -60 to 24 dB.

    Latency 0 samples. Tail: the response's length, and 2.3 cycles of each cut. The head of 64 taps is played directly,
    what follows in partitions of 64, 512, 4096 and 32768 samples; within 1e-6 of the peak of the exact convolution, to
    the bit the same for all blocks.

    `pedalboard.Convolution` differs: it scales every response to an energy of 1/64 (-18 dB of "energy" here), and on
    mono audio plays the left side of a stereo response only.

    Source of the maths: W. G. Gardner, "Efficient Convolution without Input-Output Delay", J. AES 43(3), 1995; minimum
    phase: A. V. Oppenheim, R. W. Schafer, "Discrete-Time Signal Processing", chapter on cepstra; the cuts: V. Zavalishin,
    "The Art of VA Filter Design", chapter 4.

    Example:
        >>> import numpy as np
        >>> echo = np.zeros(4801, "float32")
        >>> echo[[0, 4800]] = 1.0, 0.5
        >>> wet = CabinetIR((echo, 48000), high_cut_hz=5000)(np.eye(1, 48000, dtype="float32")[0], 48000)
        >>> wet.shape, bool(wet[4800:].max() > 0.1)
        ((48000,), True)
    """

    parameters_table = (
        Parameter("normalise", default="none", choices=NORMALISE, automatable=False),
        Parameter("trim", default="none", choices=TRIM, automatable=False),
        Parameter("minimum_phase", default=False, choices=(False, True), automatable=False),
        Parameter("low_cut_hz", "Hz", compiled.LOWEST_LOW_CUT_HZ, compiled.HIGHEST_LOW_CUT_HZ,
                  compiled.LOWEST_LOW_CUT_HZ, scale="log"),
        Parameter("high_cut_hz", "Hz", compiled.LOWEST_HIGH_CUT_HZ, compiled.HIGHEST_HIGH_CUT_HZ,
                  compiled.HIGHEST_HIGH_CUT_HZ, scale="log"),
        Parameter("mix", "", 0.0, 1.0, 1.0),
        Parameter("level_db", "dB", -60.0, 24.0, 0.0),
    )  # fmt: skip

    normalise: str
    trim: str
    minimum_phase: bool
    low_cut_hz: float
    high_cut_hz: float
    mix: float
    level_db: float

    def __init__(self, impulse_response: Any = None, **knobs: Any) -> None:
        self.__dict__["_response"] = ImpulseResponse.of(impulse_response)
        self.__dict__["_prepared"] = (None, UNIT_IMPULSE)  # the last one, as `_prepare` returned it
        self._set_up(self.parameters_table, knobs)

    @property
    def impulse_response(self) -> ImpulseResponse | None:
        """The response as it came (`samples`, `sample_rate`, `path`); set a path, (array, sample rate) or None."""
        return self._response

    @impulse_response.setter
    def impulse_response(self, given: Any) -> None:
        response = ImpulseResponse.of(given)
        prepared = self._prepare(response, self._rate)  # the slow part, before the lock that `process` waits for
        with self._lock:
            self.__dict__["_response"], self.__dict__["_prepared"] = response, prepared
            self._changed()

    @property
    def tail_seconds(self) -> float:
        """The length of the response as it is played, and what the cuts ring for after it, down by 90 dB, in seconds."""
        response = (self._taps(self._rate).shape[1] - 1) / self._rate
        low = CUT_TAIL_CYCLES / self.low_cut_hz if self.low_cut_hz > compiled.LOWEST_LOW_CUT_HZ else 0.0
        return response + low + (CUT_TAIL_CYCLES / self.high_cut_hz if self.high_cut_hz < compiled.HIGHEST_HIGH_CUT_HZ else 0.0)

    def _prepare(self, response: ImpulseResponse | None, sample_rate: float) -> tuple[Any, np.ndarray]:
        """Return (what was asked for, the response at a rate and the knobs of now, float32 (channels, samples))."""
        wanted = (response, sample_rate, self.normalise, self.trim, self.minimum_phase)
        if self._prepared[0] == wanted:
            return self._prepared
        return wanted, response.prepared(*wanted[1:]) if response else UNIT_IMPULSE

    def _taps(self, sample_rate: float) -> np.ndarray:
        with self._lock:
            self.__dict__["_prepared"] = self._prepare(self._response, sample_rate)
            return self._prepared[1]

    def _kernel_numbers(self, parameter: Parameter, numbers: np.ndarray) -> np.ndarray:
        return factor(numbers) if parameter.name == "level_db" else parameter.positions(numbers)

    def _knobs(self) -> tuple[Knob, ...]:
        return tuple(Knob(p.smoothing_ms, 1.0) for p in self._table.values() if p.automatable)

    def _parts(self, sample_rate: float, channels: int) -> list[Part]:
        taps = self._taps(sample_rate)
        if channels == 1:
            taps = taps.mean(axis=0, keepdims=True)
        if len(taps) not in (1, channels):
            raise InvalidValue(f"the impulse response has {len(taps)} channels, the audio {channels}; 1 or {channels} fit")
        return [compiled.cabinet_part(convolution_part(taps, channels), self._knobs(), sample_rate, channels)]

    def _arguments(self) -> tuple[Any, ...]:
        return (self._response,) if self._response else ()
