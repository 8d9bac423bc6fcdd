"""The place where target and twin stand side by side: it renders, compares and listens, setting by setting."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...models import metrics
from ...models.errors import PluginError
from ...models.model import Model
from ..capture.target import Target
from . import cell as cells
from .plan import Plan
from .probe import probe
from .settings import Setting

CLIP_SECONDS = 8.0
_RACE_SECONDS = 5.0
_RACE_ROUNDS = 7


class Bench:
    """Target and twin, each in the same place of the same chain.

    Args:
        target, twin: the processors whose knobs are turned.
        before, after: the processors around the place; the target's chain, the twin's and the empty one share them.
        dry: float32 recordings, each (samples,).
        sample_rate, silence_samples, late_samples: as in `Plan`.
    """

    def __init__(
        self,
        target: Any,
        twin: Any,
        before: Sequence[Any],
        after: Sequence[Any],
        dry: Sequence[np.ndarray],
        sample_rate: float,
        silence_samples: int,
        late_samples: int = 0,
    ) -> None:
        from ..chain import Chain

        self.target, self.twin = Target(target, sample_rate), Target(twin, sample_rate)
        self.target_chain = Target(Chain([*before, target, *after]), sample_rate)
        self.twin_chain = Target(Chain([*before, twin, *after]), sample_rate)
        self.dry_chain = Target(Chain([*before, *after]), sample_rate) if before or after else None
        self.dry, self.sample_rate = dry, sample_rate
        self.silence_samples, self.late_samples = silence_samples, late_samples

    @classmethod
    def from_plan(cls, plan: Plan, target: Any = None) -> "Bench":
        """Build every processor of the plan and read its recordings; `target` stands in for a rebuilt one."""
        from ..recipe import build

        dry = [recording.read() for recording in plan.recordings]
        before, after = ([build(r) for r in recipes] for recipes in (plan.before, plan.after))
        target = build(plan.target) if target is None else target
        return cls(target, player(plan.twin), before, after, dry, plan.sample_rate, plan.silence_samples, plan.late_samples)

    def cells(self, setting: Setting) -> list[dict[str, Any]]:
        """Return a row for each recording: the target at this setting against twin, dry, nearest capture and itself.

        The target visits the setting, then the nearest captured one, then the setting again with the first recording:
        the two renders of the same thing give the replicate floor (None for the other recordings).
        """
        target = self._target(setting.values)
        nearest = self._target(setting.nearest_values) if setting.distance > 0 else None
        again = self._target(setting.values, [0])[0]
        twin, dry = self._twin(setting.values), self._dry()
        rows = []
        for i, wet in enumerate(target):
            estimates = {"twin": twin[i], "dry": dry[i], "nearest": nearest[i] if nearest else wet}
            rows.append(
                {
                    "recording": i,
                    "setting": setting.index,
                    "kind": setting.kind,
                    "distance": setting.distance,
                    "seconds": wet.size / self.sample_rate,
                    **cells.level(wet, dry[i], self.sample_rate),
                    **cells.compare(wet, estimates, self.sample_rate),
                    "replicate_esr": metrics.esr(wet, again) if i == 0 else None,
                    "dc_error": metrics.dc_error(wet, twin[i]),
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

    def clip(self, setting: Setting, recording: int, at_error: bool, seconds: float = CLIP_SECONDS) -> dict[str, Any]:
        """Return `start_samples` and the samples of dry, target and twin over the loudest stretch, or the worst one."""
        target, twin, dry = (
            tracks[0]
            for tracks in (
                self._target(setting.values, [recording]),
                self._twin(setting.values, [recording]),
                self._dry([recording]),
            )
        )
        length = min(round(seconds * self.sample_rate), target.size)
        start = cells.loudest_start(target - twin if at_error else target, length)
        span = slice(start, start + length)
        return {"start_samples": start, "dry": dry[span], "target": target[span], "twin": twin[span]}

    def race(self) -> dict[str, Any]:
        """Return times faster than real time of target and twin, both alone, on the first recording."""
        length = round(_RACE_SECONDS * self.sample_rate)
        return cells.race(self.target, self.twin, np.resize(self.dry[0], length).astype(np.float32), _RACE_ROUNDS)

    def _target(self, values: dict[str, Any], recordings: Sequence[int] | None = None) -> list[np.ndarray]:
        self.target.turn(values)
        return [self._play(self.target_chain, self.dry[i], self.late_samples) for i in self._chosen(recordings)]

    def _twin(self, values: dict[str, Any], recordings: Sequence[int] | None = None) -> list[np.ndarray]:
        self.twin.turn(values)
        return [self._play(self.twin_chain, self.dry[i]) for i in self._chosen(recordings)]

    def _dry(self, recordings: Sequence[int] | None = None) -> list[np.ndarray]:
        chain, chosen = self.dry_chain, self._chosen(recordings)
        return [self.dry[i] if chain is None else self._play(chain, self.dry[i]) for i in chosen]

    def _chosen(self, recordings: Sequence[int] | None) -> Sequence[int]:
        return range(len(self.dry)) if recordings is None else recordings

    def _play(self, chain: Target, dry: np.ndarray, late_samples: int = 0) -> np.ndarray:
        wet = np.asarray(chain.play(dry, self.silence_samples, late_samples), dtype=np.float32).reshape(-1)
        if not np.isfinite(wet).all():
            at = int(np.argmin(np.isfinite(wet))) / self.sample_rate
            raise PluginError(f"{chain.processor!r:.80} put out a sample that is not finite, at {at:.3f} s")
        return wet


def player(model: Model) -> Any:
    """Return the effect that plays a model."""
    from ...effects import NeuralEffect

    return NeuralEffect(model)
