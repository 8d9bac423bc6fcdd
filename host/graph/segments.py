"""A graph cut into segments: parts that one player plays in one go, each over whole signals.

A segment holds nodes of one colour, hangs together along joining cables, and is convex: no way leads out of it and
back in, so that the segments can be played one after the other. They are maximal: no two of them could be one.
Knows nothing of sound.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ...models.errors import InvalidValue
from .ordering import loops_of


class Edge(NamedTuple):
    """A cable as the cutting sees it; `joins`: it may lie inside a segment. One that runs backward closes a loop."""

    source: str
    target: str
    joins: bool = True


@dataclass(frozen=True)
class Segment:
    """Nodes to play together, in the order of the graph."""

    colour: str
    nodes: tuple[str, ...]


def segments(order: Sequence[str], colours: Mapping[str, str], edges: Iterable[Edge]) -> list[Segment]:
    """Cut a graph into maximal convex segments, in an order in which they can be played.

    Args:
        order: the nodes, each after all that it hears; only edges that close a loop run backward in it.
        colours: who plays a node; nodes of different colours never share a segment.
        edges: the cables between nodes.

    Raises:
        InvalidValue: a loop through nodes of two colours, or over a cable that does not join; names its nodes.
    """
    return _Cutting(order, colours, edges).cut()


class _Cutting:
    """Groups of nodes, merged along edges as long as the groups have an order."""

    def __init__(self, order: Sequence[str], colours: Mapping[str, str], edges: Iterable[Edge]) -> None:
        self._colours, self._edges = colours, list(edges)
        self._place = {node: i for i, node in enumerate(order)}
        self._group = {node: i for i, node in enumerate(order)}  # a group is named after its first node's place
        self._members = {i: [node] for i, node in enumerate(order)}

    def cut(self) -> list[Segment]:
        """Merge until nothing more can be, and put in order."""
        self._close_loops()
        joining = [e for e in self._edges if e.joins and self._colours[e.source] == self._colours[e.target]]
        while any([self._try_merge(self._group[e.source], self._group[e.target]) for e in joining]):
            pass  # a merge can remove the detour that kept two others apart
        return [Segment(self._colours[self._members[g][0]], tuple(self._members[g])) for g in self._in_order()]

    def _close_loops(self) -> None:
        """Make one group of the nodes of each loop: only a player of blocks can play it."""
        backward = [e for e in self._edges if self._place[e.target] <= self._place[e.source]]
        for loop in loops_of([e[:2] for e in self._edges], [e[:2] for e in backward]):
            names = sorted(loop, key=self._place.__getitem__)
            inside = [e for e in self._edges if {e.source, e.target} <= loop]
            if len({self._colours[name] for name in loop}) > 1 or not all(e.joins for e in inside):
                raise InvalidValue(f"the loop through {', '.join(names)} cannot be played block by block")
            for name in names[1:]:
                self._merge(self._group[names[0]], self._group[name])

    def _try_merge(self, group: int, other: int) -> bool:
        if group == other or self._detour(group, other):
            return False
        self._merge(group, other)
        return True

    def _merge(self, group: int, other: int) -> None:
        nodes = sorted(self._members.pop(group) + self._members.pop(other), key=self._place.__getitem__)
        first = min(group, other)
        self._members[first] = nodes
        for node in nodes:
            self._group[node] = first

    def _detour(self, group: int, other: int) -> bool:
        """Tell whether a way from one group to the other leads past the joining edges between them."""
        following = self._following()
        waiting = [target for target, joins in following[group] if not (joins and target == other)]
        seen = set(waiting)
        while waiting:
            here = waiting.pop()
            if here == other:
                return True
            fresh = {target for target, _ in following[here]} - seen
            seen |= fresh
            waiting += fresh
        return False

    def _following(self) -> dict[int, set[tuple[int, bool]]]:
        following: dict[int, set[tuple[int, bool]]] = {group: set() for group in self._members}
        for source, target, joins in self._edges:
            if self._group[source] != self._group[target]:
                following[self._group[source]].add((self._group[target], joins))
        return following

    def _in_order(self) -> list[int]:
        """Return the groups, each after those it hears; the earliest first where several could be next."""
        following = self._following()
        heard = {group: {g for g, ways in following.items() if any(t == group for t, _ in ways)} for group in following}
        order: list[int] = []
        while heard:
            ready = min(group for group, sources in heard.items() if not sources)
            order.append(ready)
            del heard[ready]
            for sources in heard.values():
                sources.discard(ready)
        return order
