"""DawDreamer's own processors, by arithmetic; and the bugs of DawDreamer that we work around, so that a cure is noticed."""

import json
import pickle

import numpy as np
import pytest
from installed_plugins import installed, installed_vst2

from wetdry import DawDreamerProcessor
from wetdry.host._dawdreamer import Engine
from wetdry.host.dawdreamer.built_in import BUILT_IN
from wetdry.host.recipe import build, describe
from wetdry.models.errors import InvalidValue, PluginError, UnknownName

dawdreamer = pytest.importorskip("dawdreamer")
RATE = 48000


def noise(samples=4800, level=0.3):
    return (level * np.random.default_rng(0).uniform(-1, 1, (2, samples))).astype(np.float32)


def click(samples=4800):
    audio = np.zeros((2, samples), np.float32)
    audio[:, 0] = 1
    return audio


def rms_db(audio):
    return 10 * np.log10(np.mean(np.float64(audio) ** 2) + 1e-30)


@pytest.mark.parametrize("kind", BUILT_IN)
def test_each_plays_travels_and_repeats(kind):
    processor = DawDreamerProcessor(kind)
    for bound in processor.parameters.values():
        bound.raw_value = 0.6
    audio = noise()[: processor.input_channels]
    heard = processor.play_planar(audio.copy(), RATE)
    assert heard.shape == (2, 4800) and np.abs(heard).max() > 0.01
    copies = (pickle.loads(pickle.dumps(processor)), build(json.loads(json.dumps(describe(processor)))), eval(repr(processor)))
    for copy in copies if kind == "oscillator" else (processor, *copies):
        assert np.array_equal(copy.play_planar(audio[:, :4800].copy() if len(audio) else np.zeros((0, 4800), "f"), RATE), heard)


def test_a_delay_is_as_long_and_as_loud_as_it_says():
    heard = DawDreamerProcessor("delay", delay_ms=20, wet=0.25)(click(), RATE)
    assert np.flatnonzero(heard[0]).tolist() == [0, 960] and heard[0, [0, 960]] == pytest.approx([0.75, 0.25])


def test_a_filter_cuts_where_it_says():
    steady = np.sin(2 * np.pi * 100 * np.arange(RATE) / RATE, dtype=np.float32) * np.ones((2, 1), np.float32)
    high = DawDreamerProcessor("filter", mode="high", frequency_hz=1000)(steady, RATE)
    assert rms_db(high[:, 9600:]) - rms_db(steady) == pytest.approx(-40, abs=1)  # 12 dB an octave, over a decade
    shelf = DawDreamerProcessor("filter", mode="low_shelf", frequency_hz=5000, gain_db=6)(steady, RATE)
    assert rms_db(shelf[:, 9600:]) - rms_db(steady) == pytest.approx(6, abs=0.1)


def test_a_panner_in_the_middle_leaves_all_as_it_is():
    assert np.allclose(DawDreamerProcessor("panner")(noise(), RATE), noise(), atol=1e-6)
    left = DawDreamerProcessor("panner", pan=-1)(noise(), RATE)
    assert np.abs(left[1]).max() < 1e-6 < np.abs(left[0]).max()


def test_a_compressor_turns_loud_down_by_its_ratio():
    steady = 0.5 * np.ones((2, RATE), np.float32)
    heard = DawDreamerProcessor("compressor", threshold_db=-26, ratio=4)(steady, RATE)
    assert 20 * np.log10(heard[0, -1]) == pytest.approx(-26 + (20 * np.log10(0.5) + 26) / 4, abs=0.1)


def test_a_reverb_rings_and_can_be_dry():
    assert np.abs(DawDreamerProcessor("reverb")(click(RATE), RATE)[:, RATE // 2 :]).max() > 1e-5
    assert np.allclose(DawDreamerProcessor("reverb", wet_level=0, dry_level=0.5)(noise(), RATE), noise(), atol=1e-6)


def test_an_oscillator_is_a_source():
    heard = DawDreamerProcessor("oscillator", frequency_hz=1000).play_planar(np.zeros((0, RATE), np.float32), RATE)
    assert np.argmax(np.abs(np.fft.rfft(heard[0]))) == 1000


def test_wrong_names_and_values_are_said():
    with pytest.raises(UnknownName, match="did you mean filter"):
        DawDreamerProcessor("filtre")
    with pytest.raises(UnknownName, match="did you mean frequency_hz"):
        DawDreamerProcessor("filter", frequency=100)
    with pytest.raises(InvalidValue, match="out of range"):
        DawDreamerProcessor("filter", q=0)
    with pytest.raises(PluginError, match="cannot stream"):
        DawDreamerProcessor("delay").process(noise(), RATE, reset=False)


def test_an_engine_refuses_what_would_crash_or_mislead_it():
    engine = Engine(RATE)
    with pytest.raises(InvalidValue, match="takes float32"):
        engine.playback("in", np.zeros(100, np.float32))
    engine.playback("in", noise())
    with pytest.raises(InvalidValue, match="'in' is in this engine already"):
        engine.playback("in", noise())
    source = Engine(RATE)
    other = source.playback("elsewhere", noise())
    with pytest.raises(PluginError, match="cannot play this graph"):
        engine.render([(other, [])], 100)


@pytest.mark.parametrize("samples", [1, 15, 30, 8191, 8193])
def test_every_sample_comes_back(samples):
    engine = Engine(44100)
    audio = noise(samples)
    assert np.array_equal(engine.render([(engine.playback("in", audio), [])], samples)["in"], audio)


# Upstream's bugs. Where one of these fails, DawDreamer has mended it, and what works around it can go.


def test_pin_a_render_of_n_over_the_rate_loses_a_sample():
    engine = dawdreamer.RenderEngine(44100, 512)
    engine.load_graph([(engine.make_playback_processor("in", noise(100)), [])])
    engine.render(15 / 44100)
    assert engine.get_audio().shape[1] == 14


def test_pin_three_factories_do_not_do_as_told():
    engine = dawdreamer.RenderEngine(RATE, 512)
    reverb = engine.make_reverb_processor("r", 0.9, 0.9, 0.9, 0.9, 0.9)
    assert (reverb.room_size, reverb.wet_level, reverb.dry_level) == (0.0, 0.0, 0.0)
    assert engine.make_panner_processor("p", "linear", 0.0).pan == 0.5
    assert engine.make_delay_processor("d", "linear", 10.0, 0.5).wet != 0.5


def test_pin_a_second_render_starts_from_what_the_first_left(zamtube):
    engine = Engine(RATE)
    plugin, source = engine.plugin("tube", zamtube), engine.playback("in", noise(9600)[:1])
    graph = [(source, []), (plugin, ["in"])]
    assert not np.array_equal(engine.render(graph, 9600)["tube"], engine.render(graph, 9600)["tube"])


def test_pin_a_render_in_pieces_is_not_the_whole():
    engine = Engine(RATE)
    faust = engine.faust("echo")
    faust.set_dsp_string("process = + ~ @(99) * 0.5;")
    whole = engine.render([(engine.playback("in", click(512)), []), (faust, ["in"])], 512)["echo"]
    second = engine.render([(engine.playback("rest", np.zeros((2, 256), np.float32)), []), (faust, ["rest"])], 256)["echo"]
    assert np.abs(whole[:, 256:]).max() > 0.1 and not second.any()


def test_pin_mono_into_stereo_is_heard_on_the_left_only():
    engine = Engine(RATE)
    heard = engine.render([(engine.playback("in", noise()[:1]), []), (engine.built_in("add", "sum", [1.0]), ["in"])], 4800)
    assert heard["sum"][0].any() and not heard["sum"][1].any()


def test_pin_a_plugin_takes_positions_outside_0_to_1():
    engine = Engine(RATE)
    plugin = engine.plugin("comp", installed_vst2("ZamComp-vst"))
    plugin.set_parameter(0, 5.0)
    assert plugin.get_parameter(0) == 5.0


def test_pin_a_vst3_saves_what_it_was_before_the_last_block(tmp_path):
    engine = Engine(RATE)
    plugin = engine.plugin("comp", installed("ZamComp"))
    plugin.save_state(str(tmp_path / "before"))
    plugin.set_parameter(6, 0.9)
    plugin.save_state(str(tmp_path / "after"))
    assert (tmp_path / "before").read_bytes() == (tmp_path / "after").read_bytes()


def test_pin_a_vst2_says_its_latency_after_the_first_render_only():
    engine = Engine(RATE)
    plugin = engine.plugin("limiter", installed_vst2("ZaMaximX2-vst"))
    assert plugin.get_latency_samples() == 0
    engine.render([(engine.playback("in", noise()), []), (plugin, ["in"])], 4800)
    assert plugin.get_latency_samples() == 480


def test_pin_a_faust_widget_of_other_letters_cannot_be_turned():
    engine = Engine(RATE)
    faust = engine.faust("large")
    faust.set_dsp_string('process = *(hslider("größe", 1, 0, 2, 1));')
    faust.compile()
    with pytest.raises(RuntimeError, match="Failed to set parameter"):
        faust.set_parameter(0, 2.0)
