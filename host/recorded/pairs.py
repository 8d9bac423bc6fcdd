"""A recorded take read, brought to one rate, and laid against its dry signal."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...models.audio_file import read_audio
from ...models.errors import InvalidValue
from ..measure import difference
from .alignment import Alignment, align, taken_out
from .repeats import repeated_section

SHORTEST_SECONDS = 5.0
QUIETEST_PEAK, CLIPPED_RUN = 1e-3, 3
LOST_SECONDS = 1.0
UNSURE, SURE = 0.5, 0.95  # confidence in a delay; of a less certain one half a sample is left, for no net can learn an answer
LEFT_SAMPLES = 0.5  # ahead of its cause
LEFT_BEFORE_CABINET_SAMPLES = 2.0  # the delay before a cabinet was found up to 1.6 late (hard saturation, noise)
ONE_RIG_SAMPLES = 1.5  # takes whose delays lie no further apart were recorded in one go, with one delay


@dataclass(frozen=True)
class Finding:
    """What two files are to each other: their alignment, all that was found as plain JSON data, and warnings."""

    alignment: Alignment
    samples: tuple[int, int]  # of both, at the capture's rate
    found: dict[str, Any]
    warnings: list[str]

    def stop(self, delay_samples: float) -> int:
        """Return up to where the dry file is answered, in samples."""
        return min(self.samples[0], int(np.floor(self.samples[1] - delay_samples)))


@dataclass(frozen=True)
class Pair:
    """A take in time with its dry signal.

    Attributes:
        dry: float32 (samples,), the whole file at the capture's rate.
        wet: float32 (stop - first,), what answers dry[first:stop].
        repeat: (start, start again, samples) of a section that was played twice, or None.
    """

    dry: np.ndarray
    wet: np.ndarray
    first: int
    stop: int
    repeat: tuple[int, int, int] | None

    @property
    def replicate_esr(self) -> float | None:
        """How far the device's answers to the repeated section are apart, as ESR."""
        if self.repeat is None:
            return None
        start, again, length = self.repeat
        return difference(self.wet[start - self.first :][:length], self.wet[again - self.first :][:length])

    def through(self, cabinet: np.ndarray) -> "Pair":
        """Return the same with the answer played through an impulse response (samples,)."""
        from scipy.signal import oaconvolve

        heard = oaconvolve(self.wet.astype(np.float64), cabinet)[: len(self.wet)]
        return replace(self, wet=heard.astype(np.float32))


def look_at(dry_file: Path, wet_file: Path, sample_rate: float, cabinet: np.ndarray | None = None) -> Finding:
    """Find out how two files lie against each other; `cabinet` as in `align`.

    Raises:
        FileProblem, InvalidValue: a file that cannot be read or is silent, or one that does not follow the other.
    """
    (dry, dry_rate), (wet, wet_rate) = mono_of(dry_file), mono_of(wet_file)
    warnings = [f"{wet_file.name} is clipped: turn the recording level down"] if _clipped(wet) else []
    for file, length in ((dry_file, len(dry) / dry_rate), (wet_file, len(wet) / wet_rate)):
        if length < SHORTEST_SECONDS:
            raise InvalidValue(f"{file} lasts {length:.1f} s, {SHORTEST_SECONDS:g} s are needed: record longer takes")
    played, answer = at_rate(dry, dry_rate, sample_rate), at_rate(wet, wet_rate, sample_rate)
    try:
        alignment = align(played, answer, sample_rate, min(dry_rate, wet_rate), cabinet)
    except InvalidValue as error:
        raise InvalidValue(f"{wet_file} against {dry_file}: {error}") from None
    if alignment.confidence < UNSURE:
        warnings.append(f"the delay of {wet_file.name} is not sure (confidence {alignment.confidence:.2f} of 1)")
    found = {"dry": dry_file.name, "wet": wet_file.name, "dry_seconds": len(dry) / dry_rate,
             "wet_seconds": len(wet) / wet_rate, "dry_rate": dry_rate, "wet_rate": wet_rate, **alignment.to_dict()}  # fmt: skip
    return Finding(alignment, (len(played), len(answer)), found, warnings)


def delays_of(findings: Sequence[Finding], behind_cabinet: bool = False) -> list[float]:
    """Return the delay to take out of each take, in samples: one for all where they agree, that of the surest."""
    alignments = [finding.alignment for finding in findings]
    delays = [a.delay_samples for a in alignments]
    if max(delays) - min(delays) <= ONE_RIG_SAMPLES:
        alignments = [max(alignments, key=lambda a: a.confidence)] * len(findings)
    left = LEFT_BEFORE_CABINET_SAMPLES if behind_cabinet else LEFT_SAMPLES
    return [a.delay_samples - (0.0 if a.how == "blips" and a.confidence >= SURE else left) for a in alignments]


def lay(dry_file: Path, wet_file: Path, sample_rate: float, delay_samples: float) -> tuple[Pair, list[str]]:
    """Return two files laid against each other, and warnings. Raises InvalidValue where they share too little."""
    dry, wet = (at_rate(*mono_of(file), sample_rate) for file in (dry_file, wet_file))
    first = max(0, int(np.ceil(-delay_samples)))
    stop = min(len(dry), int(np.floor(len(wet) - delay_samples)))
    shared, whole = (stop - first) / sample_rate, len(dry) / sample_rate
    if shared < SHORTEST_SECONDS:
        raise InvalidValue(f"{wet_file} and {dry_file} share {shared:.1f} s, {SHORTEST_SECONDS:g} s are needed: "
                           "record longer takes")  # fmt: skip
    lost = whole - shared > LOST_SECONDS
    warnings = (
        [f"{wet_file.name} answers {shared:.1f} of {whole:.1f} s of {dry_file.name}; the rest is left out"] if lost else []
    )
    answer = taken_out(wet, delay_samples, first, stop - first)
    return Pair(dry, answer, first, stop, repeated_section(dry, sample_rate, first, stop)), warnings


def mono_of(path: Path) -> tuple[np.ndarray, int]:
    """Return a recording mixed to mono, float32 (samples,), and its rate in Hz. Raises FileProblem, InvalidValue (silence)."""
    audio, rate = read_audio(path)
    mono = audio.mean(axis=0, dtype=np.float64).astype(np.float32)
    if np.abs(mono).max() < QUIETEST_PEAK:
        raise InvalidValue(f"{path} is silent (peak {20 * np.log10(max(np.abs(mono).max(), 1e-9)):.0f} dBFS): record it again")
    return mono, rate


def at_rate(audio: np.ndarray, rate: float, wanted: float) -> np.ndarray:
    """Return audio (samples,) at another rate, float32."""
    import soxr

    return audio if rate == wanted else np.asarray(soxr.resample(audio, rate, wanted, quality="VHQ"), np.float32)


def _clipped(wet: np.ndarray) -> bool:
    """Return whether the highest value comes several times in a row, at full scale."""
    peak = np.abs(wet).max()
    at_peak = np.abs(wet) >= peak * (1 - 1e-6)
    runs = np.convolve(at_peak, np.ones(CLIPPED_RUN), "valid")
    return bool(peak >= 0.99 and peak <= 1.0 + 1e-6 and runs.max() >= CLIPPED_RUN)
