"""How close a modelled amp is on what was kept back of the recording, through the cabinet."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...effects.impulse_response import ImpulseResponse
from ...models.dataset import CaptureFolder, read_mono
from ...models.errors import CaptureError
from ...models.model import Model
from ..cabinet import through_cabinet
from ..evaluation import cell
from ..evaluation.playing import player
from ..evaluation.recorded import answers_of


@dataclass(frozen=True)
class Kept:
    """The end of the recording, which no training heard.

    Attributes:
        sample_rate: in Hz.
        clean: float32 (samples,), the clean signal from its beginning to the end of what was kept.
        first: where of it the kept part begins.
        target: float32 (samples - first,), what the amp answered there through the cabinet.
    """

    sample_rate: float
    clean: np.ndarray
    first: int
    target: np.ndarray

    @classmethod
    def of(cls, folder: CaptureFolder) -> "Kept":
        """Read it from a capture of one recording. Raises CaptureError: it is another capture."""
        rows = answers_of(folder)
        parts = {split: folder.dry_of(split) for split in ("train", "validation", "test")}
        if len(rows) != 1 or any(len(recordings) != 1 for recordings in parts.values()):
            raise CaptureError(f"{folder.path}: is not the capture of one recorded amp; remove it and run again")
        audio = [folder.read_dry(recordings[0]) for recordings in parts.values()]  # in the order in which they were played
        row, rate = rows[0], float(folder.record.sample_rate)
        first = len(audio[0]) + len(audio[1]) + row["dry_start"]
        target = read_mono(folder.path / row["file_name"], rate, 0, row["frames"])
        return cls(rate, np.concatenate(audio)[: first + len(target)], first, target)

    @property
    def seconds(self) -> float:
        """Length of the kept part."""
        return len(self.target) / self.sample_rate


@dataclass(frozen=True)
class Judged:
    """A model's figures on the kept part.

    Attributes:
        name: "separated", "whole" or "clean" (no amp at all, the clean signal through the cabinet at the best level).
        figures: metric → value, see `evaluation.cell.METRICS`.
        weights, minutes, steps: of the net and its training; 0 for "clean".
    """

    name: str
    figures: Mapping[str, float | None]
    weights: int = 0
    minutes: float = 0.0
    steps: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)


def play(model: Model, clean: np.ndarray, sample_rate: float, response: ImpulseResponse | None = None) -> np.ndarray:
    """Return what a model makes of a clean signal (samples,), float32 (channels, samples), through a cabinet if given."""
    amp = np.atleast_2d(player(model)(clean, sample_rate))
    return amp if response is None else through_cabinet(amp, sample_rate, response.samples, response.sample_rate)


def mono(heard: np.ndarray) -> np.ndarray:
    """Return (channels, samples) mixed to (samples,), float32: what a stereo cabinet is judged by."""
    return heard.mean(axis=0, dtype=np.float64).astype(np.float32)


def judge(kept: Kept, models: Mapping[str, Model], response: ImpulseResponse) -> tuple[list[Judged], dict[str, np.ndarray]]:
    """Return the figures of each model, and what was heard: "target", "dry" and each name → (samples,) of the kept part.

    Of the models, "whole" has the cabinet in it; the others play through `response`.
    """
    tracks: dict[str, np.ndarray] = {"dry": kept.clean[kept.first :]}
    for name, model in models.items():
        heard = play(model, kept.clean, kept.sample_rate, None if name == "whole" else response)
        tracks[name] = mono(heard)[kept.first :]
    bare = mono(through_cabinet(kept.clean[None], kept.sample_rate, response.samples, response.sample_rate))[kept.first :]
    energy = float(np.square(bare, dtype=np.float64).sum())
    level = float(bare.astype(np.float64) @ kept.target) / energy if energy else 0.0
    compared = cell.compare(kept.target, {**tracks, "clean": (level * bare).astype(np.float32)}, kept.sample_rate)
    found = [Judged(name, compared[name], model.weight_count, float(model.training.get("minutes", 0.0)),
                    int(model.training.get("steps", 0))) for name, model in models.items()]  # fmt: skip
    return [*found, Judged("clean", compared["clean"])], {"target": kept.target, **tracks}
