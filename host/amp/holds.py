"""Whether a recording of an amplifier has its cabinet in it: how its spectrum follows the cabinet's, ripple by ripple."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from ...models.errors import InvalidValue

AmpHolds = Literal["auto", "amp", "both"]
CHOICES = ("auto", "amp", "both")
LOWEST_HZ, HIGHEST_HZ, BANDS_AN_OCTAVE = 80.0, 10_000.0, 24
SECTION = 16384
SOME = 0.25  # of the cabinet's ripples in the recording: more of them, and a cabinet is in it, this one or another
SURE_WITH, SURE_WITHOUT = (0.75, 0.55), 0.2  # slope and likeness of a recording through this very cabinet; slope without one
LEAST_RIPPLE_DB = 0.5  # a response flatter than that has nothing to be recognised by
FAINTEST_CLEAN, FAINTEST_AMP = 1e-9, 1e-5  # of the loudest band: below lie a file's last bits, a recording's noise


@dataclass(frozen=True)
class Holds:
    """What a recording holds.

    Attributes:
        cabinet: whether the cabinet is in it.
        slope: how many dB the ratio of the spectra (recording over clean) rises where the cabinet rises by 1 dB, its course
            over an octave taken off both: about 1 with the cabinet, 0 without; an amp's own tone is smoother than that.
        likeness: correlation of the two, -1 to 1.
        told: whether a person said it rather than the spectra.
        warning: what does not fit, or "".
    """

    cabinet: bool
    slope: float
    likeness: float
    told: bool = False
    warning: str = ""

    @property
    def said(self) -> str:
        """The finding in one line."""
        what = "the amp and the cabinet" if self.cabinet else "the amp without a cabinet"
        if self.told:
            return f"it holds {what}, as told (its spectrum follows the cabinet's by {self.slope:.2f} of 1)"
        return f"it holds {what}: its spectrum follows the cabinet's by {self.slope:.2f} of 1, alike to {self.likeness:.2f}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)


def what_it_holds(clean: np.ndarray, amp: np.ndarray, taps: np.ndarray, sample_rate: float, told: str = "auto") -> Holds:
    """Say whether a recording has the cabinet in it.

    Args:
        clean, amp: float32 (samples,) at `sample_rate`; how they lie in time does not matter.
        taps: the cabinet, (samples,).
        told: "amp" or "both" where a person knows; "auto" measures.

    Raises:
        InvalidValue: another word, or a cabinet too flat to be recognised where it is to be measured.
    """
    if told not in CHOICES:
        raise InvalidValue(f"amp_holds = {told!r} is not one of {', '.join(CHOICES)}")
    centres, played = band_powers(clean, sample_rate)
    ripple = _ripple(_decibels(cabinet_powers(taps, sample_rate)))
    recorded = band_powers(amp, sample_rate)[1]
    answered = _ripple(_decibels(recorded) - _decibels(played))
    heard = (played > FAINTEST_CLEAN * played.max()) & (recorded > FAINTEST_AMP * recorded.max())
    ripple, answered = ripple[heard], answered[heard]
    energy = float(ripple @ ripple)
    flat = not len(centres) or energy < LEAST_RIPPLE_DB**2 * max(len(ripple), 1)
    if flat and told == "auto":
        raise InvalidValue("the cabinet's response is too flat to be recognised in the amp's recording: say what that holds "
                           "with --amp-holds amp or --amp-holds both")  # fmt: skip
    slope = float(ripple @ answered) / energy if energy else 0.0
    spread = float(np.sqrt(energy * (answered @ answered)))
    likeness = float(ripple @ answered) / spread if spread else 0.0
    cabinet = slope > SOME if told == "auto" else told == "both"
    return Holds(cabinet, round(slope, 3), round(likeness, 3), told != "auto", _warning(cabinet, slope, likeness, told))


def _warning(cabinet: bool, slope: float, likeness: float, told: str) -> str:
    if cabinet and slope >= SURE_WITH[0] and likeness >= SURE_WITH[1]:
        return ""
    if not cabinet and slope <= SURE_WITHOUT:
        return ""
    if told != "auto":
        what = "both" if cabinet else "the amp"
        return (f"told that it holds {what}, yet its spectrum follows the cabinet's by {slope:.2f} of 1: "
                "another cabinet or microphone may stand in the recording")  # fmt: skip
    return ("not sure: another cabinet or microphone than the given one may stand in the recording; "
            "say what it holds with --amp-holds amp or both, and give the response that was recorded through")  # fmt: skip


def band_powers(audio: np.ndarray, sample_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return centres in Hz and the mean power in bands a 24th of an octave wide, 80 Hz to 10 kHz."""
    from scipy.signal import welch

    frequencies, power = welch(audio.astype(np.float64), sample_rate, nperseg=min(SECTION, len(audio)))
    return _in_bands(frequencies, power, sample_rate)


def cabinet_powers(taps: np.ndarray, sample_rate: float) -> np.ndarray:
    """Return the cabinet's power gain in the same bands."""
    size = 1 << max(16, int(np.ceil(np.log2(len(taps)))))
    power = np.abs(np.fft.rfft(taps.astype(np.float64), size)) ** 2
    return _in_bands(np.fft.rfftfreq(size, 1 / sample_rate), power, sample_rate)[1]


def _in_bands(frequencies: np.ndarray, power: np.ndarray, sample_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return (centres, means) over bands, parts of bins counted as parts."""
    octaves = np.log2(min(HIGHEST_HZ, 0.45 * sample_rate) / LOWEST_HZ)
    edges = LOWEST_HZ * 2 ** (np.arange(int(octaves * BANDS_AN_OCTAVE) + 1) / BANDS_AN_OCTAVE)
    total = np.concatenate([[0.0], np.cumsum(power)])
    places = np.interp(edges, frequencies, np.arange(len(frequencies)))
    means = np.diff(np.interp(places, np.arange(len(total)), total)) / np.diff(places)
    return np.sqrt(edges[1:] * edges[:-1]), means


def _ripple(levels: np.ndarray) -> np.ndarray:
    """Return levels without their course over an octave."""
    reach, place = BANDS_AN_OCTAVE // 2, np.arange(len(levels))
    total = np.concatenate([[0.0], np.cumsum(levels)])
    first, last = np.maximum(place - reach, 0), np.minimum(place + reach + 1, len(levels))
    return levels - (total[last] - total[first]) / (last - first)


def _decibels(power: np.ndarray) -> np.ndarray:
    return 10 * np.log10(np.maximum(power, 1e-12 * max(power.max(), 1e-12)))
