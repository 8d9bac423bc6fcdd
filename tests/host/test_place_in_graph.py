"""Capture and evaluation over graphs: any node's knobs are swept, any node is cloned, its twin stands in its place."""

import numpy as np
import pytest
from installed_plugins import installed_vst2
from saturator_capture import pluck

import wetdry
from wetdry import Chain, Faust, Graph, Pan, TubeSaturator, load_plugin
from wetdry.effects import Gain
from wetdry.host.capture import capture
from wetdry.host.capture.checks import lead_samples
from wetdry.host.capture.target import Target
from wetdry.host.evaluation.bench import Bench
from wetdry.host.evaluation.settings import Setting
from wetdry.host.place import Arriving, Late, Place
from wetdry.models import metrics
from wetdry.models.errors import InvalidValue, UnknownName

RATE = 48_000
SMALL = {"settings": 2, "validation_settings": 1, "seconds_per_take": 1.0, "workers": 1, "excitation_seconds": 8.0, "unseen": 1}
KNOBS = {"threshold_db": (-50, -20), "ratio": (2, 10)}


@pytest.fixture(scope="module")
def zamcomp_vst2():
    return installed_vst2("ZamComp-vst")


def rig(comp):
    return Graph({"drive": TubeSaturator(drive_db=12), "comp": comp, "post": Gain(gain_db=-3)}, """
        in -> drive -> comp -> post -> out
        drive -> -20 dB -> out              # some of the dry beside it
    """)  # fmt: skip


def test_knobs_of_any_node_and_of_cables_are_swept(tmp_path):
    graph = rig(Gain())
    found = capture(graph, {"drive.drive_db": (0, 30), "drive>out.gain_db": (-40, 0)}, tmp_path, **SMALL)
    assert found.knob_names == ("drive.drive_db", "drive>out.gain_db")
    for take in found.takes:
        for name, value in take.values.items():
            graph.parameters[name].value = value
        lead = np.zeros(lead_samples(found.record.checks["tail_seconds"], RATE), np.float32)
        expected = graph(np.concatenate([lead, found.read_dry(take)]), RATE)[len(lead) :]
        assert np.abs(found.read_wet(take) - expected).max() < 1e-6


@pytest.fixture(scope="module")
def folder(zamcomp_vst2, tmp_path_factory):
    return capture(rig(load_plugin(zamcomp_vst2)), KNOBS, tmp_path_factory.mktemp("comp"), place="comp", **SMALL)


def test_a_vst2_in_its_graph_is_captured_of_what_arrives_there(folder, zamcomp_vst2):
    assert folder.record.identity["format"] == "VST2" and folder.record.identity["name"] == "ZamComp"
    assert folder.record.place["name"] == "comp" and folder.record.place["whole"]["kind"] == "graph"
    test = folder.dry_of("test")[0]
    played = wetdry.models.dataset.read_mono(folder.path / folder.record.place["played"][test.file_name], RATE)
    assert np.array_equal(folder.read_dry(test), TubeSaturator(drive_db=12)(played, RATE))
    plugin = load_plugin(zamcomp_vst2)
    for take in folder.takes:
        for name, value in take.values.items():
            plugin.parameters[name].value = value
        lead = np.zeros(lead_samples(folder.record.checks["tail_seconds"], RATE), np.float32)
        dry = folder.read_dry(take)
        assert np.array_equal(folder.read_wet(take), plugin(np.concatenate([lead, dry]), RATE)[len(lead) :])
    assert max(metrics.esr(folder.read_dry(take), folder.read_wet(take)) for take in folder.takes) > 1e-4  # it compresses


def test_the_same_plugin_as_vst3_is_a_twin_without_error(folder, zamcomp_vst2, zamcomp):
    """The VST2, played whole by DawDreamer, against the VST3, streamed by pedalboard, alone and in the graph."""
    place = Place(wetdry.host.recipe.build(folder.record.place["whole"]), "comp")
    bench = Bench(load_plugin(zamcomp_vst2), load_plugin(zamcomp), [pluck(1.0)], RATE, RATE, 0, place)
    values = {"threshold_db": -40.0, "ratio": 8.0}
    cell = bench.cells(Setting(0, "drawn", {}, values, 0, values, 0.0))[0]
    assert cell["twin"]["esr"] < 1e-10 and cell["there"]["twin"]["esr"] < 1e-10
    assert cell["dry"]["esr"] > 0.1 and cell["there"]["dry"]["esr"] > 0.1
    whole = rig(load_plugin(zamcomp_vst2))
    for name, value in values.items():
        whole.parameters[f"comp.{name}"].value = value
    audio = np.concatenate([np.zeros(RATE, np.float32), pluck(1.0)])
    there = bench.there.tracks(Setting(0, "drawn", {}, values, 0, values, 0.0), 0)["target"][0]
    assert metrics.esr(whole(audio, RATE)[RATE:], there) < 1e-12


def test_a_place_further_in():
    """A chain in a graph in a chain; the holders around it are played with what is put there."""
    inner = Graph(
        {"fx": Chain([Gain(gain_db=-6), TubeSaturator(drive_db=20)]), "dry": None}, "in -> fx -> out\nin -> dry -> out"
    )
    board = Chain([Gain(gain_db=3), inner])
    place = Place(board, "1.fx.1")
    audio = pluck(0.5)
    assert place.processor is inner["fx"][1]
    assert np.allclose(Target(place.before, RATE).play(audio), audio * 10 ** (-3 / 20), atol=1e-6)
    before = board(audio, RATE)
    place.put(None)
    assert np.allclose(board(audio, RATE), audio * (10 ** (-3 / 20) + 10 ** (3 / 20)), atol=1e-6)
    place.put_back()
    assert np.array_equal(board(audio, RATE), before)
    assert str(place) == "place 1.fx.1 of a Chain"


def test_of_stereo_the_mean_arrives_and_it_is_said():
    graph = Graph({"pan": Pan(-1), "amp": TubeSaturator()}, "in -> pan -> amp -> out")
    arriving = Arriving(Place(graph, "amp"), RATE)
    audio = pluck(0.5)
    assert np.allclose(arriving.hear(audio), Pan(-1)(np.stack([audio, audio]), RATE).mean(axis=0), atol=1e-6)
    assert arriving.stereo
    graph["pan"].pan = 0
    centred = Arriving(Place(graph, "amp"), RATE)
    assert np.abs(centred.hear(audio)).max() > 0.1 and not centred.stereo


def test_both_channels_of_a_stereo_output_count():
    graph = Graph({"left": Gain(), "right": Gain(gain_db=-6)}, "in -> left -> out[0]\nin -> right -> out[1]")
    bench = Bench(Gain(), Gain(gain_db=-6.0206), [pluck(0.5)], RATE, 480, 0, Place(graph, "left"))
    cell = bench.cells(Setting(0, "drawn", {}, {}, 0, {}, 0.0))[0]
    assert cell["twin"]["esr"] == pytest.approx(0.25, rel=1e-3)
    assert cell["there"]["twin"]["esr"] == pytest.approx(0.25 / (1 + 10 ** (-0.6)), rel=1e-3)


def test_a_late_target_combs_with_the_dry_path_and_so_does_its_twin():
    graph = Graph({"late": Late(5)}, "in -> late -> out\nin -> out")
    bench = Bench(Late(5), Chain(), [pluck(0.5)], RATE, 480, 5, Place(graph, "late"))
    cell = bench.cells(Setting(0, "drawn", {}, {}, 0, {}, 0.0))[0]
    assert cell["twin"]["esr"] == 0 and cell["there"]["twin"]["esr"] == 0


def test_any_node_of_a_rig_that_cannot_stream_is_judged_there(tmp_path):
    """Two inputs, a side-chained VST2 behind the place: an equal twin makes no difference, another one does."""
    duck = load_plugin(installed_vst2("lsp-plugins/sc-compressor-stereo"))
    duck.sct, duck.al_db = "Externa", -40
    rack = Graph({"amp": TubeSaturator(), "left": Pan(-0.6), "duck": duck}, """
        in -> amp -> left -> duck -> out
        amp -> -6 dB -> out
        kick -> duck.key
    """, inputs=("in", "kick"))  # fmt: skip
    values = {"drive_db": 20.0}
    setting = Setting(0, "drawn", {}, values, 0, values, 0.0)
    for twin, least, most in ((TubeSaturator(), 0, 1e-12), (TubeSaturator(bias=0.5), 1e-3, 10)):
        bench = Bench(TubeSaturator(), twin, [pluck(0.5)], RATE, 480, 0, Place(rack, "amp"))
        cell = bench.cells(setting)[0]
        bench.close()
        assert least <= cell["twin"]["esr"] <= most and least <= cell["there"]["twin"]["esr"] <= most
    assert rack["amp"].bias == TubeSaturator().bias


def test_a_stereo_answer_is_said_to_be_captured_left(tmp_path):
    panned = Graph({"level": Gain(), "pan": Pan(-1)}, "in -> level -> pan -> out")
    found = capture(panned, {"level.gain_db": (-12, 0)}, tmp_path, **SMALL)
    assert any("answers in 2 channels: the first (left)" in w for w in found.record.warnings)
    for take in found.takes:
        assert np.allclose(found.read_wet(take), found.read_dry(take) * 10 ** (take.values["level.gain_db"] / 20), atol=1e-6)


def test_faust_is_captured_like_anything_else(tmp_path):
    faust = Faust('process = *(hslider("level", 0.5, 0, 1, 0.01));')
    found = capture(faust, ["level"], tmp_path, **SMALL)
    assert found.record.identity["format"] == "Faust"
    for take in found.takes:
        assert np.allclose(found.read_wet(take), found.read_dry(take) * take.values["level"], atol=1e-6)


def test_refusals_say_what_to_do(zamcomp_vst2, tmp_path):
    def refused(kind, match, graph, place):
        with pytest.raises(kind, match=match):
            capture(graph, {"gain_db": (-6, 6)}, tmp_path / "out", place=place, **SMALL)
        assert not (tmp_path / "out").exists()

    ducked = Graph({"comp": load_plugin(zamcomp_vst2)}, "in -> comp -> out\nin -> comp.key")
    refused(InvalidValue, "comp listens to a side-chain", ducked, "comp")
    kick = Graph({"a": Gain(), "b": Gain()}, "in -> a -> out\nkick -> b -> out", inputs=("in", "kick"))
    refused(UnknownName, "no node named 'amp'", rig(Gain()), "amp")
    refused(InvalidValue, "play into the first input, in, and b hears kick", kick, "b")
    refused(InvalidValue, "is a wire", Graph({"bus": None}, "in -> bus -> out"), "bus")


def test_a_second_input_stays_silent_and_a_loop_is_said(tmp_path):
    graph = Graph({"a": Gain(), "echo": Gain(gain_db=-6)},
                  "in -> a -> out\nkick -> a\na -> 10 ms -> echo -> a", inputs=("in", "kick"))  # fmt: skip
    found = capture(graph, {"gain_db": (-12, -6)}, tmp_path / "out", place="a", **SMALL)
    assert any("silent stayed kick" in w for w in found.record.warnings)
    assert any("feedback loop" in w for w in found.record.warnings)
