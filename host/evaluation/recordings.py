"""The dry recordings an evaluation plays: those the capture kept back, or fresh excitation."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...models.dataset import CaptureFolder, read_mono
from ...models.files import write_wav
from ...models.locations import Location
from .cell import loudest_start

FRESH_RECORDINGS = 2
FRESH_SECONDS = 20.0
_FRESH_SEED = 7_340_033  # far from the seeds a person types, so that no training saw the signal


@dataclass(frozen=True)
class Recording:
    """Samples `first` … `last` of the mono file at `path`; `sha256` is the whole file's."""

    name: str
    path: Location
    file_name: str
    sha256: str
    first: int
    last: int
    sample_rate: float

    def read(self) -> np.ndarray:
        """Return its samples, float32. Raises FileProblem."""
        return read_mono(self.path, self.sample_rate, self.first, self.last - self.first)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        seconds = (self.last - self.first) / self.sample_rate
        kept = {key: getattr(self, key) for key in ("name", "file_name", "sha256", "first", "last")}
        return {**kept, "seconds": seconds}


def kept_recordings(
    folder: CaptureFolder, out: Path, seed: int, seconds: float | None, played: bool = False
) -> list[Recording]:
    """Return the capture's "test" recordings; where it has none, excitation of fresh seeds, written to `out`/dry.

    Args:
        folder: the capture.
        out: of the evaluation.
        seed: of fresh excitation.
        seconds: of each recording, its loudest stretch; None: all of it.
        played: of a capture with a place, take what was played into the whole, and not what arrived at the place.

    Raises:
        FileProblem: a recording is missing or cannot be written.
    """
    rate = folder.record.sample_rate
    kept = folder.record.place.get("played", {}) if played else {}
    names = [(Path(d.source).stem, kept.get(d.file_name, d.file_name)) for d in folder.dry_of("test")]
    found = [(name, folder.path / file_name, file_name) for name, file_name in names]
    found = found or [_fresh(out, rate, seed, i) for i in range(FRESH_RECORDINGS)]
    recordings = []
    for name, path, file_name in found:
        audio = read_mono(path, rate)
        length = audio.size if seconds is None else min(audio.size, round(seconds * rate))
        first = loudest_start(audio, length)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        recordings.append(Recording(name, path, file_name, digest, first, first + length, rate))
    return recordings


def _fresh(out: Path, rate: float, seed: int, index: int) -> tuple[str, Path, str]:
    from ..excitation import excitation

    number = _FRESH_SEED + 1000 * seed + index
    path = out / "dry" / f"excitation_{number}.wav"
    write_wav(path, excitation(FRESH_SECONDS, rate, number), rate)
    return f"excitation, seed {number}", path, f"dry/{path.name}"
