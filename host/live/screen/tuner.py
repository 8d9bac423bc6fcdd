"""Tuner: which note a string plays, and by how many cents it is off.

McLeod's normalised square difference tells the note; where the lowest partials lie exactly, told by how far their phases
advance, tells the cents. A stiff string's partials are stretched, f_n = n f_0 sqrt(1 + B n²), which draws a period sharp by
some cents; so f_0 and B are fitted to them (Fletcher), and what is said is the fundamental.

Sources: P. McLeod, G. Wyvill, "A smarter way to find pitch", ICMC 2005; A. de Cheveigné, H. Kawahara, "YIN", JASA 111(4),
2002, for why a difference beats a plain autocorrelation; H. Fletcher, "Normal vibration frequencies of a stiff piano
string", JASA 36(1), 1964; J. Flanagan, R. Golden, "Phase vocoder", 1966.
"""

import math
from dataclasses import dataclass

import numpy as np

NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
LOWEST_HZ, HIGHEST_HZ = 27.5, 1400.0
WINDOW_SECONDS = 0.17  # five periods of the lowest note
SOFTEST_DB = -60.0
CLEAR = 0.8  # of McLeod's clarity, 1 for what repeats itself exactly: below, there is no note
FIRST_PEAK = 0.9  # of the highest: the first as high as that is the period, later ones are its multiples
MOST_PARTIALS = 8
MOST_STRETCH = 1e-3  # B of the thickest string
SEMITONES, CENTS = 12, 1200


@dataclass(frozen=True)
class Pitch:
    """What the tuner heard.

    Attributes:
        hz: the fundamental.
        note: the nearest note, as `E2`.
        cents: by how much it lies above that note, -50 to 50.
        clarity: how nearly the sound repeats itself, 0 to 1.
    """

    hz: float
    note: str
    cents: float
    clarity: float


def pitch_of(audio: np.ndarray, sample_rate: float, reference_hz: float = 440.0) -> Pitch | None:
    """Return the pitch of the end of a mono signal; None where it is too short or soft, or no note.

    Args:
        audio: float (samples,); `needed_samples` are looked at, more do no harm.
        sample_rate: in Hz.
        reference_hz: of A4.
    """
    count = window_samples(sample_rate)
    later = count // 4
    heard = np.asarray(audio, np.float64)[-count - later :]
    if len(heard) < count + later or not np.isfinite(heard).all():
        return None
    heard = heard - heard.mean()
    if np.sqrt(np.mean(heard**2)) < 10 ** (SOFTEST_DB / 20):
        return None
    period, clarity = _period(heard[-count:], sample_rate)
    if clarity < CLEAR:
        return None
    hz = _fundamental(heard, count, later, sample_rate / period, sample_rate)
    semitones = SEMITONES * math.log2(hz / reference_hz)
    nearest = round(semitones)
    number = nearest + 69  # of MIDI
    note = f"{NOTES[number % SEMITONES]}{number // SEMITONES - 1}"
    return Pitch(hz, note, (semitones - nearest) * CENTS / SEMITONES, clarity)


def window_samples(sample_rate: float) -> int:
    """Return the samples of one look; a quarter more are needed."""
    return round(WINDOW_SECONDS * sample_rate)


def needed_samples(sample_rate: float) -> int:
    """Return how many samples `pitch_of` needs."""
    return window_samples(sample_rate) + window_samples(sample_rate) // 4


def _period(heard: np.ndarray, sample_rate: float) -> tuple[float, float]:
    """Return (period in samples, clarity): the first high peak of McLeod's n(lag) = 2 r(lag) / m(lag), parabola on top."""
    count = len(heard)
    spectrum = np.fft.rfft(heard, 1 << (2 * count - 1).bit_length())
    products = np.fft.irfft(np.abs(spectrum) ** 2)[:count]
    squares = np.concatenate([[0.0], np.cumsum(heard**2)])
    lags = np.arange(min(int(sample_rate / LOWEST_HZ) + 2, count // 2))
    energy = squares[count - lags] + squares[count] - squares[lags]
    likeness = 2 * products[lags] / np.maximum(energy, 1e-30)
    below = np.flatnonzero(likeness < 0)
    first = max(below[0] if len(below) else len(lags), int(sample_rate / HIGHEST_HZ))
    inside = np.arange(first + 1, len(lags) - 1)
    is_peak = (likeness[inside] > likeness[inside - 1]) & (likeness[inside] >= likeness[inside + 1])
    peaks = inside[is_peak & (likeness[inside] > 0)]
    if not len(peaks):
        return 1.0, 0.0
    at = peaks[np.argmax(likeness[peaks] >= FIRST_PEAK * likeness[peaks].max())]
    left, top, right = likeness[at - 1 : at + 2]
    bend = left - 2 * top + right
    shift = 0.5 * (left - right) / bend if bend else 0.0
    return at + shift, float(min(top - 0.25 * (left - right) * shift, 1.0))


def _fundamental(heard: np.ndarray, count: int, later: int, coarse_hz: float, sample_rate: float) -> float:
    """Return the fundamental in Hz, fitted to the partials of `heard` (count + later samples) near multiples of `coarse_hz`."""
    window, numbers, found, weights = np.hanning(count), [], [], []
    for number in range(1, MOST_PARTIALS + 1):
        if number * coarse_hz > 0.4 * sample_rate:
            break
        hz, strength = _partial(heard, window, later, number * coarse_hz, coarse_hz, sample_rate)
        numbers.append(number)
        found.append((hz / number) ** 2)
        weights.append(strength)
    squares, weight = np.square(numbers, dtype=float), np.array(weights) ** 2
    weight /= weight.sum()
    # (f_n / n)² = f_0² + f_0² B n²: a line over n²; one partial alone says nothing of its slope
    middle, height = weight @ squares, weight @ np.array(found)
    spread = weight @ (squares - middle) ** 2
    slope = (weight * (squares - middle)) @ np.array(found) / spread if spread > 1e-6 else 0.0
    slope = min(max(slope, 0.0), MOST_STRETCH * height)
    return math.sqrt(height - slope * (middle - 1))


def _partial(
    heard: np.ndarray, window: np.ndarray, later: int, near_hz: float, spacing_hz: float, sample_rate: float
) -> tuple[float, float]:
    """Return (frequency in Hz, strength) of the partial near a frequency: its phase, now and `later` samples on."""
    hz, strength = near_hz, 0.0
    for _ in range(2):
        turning = window * np.exp(-2j * np.pi * hz / sample_rate * np.arange(len(window)))
        now, then = turning @ heard[: len(window)], turning @ heard[later : later + len(window)]
        strength = float(abs(now))
        advance = np.angle(then * np.conj(now) * np.exp(-2j * np.pi * hz / sample_rate * later))
        off = advance * sample_rate / (2 * np.pi * later)
        if abs(off) > spacing_hz / 4:
            return near_hz, 0.0
        hz += float(off)
    return hz, strength
