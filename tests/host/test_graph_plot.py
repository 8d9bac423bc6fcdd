"""Graphs drawn: where boxes stand, and files that hold a picture."""

import numpy as np
import pytest

from wetdry import Chain, Gain, Graph, Pan, TubeSaturator
from wetdry.host.graph.columns import BOX_ROOM, columns_of
from wetdry.host.graph.plot import KINDS, kind_of, title_of
from wetdry.models.errors import InvalidValue

ORDER = ["in", "kick", "a", "b", "c", "out"]
PAIRS = [("in", "a"), ("a", "b"), ("in", "c"), ("b", "out"), ("c", "out"), ("kick", "b"), ("in", "out")]


def test_columns_run_from_left_to_right_and_nothing_overlaps():
    drawn = columns_of(ORDER, PAIRS, ["in", "kick"], ["out"])
    assert all(drawn.column[source] < drawn.column[target] for source, target in PAIRS)
    assert drawn.column["kick"] == drawn.column["b"] - 1, "an input stands beside what it feeds"
    for column in range(4):
        heights = sorted(drawn.height[name] for name in ORDER if drawn.column[name] == column)
        assert (np.diff(heights) >= BOX_ROOM - 1e-9).all()
    assert len(drawn.crossings["in", "out"]) == drawn.column["out"] - 1
    assert drawn.crossings["a", "b"] == []


def test_branches_do_not_cross():
    pairs = [(s, t) for i in range(4) for s, t in (("in", f"a{i}"), (f"a{i}", f"b{i}"), (f"b{i}", "out"))]
    order = ["in", *(f"a{i}" for i in range(4)), *(f"b{i}" for i in (2, 0, 3, 1)), "out"]
    drawn = columns_of(order, pairs, ["in"], ["out"])
    first, second = ([drawn.height[f"{side}{i}"] for i in range(4)] for side in "ab")
    assert np.argsort(first).tolist() == np.argsort(second).tolist()


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_plot_is_written(tmp_path, suffix):
    graph = Graph(
        {"amp": TubeSaturator(), "left": Pan(-1), "bus": None, "two": Chain([Gain()])},
        """
        in -> amp -> left -> -3 dB -> bus -> two -> out
        in[0] -> bus
        two -> -6 dB -> 20 ms -> bus
    """,
    )
    path = graph.plot(tmp_path / f"rig{suffix}")
    start = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix]
    assert path.read_bytes().startswith(start)
    assert path.stat().st_size > 5000


def test_what_is_not_connected_yet_is_drawn_too(tmp_path):
    assert Graph().plot(tmp_path / "empty.png").stat().st_size > 1000
    assert Graph({"a": Gain(), "b": None}).plot(str(tmp_path / "loose.png")).stat().st_size > 1000
    with pytest.raises(InvalidValue, match=r"\.png"):
        Graph().plot(tmp_path / "graph.jpeg")


def test_boxes_say_what_plays():
    inner = Graph({"x": Gain()}, "in -> x -> out")
    assert [title_of(p) for p in (Gain(), Chain([Gain(), None]), inner)] == ["Gain", "Chain of 2", "Graph of 1"]
    assert [kind_of(p) for p in (Gain(), Chain(), inner)] == ["effect", "made of others", "made of others"]
    pedalboard = pytest.importorskip("pedalboard")
    assert (title_of(pedalboard.Reverb()), kind_of(pedalboard.Reverb())) == ("Reverb", "pedalboard")
    assert set(map(kind_of, (Gain(), inner, pedalboard.Gain()))) <= set(KINDS)


def test_a_plot_of_a_random_graph_is_drawn(tmp_path):
    generator = np.random.default_rng(0)
    names = [f"n{j}" for j in range(12)]
    graph = Graph({name: Gain() for name in names})
    for j, name in enumerate(names):
        graph.connect(str(generator.choice(["in", *names[:j]])), name, gain_db=-3)
        graph.connect(name, str(generator.choice(names[: j + 1])), delay_ms=5)
    assert graph.plot(tmp_path / "random.png").stat().st_size > 5000
