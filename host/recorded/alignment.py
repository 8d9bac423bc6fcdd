"""How a recording of a device lies against what was played into it: delay, polarity, and whether two clocks ran."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...models.errors import InvalidValue
from ..evaluation.cell import loudest_start
from ..measure import HIGHEST, pure_delay

SLOW_HZ = 6000.0  # the rate at which a recording is found to within a few samples
SECTION = 16384  # samples of a section whose spectra are averaged
SMOOTHED = 0.06  # of a frequency, on either side
LEAD, ANSWER_SECONDS = 4096, 0.2  # of a click's answer: samples before it, and what is looked at after it
CLICK_LEVEL, CLICK_ROOM_SECONDS, QUIET_UNDER_CLICK = 0.05, 0.15, 1e-3
LEAST_LIKENESS, LEAST_CONFIDENCE = 0.05, 0.3
DRIFT_SECONDS, DRIFT_CONFIDENCE = 6.0, 0.25  # of two stretches whose delays are compared
MOST_DRIFT_SAMPLES, STEEPEST_DRIFT = 4.0, 3e-3  # crystals are within 1e-4 of each other; more is a stretch mistaken
LEAST_COHERENCE = 0.05  # its square, about a frequency, for what came through a cabinet there to say anything
SINC_REACH, SINC_BETA = 63, 10.0  # samples on either side of an interpolated one, and Kaiser's beta


@dataclass(frozen=True)
class Alignment:
    """Where a recording lies.

    Attributes:
        delay_samples: with its fraction, to about a third of a sample; below 0: the recording is ahead.
        polarity: +1 or -1.
        how: "blips" or "correlation".
        confidence: 0 to 1, how much of the answer is a delay and a minimum-phase filter.
    """

    delay_samples: float
    polarity: int
    how: str
    confidence: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)


def align(
    dry: np.ndarray,
    wet: np.ndarray,
    sample_rate: float,
    lowest_rate: float | None = None,
    cabinet: np.ndarray | None = None,
) -> Alignment:
    """Find a recording (samples,) against what was played (samples,), both at `sample_rate`.

    `lowest_rate` is the lower one of those they came at: above its band there is a resampler's filter, and nothing to see.
    `cabinet` (samples,) is an impulse response that the recording went through last: its own delay stays its own, and what is
    found is the delay of what came out of the device before it.

    It is found roughly by cross-correlation at a low rate. The rest is what separates the answer from its minimum-phase
    twin, so that the phase of a cabinet or an equaliser is not taken for delay: the answer to the dry signal's clicks
    where it has some, else the linear system that explains the recording best, weighted by the square of its coherence.

    Raises:
        InvalidValue: the recording does not follow the dry signal, or falls behind it steadily.

    Source of the maths: J. S. Bendat, A. G. Piersol, "Random Data", chapter on single-input systems; `measure.pure_delay`.
    """
    dry, wet, rough = laid_roughly(dry, wet, sample_rate)
    drift = _drift(dry, wet, sample_rate, cabinet)
    if drift:
        raise InvalidValue(f"it drifts against the dry signal, by {drift:+.0f} samples in a million: two clocks ran; "
                           "play and record through one interface")  # fmt: skip
    highest = HIGHEST * min(lowest_rate or sample_rate, sample_rate) / sample_rate
    places = clicks(dry, sample_rate) if cabinet is None else []  # a cabinet spreads a click over its whole response
    found = _by_clicks(dry, wet, places, sample_rate, highest) if places else None
    if found is None or found.confidence < LEAST_CONFIDENCE:
        found = _by_correlation(dry, wet, highest, cabinet)
    if found.confidence < LEAST_CONFIDENCE:
        raise InvalidValue(f"its delay cannot be told (confidence {found.confidence:.2f} of 1): "
                           "record with the effects of time (chorus, reverb, delay) off")  # fmt: skip
    return Alignment(round(float(rough + found.delay_samples), 3), found.polarity, found.how, round(found.confidence, 3))


def laid_roughly(dry: np.ndarray, wet: np.ndarray, sample_rate: float) -> tuple[np.ndarray, np.ndarray, int]:
    """Return (dry, wet, delay): what both hold of one stretch, to within a few samples.

    Raises InvalidValue where the recording does not follow the dry signal.
    """
    return _overlapping(dry, wet, _found_roughly(dry, wet, sample_rate))


def _found_roughly(dry: np.ndarray, wet: np.ndarray, sample_rate: float) -> int:
    """Return the delay to within a few samples, from the whole of both."""
    import soxr

    step = max(int(sample_rate / SLOW_HZ), 1)
    slow = [np.asarray(soxr.resample(x.astype(np.float64), step, 1.0)) for x in (dry, wet)]
    size = 1 << int(np.ceil(np.log2(sum(map(len, slow)))))
    spectra = [np.fft.rfft(x, size) for x in slow]
    correlation = np.fft.irfft(spectra[1] * np.conj(spectra[0]), size)
    at = int(np.argmax(np.abs(correlation)))
    late = at - size if at > size // 2 else at
    parts = _overlapping(slow[0], slow[1], late)[:2]
    energy = np.sqrt(np.prod([(x**2).sum() for x in parts]))
    likeness = abs(correlation[at]) / energy if energy else 0.0
    if likeness < LEAST_LIKENESS:
        raise InvalidValue(f"it does not follow the dry signal (likeness {likeness:.2f} of 1): pair it with the file that "
                           "was played, at the rate it was played at")  # fmt: skip
    return late * step


def _overlapping(dry: np.ndarray, wet: np.ndarray, late: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return (dry, wet, late): the stretch that both hold, where wet is `late`."""
    dry, wet = dry[max(-late, 0) :], wet[max(late, 0) :]
    length = min(len(dry), len(wet))
    return dry[:length], wet[:length], late


def _drift(dry: np.ndarray, wet: np.ndarray, sample_rate: float, cabinet: np.ndarray | None = None) -> float:
    """Return by how many samples in a million the delay grows from the first third to the last; 0 where that is not sure."""
    third, length = len(dry) // 3, round(DRIFT_SECONDS * sample_rate)
    if third < length:
        return 0.0
    starts = [first + loudest_start(dry[first : first + third], length) for first in (0, len(dry) - third)]
    early, late = (_by_correlation(dry[at : at + length], wet[at : at + length], cabinet=cabinet) for at in starts)
    drift = late.delay_samples - early.delay_samples
    share = drift / (starts[1] - starts[0])
    sure = min(early.confidence, late.confidence) >= DRIFT_CONFIDENCE
    return 1e6 * share if sure and abs(drift) > MOST_DRIFT_SAMPLES and abs(share) < STEEPEST_DRIFT else 0.0


def clicks(dry: np.ndarray, sample_rate: float) -> list[int]:
    """Return where single-sample clicks with silence around them lie."""
    room = round(CLICK_ROOM_SECONDS * sample_rate)
    loud = np.flatnonzero(np.abs(dry) >= CLICK_LEVEL)
    gaps = np.diff(loud, prepend=-room - 1, append=len(dry) + room)
    lonely = loud[(gaps[:-1] > room) & (gaps[1:] > room)]
    return [int(at) for at in lonely if at + room < len(dry) and _is_click(dry[max(at - room, 0) : at + room + 1])]


def _is_click(around: np.ndarray) -> bool:
    rest = np.sort(np.abs(around))
    return bool(rest[-2] <= QUIET_UNDER_CLICK * rest[-1])


def _by_clicks(dry: np.ndarray, wet: np.ndarray, places: Sequence[int], sample_rate: float, highest: float) -> Alignment | None:
    after = round(ANSWER_SECONDS * sample_rate)
    answers = [wet[at - LEAD : at + after] / dry[at] for at in places if at >= LEAD and at + after <= len(wet)]
    if not answers:
        return None
    answer = np.asarray(answers, np.float64).mean(axis=0)
    answer -= answer[: LEAD // 2].mean()
    position, polarity, confidence = pure_delay(np.fft.rfft(answer, 2 * len(answer)), highest=highest)
    return Alignment(position - LEAD, polarity, "blips", confidence)


def _by_correlation(dry: np.ndarray, wet: np.ndarray, highest: float = HIGHEST, cabinet: np.ndarray | None = None) -> Alignment:
    response, coherence = _best_response(dry, wet)
    if cabinet is not None:
        return _before_cabinet(response, coherence, cabinet, highest)
    smooth = np.exp(_smoothed(np.log(np.maximum(np.abs(response), 1e-12 * np.abs(response).max() + 1e-30))))
    position, polarity, confidence = pure_delay(response, coherence**2, smooth, highest)
    return Alignment(position, polarity, "correlation", confidence)


def _before_cabinet(response: np.ndarray, coherence: np.ndarray, cabinet: np.ndarray, highest: float) -> Alignment:
    """Return the delay of what stands before a cabinet, its response divided out.

    Dividing raises the noise where a loudspeaker lets nothing through: frequencies count as far as they come through it, and
    the minimum-phase twin is made of the coherent ones, the others held at their neighbours'.
    """
    loudspeaker = np.fft.rfft(cabinet[:SECTION].astype(np.float64), SECTION)
    loudness, sure = np.abs(loudspeaker) ** 2, coherence**2
    before = response * np.conj(loudspeaker) / np.maximum(loudness, 1e-12 * loudness.max())
    around = _smoothed(sure)
    level = _smoothed(sure * np.log(np.maximum(np.abs(before), 1e-30))) / np.maximum(around, 1e-12)
    known = np.flatnonzero(around > LEAST_COHERENCE)
    if not len(known):
        return Alignment(0.0, 1, "correlation", 0.0)
    magnitude = np.exp(np.interp(np.arange(len(level)), known, level[known]))
    position, polarity, confidence = pure_delay(before, sure * loudness, magnitude, highest)
    return Alignment(position, polarity, "correlation", confidence)


def _best_response(dry: np.ndarray, wet: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (frequency response, coherence) between two signals, averaged over sections."""
    window = np.hanning(SECTION)
    cross, into, out = (np.zeros(SECTION // 2 + 1, kind) for kind in (complex, float, float))
    for start in range(0, max(len(dry) - SECTION, 0) + 1, SECTION // 2):
        section = slice(start, start + SECTION)
        x, y = (np.fft.rfft(s[section] * window[: len(s[section])], SECTION) for s in (dry, wet))
        cross, into, out = cross + y * np.conj(x), into + np.abs(x) ** 2, out + np.abs(y) ** 2
    into = into + 1e-12 * np.max(into) + 1e-30
    return cross / into, np.abs(cross) ** 2 / (into * (out + 1e-30))


def _smoothed(values: np.ndarray) -> np.ndarray:
    """Return means over a share of each frequency on either side."""
    place, total = np.arange(len(values)), np.concatenate([[0.0], np.cumsum(values)])
    first = np.floor(place * (1 - SMOOTHED)).astype(int)
    last = np.minimum(np.ceil(place * (1 + SMOOTHED)).astype(int) + 2, len(values))
    return (total[last] - total[first]) / (last - first)


def taken_out(wet: np.ndarray, delay_samples: float, first: int, length: int) -> np.ndarray:
    """Return what answers samples `first` … `first + length` of the dry signal, float32; zeros where wet holds nothing.

    The fraction of a delay is taken out with a windowed sinc, 127 samples long, flat within 0.01 dB up to 0.45 of the rate.
    """
    from scipy.signal import oaconvolve

    whole = int(np.floor(delay_samples + 0.5))
    fraction = delay_samples - whole
    reach = SINC_REACH if abs(fraction) > 1e-3 else 0
    start = first + whole - reach
    stop = start + length + 2 * reach
    inside = wet[min(max(start, 0), len(wet)) : min(max(stop, 0), len(wet))]
    before = min(max(-start, 0), stop - start)
    padded = np.pad(inside, (before, stop - start - before - len(inside)))
    if not reach:
        return padded.astype(np.float32)
    offsets = np.arange(-reach, reach + 1) - fraction
    taps = np.sinc(offsets) * np.i0(SINC_BETA * np.sqrt(np.maximum(1 - (offsets / (reach + 1)) ** 2, 0))) / np.i0(SINC_BETA)
    return oaconvolve(padded.astype(np.float64), taps[::-1], "valid").astype(np.float32)
