"""prune: whole channels taken out of a trained model, those that are missed least, and what is left trained on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..models.dataset import CaptureFolder
from ..models.errors import InvalidValue
from ..models.model import Model, load
from ..models.pruning import Group, groups_of, narrowed, silenced, with_channels
from .evaluation.settings import draw_settings
from .excitation import excitation
from .smaller import player
from .teacher import Progress, Smaller, lesson, measured

LISTENING_SECONDS, LISTENING_SETTINGS = 2.0, 3
LISTENING_SEED = 4_711_001


def prune(
    source: Model | str | Path,
    out: str | Path,
    *,
    keep: float = 0.5,
    target: Any = None,
    capture: str | Path | None = None,
    seed: int = 0,
    training: Mapping[str, Any] | None = None,
    capturing: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Smaller:
    """Take channels out of a WaveNet or a TCN until it costs a share of what it did, train it on, measure both.

    Channels go one by one, each time the one whose silence changes the answer least. The rest is trained on the capture it
    was cloned from where that is given, else on what the whole model answers. Writes into `out` what `distil` does.

    Args:
        source: a mono model, or the file of one.
        out: folder of the run.
        keep: share of the multiply-adds a sample to keep, above 0 and below 1.
        target, capture: as `distil` takes them; with `capture` training goes by it too.
        seed, training, capturing, progress: as `distil` takes them.

    Raises:
        InvalidValue: `keep` is out of range, or the net has no channels to take out (names what stands in the way).
        WetdryError: what `load`, `capture` and `train` raise; MissingExtra before anything is rendered.
    """
    from ..models.training import train

    whole, out = source if isinstance(source, Model) else load(source), Path(out)
    counts = wanted_counts(whole, keep)
    folder = CaptureFolder.open(capture) if capture else lesson(whole, out, seed, capturing or {}, progress)
    smaller = narrowed(whole, least_missed(whole, counts, seed, progress))
    trained = train(folder, out, start=smaller, seed=seed, progress=progress, **dict(training or {}))
    return measured(whole, trained, out, seed, target, capture)


def wanted_counts(model: Model, keep: float) -> dict[str, int]:
    """Return how many channels each group keeps for the largest net within a share of the multiply-adds."""
    if not 0 < keep < 1:
        raise InvalidValue(f"keep = {keep:g} is outside 0 to 1, both excluded: 0.5 halves the cost")
    groups = groups_of(model.spec)
    widest = max(group.channels for group in groups)
    for left in range(widest - 1, 0, -1):
        counts = {group.name: max(1, round(group.channels * left / widest)) for group in groups}
        if with_channels(model.spec, counts).multiply_adds <= keep * model.spec.multiply_adds:
            return counts
    raise InvalidValue(f"keep = {keep:g}: with one channel left it still costs more")


def least_missed(model: Model, counts: Mapping[str, int], seed: int, progress: Progress | None = None) -> dict[str, list[int]]:
    """Return the channels each group keeps: one by one, that whose silence changes the answer least has gone."""
    dry = excitation(8.0, model.spec.sample_rate, LISTENING_SEED + seed)[: round(LISTENING_SECONDS * model.spec.sample_rate)]
    visited = [s.values for s in draw_settings(model.spec.knobs, (), LISTENING_SETTINGS, seed, corners=False)]

    def answers(one: Model) -> np.ndarray:
        play = player(one)
        return np.stack([play(dry, values) for values in visited]).astype(np.float64)

    wanted, groups = answers(model), list(groups_of(model.spec))
    kept = {group.name: list(range(group.channels)) for group in groups}
    total = sum(group.channels - counts[group.name] for group in groups)
    for gone in range(total):
        if progress:
            progress("prune", gone, total, "listening to each channel's silence")
        group = max(groups, key=lambda g: _share_to_go(g, kept[g.name], counts[g.name]))
        trials = [silenced(model, group, channel) for channel in kept[group.name]]
        missed = [float(np.mean((answers(trial) - wanted) ** 2)) for trial in trials]
        least = int(np.argmin(missed))
        model = trials[least]
        del kept[group.name][least]
    return kept


def _share_to_go(group: Group, kept: list[int], count: int) -> float:
    return (len(kept) - count) / group.channels
