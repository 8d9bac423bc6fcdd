"""The offline executor: whole signals through a plan, whatever plays its nodes.

A plan is cut into segments: islands, which DawDreamer plays; what streams, which the block executor plays; and what only
takes whole signals by itself, one node each. Every segment takes out its own latency, so that between segments
everything is in step; silence behind the input makes room for it.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from ...models.errors import InvalidValue, PluginError
from ..container import latency_of
from ..dawdreamer.node import DawDreamerNode
from ..offline import offline_reason
from ..playable import Playable
from .heard import Heard
from .islands import Island, arrivals, can_join, moved_text
from .moving import block_for, courses_of, note_held
from .plan import Lead, Node, Plan
from .playing import play_plan
from .segments import Edge, Segment, segments
from .timing import latency

ISLAND, STREAM, WHOLE = "DawDreamer", "stream", "whole"
ROOM = 64  # samples behind every signal, so that even an empty one is longer than it has channels


def play_offline(plan: Plan, given: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Play whole signals through a plan.

    Args:
        plan: checked.
        given: float32 (channels, samples) by input, of one length; not changed.

    Returns:
        By output, float32 (channels, samples), of the same length, latency taken out.

    Raises:
        InvalidValue: a loop through something that cannot stream.
        PluginError: a plugin fails, gives NaN, or says another latency each time.
    """
    samples, moved = next(iter(given.values())).shape[1], list[str]()
    for _ in range(2):  # a plugin may say what it lags only once it has played: planned again then, once
        room = ROOM + latency(plan)
        padded = {name: np.pad(audio, ((0, 0), (0, room))) for name, audio in given.items()}
        heard = Heard(plan.sample_rate, samples + room, padded)
        moved = _play(plan, heard)
        if not moved:
            return {name: np.ascontiguousarray(heard.signals[name][:, :samples]) for name in plan.outputs}
    raise PluginError(f"{'; '.join(moved)}, each time: it cannot be kept in step")


def cut(plan: Plan) -> tuple[list[Segment], list[Lead]]:
    """Return the segments of a plan in playing order, and the leads that lie inside islands."""
    colours = {name: _colour(node) for name, node in plan.nodes.items()}
    latencies = {name: latency_of(node.processor) for name, node in plan.nodes.items() if colours[name] == ISLAND}
    joins = {lead: _joins(plan, lead, colours) for lead in plan.leads}
    while True:
        try:
            found = segments(list(plan.nodes), colours, [Edge(n.source, n.target, joins[n]) for n in plan.leads])
        except InvalidValue as error:
            raise InvalidValue(f"{error}: {_reasons(plan)}") from None
        inside: list[Lead] = []
        early: list[Lead] = []
        for segment in found:
            if segment.colour == ISLAND:
                leads = [n for n in plan.leads if joins[n] and n.source in segment.nodes and n.target in segment.nodes]
                inside += leads
                early += arrivals(segment.nodes, leads, latencies).early
        if not early:
            return found, inside
        joins |= dict.fromkeys(early, False)


def _colour(node: Node) -> str:
    if isinstance(node.processor, DawDreamerNode):
        return ISLAND
    return WHOLE if offline_reason(node.processor) else STREAM


def _joins(plan: Plan, lead: Lead, colours: Mapping[str, str]) -> bool:
    if colours[lead.target] == ISLAND:
        return can_join(plan, lead)
    return colours[lead.target] == STREAM


def _reasons(plan: Plan) -> str:
    return "; ".join(filter(None, (offline_reason(node.processor) for node in plan.nodes.values())))


def _play(plan: Plan, heard: Heard) -> list[str]:
    """Play every segment, until the outputs are heard; return which latencies turned out wrong."""
    found, inside = cut(plan)
    moved: list[str] = []
    for i, segment in enumerate(found):
        wanted = [n for n in segment.nodes if n in plan.outputs or any(o.target not in segment.nodes for o in plan.out_of(n))]
        if not wanted:
            continue
        if segment.colour == ISLAND:
            island = Island(plan, segment.nodes, [lead for lead in inside if lead.source in segment.nodes])
            heard.signals |= island.play(heard, wanted)
            moved += island.moved
        elif segment.colour == STREAM:
            heard.signals |= _streamed(plan, segment.nodes, wanted, heard)
        else:
            name, before = segment.nodes[0], latency_of(plan.nodes[segment.nodes[0]].processor)
            heard.signals[name] = _whole(plan, name, heard)
            moved += moved_text(name, before, latency_of(plan.nodes[name].processor))
        to_come = [name for later in found[i + 1 :] for name in later.nodes]
        heard.forget_all_but({*plan.outputs, *to_come, *(lead.source for name in to_come for lead in plan.into(name))})
    return moved


def _streamed(plan: Plan, names: Sequence[str], wanted: Sequence[str], heard: Heard) -> dict[str, np.ndarray]:
    """Play nodes that stream, in the block executor; wires alone need none."""
    if len(names) == 1 and plan.nodes[names[0]].processor is None:
        name = names[0]
        return {
            name: heard.signals[name] if name in plan.inputs else heard.arriving(plan.into(name), plan.nodes[name].arriving)
        }
    part = plan.part(names, wanted)
    return part.unstack(play_plan(part, np.concatenate([heard.signals[name] for name in part.inputs])))


def _whole(plan: Plan, name: str, heard: Heard) -> np.ndarray:
    """Play a node by itself, as its user would."""
    node = plan.nodes[name]
    into, key = (
        heard.arriving([lead for lead in plan.into(name) if lead.into_key == into_key], wide)
        for into_key, wide in ((False, node.arriving), (True, node.key))
    )
    if isinstance(node.processor, Playable):
        with node.processor._lock:
            return node.processor._whole(into, plan.sample_rate)
    if courses := courses_of(node.processor, 0, into.shape[1], plan.sample_rate):
        block = block_for({node.processor: courses})
        node.processor.move(courses, block)
        note_held(node.processor, 0, courses, block)
    return node.processor.process(into, plan.sample_rate, **({"key": key} if node.key else {}))
