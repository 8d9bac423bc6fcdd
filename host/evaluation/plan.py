"""What is put on the bench: the target, the twin, and what their place is in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...models.dataset import CaptureFolder
from ...models.errors import InvalidType
from ...models.model import Model
from ..capture.checks import lead_samples
from ..place import Place
from .recordings import Recording


@dataclass(frozen=True)
class Surroundings:
    """Recipe of a chain, mix or graph, and the place in it where target and twin stand in turn."""

    whole: dict[str, Any]
    place: int | str

    def build(self) -> Place:
        """Return the place in a whole of its own."""
        from ..recipe import build

        return Place(build(self.whole), self.place)


@dataclass(frozen=True)
class Plan:
    """What a bench is built from, in any process: plain data and the model.

    Attributes:
        target: recipe of the target.
        twin: the model.
        recordings: the dry recordings; what the whole is fed where there are surroundings.
        sample_rate: in Hz.
        silence_samples: silence in front of every render.
        late_samples: what the target's answer is late by beyond the latency it reports.
        surroundings: None: target and twin stand alone.
    """

    target: dict[str, Any]
    twin: Model
    recordings: Sequence[Recording]
    sample_rate: float
    silence_samples: int
    late_samples: int = 0
    surroundings: Surroundings | None = None


def plan_of(
    model: Model, folder: CaptureFolder, target: Any, place: Place | Surroundings | None, recordings: Sequence[Recording]
) -> Plan | None:
    """Return what workers build their benches from, or None where a processor is not to be had in another process."""
    from ..recipe import describe

    try:
        if isinstance(place, Place):
            place = Surroundings(describe(place.whole), place.name)
        return Plan(
            target=folder.record.target if target is None else describe(target),
            twin=model,
            recordings=recordings,
            sample_rate=folder.record.sample_rate,
            silence_samples=silence_samples(folder),
            late_samples=late_samples(folder),
            surroundings=place,
        )
    except InvalidType:
        return None


def place_of(folder: CaptureFolder, chain: Any, place: int | str) -> Place | Surroundings | None:
    """Return the place in `chain`; where that is None, the place that was captured; None: the target was captured alone."""
    if chain is not None:
        return Place(chain, place)
    record = folder.record.place
    return Surroundings(record["whole"], record["name"]) if record.get("whole") else None


def silence_samples(folder: CaptureFolder) -> int:
    """Return the silence before each render, as the capture chose it from the target's tail."""
    return lead_samples(folder.record.checks.get("tail_seconds", 0.0), folder.record.sample_rate)


def late_samples(folder: CaptureFolder) -> int:
    """Return what the target is late by beyond the latency it reports, as the capture measured and took out."""
    latency = folder.record.latency
    return int(latency.get("measured", 0)) - int(latency.get("reported", 0))
