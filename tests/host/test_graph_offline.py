"""Graphs with nodes that cannot stream: the offline executor against the block executor, and the rig of the README."""

from typing import Any

import numpy as np
import pytest
from installed_plugins import installed, installed_vst2

from wetdry import Chain, Faust, Graph, Pan, TubeSaturator, load_plugin
from wetdry.effects import Gain
from wetdry.host.graph.offline import cut
from wetdry.models.errors import InvalidValue, PluginError

pedalboard = pytest.importorskip("pedalboard")
pytest.importorskip("dawdreamer")
RATE = 48000


def noise(seed=0, samples=16001, channels=2, level=0.2):
    return (level * np.random.default_rng(seed).uniform(-1, 1, (channels, samples))).astype(np.float32)


def limiter(threshold_db=-20.0) -> Any:
    return load_plugin(installed_vst2("ZaMaximX2-vst"), None, {"threshold_db": threshold_db})


def ducker() -> Any:
    """LSP's compressor, listening to its key alone."""
    plugin: Any = load_plugin(installed_vst2("lsp-plugins/sc-compressor-stereo"))
    plugin.sct = next(choice for choice in plugin.parameters["sct"].parameter.choices if choice.startswith("Ext"))
    plugin.al_db, plugin.cr = -40, 20
    return plugin


def level(audio):
    return float(np.sqrt(np.mean(audio**2)))


@pytest.mark.parametrize("seed", range(6))
def test_random_graphs_sound_the_same_in_both_executors(seed):
    """The same VST3s in both hosts: islands of whole signals in one, a stream in the other."""
    path = installed("ZaMaximX2")

    def graph(**host):
        generator = np.random.default_rng(seed)
        nodes, lines, known = {}, [], ["in"]
        for i in range(int(generator.integers(3, 8))):
            name, kind = f"n{i}", generator.integers(4)
            threshold = float(generator.uniform(-30, -10))
            nodes[name] = (
                load_plugin(path, None, {"threshold_db": threshold}, **host) if kind < 2
                else TubeSaturator(drive_db=12) if kind == 2 else None
            )  # fmt: skip
            for source in generator.choice(known, min(len(known), int(generator.integers(1, 3))), replace=False):
                way = "-3 dB -> " if generator.random() < 0.3 else "37 samples -> " if generator.random() < 0.3 else ""
                lines.append(f"{source} -> {way}{name}")
            known.append(name)
        heard = {line.split(" -> ")[0] for line in lines}
        return Graph(nodes, "\n".join([*lines, *(f"{name} -> out" for name in nodes if name not in heard)]))

    signal, streams, islands = noise(seed), graph(), graph(host="dawdreamer")
    names = [*streams, "out"]
    expected, found = (g.render(signal, RATE, listen=names) for g in (streams, islands))
    for name in names:
        assert expected[name].any()
        np.testing.assert_allclose(found[name], expected[name], atol=1e-6)
    assert islands.latency_samples == streams.latency_samples


def rig() -> Any:
    return Graph(
        {
            "clean": TubeSaturator(drive_db=6), "left": Pan(-0.6),
            "crunch": TubeSaturator(drive_db=24), "right": Pan(0.6),
            "bus": None, "duck": ducker(), "room": pedalboard.Reverb(wet_level=1, dry_level=0),
        },
        """
        in -> clean -> left -> bus
        in -> crunch -> right -> bus
        bus -> duck -> out
        kick -> duck.key
        duck -> -12 dB -> room -> out
        """,
        inputs=("in", "kick"),
    )  # fmt: skip


def test_a_side_chained_vst2_on_the_sum_of_two_amps_ducks():
    board, guitar, kick = rig(), noise(channels=1, samples=48000)[0], np.zeros(48000, np.float32)
    kick[24000:] = noise(1, 24000, 1, 0.9)[0]
    heard = board.render({"in": guitar, "kick": kick}, RATE, listen=["bus", "duck", "out"], tail_seconds=1)
    bus, duck, out = heard["bus"], heard["duck"], heard["out"]
    assert bus.shape == duck.shape == out.shape == (2, 96000)
    assert level(duck[:, 8000:24000]) > 0.9 * level(bus[:, 8000:24000])
    assert level(duck[:, 36000:48000]) < 0.2 * level(bus[:, 36000:48000])
    assert level(out[:, 50000:60000]) > 1e-4  # the room rings on
    np.testing.assert_array_equal(board({"in": guitar, "kick": kick}, RATE), out[:, :48000])


def test_a_send_level_is_a_knob_in_whole_signals_too():
    board, silence = rig(), np.zeros(16001, np.float32)
    guitar = noise(channels=1)[0]
    loud = board.render({"in": guitar, "kick": silence}, RATE, listen=["room"])["room"]
    board.parameters["duck>room.gain_db"].value = -32
    np.testing.assert_allclose(
        board.render({"in": guitar, "kick": silence}, RATE, listen=["room"])["room"], 0.1 * loud, atol=1e-5 * np.abs(loud).max()
    )


def test_streaming_says_which_node_cannot_and_what_to_do():
    board = Graph({"amp": TubeSaturator(), "limit": limiter()}, "in -> amp -> limit -> out")
    with pytest.raises(PluginError, match=r"ZaMaximX2.*whole signal"):
        board(noise(samples=64), RATE, reset=False)
    board["limit"] = Gain()
    assert board(noise(samples=480), RATE, reset=False).shape[0] == 2


def test_graphs_and_chains_in_each_other_play_what_is_inside_whole():
    signal = noise()
    flat = Chain([TubeSaturator(), limiter(), Gain(gain_db=-3), limiter(-30)])(signal, RATE)
    inner = Graph({"limit": limiter(), "level": Gain(gain_db=-3)}, "in -> limit -> level -> out")
    outer = Graph(
        {"amp": TubeSaturator(), "inner": inner, "end": Chain([None, limiter(-30)])}, "in -> amp -> inner -> end -> out"
    )
    np.testing.assert_array_equal(outer(signal, RATE), flat)
    inner = Graph({"limit": limiter(), "level": Gain(gain_db=-3)}, "in -> limit -> level -> out")
    np.testing.assert_array_equal(Chain([TubeSaturator(), inner, limiter(-30)])(signal, RATE), flat)


def test_a_feedback_loop_streams_beside_a_vst2():
    patch = "in -> limit -> echo -> out\necho -> -6 dB -> 100 samples -> echo"
    board = Graph({"limit": limiter(), "echo": Gain()}, patch)
    limited = limiter()(noise(), RATE)
    np.testing.assert_array_equal(board(noise(), RATE), Graph({"echo": Gain()}, patch.replace("limit -> ", ""))(limited, RATE))
    with pytest.raises(InvalidValue, match=r"loop .*limit.*ZaMaximX2"):
        Graph({"limit": limiter()}, "in -> limit -> out\nlimit -> -6 dB -> 1000 samples -> limit")(noise(), RATE)


def test_every_render_starts_from_silence():
    """DawDreamer itself lets the reverb of one render sound in the next."""
    board = Graph({"room": load_plugin(installed_vst2("MaGigaverb-vst")), "amp": TubeSaturator()}, "in -> amp -> room -> out")
    first = board(noise(), RATE)
    assert level(first) > 1e-3
    np.testing.assert_array_equal(board(noise(), RATE), first)
    quiet = Graph({"room": board["room"]}, "in -> room -> out")
    assert np.abs(quiet(np.zeros((2, 16001), np.float32), RATE)).max() < 1e-6


def test_neighbours_are_one_island_and_faust_stands_beside_ours():
    board = Graph(
        {
            "a": Faust("process = *(0.5), *(0.5);"), "b": limiter(0), "ours": Gain(gain_db=6),
            "c": Faust("process = par(i, 2, @(10));"),
        },
        "in -> a -> b -> ours -> c -> out\na -> -6 dB -> c",
    )  # fmt: skip
    heard = board(noise(), RATE)
    segments = [segment.nodes for segment in cut(board._plan(RATE, 2))[0] if segment.colour == "DawDreamer"]
    assert segments == [("a", "b"), ("c",)]
    gained = (0.5 * 10 ** (6 / 20) + 0.5 * 10 ** (-6 / 20)) * noise()
    np.testing.assert_allclose(heard[:, 10:], gained[:, :-10], atol=1e-6)


def test_a_program_without_inputs_sounds_by_itself():
    nodes = {"tone": Faust("process = 0.25, -0.25;"), "level": Gain(gain_db=0), "limit": limiter(0)}
    board = Graph(nodes, "in -> limit -> level -> out\ntone -> level")
    expected = noise() + np.array([[0.25], [-0.25]], np.float32)
    np.testing.assert_allclose(board(noise(), RATE), expected, atol=1e-6)
    with pytest.raises(InvalidValue, match="makes its own sound and takes none"):
        Graph(nodes, "in -> tone -> limit -> level -> out")
