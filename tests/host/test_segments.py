"""The cutting of a graph into segments: laws over random graphs, and cases worked out by hand."""

from graphlib import CycleError, TopologicalSorter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wetdry.host.graph.segments import Edge, segments
from wetdry.models.errors import InvalidValue


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 12))
    order = [f"n{i}" for i in range(count)]
    colours = {node: draw(st.sampled_from(["streams", "dawdreamer"])) for node in order}
    pairs = list(combinations(order, 2))
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=24)) if pairs else []
    return order, colours, [Edge(a, b, draw(st.integers(0, 4)) > 0) for a, b in chosen]


def acyclic(groups, edges):
    """Whether the graph of groups has an order; an edge that may not lie inside a group is a group of its own."""
    of = {node: i for i, group in enumerate(groups) for node in group}
    heard = {i: set() for i in range(len(groups))}
    for number, (source, target, joins) in enumerate(edges):
        if joins and of[source] != of[target]:
            heard[of[target]].add(of[source])
        elif not joins:
            heard[-1 - number] = {of[source]}
            heard[of[target]].add(-1 - number)
    try:
        list(TopologicalSorter(heard).static_order())
    except CycleError:
        return False
    return True


@settings(max_examples=300, deadline=None)
@given(graphs())
def test_segments_of_any_graph_are_of_one_colour_connected_convex_and_maximal(graph):
    order, colours, edges = graph
    found = segments(order, colours, edges)
    groups = [set(segment.nodes) for segment in found]
    assert sorted(node for group in groups for node in group) == sorted(order)
    assert all(colours[node] == segment.colour for segment in found for node in segment.nodes)
    assert acyclic(groups, edges)
    for group in groups:
        reached = {min(group)}
        for _ in group:
            reached |= {n for s, t, joins in edges if joins and {s, t} <= group and reached & {s, t} for n in (s, t)}
        assert reached == group
    for a, b in combinations(groups, 2):
        joined = any(e.joins and {e.source, e.target} & a and {e.source, e.target} & b for e in edges)
        if joined and colours[min(a)] == colours[min(b)]:
            assert not acyclic([a | b, *(g for g in groups if g not in (a, b))], edges)
    place = {node: i for i, group in enumerate(groups) for node in group}
    assert all(place[e.source] <= place[e.target] for e in edges)
    assert all(list(segment.nodes) == sorted(segment.nodes, key=order.index) for segment in found)


def cut(colours, *edges):
    found = segments(list(colours), colours, [Edge(*e) for e in edges])
    return [" ".join(segment.nodes) for segment in found]


def test_a_way_out_and_back_keeps_two_apart():
    colours = {"a": "d", "ours": "s", "b": "d"}
    assert cut(colours, ("a", "ours"), ("ours", "b"), ("a", "b")) == ["a", "ours", "b"]
    assert cut(colours, ("a", "ours"), ("a", "b")) == ["a b", "ours"]


def test_a_cable_with_a_level_is_a_way_out():
    colours = {"a": "d", "b": "d"}
    assert cut(colours, ("a", "b", True), ("a", "b", False)) == ["a", "b"]


def test_a_merge_can_open_the_next():
    colours = dict.fromkeys("abc", "d")
    assert cut(colours, ("a", "c"), ("a", "b"), ("b", "c")) == ["a b c"]


def test_a_loop_is_one_segment():
    colours = dict.fromkeys("abcd", "s")
    assert cut(colours, ("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")) == ["a b c d"]
    assert cut({**colours, "a": "d", "d": "d"}, ("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")) == ["a", "b c", "d"]
    assert cut({"a": "s"}, ("a", "a")) == ["a"]


def test_a_loop_through_two_players_is_refused():
    with pytest.raises(InvalidValue, match="b, c"):
        cut({"a": "s", "b": "s", "c": "d"}, ("a", "b"), ("b", "c"), ("c", "b"))
