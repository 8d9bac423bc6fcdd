"""Graph: what a patch sounds like, streamed or whole, against what it is made of."""

import copy
import pickle

import numpy as np
import pytest

from wetdry import Chain, Gain, Graph, Mix, NeuralAmp, Pan, TubeSaturator
from wetdry.models.errors import InvalidType, InvalidValue, LayoutError, PluginError, UnknownName

RATE = 48000


def noise(*shape, seed=0):
    return (0.2 * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def impulse(samples=4800):
    audio = np.zeros(samples, np.float32)
    audio[0] = 1
    return audio


def streamed(graph, audio, seed=0, largest=3000):
    """Random blocks of every input, then silence until everything has come out."""
    given = audio if isinstance(audio, dict) else {graph.inputs[0]: audio}
    generator, parts, at, length = np.random.default_rng(seed), [], 0, next(iter(given.values())).shape[-1]
    graph.reset()

    def play(blocks):
        parts.append(graph(blocks if isinstance(audio, dict) else blocks[graph.inputs[0]], RATE, reset=False))

    while at < length:
        size = int(generator.integers(1, largest + 1))
        play({name: a[..., at : at + size] for name, a in given.items()})
        at += size
    while sum(part.shape[-1] for part in parts) < length:
        play({name: np.zeros((*a.shape[:-1], 777), np.float32) for name, a in given.items()})
    return np.concatenate(parts, axis=-1)[..., :length]


class Keyed:
    """Plays its audio at the level of its key."""

    key_channels = 1

    def __init__(self):
        self.parameters = {}

    def reset(self):
        self.resets = True

    def process(self, input_array, sample_rate, buffer_size=8192, reset=True, *, key=None):
        return input_array * (0 if key is None else key)


def rig():
    nodes = {"amp": TubeSaturator(drive_db=18), "left": Pan(-0.6), "right": Pan(0.6), "bus": None}
    return Graph(
        nodes,
        """
        in -> amp -> left -> bus -> out
        in -> -3 dB -> right -> bus       # the dry side waits for the amp
    """,
    )


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


def echo(delay=480, inner=None):
    return Graph({"bus": None, "tone": inner or Gain(gain_db=0)},
                 f"in -> bus -> tone -> out\n tone -> -6 dB -> {delay} samples -> bus")  # fmt: skip


def test_feedback_repeats_at_its_delay():
    out = echo()(impulse(), RATE)
    assert np.flatnonzero(out).tolist() == list(range(0, 4800, 480))
    assert out[::480] == pytest.approx(10 ** (-6 / 20 * np.arange(10)), rel=1e-5)


def test_feedback_against_the_difference_equation():
    audio, factor = noise(2000), float(np.float32(10 ** (-6 / 20)))
    expected = audio.astype(np.float64)
    for i in range(7, len(expected)):
        expected[i] += factor * expected[i - 7]
    assert echo(7)(audio, RATE) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("delay", [1, 100, 5000])
def test_feedback_streams_exactly_however_long_the_blocks(delay):
    audio, graph = noise(1500), echo(delay)
    whole = graph(audio, RATE)
    for seed, largest in ((0, 1000), (1, 3)):
        assert np.array_equal(streamed(graph, audio, seed, largest), whole)


def test_latency_inside_a_loop_is_taken_out_of_its_delay():
    """A saturator of 91 samples in the loop: the sound comes round when the cable says."""
    graph = echo(480, TubeSaturator(drive_db=0))
    lag = TubeSaturator().latency_samples
    once, twice = TubeSaturator(drive_db=0), TubeSaturator(drive_db=0)
    first = once(impulse(1400), RATE)
    back = np.concatenate([np.zeros(480, np.float32), Gain(gain_db=-6)(first, RATE)[:-480]])
    expected = twice(impulse(1400) + back, RATE)
    assert np.abs(graph(impulse(1400), RATE)[:780] - expected[:780]).max() < 1e-6
    assert np.array_equal(streamed(graph, noise(3000), 2, 700), graph(noise(3000), RATE))
    with pytest.raises(InvalidValue, match=rf"lags by {lag} samples itself.*{lag + 1} samples"):
        echo(lag, TubeSaturator())(noise(100), RATE)
    assert np.isfinite(echo(lag + 1, TubeSaturator(drive_db=0))(noise(1000), RATE)).all()


def test_a_loop_knows_the_latency_at_its_own_rate():
    """A neural amp of 48 kHz lags at 44.1 kHz only: the loop is refused there before anything has played."""
    lag = NeuralAmp()._latency(44100)
    assert lag > NeuralAmp()._latency(48000) == 0
    graph = Graph({"amp": NeuralAmp()}, f"in -> amp -> out\namp -> -40 dB -> {lag} samples -> amp")
    with pytest.raises(InvalidValue, match=f"lags by {lag} samples itself"):
        graph(noise(100), 44100)
    assert graph(noise(200), 48000).shape == (200,)


def test_two_loops_that_share_a_node():
    patch = "in -> bus -> out\nbus -> a -> -9 dB -> 5 samples -> bus\nbus -> b -> -12 dB -> 8 samples -> bus"
    graph = Graph({"bus": None, "a": None, "b": None}, patch)
    audio = noise(800)
    expected = audio.astype(np.float64)
    for i in range(len(expected)):
        expected[i] += 10 ** (-9 / 20) * expected[i - 5] if i >= 5 else 0
        expected[i] += 10 ** (-12 / 20) * expected[i - 8] if i >= 8 else 0
    assert graph(audio, RATE) == pytest.approx(expected, abs=1e-5)
    assert np.array_equal(streamed(graph, audio, 1, 90), graph(audio, RATE))


def test_a_nan_does_not_go_round():
    audio = noise(2000)
    audio[100] = np.nan
    out = Graph({"bus": None}, "in -> bus -> out\nbus -> 100 samples -> bus")(audio, RATE)
    assert np.flatnonzero(~np.isfinite(out)).tolist() == [100]


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
