"""Evaluation beside recorded gear: the device cannot be played, so the twin is held against what was kept back of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...models import metrics
from ...models.dataset import RECORD_NAME, CaptureFolder, read_mono, safe_name
from ...models.errors import CaptureError
from ...models.model import Model
from ..capture.target import Target
from . import cell as cells
from .bench import CLIP_SECONDS
from .plan import silence_samples
from .playing import Behind, player
from .recordings import Recording
from .settings import Setting, nearest_capture

KIND = "recorded"  # of such a capture's target
HELD_BACK, CAPTURED = "held back", "captured"


def is_recorded(folder: CaptureFolder) -> bool:
    """Return whether a capture is of recordings, and its target not to be had."""
    return folder.record.target.get("kind") == KIND


def recorded_settings(folder: CaptureFolder) -> list[Setting]:
    """Return the settings that recordings were kept of: first those no training saw, then the others."""
    trained = {take.setting: take for take in folder.takes_of("train")}
    first = {answer["setting"]: answer for answer in reversed(answers_of(folder))}
    found = []
    for number, answer in sorted(first.items(), key=lambda item: (item[0] in trained, item[0])):
        nearest, distance = nearest_capture(answer["raw"], {n: take.raw for n, take in trained.items()})
        kind = CAPTURED if number in trained else HELD_BACK
        values = dict(trained[nearest].values) if trained else answer["values"]
        found.append(Setting(len(found), kind, answer["raw"], answer["values"], nearest, values, distance))
    return found


def answers_of(folder: CaptureFolder) -> list[dict[str, Any]]:
    """Return the rows of what was kept. Raises CaptureError where one does not fit the folder."""
    kinds = {
        "file_name": str,
        "dry_file_name": str,
        "dry_start": int,
        "frames": int,
        "setting": int,
        "values": dict,
        "raw": dict,
    }
    rows = folder.record.target.get("answers", [])
    for i, row in enumerate(rows):
        wrong = [name for name, kind in kinds.items() if not isinstance(row.get(name), kind)]
        if wrong or not safe_name(row["file_name"]):
            field = f"target.answers[{i}].{wrong[0] if wrong else 'file_name'}"
            raise CaptureError(
                f"{folder.path / RECORD_NAME}: {field}: missing, or not what it should be; make the folder again"
            )
    return rows


class RecordedBench:
    """What `Bench` is, with recordings in the target's place: it answers only where something was recorded.

    Args:
        model: the twin.
        folder: the capture.
        recordings: the capture's "test" recordings, or stretches of them.
        cabinet: file of the impulse response that the model was trained in front of, and that it is heard through.
    """

    def __init__(
        self, model: Model, folder: CaptureFolder, recordings: Sequence[Recording], cabinet: str | Path | None = None
    ) -> None:
        self.folder, self.recordings, self.sample_rate = folder, recordings, folder.record.sample_rate
        self.twin, self.silence_samples = Target(player(model), self.sample_rate), silence_samples(folder)
        self.cabinet = None if cabinet is None else Behind(cabinet, model)

    def _answer(self, values: dict[str, Any], recording: int) -> dict[str, Any] | None:
        """Return the row of what was recorded of a dry recording at a setting."""
        name = self.recordings[recording].path.name
        found = (a for a in answers_of(self.folder) if a["values"] == values and Path(a["dry_file_name"]).name == name)
        return next(found, None)

    def _heard(self, values: dict[str, Any], recording: int) -> tuple[int, np.ndarray] | None:
        """Return (where in the dry recording it begins, what the device answered) at a setting; None: not recorded."""
        answer, part = self._answer(values, recording), self.recordings[recording]
        if answer is None:
            return None
        wet = read_mono(self.folder.path / answer["file_name"], self.sample_rate, 0, answer["frames"])
        first = max(answer["dry_start"], part.first)
        return first, wet[first - answer["dry_start"] :][: part.last - first]

    def _tracks(self, setting: Setting, recording: int) -> dict[str, np.ndarray] | None:
        """Return dry, target, twin and the target at the nearest setting (where that was recorded too), equally long."""
        heard = self._heard(setting.values, recording)
        if heard is None:
            return None
        first, target = heard
        whole = read_mono(self.recordings[recording].path, self.sample_rate)[: first + len(target)]
        self.twin.turn(setting.values)
        twin = self.twin.play(whole, self.silence_samples)
        twin = self.cabinet(twin, self.sample_rate) if self.cabinet else twin
        tracks = {"dry": whole[first:], "target": target, "twin": twin[first:]}
        near = self._heard(setting.nearest_values, recording) if setting.distance > 0 else heard
        usable = near is not None and near[0] == first and len(near[1]) == len(target)
        return tracks | {"nearest": near[1] if near and usable else tracks["dry"]}

    def cells(self, setting: Setting) -> list[dict[str, Any]]:
        """Return a row for each recording that was kept at this setting; where the nearest setting has none, dry stands in."""
        rows = []
        for i in range(len(self.recordings)):
            tracks = self._tracks(setting, i)
            if tracks is None:
                continue
            target, dry = tracks.pop("target"), tracks["dry"]
            rows.append({
                "recording": i, "setting": setting.index, "kind": setting.kind, "distance": setting.distance,
                "seconds": target.size / self.sample_rate,
                **cells.level(target, dry, self.sample_rate), **cells.compare(target, tracks, self.sample_rate),
                "replicate_esr": (self._answer(setting.values, i) or {}).get("replicate_esr"),
                "dc_error": metrics.dc_error(target, tracks["twin"]),
            })  # fmt: skip
        return rows

    def clip(
        self, setting: Setting, recording: int, at_error: bool, there: bool = False, seconds: float = CLIP_SECONDS
    ) -> dict[str, Any]:
        """Return `start_samples` and the samples of dry, target and twin over the loudest stretch, or the worst one."""
        tracks = self._tracks(setting, recording) or {}
        target, twin = tracks["target"], tracks["twin"]
        length = min(round(seconds * self.sample_rate), target.size)
        start = cells.loudest_start(target - twin if at_error else target, length)
        span = slice(start, start + length)
        return {"start_samples": start, **{name: tracks[name][span] for name in ("dry", "target", "twin")}}

    def race(self) -> None:
        """Nothing runs a race with a recording."""
