"""How late a graph is, and how long it rings."""

from collections.abc import Callable

import numpy as np

from ...effects.effect import Effect
from ...models.errors import InvalidType, InvalidValue
from ..automation.automated import Automated
from ..chain import Chain
from ..container import latency_of
from ..mix import Mix
from .plan import Lead, Node, Plan

INAUDIBLE_DB = 90.0
LONGEST_RING_SECONDS = 30.0
LONGEST_TAIL_SECONDS = 600.0


def latency(plan: Plan) -> int:
    """Return the samples by which the slowest way to an output lags; delays that are meant are none."""
    late = _longest(plan, lambda node: float(latency_at(node.processor, plan.sample_rate)), lambda lead: 0.0)
    return int(max((late[name] for name in plan.outputs), default=0))


def latency_at(processor: object, sample_rate: float) -> int:
    """Return a processor's latency in samples at a sample rate, whatever it played last."""
    if isinstance(processor, Effect):
        return processor._latency(sample_rate)
    if isinstance(processor, Automated):
        return latency_at(processor.processor, sample_rate)
    if isinstance(processor, Chain):
        return sum(latency_at(inner, sample_rate) for inner in processor)
    if isinstance(processor, Mix):
        return max((latency_at(branch, sample_rate) for branch in processor), default=0)
    return latency_of(processor)


def loop_lag(plan: Plan, lead: Lead) -> int:
    """Return the latency of the slowest way round that a lead closes, in samples."""
    lags: dict[str, int] = {}
    for name in plan.loop_of(lead.source):
        inside = [lags[other.source] for other in plan.into(name) if not other.closes_loop and other.source in lags]
        if name == lead.target or inside:
            lags[name] = max(inside, default=0) + latency_at(plan.nodes[name].processor, plan.sample_rate)
    return lags.get(lead.source, 0)


def tail(plan: Plan) -> float:
    """Return the seconds after which the longest way to an output has fallen by 90 dB, delays and loops included.

    A loop rings for as many rounds as the levels of the cables that close it need for 90 dB; 30 s where they
    attenuate nothing (what the processors in it attenuate is not known).
    """
    seconds = _longest(plan, lambda node: tail_of(node.processor) + _ring(plan, node), lambda lead: _later(plan, lead))
    return max((seconds[name] for name in plan.outputs), default=0.0)


def checked_seconds(tail_seconds: object) -> float:
    """Return how much longer than its input to play. Raises InvalidType, InvalidValue for what is no such time."""
    if isinstance(tail_seconds, bool) or not isinstance(tail_seconds, int | float | np.integer | np.floating):
        raise InvalidType(f"tail_seconds is a number of seconds, or None: as long as it rings; got {tail_seconds!r}")
    if not 0 <= tail_seconds <= LONGEST_TAIL_SECONDS:
        raise InvalidValue(f"tail_seconds = {tail_seconds} is outside 0 to {LONGEST_TAIL_SECONDS:g} s")
    return float(tail_seconds)


def tail_of(processor: object) -> float:
    """Return the seconds after which a processor's sound has fallen by 90 dB, as far as it says so."""
    return float(getattr(processor, "tail_seconds", 0.0) or 0.0)


def _ring(plan: Plan, node: Node) -> float:
    """Return how long the loops that end at a node ring."""
    rings = [0.0]
    for lead in plan.into(node.name):
        if lead.closes_loop:
            fall = -lead.gain.gain_db if lead.gain else 0.0
            rounds = INAUDIBLE_DB / fall if fall > 0 else float("inf")
            rings.append(min(rounds * lead.delay_samples / plan.sample_rate, LONGEST_RING_SECONDS))
    return max(rings)


def _later(plan: Plan, lead: Lead) -> float:
    return lead.delay_samples / plan.sample_rate


def _longest(plan: Plan, of_node: Callable[[Node], float], of_lead: Callable[[Lead], float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, node in plan.nodes.items():
        before = [found[lead.source] + of_lead(lead) for lead in plan.into(name) if not lead.closes_loop]
        found[name] = max(before, default=0.0) + of_node(node)
    return found
