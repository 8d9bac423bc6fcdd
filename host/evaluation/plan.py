"""What is put on the bench: the target, the twin, and the chain around their place."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...models.dataset import CaptureFolder
from ...models.errors import InvalidType, InvalidValue
from ...models.model import Model
from ..capture.checks import lead_samples
from .recordings import Recording


@dataclass(frozen=True)
class Plan:
    """What a bench is built from, in any process: plain data and the model.

    Attributes:
        target: recipe of the target.
        twin: the model.
        before, after: recipes of what stands in the chain around it.
        recordings: the dry recordings.
        sample_rate: in Hz.
        silence_samples: silence in front of every render.
        late_samples: what the target's answer is late by beyond the latency it reports.
    """

    target: dict[str, Any]
    twin: Model
    recordings: Sequence[Recording]
    sample_rate: float
    silence_samples: int
    late_samples: int = 0
    before: list[dict[str, Any]] = field(default_factory=list)
    after: list[dict[str, Any]] = field(default_factory=list)


def plan_of(
    model: Model, folder: CaptureFolder, target: Any, before: Sequence[Any], after: Sequence[Any], recordings: list[Recording]
) -> Plan | None:
    """Return what workers build their benches from, or None where a processor is not to be had in another process."""
    from ..recipe import describe

    try:
        return Plan(
            target=folder.record.target if target is None else describe(target),
            twin=model,
            recordings=recordings,
            sample_rate=folder.record.sample_rate,
            silence_samples=silence_samples(folder),
            late_samples=late_samples(folder),
            before=[describe(p) for p in before],
            after=[describe(p) for p in after],
        )
    except InvalidType:
        return None


def around(chain: Any, place: int) -> tuple[list[Any], list[Any]]:
    """Return what stands before and after a place of a chain (None: nothing). Raises InvalidValue for no such place."""
    if chain is None:
        return [], []
    if not -len(chain) <= place < len(chain):
        raise InvalidValue(f"place = {place} is not in the chain; it has {len(chain)} places, counted from 0")
    place %= len(chain)
    return list(chain[:place]), list(chain[place + 1 :])


def silence_samples(folder: CaptureFolder) -> int:
    """Return the silence before each render, as the capture chose it from the target's tail."""
    return lead_samples(folder.record.checks.get("tail_seconds", 0.0), folder.record.sample_rate)


def late_samples(folder: CaptureFolder) -> int:
    """Return what the target is late by beyond the latency it reports, as the capture measured and took out."""
    latency = folder.record.latency
    return int(latency.get("measured", 0)) - int(latency.get("reported", 0))
