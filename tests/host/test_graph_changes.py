"""Graph: nodes, cables, knobs, rates that change; copies; processors that misbehave."""

import copy
import pickle

import numpy as np
import pytest
from graph_playing import RATE, noise, rig

from wetdry import Gain, Graph, TubeSaturator
from wetdry.models.errors import InvalidType, InvalidValue, PluginError, UnknownName


def test_nodes_and_cables_change():
    audio, graph = noise(900), rig()
    before = graph(audio, RATE)
    graph["amp"] = Gain()
    assert not np.array_equal(graph(audio, RATE), before)
    graph.disconnect("in", "right")
    with pytest.raises(InvalidValue, match="nothing runs to 'right'"):
        graph(audio, RATE)
    graph.connect("in", "right", gain_db=-3)
    graph["amp"] = TubeSaturator(drive_db=18)
    assert np.array_equal(graph(audio, RATE), before), "as it was"
    graph.add("room", Gain(gain_db=-20))
    graph.connect("bus", "room", gain_db=-12)
    graph.connect("room", "out", delay_ms=1)
    assert graph.parameters["bus>room.gain_db"].value == -12
    assert "room" in graph
    graph.remove("room")
    assert "room" not in graph
    assert np.array_equal(graph(audio, RATE), before)


def test_a_change_that_does_not_fit_changes_nothing():
    graph = rig()
    audio = noise(900)
    before, patch = graph(audio, RATE), graph.patch
    for wrong in (
        lambda: graph.connect("amp", "in"),
        lambda: graph.connect("bus", "amp"),
        lambda: graph.connect("in", "amp"),
        lambda: graph.connect("nowhere", "amp"),
        lambda: graph.connect("in", "amp.key"),
        lambda: graph.add("amp", Gain()),
        lambda: graph.add("another", graph["amp"]),
        lambda: graph.add("self", graph),
        lambda: graph.add("2bad", Gain()),
        lambda: graph.__setitem__("ampp", Gain()),
        lambda: graph.__setitem__("amp", "a name"),
        lambda: setattr(graph, "patch", "in -> out\nin -> out"),
        lambda: graph.remove("nobody"),
        lambda: graph.disconnect("amp", "bus"),
    ):
        with pytest.raises((InvalidValue, InvalidType, UnknownName)):
            wrong()
        assert graph.patch == patch
    assert np.array_equal(graph(audio, RATE), before)


def test_a_changed_knob_is_heard_in_a_stream():
    graph = Graph({"a": Gain(), "b": Gain()}, "in -> a -> out\nin -> -3 dB -> b -> out")
    ones = np.ones(4800, np.float32)
    graph(ones, RATE, reset=False)
    graph["a"].gain_db = -60
    graph.parameters["in>b.gain_db"].value = -120
    graph(ones, RATE, reset=False)
    assert np.abs(graph(ones, RATE, reset=False)).max() < 0.01


def test_other_rates_and_channels_begin_anew():
    graph = rig()
    for rate, shape in ((48000, (500,)), (44100, (500,)), (44100, (2, 500)), (48000, (500, 2))):
        audio = noise(*shape)
        assert np.array_equal(graph(audio, rate), rig()(audio, rate))
    graph(noise(500), 48000, reset=False)
    assert graph(noise(2, 500), 48000, reset=False).shape[0] == 2


@pytest.mark.parametrize("patch", ["in -> a -> out", "in -> a -> out\nin -> out", "in -> out\nin -> a -> 3 samples -> out",
                                   "in -> a -> out\na -> -6 dB -> 3 samples -> a"])  # fmt: skip
def test_what_comes_in_stays_as_it_is(patch):
    graph, audio = Graph({"a": Gain(gain_db=6)}, patch), noise(2, 64)
    before = audio.copy()
    for reset in (True, False, False):
        heard = graph(audio, RATE, reset=reset)
        assert np.array_equal(audio, before)
        assert not np.shares_memory(heard, audio)


def test_blocks_without_samples():
    graph = rig()
    assert graph(noise(0), RATE).shape == (2, 0)
    assert graph(noise(0), RATE, reset=False).shape == (2, 0)
    assert graph(noise(1), RATE).shape == (2, 1)


def test_prints_pickles_and_copies():
    graph = Graph(
        {"bus": None, "amp": TubeSaturator(drive_db=3)},
        """
        mic -> bus -> amp -> out
        amp -> -6.5 dB -> 10 ms -> bus
    """,
        inputs=["mic"],
    )
    audio = noise(700)
    again = eval(repr(graph), {"Graph": Graph, "TubeSaturator": TubeSaturator})
    for other in (pickle.loads(pickle.dumps(graph)), copy.deepcopy(graph), again):
        assert other.patch == graph.patch
        assert np.array_equal(other(audio, RATE), graph(audio, RATE))
    unfinished = Graph({"amp": TubeSaturator()})
    unfinished.connect("in", "amp")
    assert pickle.loads(pickle.dumps(unfinished)).patch == "in -> amp"


class Swallows:
    """Keeps everything for itself."""

    def reset(self):
        """Nothing is remembered."""

    def process(self, input_array, sample_rate, buffer_size=8192, reset=True):
        return input_array[..., :0]


def test_a_node_that_swallows_audio_raises():
    with pytest.raises(PluginError, match="swallows audio"):
        Graph({"hole": Swallows()}, "in -> hole -> out\nin -> out")(noise(100), 1000)
