"""In which order a graph is played, and where its loops are cut."""

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

Pair = tuple[str, str]


class Undelayed(Exception):
    """A loop none of whose cables is delayed; `names` are on it, in order, the first one again at the end."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(" -> ".join(names))
        self.names = list(names)


def closing_pairs(names: Iterable[str], delays: Mapping[Pair, int]) -> set[Pair]:
    """Return the cables at which loops are cut: on each loop the one with the longest delay.

    Args:
        names: all nodes.
        delays: of the cables, as (source, target); of several between the same two the shortest counts.

    Raises:
        Undelayed: on some loop no cable has a delay above 0.
    """
    cut: set[Pair] = set()
    while loop := _loop(names, [pair for pair in delays if pair not in cut]):
        longest = max(pairwise(loop), key=lambda pair: delays[pair])
        if delays[longest] <= 0:
            raise Undelayed(loop)
        cut.add(longest)
    return cut


def _loop(names: Iterable[str], pairs: Iterable[Pair]) -> list[str]:
    try:
        _sorter(names, pairs).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _sorter(names: Iterable[str], pairs: Iterable[Pair]) -> "TopologicalSorter[str]":
    sorter: TopologicalSorter[str] = TopologicalSorter({name: () for name in names})
    for source, target in pairs:
        sorter.add(target, source)
    return sorter


def loops_of(pairs: Iterable[Pair], cut: Iterable[Pair]) -> list[frozenset[str]]:
    """Return the nodes that hang together in loops, one set for each group of loops that share nodes."""
    after: dict[str, set[str]] = {}
    before: dict[str, set[str]] = {}
    for source, target in pairs:
        after.setdefault(source, set()).add(target)
        before.setdefault(target, set()).add(source)
    found = (frozenset(reached(target, after) & reached(source, before)) for source, target in cut)
    return list(dict.fromkeys(found))


def reached(start: str, following: Mapping[str, Iterable[str]]) -> set[str]:
    """Return all that can be reached from a node, itself included."""
    seen, waiting = {start}, [start]
    while waiting:
        for name in following.get(waiting.pop(), ()):
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return seen


def playing_order(names: Iterable[str], pairs: Iterable[Pair], cut: set[Pair]) -> list[str]:
    """Return the nodes, each after all whose sound it gets but over a cut cable; the nodes of a loop are neighbours."""
    names, pairs = list(names), list(pairs)
    group = {name: name for name in names}
    for loop in loops_of(pairs, cut):
        first = next(name for name in names if name in loop)
        group |= dict.fromkeys(loop, first)
    inner = list(_sorter(names, (pair for pair in pairs if pair not in cut)).static_order())
    members: dict[str, list[str]] = {}
    for name in inner:
        members.setdefault(group[name], []).append(name)
    outer = dict.fromkeys((group[a], group[b]) for a, b in pairs if group[a] != group[b])
    return [name for first in _sorter(members, outer).static_order() for name in members[first]]
