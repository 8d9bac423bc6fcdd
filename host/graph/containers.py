"""Chain and Mix as plans: what the offline executor plays where something inside them cannot stream."""

from typing import Any

from ...models.errors import InvalidValue
from ..chain import Chain
from ..container import Container
from ..mix import Mix
from .plan import Lead, Node, Plan
from .ports import channels_out, taken_text

INPUT = "in"


def plan_of(container: Container, sample_rate: float, channels: int) -> Plan:
    """Return the plan of a Chain or Mix, containers inside it opened, for so many channels.

    Raises:
        InvalidValue: a processor does not take as many channels as arrive; branches of a Mix end in different counts.
    """
    laying = _Laying(channels)
    last = laying.lay(container, "", INPUT)
    return Plan(sample_rate, laying.nodes, tuple(laying.leads), (INPUT,), (last,))


class _Laying:
    def __init__(self, channels: int) -> None:
        self.nodes = {INPUT: Node(INPUT, None, channels, channels)}
        self.leads: list[Lead] = []

    def lay(self, processor: Any, name: str, source: str) -> str:
        """Lay a processor behind a node; return the node that ends it."""
        if processor is None:
            return source
        if isinstance(processor, Chain):
            for i, inner in enumerate(processor):
                source = self.lay(inner, _within(name, i), source)
            return source
        if isinstance(processor, Mix):
            return self._lay_mix(processor, name, source)
        arriving = self.nodes[source].leaving
        leaving = channels_out(processor, arriving)
        if leaving is None:
            who = getattr(processor, "name", type(processor).__name__)
            raise InvalidValue(f"{who} takes {taken_text(processor)} channel(s), got {arriving}: pass that many, or one each")
        self.nodes[name] = Node(name, processor, arriving, leaving)
        self._connect(source, name)
        return name

    def _lay_mix(self, mix: Mix, name: str, source: str) -> str:
        ends = [self.lay(inner, _within(name, i), source) for i, inner in enumerate(mix)]
        counts = [self.nodes[end].leaving for end in ends] or [self.nodes[source].leaving]
        if len(set(counts)) > 1:
            raise InvalidValue(f"the branches of a Mix end in {', '.join(map(str, counts))} channels; they have to be equal")
        total = _within(name, "sum")
        self.nodes[total] = Node(total, None, counts[0], counts[0])
        for end, gain in zip(ends, mix._gains, strict=True):
            self._connect(end, total, gain)
        return total

    def _connect(self, source: str, target: str, gain: Any = None) -> None:
        pairs = tuple((i, i) for i in range(self.nodes[source].leaving))
        self.leads.append(Lead(source, target, False, pairs, gain))


def _within(name: str, part: object) -> str:
    return f"{name}.{part}" if name else str(part)
