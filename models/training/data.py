"""A capture folder in memory, cut into batches by plain indexing."""

import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset, IterableDataset

from ..dataset import CaptureFolder, Take
from ..errors import TrainingError
from ..locations import Location
from ..losses import PRE_EMPHASIS
from .processes import share_of

LARGEST_IN_MEMORY = 4 * 2**30  # bytes of wet audio; more is memory-mapped


class CaptureDataset(Dataset):
    """The takes of one split as segments: `dataset[i]` is a dict of tensors.

        dry   (context + segment,)  what went in, with `context` samples before the segment (zeros before a take begins)
        wet   (segment,)            what came out
        raw   (knobs,)              knob positions 0..1
        power, emphasised_power     mean square of the whole take, plain and after pre-emphasis
        take                        its index in `takes`

    Segments lie side by side; `cut` takes one from anywhere. Replicates are left out.

    Args:
        oversampling: everything is resampled to that many times the capture's rate; `segment`, `context` and all samples
            below are counted there.

    Attributes:
        ahead: samples by which `dry` runs ahead of `wet`, where what follows the net answers that much before its cause.

    Raises:
        TrainingError: the split has no takes, or one that is shorter than a segment.
        CaptureError, FileProblem: the folder does not fit its description, or an audio file its row.
    """

    def __init__(
        self, folder: CaptureFolder | str | Location, split: str = "train", segment: int = 6144, context: int = 0,
        oversampling: int = 1,
    ) -> None:  # fmt: skip
        self.folder = folder if isinstance(folder, CaptureFolder) else CaptureFolder.open(folder)
        self.takes, self.segment, self.context = self.folder.takes_of(split), segment, context
        self.oversampling, self.ahead = oversampling, 0
        if not self.takes:
            raise TrainingError(f"{self.folder.path}: has no {split} takes; capture some")
        shortest = min(self.takes, key=lambda take: take.frames)
        if shortest.frames * oversampling < segment:
            name, frames = shortest.file_name, shortest.frames * oversampling
            raise TrainingError(f"{self.folder.path}: {name} has {frames} samples, a segment {segment}; make segments shorter")
        self.raw = np.stack([self.folder.raw_of(take) for take in self.takes])
        self.settings = [np.flatnonzero([t.setting == s for t in self.takes]) for s in sorted({t.setting for t in self.takes})]
        self.frames = np.array([take.frames * oversampling for take in self.takes])
        self._dry: dict[str, np.ndarray] = {}
        self._starts = np.concatenate([[0], np.cumsum(self.frames)])
        self._wet = _room(int(self._starts[-1]))
        self.power = np.empty((len(self.takes), 2), np.float32)
        for i, take in enumerate(self.takes):
            self._read(i, take)
        self._first = np.concatenate([[0], np.cumsum(self.frames // segment)])

    def _read(self, i: int, take: Take) -> None:
        wet = self._resampled(self.folder.read_wet(take))
        self._wet[self._starts[i] : self._starts[i + 1]] = wet
        wide = wet.astype(np.float64)
        self.power[i] = np.mean(wide**2), np.mean((wide[1:] - PRE_EMPHASIS * wide[:-1]) ** 2)
        if take.dry_file_name not in self._dry:
            recording = next(d for d in self.folder.record.dry if d.file_name == take.dry_file_name)
            self._dry[take.dry_file_name] = self._resampled(self.folder.read_dry(recording))

    def _resampled(self, audio: np.ndarray) -> np.ndarray:
        if self.oversampling == 1:
            return audio
        import soxr

        rate = self.folder.record.sample_rate
        return np.asarray(soxr.resample(audio, rate, self.oversampling * rate, quality="VHQ"), np.float32)

    @property
    def level(self) -> float:
        """Rms of all wet audio, full scale."""
        return float(np.sqrt(np.average(self.power[:, 0], weights=self.frames)))

    def dry(self, index: int, start: int, stop: int) -> np.ndarray:
        """Return the dry audio of a take from sample `start` to `stop`, zeros before it and after the recording."""
        take = self.takes[index]
        begin = take.dry_start * self.oversampling
        audio = self._dry[take.dry_file_name][begin + max(start, 0) : begin + stop]
        before, after = max(-start, 0), stop - max(start, 0) - len(audio)
        return np.pad(audio, (before, after)) if before or after else audio

    def wet(self, index: int, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Return the wet audio of a take from sample `start` to `stop`."""
        begin, stop = int(self._starts[index]), int(self.frames[index]) if stop is None else stop
        return self._wet[begin + start : begin + stop]

    def cut(self, takes: np.ndarray, starts: np.ndarray) -> dict[str, torch.Tensor]:
        """Return a batch, (batch, …): of each take the segment from `starts`, in samples."""
        dry = np.empty((len(takes), self.context + self.segment), np.float32)
        wet = np.empty((len(takes), self.segment), np.float32)
        for row, (take, start) in enumerate(zip(takes, starts, strict=True)):
            dry[row] = self.dry(take, start - self.context + self.ahead, start + self.segment + self.ahead)
            wet[row] = self.wet(take, start, start + self.segment)
        named = {"dry": dry, "wet": wet, "raw": self.raw[takes], "power": self.power[takes, 0],
                 "emphasised_power": self.power[takes, 1], "take": takes}  # fmt: skip
        return {name: torch.from_numpy(value) for name, value in named.items()}

    def __len__(self) -> int:
        return int(self._first[-1])

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        if not -len(self) <= index < len(self):
            raise IndexError(f"segment {index} of {len(self)}")
        take = int(np.searchsorted(self._first, index % len(self), side="right")) - 1
        start = (index % len(self) - int(self._first[take])) * self.segment
        batch = self.cut(np.array([take]), np.array([start]))
        return {name: value[0] for name, value in batch.items()}


class Batches(IterableDataset):
    """Endless training batches: every knob setting once before any comes again, each time from another place.

    Batch `step` depends on the seed and the step alone, so a resumed run sees what it would have seen. Of several
    processes each gets its share of it, and together they see what one would.
    """

    def __init__(self, data: CaptureDataset, batch_size: int, seed: int, first_step: int = 0) -> None:
        self.data, self.batch_size, self.seed, self.step = data, batch_size, seed, first_step

    def batch(self, step: int, rows: range | None = None) -> dict[str, torch.Tensor]:
        """Return batch `step`, or these rows of it, as from `CaptureDataset.cut`."""
        settings, frames = self.data.settings, self.data.frames
        draw = np.random.default_rng((self.seed, 1, step))
        takes = np.empty(self.batch_size, np.int64)
        for row, place in enumerate(range(step * self.batch_size, (step + 1) * self.batch_size)):
            turn, position = divmod(place, len(settings))
            order = np.random.default_rng((self.seed, 0, turn)).permutation(len(settings))
            among = settings[order[position]]
            takes[row] = draw.choice(among, p=frames[among] / frames[among].sum()) if len(among) > 1 else among[0]
        starts = draw.integers(0, frames[takes] - self.data.segment, endpoint=True)
        chosen = slice(None) if rows is None else list(rows)
        return self.data.cut(takes[chosen], starts[chosen])

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        rows = share_of(self.batch_size)
        while True:
            self.step += 1
            yield self.batch(self.step - 1, rows)


def _room(samples: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    if samples * 4 <= LARGEST_IN_MEMORY:
        return np.empty(samples, np.float32)
    return np.memmap(tempfile.TemporaryFile(), np.float32, "w+", shape=(samples,))
