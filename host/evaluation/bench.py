"""The place where target and twin stand side by side: it renders, compares and listens, setting by setting."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...models import metrics
from ...models.errors import PluginError
from ..capture.target import Target
from ..place import Arriving, Late, Place, held_back
from . import cell as cells
from . import gestures
from .plan import Plan
from .playing import player
from .probe import probe
from .settings import Setting

CLIP_SECONDS = 8.0
_RACE_SECONDS = 5.0
_RACE_ROUNDS = 7


class Bench:
    """Target and twin side by side: alone, and in turn in the same place.

    Args:
        target, twin: the processors whose knobs are turned.
        recordings: float32, each (samples,): what target and twin are fed, or, where there is a place, what its whole is.
        sample_rate, silence_samples, late_samples: as in `Plan`.
        place: where they stand; None: alone.

    Attributes:
        dry: what target and twin are fed: the recordings, or what arrives at the place of them.
    """

    def __init__(
        self,
        target: Any,
        twin: Any,
        recordings: Sequence[np.ndarray],
        sample_rate: float,
        silence_samples: int,
        late_samples: int = 0,
        place: Place | None = None,
    ) -> None:
        self.target, self.twin = Target(target, sample_rate), Target(twin, sample_rate)
        self.sample_rate, self.silence_samples, self.late_samples = sample_rate, silence_samples, late_samples
        self.there = Scene(self, recordings, place) if place is not None else None
        self.dry = recordings if self.there is None else self.there.arriving()

    @classmethod
    def from_plan(cls, plan: Plan, target: Any = None) -> "Bench":
        """Build every processor of the plan and read its recordings; `target` stands in for a rebuilt one."""
        from ..recipe import build

        recordings = [recording.read() for recording in plan.recordings]
        place = plan.surroundings.build() if plan.surroundings else None
        target = build(plan.target) if target is None else target
        return cls(target, player(plan.twin), recordings, plan.sample_rate, plan.silence_samples, plan.late_samples, place)

    def close(self) -> None:
        """Give a chain that was lent its own processor back."""
        if self.there is not None:
            self.there.place.put_back()

    def cells(self, setting: Setting) -> list[dict[str, Any]]:
        """Return a row for each recording: the target at this setting against twin, dry, nearest capture and itself.

        The target visits the setting, then the nearest captured one, then the setting again with the first recording:
        the two renders of the same thing give the replicate floor (None for the other recordings). Where there is a
        place, `there` holds the figures at the output of the whole.
        """
        target = self._target(setting.values)
        nearest = self._target(setting.nearest_values) if setting.distance > 0 else None
        again = self._target(setting.values, [0])[0]
        twin = self._twin(setting.values)
        rows = []
        for i, (wet, dry) in enumerate(zip(target, self.dry, strict=True)):
            estimates = {"twin": twin[i], "dry": dry, "nearest": nearest[i] if nearest else wet}
            rows.append(
                {
                    "recording": i,
                    "setting": setting.index,
                    "kind": setting.kind,
                    "distance": setting.distance,
                    "seconds": wet.size / self.sample_rate,
                    **cells.level(wet, dry, self.sample_rate),
                    **cells.compare(wet, estimates, self.sample_rate),
                    "replicate_esr": metrics.esr(wet, again) if i == 0 else None,
                    "dc_error": metrics.dc_error(wet, twin[i]),
                    **({"there": self.there.cell(setting, i)} if self.there else {}),
                }
            )
        return rows

    def probe(self, setting: Setting) -> dict[str, Any]:
        """Return `probe` of target and twin, both alone, at this setting."""
        self.target.turn(setting.values)
        self.twin.turn(setting.values)
        found = probe(
            lambda x: self._play(self.target, x, self.late_samples), lambda x: self._play(self.twin, x), self.sample_rate
        )
        return {"setting": setting.index, **found}

    def clip(
        self, setting: Setting, recording: int, at_error: bool, there: bool = False, seconds: float = CLIP_SECONDS
    ) -> dict[str, Any]:
        """Return `start_samples` and the samples of dry, target and twin over the loudest stretch, or the worst one.

        `there`: as heard at the output of the whole, mono.
        """
        if there and self.there is not None:
            heard = self.there.tracks(setting, recording)
            tracks = {name: audio.mean(axis=0, dtype=np.float64).astype(np.float32) for name, audio in heard.items()}
        else:
            target, twin = self._target(setting.values, [recording])[0], self._twin(setting.values, [recording])[0]
            tracks = {"dry": self.dry[recording], "target": target, "twin": twin}
        target = tracks["target"]
        length = min(round(seconds * self.sample_rate), target.size)
        start = cells.loudest_start(target - tracks["twin"] if at_error else target, length)
        return {"start_samples": start, **{name: audio[start : start + length] for name, audio in tracks.items()}}

    def gesture(self, moving: gestures.Moving) -> dict[str, Any]:
        """Return the row of a gesture: target and twin alone, their knobs moving; see `gestures.judge`."""
        return gestures.judge(moving, self)

    def gesture_clip(self, moving: gestures.Moving) -> dict[str, Any]:
        """Return `start_samples` and the samples of dry, target and twin over a gesture."""
        return gestures.clip(moving, self, CLIP_SECONDS)

    def race(self) -> dict[str, Any]:
        """Return times faster than real time of target and twin, both alone, on the first recording."""
        length = round(_RACE_SECONDS * self.sample_rate)
        return cells.race(self.target, self.twin, np.resize(self.dry[0], length).astype(np.float32), _RACE_ROUNDS)

    def _target(self, values: dict[str, Any], recordings: Sequence[int] | None = None) -> list[np.ndarray]:
        self.target.turn(values)
        return [self._play(self.target, self.dry[i], self.late_samples) for i in self._chosen(recordings)]

    def _twin(self, values: dict[str, Any], recordings: Sequence[int] | None = None) -> list[np.ndarray]:
        self.twin.turn(values)
        return [self._play(self.twin, self.dry[i]) for i in self._chosen(recordings)]

    def _chosen(self, recordings: Sequence[int] | None) -> Sequence[int]:
        return range(len(self.dry)) if recordings is None else recordings

    def _play(self, player: Target, dry: np.ndarray, late_samples: int = 0) -> np.ndarray:
        return finite(player.play(dry, self.silence_samples, late_samples), player)


class Scene:
    """A place on the bench: it renders the whole with the target there, then the twin, then nothing.

    Of a target that is later than it reports, the twin is held back by as much: beside parallel paths, that is heard.
    """

    def __init__(self, bench: Bench, recordings: Sequence[np.ndarray], place: Place) -> None:
        self.bench, self.recordings, self.place = bench, recordings, place
        late = bench.late_samples
        self.standing = {
            "target": held_back(bench.target.processor, -late),
            "twin": held_back(bench.twin.processor, late),
            "dry": Late(late) if late > 0 else None,
        }
        self.players: dict[str, Target] = {}

    def arriving(self) -> list[np.ndarray]:
        """Return what arrives at the place of each recording, mono."""
        arriving = Arriving(self.place, self.bench.sample_rate)
        return [finite(arriving.hear(audio), arriving) for audio in self.recordings]

    def tracks(self, setting: Setting, recording: int) -> dict[str, np.ndarray]:
        """Return what is heard at the output of the whole with dry, target and twin at the place, (channels, samples)."""
        self.bench.target.turn(setting.values)
        self.bench.twin.turn(setting.values)
        heard = {}
        for name, processor in self.standing.items():
            self.place.put(processor)
            player = self.players.setdefault(name, Target(self.place.whole, self.bench.sample_rate))
            heard[name] = finite(player.play_all(self.recordings[recording], self.bench.silence_samples), player)
        channels = max(len(audio) for audio in heard.values())
        return {name: np.broadcast_to(audio, (channels, audio.shape[1])) for name, audio in heard.items()}

    def cell(self, setting: Setting, recording: int) -> dict[str, Any]:
        """Return level and figures of twin and dry against the target, over all channels at once."""
        heard = {name: audio.reshape(-1) for name, audio in self.tracks(setting, recording).items()}
        target, rate = heard.pop("target"), self.bench.sample_rate
        return {**cells.level(target, heard["dry"], rate), **cells.compare(target, heard, rate)}


def finite(audio: np.ndarray, player: Any) -> np.ndarray:
    """Return float32 audio. Raises PluginError where a sample is not finite."""
    if not np.isfinite(audio).all():
        raise PluginError(f"{getattr(player, 'processor', player)!r:.80} put out samples that are not finite")
    return np.asarray(audio, np.float32)
