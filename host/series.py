"""Processors in series, cut into stages."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from ..effects.effect import Effect
from . import _pedalboard
from .automation.hanging import lanes_of
from .playable import Playable
from .stages import CompiledStage, NativeStage, ProcessorStage, Stage

MAKES = {"ours": CompiledStage, "native": NativeStage, "turned": NativeStage}


def serial_stages(processors: Iterable[Any]) -> list[Stage]:
    """Cut processors in series into stages: maximal runs of ours and of natives in one stage each.

    A native whose knobs move has a stage of its own, where it hears the sound in step however much others lag.
    """
    from .chain import Chain

    runs: list[tuple[str, list[Any]]] = []
    for kind, processor in flattened(processors, Chain):
        if kind in ("ours", "native") and runs and runs[-1][0] == kind:
            runs[-1][1].append(processor)
        else:
            runs.append((kind, [processor]))
    stages: list[Stage] = []
    for kind, run in runs:
        if kind == "playable":
            stages += cast(Playable, run[0])._build()
        elif kind in MAKES:
            stages.append(MAKES[kind](run))
        else:
            stages.append(ProcessorStage(run[0]))
    return stages


def flattened(processors: Iterable[Any], chain: type) -> Iterator[tuple[str, Any]]:
    """Yield each processor in series, chains opened and wires left out, with how it is played."""
    for processor in processors:
        if isinstance(processor, chain):
            yield from flattened(processor, chain)
        elif isinstance(processor, Playable):
            yield "playable", processor
        elif isinstance(processor, Effect):
            yield "ours", processor
        elif _pedalboard.is_native(processor):
            yield "turned" if lanes_of(processor) else "native", processor
        elif processor is not None:
            yield "other", processor
