"""Graph: what a patch sounds like, streamed or whole, against what it is made of."""

import numpy as np
import pytest
from graph_playing import RATE, Keyed, impulse, noise, rig, streamed

from wetdry import Chain, Gain, Graph, Mix, Pan, TubeSaturator
from wetdry.models.errors import InvalidType, InvalidValue, LayoutError, UnknownName


def test_branches_with_unequal_latency_are_in_step():
    audio = noise(12000)
    both = np.stack([TubeSaturator(drive_db=18)(audio, RATE)] * 2)
    dry = np.stack([Gain(gain_db=-3)(audio, RATE)] * 2)
    expected = Pan(-0.6)(both, RATE) + Pan(0.6)(dry, RATE)
    graph = rig()
    assert TubeSaturator().latency_samples > 0
    assert np.array_equal(graph(audio, RATE), expected)
    assert graph.latency_samples == TubeSaturator().latency_samples


@pytest.mark.parametrize(("seed", "largest"), [(0, 3000), (1, 40)])
def test_streamed_equals_one_call(seed, largest):
    audio = noise(12000 if largest > 40 else 3000)
    graph = rig()
    assert np.array_equal(streamed(graph, audio, seed, largest), graph(audio, RATE))


def test_a_graph_without_branches_is_played_as_a_chain():
    audio = noise(2, 9000)
    graph = Graph({"a": TubeSaturator(), "b": TubeSaturator(tone_hz=900)}, "in -> a -> -6 dB -> b -> out")
    chain = Chain([TubeSaturator(), Gain(gain_db=-6), TubeSaturator(tone_hz=900)])
    assert np.array_equal(graph(audio, RATE), chain(audio, RATE))
    assert [type(stage) for stage in graph._stages] == [type(stage) for stage in chain._stages]
    assert np.array_equal(streamed(graph, audio, 3), chain(audio, RATE))


def test_a_send_has_a_level_that_is_a_knob_and_glides():
    graph = Graph({"bus": None, "room": Gain()}, "in -> bus -> out\n bus -> -6 dB -> room -> out")
    assert graph(np.full(8, 0.5, np.float32), RATE) == pytest.approx(0.5 + 0.5 * 10 ** (-6 / 20))
    ones, knob = np.ones(9600, np.float32), graph.parameters["bus>room.gain_db"]
    first = graph(ones, RATE, reset=False)
    knob.value = -120
    after = graph(ones, RATE, reset=False)
    assert np.abs(np.diff(np.concatenate([first, after]))).max() < 0.01
    assert after[-1] == pytest.approx(1, abs=1e-4)


def test_cables_carry_channels():
    left, right = noise(500, seed=1), noise(500, seed=2)
    graph = Graph(
        {"swap": None, "quiet": Gain(gain_db=-20)},
        """
        in[0] -> swap[1]
        in[1] -> quiet -> swap[0]
        swap -> out
    """,
    )
    out = graph(np.stack([left, right]), RATE)
    assert np.array_equal(out, np.stack([Gain(gain_db=-20)(right, RATE), left]))
    crossed = Graph({}, "in[1,0] -> out[0,1]")(np.stack([left, right]), RATE)
    assert np.array_equal(crossed, np.stack([right, left]))
    widened = Graph({}, "in[0] -> out\nin -> out[1,2]")(np.stack([left, right]), RATE)
    assert np.array_equal(widened, np.stack([left, left + left, left + right]))


def test_mono_goes_to_both_sides_of_a_stereo_port():
    audio = noise(480)
    hard_left = Graph({"pan": Pan(-1)}, "in -> pan -> out")(audio, RATE)
    assert np.array_equal(hard_left, np.stack([audio, np.zeros_like(audio)]))


@pytest.mark.parametrize("later", ["480 samples", "10 ms"])
def test_a_delay_on_a_cable(later):
    graph = Graph({"late": None}, f"in -> out\nin -> late -> -6 dB -> {later} -> out")
    out = graph(impulse(), RATE)
    assert np.flatnonzero(out).tolist() == [0, 480]
    assert out[480] == pytest.approx(10 ** (-6 / 20))
    assert np.array_equal(streamed(graph, impulse(), 4, 200), out)
    assert graph.latency_samples == 0
    assert graph.tail_seconds == pytest.approx(0.01)


def test_a_side_chain_gets_its_key_in_step():
    """The audio is late by the saturator; so is the key, though it came another way."""
    audio, kick = noise(3000), noise(3000, seed=9)
    graph = Graph(
        {"amp": TubeSaturator(), "duck": Keyed()}, "in -> amp -> duck -> out\nkick -> duck.key", inputs=("in", "kick")
    )
    expected = TubeSaturator()(audio, RATE) * kick
    given = {"in": audio, "kick": kick}
    assert np.array_equal(graph(given, RATE), expected)
    assert np.array_equal(streamed(graph, given, 5, 500), expected)
    unkeyed = Graph({"duck": Keyed()}, "in -> duck -> out")
    assert not unkeyed(audio, RATE).any()


def test_a_key_listens_to_the_input_itself():
    audio = noise(1000)
    graph = Graph({"duck": Keyed(), "amp": TubeSaturator()}, "in -> duck -> out\nin -> amp -> duck.key")
    assert np.array_equal(graph(audio, RATE), audio * TubeSaturator()(audio, RATE))


def test_several_inputs_and_outputs():
    a, b = noise(2, 600), noise(600, seed=1)
    graph = Graph({"amp": TubeSaturator()}, "left -> amp -> wet\nright -> dry\nleft -> dry",
                  inputs=("left", "right"), outputs=("wet", "dry"))  # fmt: skip
    heard = graph({"left": a, "right": b}, RATE)
    assert list(heard) == ["wet", "dry"]
    assert np.array_equal(heard["wet"], TubeSaturator()(a, RATE))
    assert np.array_equal(heard["dry"], a + b)
    parts = [graph({"left": a[:, i : i + 100], "right": b[i : i + 100]}, RATE, reset=False) for i in range(0, 600, 100)]
    streamed_dry = np.concatenate([part["dry"] for part in parts], axis=1)
    assert np.array_equal(streamed_dry, heard["dry"][:, : streamed_dry.shape[1]])
    with pytest.raises(LayoutError, match="left 600, right 599"):
        graph({"left": a, "right": b[1:]}, RATE)
    with pytest.raises(InvalidType, match="left, right"):
        graph(a, RATE)
    with pytest.raises(InvalidValue, match="'right'"):
        graph({"left": a}, RATE)
    with pytest.raises(UnknownName, match="right"):
        graph({"left": a, "rigth": b}, RATE)


def test_render_listens_anywhere_and_to_the_end():
    audio = noise(1000)
    graph = Graph({"amp": TubeSaturator(), "bus": None, "late": None},
                  "in -> amp -> bus -> out\nin -> bus\nbus -> -6 dB -> 50 ms -> late -> out")  # fmt: skip
    stems = graph.render(audio, RATE, listen=["in", "amp", "out"], tail_seconds=0.1)
    assert {name: stem.shape for name, stem in stems.items()} == {"in": (5800,), "amp": (5800,), "out": (5800,)}
    padded = np.concatenate([audio, np.zeros(4800, np.float32)])
    assert np.array_equal(stems["in"], padded)
    assert np.array_equal(stems["amp"], TubeSaturator()(padded, RATE))
    assert np.array_equal(stems["out"], graph(padded, RATE))
    assert graph.render(audio, RATE, tail_seconds=None)["out"].shape == (1000 + round(graph.tail_seconds * RATE),)
    with pytest.raises(UnknownName, match="did you mean amp"):
        graph.render(audio, RATE, listen=["amb"])
    with pytest.raises(InvalidValue, match="600 s"):
        graph.render(audio, RATE, tail_seconds=-1)


def test_graphs_in_graphs_in_chains():
    audio = noise(2, 3000)
    inner = Graph({"amp": TubeSaturator(), "dry": None}, "in -> amp -> out\nin -> dry -> -6 dB -> out")
    outer = Graph({"rig": inner, "cab": Gain(gain_db=-3)}, "in -> rig -> cab -> out\nin -> -20 dB -> out")
    alone = Mix([TubeSaturator(), None], gains_db=[0, -6])
    expected = Mix([Chain([alone, Gain(gain_db=-3)]), None], gains_db=[0, -20])(audio, RATE)
    assert np.abs(outer(audio, RATE) - expected).max() < 1e-6
    outer.parameters["rig.amp.drive_db"].value = 3
    assert inner["amp"].drive_db == 3
    assert list(outer.render(audio, RATE, listen=["rig.amp"])) == ["rig.amp"]
    chain = Chain([Gain(gain_db=-3), Chain([outer]), TubeSaturator()])
    whole = chain(audio, RATE)
    assert np.array_equal(streamed_chain(chain, audio), whole)
    inner["amp"] = None
    assert not np.array_equal(chain(audio, RATE), whole), "what changes in a graph is heard in the chain around it"


def streamed_chain(chain, audio):
    chain.reset()
    parts = [chain(audio[:, i : i + 511], RATE, reset=False) for i in range(0, audio.shape[1], 511)]
    while sum(part.shape[1] for part in parts) < audio.shape[1]:
        parts.append(chain(np.zeros((2, 511), np.float32), RATE, reset=False))
    return np.concatenate(parts, axis=1)[:, : audio.shape[1]]


def test_a_sub_graph_has_doors():
    inner = Graph({"duck": Keyed(), "meter": None}, "in -> duck -> out\nkick -> duck.key\nkick -> meter -> level",
                  inputs=("in", "kick"), outputs=("out", "level"))  # fmt: skip
    audio, kick = noise(600), noise(600, seed=1)
    outer = Graph({"rig": inner}, "in -> rig -> out\nkick -> rig.kick\nrig.level -> level",
                  inputs=("in", "kick"), outputs=("out", "level"))  # fmt: skip
    heard = outer({"in": audio, "kick": kick}, RATE)
    assert np.array_equal(heard["out"], audio * kick)
    assert np.array_equal(heard["level"], kick)
    half = Graph({"rig": inner}, "in -> rig -> out")
    assert not half(audio, RATE).any(), "a side-chain door that nobody uses is silence"


def test_what_comes_before_a_node():
    audio = noise(2000)
    graph = Graph({"pre": Gain(gain_db=6), "amp": TubeSaturator(), "comp": TubeSaturator(drive_db=3), "post": Gain()},
                  "in -> pre -> amp -> comp -> post -> out\npre -> -6 dB -> comp")  # fmt: skip
    before = graph.before("comp")
    assert list(before) == ["pre", "amp"]
    boosted = Gain(gain_db=6)(audio, RATE)
    expected = TubeSaturator()(boosted, RATE) + Gain(gain_db=-6)(boosted, RATE)
    assert np.array_equal(before(audio, RATE), expected)
    assert np.array_equal(graph.before("pre")(audio, RATE), audio)
    with pytest.raises(UnknownName, match="did you mean comp"):
        graph.before("cmp")
