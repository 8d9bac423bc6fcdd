"""Whether a recording of an amplifier has its cabinet in it: how its spectrum follows the cabinet's, ripple by ripple."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from ...models.errors import InvalidValue
from ..recorded.alignment import laid_roughly

AmpHolds = Literal["auto", "amp", "both"]
CHOICES = ("auto", "amp", "both")
LOWEST_HZ, HIGHEST_HZ, BANDS_AN_OCTAVE = 80.0, 10_000.0, 24
SECTION = 16384
SOME, SURE_WITHOUT = 0.25, 0.2  # of the cabinet's ripples in the recording: more of them, and some cabinet is in it; fewer
LEAST_SLOPE, MOST_SLOPE = 0.75, 1.3  # of a recording through this very cabinet
LEAST_LIKENESS, LESS_LIKENESS = 0.95, 0.4  # the same; so much less where nothing follows the clean signal
TREBLE_HZ, MIDDLE_HZ = (6000.0, 10_000.0), (1000.0, 4000.0)
LEAST_FALL_DB, MOST_FALL = 6.0, 0.5  # of a loudspeaker from the middle to the treble; of that, an amp without one
LEAST_RIPPLE_DB = 0.5  # a response flatter than that has nothing to be recognised by
FAINTEST_CLEAN, FAINTEST_AMP = 1e-9, 1e-5  # of the loudest band: below lie a file's last bits, a recording's noise
CHANCE = 2.0  # sections that follow by chance: a share of that over all of them says nothing


@dataclass(frozen=True)
class Holds:
    """What a recording holds.

    Attributes:
        cabinet: whether the cabinet is in it.
        slope: how many dB the response of what was recorded rises where the cabinet rises by 1 dB, its course over an octave
            taken off both: about 1 with the cabinet, 0 without; an amp's own tone is smoother than that.
        likeness: correlation of the two, -1 to 1.
        fall: how much less treble there is in the recording than in the clean signal, of how much the cabinet leaves through:
            about 1 with any cabinet, 0 or less without; 0 where the given one lets all of it through.
        followed: 0 to 1, how much of the recording follows the clean signal linearly, of all bands the mean.
        told: whether a person said it rather than the spectra.
        warning: what does not fit, or "".
    """

    cabinet: bool
    slope: float
    likeness: float
    fall: float
    followed: float
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
        clean, amp: float32 (samples,) at `sample_rate`; how they lie in time does not matter, if they hold the same.
        taps: the cabinet, (samples,).
        told: "amp" or "both" where a person knows; "auto" measures.

    Raises:
        InvalidValue: another word, a recording that does not follow the clean signal, or a cabinet too flat to be recognised
            where it is to be measured.
    """
    if told not in CHOICES:
        raise InvalidValue(f"amp_holds = {told!r} is not one of {', '.join(CHOICES)}")
    ripple, answered, weights = compared(clean, amp, taps, sample_rate)
    energy = float(weights @ ripple**2)
    flat = energy < LEAST_RIPPLE_DB**2 * weights.sum() or not weights.any()
    if flat and told == "auto":
        raise InvalidValue("the cabinet's response is too flat to be recognised in the amp's recording: say what that holds "
                           "with --amp-holds amp or --amp-holds both")  # fmt: skip
    both, spread = float(weights @ (ripple * answered)), float(np.sqrt(energy * (weights @ answered**2)))
    found = Holds(
        False,
        round(both / energy, 3) if energy else 0.0,
        round(both / spread, 3) if spread else 0.0,
        round(fall_of(clean, amp, taps, sample_rate), 3),
        round(float(weights.mean()), 3) if len(weights) else 0.0,
        told != "auto",
    )
    found = replace(found, cabinet=found.slope > SOME if told == "auto" else told == "both")
    return replace(found, warning=_warning(found))


def _warning(found: Holds) -> str:
    """Return what does not fit; the less follows the clean signal, the less alike it may be."""
    alike = found.likeness >= LEAST_LIKENESS - LESS_LIKENESS * (1 - found.followed)
    if found.cabinet and LEAST_SLOPE <= found.slope <= MOST_SLOPE and alike:
        return ""
    if not found.cabinet and found.slope <= SURE_WITHOUT and found.fall <= MOST_FALL:
        return ""
    if found.told:
        what = "both" if found.cabinet else "the amp"
        return (f"told that it holds {what}, yet its spectrum follows the cabinet's by {found.slope:.2f} of 1: "
                "another cabinet or microphone may stand in the recording")  # fmt: skip
    return ("not sure: another cabinet or microphone than the given one may stand in the recording; "
            "say what it holds with --amp-holds amp or both, and give the response that was recorded through")  # fmt: skip


def compared(
    clean: np.ndarray, amp: np.ndarray, taps: np.ndarray, sample_rate: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return of each band that is heard: the cabinet's ripple in dB, the recording's against the clean signal, its weight.

    The recording's is of what follows the clean signal linearly, so that an amp's harmonics do not fill the cabinet's
    valleys; the weight is their share of the band, 0 to 1 (coherence).

    Raises InvalidValue where the recording does not follow the clean signal at all.

    Source of the maths: J. S. Bendat, A. G. Piersol, "Random Data", chapter on single-input systems.
    """
    from scipy.signal import csd

    clean, amp, _ = laid_roughly(clean, amp, sample_rate)
    (_, played), (_, recorded) = band_powers(clean, sample_rate), band_powers(amp, sample_rate)
    section = min(SECTION, len(clean))
    frequencies, cross = csd(clean.astype(np.float64), amp.astype(np.float64), sample_rate, nperseg=section)
    power = power_spectrum(clean, sample_rate)[1]
    following = _in_bands(frequencies, np.abs(cross) ** 2 / np.maximum(power, 1e-12 * power.max()), sample_rate)[1]
    heard = (played > FAINTEST_CLEAN * played.max()) & (recorded > FAINTEST_AMP * recorded.max())
    chance = min(CHANCE * section / (2 * len(clean)), 0.5)
    weights = np.clip((following / np.maximum(recorded, 1e-30) - chance) / (1 - chance), 0, 1)
    ripple, answered = _ripple(_decibels(cabinet_powers(taps, sample_rate))), _ripple(_decibels(following) - _decibels(played))
    return ripple[heard], answered[heard], weights[heard]


def fall_of(clean: np.ndarray, amp: np.ndarray, taps: np.ndarray, sample_rate: float) -> float:
    """Return how far the recording falls against the clean signal from the middle to the treble, of how far the cabinet does.

    0 where that is hardly at all, or where the rate leaves no treble.
    """
    (centres, played), (_, recorded) = band_powers(clean, sample_rate), band_powers(amp, sample_rate)
    middle, treble = ((centres >= low) & (centres <= high) for low, high in (MIDDLE_HZ, TREBLE_HZ))
    if not treble.any():
        return 0.0
    ratio, cabinet = _decibels(recorded) - _decibels(played), _decibels(cabinet_powers(taps, sample_rate))
    falls = [float(levels[middle].mean() - levels[treble].mean()) for levels in (ratio, cabinet)]
    return falls[0] / falls[1] if falls[1] >= LEAST_FALL_DB else 0.0


def band_powers(audio: np.ndarray, sample_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return centres in Hz and the mean power in bands a 24th of an octave wide, 80 Hz to 10 kHz."""
    return _in_bands(*power_spectrum(audio, sample_rate), sample_rate)


def power_spectrum(audio: np.ndarray, sample_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies in Hz and powers, averaged over sections."""
    from scipy.signal import welch

    return welch(audio.astype(np.float64), sample_rate, nperseg=min(SECTION, len(audio)))


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
