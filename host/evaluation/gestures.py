"""Judging a twin while its knobs move: on the gestures a capture recorded, or on drawn ones that the target plays now."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...models import metrics
from ...models.dataset import CaptureFolder, read_mono
from ...models.errors import InvalidValue, PluginError
from ...models.locations import Location
from ...models.parameter import Parameter
from ..capture.gestures import check_gestures, numbers_of, plan_gestures
from ..capture.moving import play_moving
from ..capture.target import Target
from . import cell as cells
from .recordings import Recording

_SEED = 12_582_917  # far from the seeds a person types: no capture drew these


@dataclass(frozen=True)
class Moving:
    """One gesture that a twin is judged on.

    Attributes:
        index: its number in this evaluation.
        knobs: rows of the captured knobs.
        values, kinds, curves: as of a `Gesture` of a capture.
        recording: name of what is played.
        dry: the file it is in; a number: that recording on the bench.
        first, frames: the piece of it, in samples.
        wet: what the target answered; None: it is played now.
        sha256: of that file.
    """

    index: int
    knobs: tuple[Parameter, ...]
    values: Mapping[str, Any]
    kinds: Mapping[str, str]
    curves: Mapping[str, Mapping[str, Any]]
    recording: str
    dry: Location | int
    first: int
    frames: int
    wet: Location | None = None
    sha256: str = ""

    @property
    def key(self) -> str:
        """Return a hash over all that is played, wherever it lies."""
        plain = {name: getattr(self, name) for name in ("index", "recording", "first", "frames", "sha256")}
        plain |= {name: dict(getattr(self, name)) for name in ("values", "kinds", "curves")}
        dry = self.dry if isinstance(self.dry, int) else self.dry.name
        plain |= {"dry": dry, "recorded": self.wet is not None, "knobs": [k.to_dict() for k in self.knobs]}
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def gestures_of(folder: CaptureFolder, recordings: Sequence[Recording], count: int | None, seed: int) -> list[Moving]:
    """Return the gestures that the capture recorded, or `count` drawn ones over the recordings of the bench.

    Raises InvalidValue: the count is none, or no knob can move.
    """
    knobs, rate = folder.record.knobs, folder.record.sample_rate
    if count is None:
        names = {d.file_name: Path(d.source).stem for d in folder.record.dry}
        for gesture in folder.gestures:
            numbers_of(knobs, gesture.curves, 1, rate)  # what cannot be played is said at once
        return [Moving(i, knobs, g.values, g.kinds, g.curves, names[g.dry_file_name], folder.path / g.dry_file_name,
                       g.dry_start, g.frames, folder.path / g.file_name, g.sha256)
                for i, g in enumerate(folder.gestures)]  # fmt: skip
    if not check_gestures(count, knobs, len(recordings)):
        return []
    pool = [(str(i), r.last - r.first) for i, r in enumerate(recordings)]
    planned = plan_gestures(knobs, pool, count, rate, _SEED + seed)
    return [Moving(p.index, knobs, p.values, p.kinds, p.curves, recordings[int(p.dry_file_name)].name, int(p.dry_file_name),
                   p.dry_start, p.frames) for p in planned]  # fmt: skip


def refuse_recorded(count: int | None) -> None:
    """Raise InvalidValue where gestures are wanted of gear that cannot be played."""
    if count:
        raise InvalidValue(f"gestures = {count}: recorded gear cannot be turned; leave gestures out, or pass a target")


def tracks(moving: Moving, bench: Any) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return (dry, target and twin, float32 (frames,) each; where each moving knob is to be, float64 (knobs, frames))."""
    rate = bench.sample_rate
    if isinstance(moving.dry, int):
        dry = np.asarray(bench.dry[moving.dry][moving.first : moving.first + moving.frames], np.float32)
    else:
        dry = read_mono(moving.dry, rate, moving.first, moving.frames)
    numbers = numbers_of(moving.knobs, moving.curves, moving.frames, rate)

    def played(player: Target, late_samples: int) -> np.ndarray:
        player.turn(moving.values)
        wet, _ = play_moving(player, moving.knobs, numbers, dry, bench.silence_samples, late_samples)
        if not np.isfinite(wet).all():
            raise PluginError(f"{player.processor!r:.80} put out samples that are not finite")
        return wet

    known = moving.wet
    target = played(bench.target, bench.late_samples) if known is None else read_mono(known, rate, 0, moving.frames)
    return {"dry": dry, "target": target, "twin": played(bench.twin, 0)}, np.stack(list(numbers.values()))


def judge(moving: Moving, bench: Any) -> dict[str, Any]:
    """Return a row of figures: twin and dry against the target, and how much of either lies above 5 kHz while knobs travel.

    `zipper`: that share in dB of target and twin over the ramps (None where nothing travels slowly enough to be one), the
    twin's minus the target's, and the same difference where all knobs have stood still: what is the twin's tone, not its
    knobs'.
    """
    heard, courses = tracks(moving, bench)
    target, twin, dry, rate = heard["target"], heard["twin"], heard["dry"], bench.sample_rate
    return {
        "gesture": moving.index,
        "recording": moving.recording,
        "recorded": moving.wet is not None,
        "seconds": moving.frames / rate,
        "values": dict(moving.values),
        "kinds": dict(moving.kinds),
        "curves": {name: dict(data) for name, data in moving.curves.items()},
        **cells.level(target, dry, rate),
        **cells.compare(target, {"twin": twin, "dry": dry}, rate),
        "zipper": _zipper(target, twin, courses, rate),
    }


def _zipper(target: np.ndarray, twin: np.ndarray, courses: np.ndarray, rate: float) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for name, where in (("", metrics.ramps(courses)), ("still_", metrics.still(courses, rate))):
        of_target, of_twin = (metrics.high_share_db(audio, rate, where) for audio in (target, twin))
        found[f"{name}target_db"], found[f"{name}twin_db"] = of_target, of_twin
        found[f"{name}difference_db"] = None if of_target is None or of_twin is None else of_twin - of_target
    return found


def clip(moving: Moving, bench: Any, seconds: float) -> dict[str, Any]:
    """Return `start_samples` and the samples of dry, target and twin: all of the gesture, `seconds` at most."""
    length = round(seconds * bench.sample_rate)
    return {"start_samples": moving.first, **{name: audio[:length] for name, audio in tracks(moving, bench)[0].items()}}
