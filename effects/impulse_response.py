"""An impulse response: read, checked, and prepared for the rate at which it is played."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..models.audio_file import read_audio
from ..models.errors import InvalidType, InvalidValue
from ..models.response_rate import resampled, without_lead

LONGEST_SECONDS = 30.0
MOST_CHANNELS = 8
NORMALISE = ("none", "peak", "energy")
TRIM = ("none", "tail", "both")
TRIMMED = 1e-9  # of the energy, on each side that is trimmed


@dataclass(frozen=True, eq=False, repr=False)
class ImpulseResponse:
    """What a room, a loudspeaker or a plate answers to one sample.

    Attributes:
        samples: float32 (channels, samples).
        sample_rate: in Hz.
        path: the file it came from, as it was given; None: it came as an array.
    """

    samples: np.ndarray
    sample_rate: float
    path: str | None = None

    def __repr__(self) -> str:
        channels, length = self.samples.shape
        return repr(self.path) if self.path else f"<impulse response: {channels} x {length} samples at {self.sample_rate:g} Hz>"

    @classmethod
    def of(cls, given: Any) -> "ImpulseResponse | None":
        """Return what a user means: a path, (array, sample rate), an ImpulseResponse, or None.

        Raises:
            InvalidType: none of these.
            FileProblem: the file is missing or not audio.
            InvalidValue: no samples, samples that are not finite, silence, more than LONGEST_SECONDS or MOST_CHANNELS.
        """
        if given is None or isinstance(given, cls):
            return given
        if isinstance(given, str | os.PathLike):
            samples, rate = read_audio(Path(given), LONGEST_SECONDS)
            return cls(*_checked(samples, rate, str(given)), path=str(given))
        if isinstance(given, tuple) and len(given) == 2:
            return cls(*_checked(*given, "the impulse response"))
        raise InvalidType(f"an impulse response is a path or (array, sample rate), got {type(given).__name__}")

    @property
    def seconds(self) -> float:
        """Length as it came."""
        return self.samples.shape[1] / self.sample_rate

    def prepared(self, sample_rate: float, normalise: str = "none", trim: str = "none",
                 minimum_phase: bool = False) -> np.ndarray:  # fmt: skip
        """Return the taps to play at a rate, float32 (channels, samples).

        Args:
            sample_rate: in Hz. A response at another rate is resampled and scaled so that its frequency response stays;
                where its first samples are loud, what the band limit makes ring before them delays it by up to
                64 samples (not with `minimum_phase`).
            normalise: "none" as it is; "peak" largest sample 1; "energy" white noise keeps its level in the loudest
                channel. One factor for all channels.
            trim: cut off what holds less than -90 dB of the energy: "tail" at the end, "both" also before the onset.
            minimum_phase: every channel with its magnitude, and as early as that allows.
        """
        taps, before = self.samples.astype(np.float64), 0
        if sample_rate != self.sample_rate:
            taps, before = resampled(taps, self.sample_rate, sample_rate)
        if minimum_phase:
            taps = np.stack([_minimum_phase(row) for row in taps])[:, : taps.shape[1] - before]
        elif before:
            taps = without_lead(taps, before)
        if trim != "none":
            taps = _trimmed(taps, trim == "both")
        if normalise == "peak":
            taps = taps / np.abs(taps).max()
        elif normalise == "energy":
            taps = taps / np.sqrt((taps**2).sum(axis=1).max())
        return np.ascontiguousarray(taps, np.float32)


def _checked(samples: Any, sample_rate: Any, name: str) -> tuple[np.ndarray, float]:
    """Return (float32 (channels, samples), rate); the longer dimension of an array is time."""
    array = np.asarray(samples)
    if array.dtype.kind != "f" or array.ndim not in (1, 2):
        raise InvalidType(f"{name} is an array of floats, 1-D or (channels, samples), got {array.dtype} {array.shape}")
    if isinstance(sample_rate, bool | str) or not hasattr(sample_rate, "__float__"):
        raise InvalidType(f"{name}: the sample rate is a number in Hz, got {sample_rate!r}")
    rate = float(sample_rate)
    if not 1000 <= rate <= 768000:
        raise InvalidValue(f"{name}: sample rate {rate:g} Hz is outside 1000 to 768000")
    rows = np.atleast_2d(array)
    rows = rows.T if rows.shape[0] > rows.shape[1] else rows
    channels, length = rows.shape
    if not length or not channels:
        raise InvalidValue(f"{name} holds 0 samples: pass at least one")
    if channels > MOST_CHANNELS:
        raise InvalidValue(f"{name} has {channels} channels, {MOST_CHANNELS} are allowed: pass mono or stereo")
    if length > LONGEST_SECONDS * rate:
        raise InvalidValue(f"{name} lasts {length / rate:.1f} s, {LONGEST_SECONDS:g} s are allowed: cut it first")
    rows = np.array(rows, np.float32)
    if not np.isfinite(rows).all():
        where = int(np.argwhere(~np.isfinite(rows))[0, 1])
        raise InvalidValue(f"{name} holds samples that are not finite (first: {where}): export it again")
    if not rows.any():
        raise InvalidValue(f"{name} is silence: nothing would be heard through it; export it again")
    rows.setflags(write=False)
    return rows, rate


def _minimum_phase(row: np.ndarray) -> np.ndarray:
    """Return the minimum-phase response of the same magnitude: Oppenheim and Schafer's homomorphic filter."""
    from scipy.signal import minimum_phase

    if len(row) < 3 or not row.any():
        return row
    points = 1 << max(16, (4 * len(row) - 1).bit_length())
    return minimum_phase(row, "homomorphic", points, half=False)


def _trimmed(taps: np.ndarray, onset: bool) -> np.ndarray:
    energy = np.cumsum((taps**2).sum(axis=0))
    first = int(np.searchsorted(energy, TRIMMED * energy[-1])) if onset else 0
    last = int(np.searchsorted(energy, (1.0 - TRIMMED) * energy[-1]))
    return taps[:, first : last + 1]
