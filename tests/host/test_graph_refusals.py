"""What a graph refuses, and what it says: the line, the name, and what to do."""

import numpy as np
import pytest

from wetdry import Chain, Gain, Graph, Mix, Pan
from wetdry.models.errors import InvalidType, InvalidValue, PluginError, UnknownName, WetdryError

RATE = 48000


class Widths:
    """A processor of fixed channel counts."""

    def __init__(self, takes, gives=None, key=0):
        self.channels, self.output_channels, self.key_channels = takes, gives, key
        if gives is None:
            del self.output_channels

    def reset(self):
        """Nothing is remembered."""

    def process(self, input_array, sample_rate, buffer_size=8192, reset=True, *, key=None):
        gives = getattr(self, "output_channels", len(input_array))
        return np.resize(input_array, (gives, input_array.shape[1]))


NODES = ("amp", "cab", "bus")

PATCHES = {
    "in -> amp -> out\nin -> dukc -> out": r"line 2: in -> dukc: no node named 'dukc'",
    "in -> ampp -> out": r"did you mean amp\?",
    "kick -> amp": r"no node named 'kick'.*\(if it is an input: inputs=\('in', 'kick'\)\)",
    "in -> amp -> cab\n\n  cab -> amp -> out": r"line 3.*loop without delay.*-> 10 ms ->",
    "in -> amp -> amp -> out": r"amp -> amp is a loop without delay",
    "in -> amp -> 0 samples -> amp -> out": r"loop without delay",
    "out -> amp": r"line 1: out -> amp: out is an output of the graph",
    "amp -> in": r"in is an input of the graph",
    "in -> amp.key -> out": r"amp has no side-chain input; run the cable to amp",
    "in -> amp -> out\nin -> amp": r"line 2: in -> amp: this cable is there already \(line 1\)",
    "in -> amp.left -> out": r"amp has no input 'left'",
    "in -> amp -> out\namp.key -> out": r"amp.key is an input: begin a new line with amp",
    "in -> amp -> cab": r"no sound reaches the output 'out': end a line with -> out",
    "amp -> out": r"the input 'in' runs nowhere",
    "in -> amp -> out": r"nothing runs to 'cab'",
    "in -> amp -> cab -> out\nin -> bus": r"'bus' runs to no output: write bus -> out",
    "in -> amp -> out\ncab -> 5 ms -> cab -> out": r"no input of the graph reaches 'cab'",
    "in -> amp - > out": r"line 1: 'amp - > out': this is no name",
    "in": r"line 1: 'in': this is no cable",
    "in -> -> out": r"a name is missing",
    "in -> amp -> -6 dB": r"ends with no name",
    "-6 dB -> amp": r"stands between two names",
    "in -> 6 -> amp": r"'6': this is neither a level",
    "in -> -6 dB -> -3 dB -> amp": r"'-3 dB': this cable has one already",
    "in -> 3 ms -> 4 samples -> amp": r"one level and one delay",
    "in -> 200 dB -> amp": r"line 1: in -> amp: gain_db = 200 is out of range",
    "in -> 1.5 samples -> amp": r"no whole number of samples; write it in ms",
    "in -> 61000 ms -> amp": r"outside 0 to 60 s",
    "in[0,0] -> amp": r"different whole numbers from 0",
    "in[] -> amp": r"different whole numbers",
    "in[2] -> amp -> out\nin[7] -> cab -> bus[0] -> out\nbus[3] -> amp": r"bus has 1 channel\(s\) here.*there is no \[3\]",
}


@pytest.mark.parametrize("patch", PATCHES)
def test_a_wrong_patch_says_where_and_what_to_do(patch):
    with pytest.raises((InvalidValue, UnknownName), match=PATCHES[patch]):
        Graph({name: Gain() for name in NODES}, patch)


STEREO = "in[0,1] -> out"
CHANNELS = {
    "stereo into mono": ({"a": Widths((2,)), "b": Widths((1,))}, "in -> a -> b -> out",
                         r"line 1: a -> b: b takes 1 channel\(s\), 2 arrive; choose: a\[0\] -> b"),
    "stereo into a mono key": ({"a": Widths((2,)), "b": Widths((1, 2), key=1)}, "in -> a -> out\nin -> b -> out\na -> b.key",
                               r"line 3: a -> b.key: 2 channels do not go into 1; choose: a\[0\] -> b.key"),
    "no such channel of a key": ({"b": Widths((1, 2), key=1)}, "in -> b -> out\nin[0] -> b.key[1]",
                                 r"b.key has 1 channel\(s\)"),
    "no such channel of a source": ({"a": Widths((1,))}, "in -> a -> out\na[1] -> out", r"a has 1 channel\(s\) here"),
    "two into three": ({"a": Widths((2,)), "b": Widths((1, 2), 3)}, "in -> a -> out\nin -> b -> out",
                       r"a -> out: 2 channels do not go into 3; choose: a -> out\[0,1\]"),
    "two into one chosen": ({"a": Widths((2,))}, "in -> a -> out[0]", r"2 channels do not go into 1"),
    "a chain that ends in mono": ({"c": Chain([Widths((2,)), Gain(), Widths((1,))])}, "in -> c -> out", "c takes no count"),
    "branches of unequal width": ({"m": Mix([Widths((1,), 2), Gain()])}, "in -> m -> out", "m takes .* 1 arrive"),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANNELS)
def test_channels_that_do_not_fit_are_refused_with_the_line_to_write(case):
    nodes, patch, message = CHANNELS[case]
    with pytest.raises(InvalidValue, match=message):
        Graph(nodes, patch)


def test_what_was_advised_fits():
    split = Graph({"a": Widths((2,)), "b": Widths((1,)), "c": Widths((1,))},
                  "in -> a\na[0] -> b -> out[0]\na[1] -> c -> out[1]")  # fmt: skip
    audio = np.arange(20, dtype=np.float32).reshape(2, 10)
    assert np.array_equal(split(audio, RATE), audio)
    wide = Graph({"a": Widths((2,)), "b": Widths((1, 2), 3)}, "in -> a -> out[0,1]\nin -> b -> out")
    assert wide(audio, RATE).shape == (3, 10)


def test_counts_that_only_some_inputs_fit_are_refused_when_they_come():
    graph = Graph({"b": Widths((1,))}, "in -> b -> out")
    assert graph(np.ones(10, np.float32), RATE).shape == (10,)
    with pytest.raises(InvalidValue, match=r"b takes 1 channel\(s\), 2 arrive"):
        graph(np.ones((2, 10), np.float32), RATE)


def test_a_delay_too_short_for_the_rate():
    graph = Graph({"a": Gain()}, "in -> a -> out\na -> -6 dB -> 0.02 ms -> a")
    assert graph(np.ones(100, np.float32), RATE).shape == (100,)
    with pytest.raises(InvalidValue, match="at 8000 Hz"):
        graph(np.ones(100, np.float32), 8000)


def test_a_delay_that_is_one_at_high_rates_only():
    graph = Graph({"a": Gain()}, "in -> a -> out\na -> -6 dB -> 0.008 ms -> a")
    assert graph(np.ones(100, np.float32), 96000).shape == (100,)
    with pytest.raises(InvalidValue, match="at 48000 Hz"):
        graph(np.ones(100, np.float32), RATE)


def test_names():
    for name in ("2nd", "a b", "", "a-b", "a.b", "in"):
        with pytest.raises(InvalidValue, match="name"):
            Graph({name: Gain()})
    with pytest.raises(InvalidValue, match="two inputs"):
        Graph(inputs=("a", "a"))
    with pytest.raises(InvalidValue, match="at least one"):
        Graph(outputs=())
    with pytest.raises(InvalidType, match=r"inputs=\('mic',\)"):
        Graph(inputs="mic")


def test_processors():
    one = Gain()
    with pytest.raises(InvalidValue, match="stands twice"):
        Graph({"a": one, "b": one})
    with pytest.raises(InvalidValue, match="stands twice"):
        Graph({"a": one, "b": Graph({"c": Chain([one])})})
    with pytest.raises(InvalidType, match="no processor"):
        Graph({"a": "amp.nam"})
    with pytest.raises(InvalidType, match="no processor"):
        Graph({"a": Gain})


def test_calls():
    graph = Graph({"a": Gain()}, "in -> a -> out")
    audio = np.ones(10, np.float32)
    for rate in (0, -1, float("nan"), "48000"):
        with pytest.raises((InvalidValue, InvalidType)):
            graph(audio, rate)
    for wrong in ([1.0], np.ones(3, int), {"in": [1.0]}, {}, {"in": audio, "key": audio}, None):
        with pytest.raises(WetdryError):
            graph(wrong, RATE)
    with pytest.raises(InvalidType, match="delay_samples is a number"):
        graph.connect("in", "out", delay_samples="long")
    with pytest.raises(InvalidValue, match="not both"):
        graph.connect("in", "out", delay_samples=3, delay_ms=3)


def test_an_unfinished_graph_says_so_when_it_plays():
    graph = Graph({"amp": Gain()})
    with pytest.raises(InvalidValue, match="the input 'in' runs nowhere"):
        graph(np.ones(10, np.float32), RATE)
    graph.connect("in", "amp")
    with pytest.raises(InvalidValue, match="no sound reaches the output"):
        graph(np.ones(10, np.float32), RATE)


class Siren(Widths):
    """Makes its own sound."""

    input_channels = 0

    def __init__(self):
        super().__init__((0,), 1)


def test_a_source_that_only_streams_says_what_to_do():
    graph = Graph({"siren": Siren()}, "in -> out\nsiren -> out")
    with pytest.raises(PluginError, match=r"siren makes its own sound.*input of the graph"):
        graph(np.ones(10, np.float32), RATE)
    with pytest.raises(InvalidValue, match="leave this cable out"):
        Graph({"siren": Siren()}, "in -> siren -> out")


def test_a_graph_with_a_second_input_does_not_stand_in_a_chain():
    graph = Graph({"a": Pan()}, "in -> a -> out\nkick -> a", inputs=("in", "kick"))
    with pytest.raises(InvalidValue, match="in, kick"):
        Chain([graph])
    with pytest.raises(InvalidValue, match="wet, dry"):
        Mix([Graph({}, "in -> wet\nin -> dry", outputs=("wet", "dry"))])


ENDS = ["in", "out", "a", "b", "c", "d", "e", "e.key", "sub", "sub.in", "a[0]", "b[1]", "in[0,1]", "d[0,1]"]
WRONG = ["kick", "nobody", "a.key", "b[", "99 dB", "1e400 ms", "0 samples", "é", "#", "->", "", "\0"]
WORDS = [*ENDS, *WRONG, "-6 dB", "10 ms", "1 samples"]
MAKERS = (Gain, Gain, Pan, lambda: None, lambda: Widths((1,)), lambda: Widths((1, 2), 2), lambda: Chain([Gain(), Pan()]))


def random_graph(generator):
    """Nodes and the words of a patch that is whole: a tree with sends, side-chains and loops."""
    nodes = {name: MAKERS[generator.integers(len(MAKERS))]() for name in "abcd"[: generator.integers(1, 5)]}
    nodes["e"] = Widths((1, 2), key=1)
    nodes["sub"] = Graph({"x": Gain(), "y": None}, "in -> x -> out\nin -> 2 ms -> y -> -9 dB -> out\ny -> 30 samples -> x")
    names = list(generator.permutation(list(nodes)))
    lines = [[("in", *names[:i])[generator.integers(i + 1)], name] for i, name in enumerate(names)]
    lines += [[name, "out"] for name in names if not any(line[0] == name for line in lines)]
    if generator.random() < 0.5:
        lines.append(["in[0]", "-6 dB", "e.key"])
    if generator.random() < 0.5:
        late = f"{generator.integers(1, 400)} samples"
        lines.append([str(generator.choice(names)), "-30 dB", late, str(generator.choice(names))])
    return nodes, lines


def spoilt(lines, generator):
    """The patch with some words replaced, dropped or added, or some lines lost."""
    for _ in range(generator.integers(1, 4)):
        line = lines[generator.integers(len(lines))]
        at, word = generator.integers(len(line) + 1), str(generator.choice(WORDS))
        way = generator.integers(4)
        if way == 0:
            line.insert(at, word)
        elif way == 1 and line:
            line[at % len(line)] = word
        elif way == 2:
            lines.append([*line[:at], word])
        elif len(lines) > 1:
            lines.remove(line)
    return lines


@pytest.mark.parametrize("part", range(4))
def test_a_thousand_random_graphs_give_an_error_or_a_clean_result(part):
    """Never another error than ours, never NaN, never a hang, and streamed equals whole."""
    generator, audio = np.random.default_rng(part), np.random.default_rng(0).uniform(-1, 1, (2, 300)).astype(np.float32)
    played = refused = 0
    for i in range(250):
        nodes, lines = random_graph(generator)
        patch = "\n".join(" -> ".join(line) for line in (spoilt(lines, generator) if i % 4 else lines))
        given = audio[0] if i % 2 else audio
        try:
            graph = Graph(nodes, patch)
            whole = graph(given, RATE)
            graph.reset()
            parts = [graph(given[..., at : at + 70], RATE, reset=False) for at in range(0, 300, 70)]
        except WetdryError as error:
            refused += 1
            assert len(str(error)) > 20
            assert "\n" not in str(error)
            continue
        played += 1
        assert np.isfinite(whole).all()
        streamed = np.concatenate(parts, axis=-1)
        assert np.array_equal(streamed, whole[..., : streamed.shape[-1]])
    assert refused > 50
    assert played > 30
