"""The cells worth hearing: their audio beside the evaluation, and where it comes from."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...models import metrics
from ...models.files import write_wav

TRACKS = ("dry", "target", "twin", "residual")
THERE = "in its place"  # why a clip is kept that is heard at the output of the whole
MOVING = "moving"  # why one is kept that is heard while the knobs move


def choose(cells: Sequence[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Return (why, cell) of the worst, the median and the best cell by the twin's ESR, each cell once."""
    heard = sorted((c for c in cells if not c["quiet"]), key=lambda c: c["twin"]["esr"], reverse=True)
    if not heard:
        return []
    places = (("worst", 0), ("median", len(heard) // 2), ("best", len(heard) - 1))
    chosen: dict[int, tuple[str, dict[str, Any]]] = {}
    for why, place in places:
        chosen.setdefault(place, (why, heard[place]))
    return list(chosen.values())


def choose_there(cells: Sequence[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Return the median cell by the twin's ESR at the output of the whole, to be heard there; none where it stood alone."""
    heard = sorted((c for c in cells if c.get("there") and not c["there"]["quiet"]), key=lambda c: c["there"]["twin"]["esr"])
    return [(THERE, heard[len(heard) // 2])] if heard else []


def choose_moving(gestures: Sequence[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Return the gesture that the twin follows worst, by ESR; none where none is heard."""
    heard = [g for g in gestures if not g["quiet"]]
    return [(MOVING, max(heard, key=lambda g: g["twin"]["esr"]))] if heard else []


def write(folder: Path, why: str, cell: dict[str, Any], clip: dict[str, Any], sample_rate: float) -> dict[str, Any]:
    """Write dry, target, twin and residual (target minus twin) as float32 WAV into `folder`/audio; return their record.

    `cell` is the row of a cell, or of a gesture.

    Levels are as rendered, the residual's too.

    Raises:
        FileProblem: a file cannot be written.
    """
    tracks = {**{name: clip[name] for name in TRACKS[:3]}, "residual": clip["target"] - clip["twin"]}
    files = {}
    for name, samples in tracks.items():
        path = folder / "audio" / f"{why.replace(' ', '_')}_{name}.wav"
        write_wav(path, samples, sample_rate)
        files[name] = f"audio/{path.name}"
    return {
        "why": why,
        **{key: cell[key] for key in ("cell", "gesture", "setting", "recording") if key in cell},
        "start_seconds": clip["start_samples"] / sample_rate,
        "frames": int(clip["target"].size),
        "esr": metrics.esr(clip["target"], clip["twin"]),
        "peaks": {name: float(np.abs(samples).max()) for name, samples in tracks.items()},
        "files": files,
    }
