"""Islands: groups of DawDreamer's processors that one engine plays, whole signals in and out, latency taken out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...models.errors import PluginError
from .._dawdreamer import BLOCK_SIZE, Engine
from ..dawdreamer.node import DawDreamerNode
from .heard import Heard, later
from .moving import block_for, courses_of, note_held
from .plan import Lead, Plan


@dataclass(frozen=True)
class Arrivals:
    """When sound comes and goes inside an island, in samples after the island's own inputs.

    Attributes:
        at: by node: when its input is complete.
        early: leads inside that would have to wait for another at the same node. An engine cannot make them, so an
            island must not have any.
    """

    at: Mapping[str, int]
    early: tuple[Lead, ...]


def arrivals(names: Sequence[str], inside: Iterable[Lead], latencies: Mapping[str, int]) -> Arrivals:
    """Follow the sound through an island whose nodes stand in playing order."""
    leads, at = list(inside), dict.fromkeys(names, 0)
    for name in names:
        at[name] = max((at[lead.source] + latencies[lead.source] for lead in leads if lead.target == name), default=0)
    early = [lead for lead in leads if at[lead.source] + latencies[lead.source] < at[lead.target]]
    return Arrivals(at, tuple(early))


def moved_text(name: str, before: int, after: int) -> list[str]:
    """Return what there is to say of a node that says another latency, in samples, after playing than before."""
    return [] if before == after else [f"{name} said it lags {before} samples, after playing {after}"]


def can_join(plan: Plan, lead: Lead) -> bool:
    """Tell whether a lead may lie inside an island: alone at its input, every channel as it is, now."""
    node = plan.nodes[lead.target]
    wide = node.processor.key_channels if lead.into_key else node.processor.input_channels
    straight = plan.nodes[lead.source].leaving == wide and lead.pairs == tuple((i, i) for i in range(wide))
    alone = sum(other.into_key == lead.into_key for other in plan.into(lead.target)) == 1
    return straight and alone and not (lead.gain or lead.delay_samples or lead.closes_loop)


class Island:
    """Some nodes of a plan, all of them DawDreamer's, joined by some leads.

    Args:
        plan: where they stand.
        names: the nodes, in playing order.
        inside: the leads that the engine itself makes.

    Attributes:
        moved: what was found out of step in the last render: plugins that said another latency after it than before.
    """

    def __init__(self, plan: Plan, names: Sequence[str], inside: Iterable[Lead]) -> None:
        self._plan, self._names, self._inside = plan, names, set(inside)
        self.moved: list[str] = []
        self._processors: dict[str, DawDreamerNode] = {name: plan.nodes[name].processor for name in names}

    def play(self, heard: Heard, wanted: Sequence[str]) -> dict[str, np.ndarray]:
        """Return the signals of the wanted nodes, as long as what they hear; each processor then knows its latency.

        Raises:
            PluginError: a plugin cannot be loaded, refuses to play or gives NaN.
        """
        latencies = {name: processor.latency_samples for name, processor in self._processors.items()}
        at = arrivals(self._names, self._inside, latencies).at
        due = {name: at[name] + latencies[name] for name in self._names}
        samples = heard.samples + max(due[name] for name in wanted)
        moving = {
            p: found for name, p in self._processors.items() if (found := courses_of(p, at[name], samples, heard.sample_rate))
        }
        engine = Engine(heard.sample_rate, block_for(moving) if moving else BLOCK_SIZE)
        graph: list[tuple[Any, list[str]]] = []
        for name in self._names:
            sources = self._sources(name, heard, at[name], engine, graph)
            graph.append((self._processors[name].add_to(engine, name), sources))
        natives = {native.get_name(): native for native, _ in graph}
        for name, processor in self._processors.items():
            courses = moving.get(processor, {})
            for knob, numbers in courses.items():
                processor.automate(natives[name], knob, numbers)
            note_held(processor, at[name], courses, engine.block_size)
        rendered = engine.render(graph, samples, wanted)
        self.moved = []
        for name, processor in self._processors.items():
            self.moved += moved_text(name, latencies[name], processor.after_render(natives[name], engine.sample_rate))
        return {name: self._taken(name, rendered[name], due[name], heard.samples) for name in wanted}

    def _sources(self, name: str, heard: Heard, late: int, engine: Engine, graph: list[tuple[Any, list[str]]]) -> list[str]:
        """Return the names of what a node hears, the key last; what comes from outside is played `late` samples on."""
        processor, sources = self._processors[name], []
        for into_key, channels in ((False, processor.input_channels), (True, processor.key_channels)):
            leads = [lead for lead in self._plan.into(name) if lead.into_key == into_key]
            joined = [lead.source for lead in leads if lead in self._inside]
            if channels and not joined and (leads or not into_key):
                fed = later(heard.arriving(leads, channels), late)
                fed[~np.isfinite(fed)] = 0.0
                joined = [f"key of {name}" if into_key else f"into {name}"]
                graph.append((engine.playback(joined[0], fed), []))
            sources += joined
        return sources

    def _taken(self, name: str, rendered: np.ndarray, due: int, samples: int) -> np.ndarray:
        audio = rendered[: self._processors[name].output_channels, due : due + samples]
        if not np.isfinite(audio).all():
            raise PluginError(f"{name}: NaN or infinity came out of {' -> '.join(self._names)}; another setting may not")
        return np.ascontiguousarray(audio)
