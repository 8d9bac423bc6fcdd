"""Plugins in DawDreamer: the same knobs and the same sound as in the other host and the other format."""

import json
import pickle

import numpy as np
import pytest
from installed_plugins import installed, installed_vst2

import wetdry
from wetdry.host.dawdreamer.plugin_parameters import python_name, read_number
from wetdry.host.recipe import build, describe
from wetdry.models.errors import InvalidValue, LayoutError, PluginError, UnknownName

pytest.importorskip("dawdreamer")
RATE = 48000


def load_plugin(path, values=None, **more):
    """Unprobed: CI has nothing remembered, and what is asked here is not what the probe says."""
    return wetdry.load_plugin(path, None, values, probe=False, **more)


def noise(channels, samples=20001, level=0.3, seed=0):
    return (level * np.random.default_rng(seed).uniform(-1, 1, (channels, samples))).astype(np.float32)


def turn_all(plugin, seed=1):
    rng = np.random.default_rng(seed)
    for bound in plugin.parameters.values():
        bound.raw_value = float(rng.integers(2)) if bound.is_discrete else round(rng.uniform(0.2, 0.8), 3)


@pytest.mark.parametrize("name", ["ZamComp", "ZaMaximX2", "ZamEQ2", "ZamDelay"])
def test_a_vst3_in_two_hosts_is_the_same_to_the_bit(name):
    path = installed(name)
    ours, theirs = load_plugin(path), load_plugin(path, host="dawdreamer")
    assert {n: (k.parameter, k.choice_positions) for n, k in ours._table.items()} == {
        n: (k.parameter, k.choice_positions) for n, k in theirs._table.items()
    }
    assert ours.filtered == theirs.filtered
    audio = noise(theirs.input_channels)
    assert np.array_equal(theirs(audio, RATE), ours(audio, RATE))
    turn_all(ours), turn_all(theirs)
    assert ours.raw_values == theirs.raw_values
    assert {n: b.string_value for n, b in ours.parameters.items()} == {n: b.string_value for n, b in theirs.parameters.items()}
    for block in (8192, 512):
        assert np.array_equal(theirs(audio, RATE, block), ours(audio, RATE, block))
    assert ours.latency_samples == theirs.latency_samples


def test_a_plugin_that_starts_in_a_state_of_its_own_is_as_close_as_that_allows(zamtube):
    ours, theirs = load_plugin(zamtube), load_plugin(zamtube, host="dawdreamer")
    ours.tube_drive = theirs.tube_drive = 6.0
    audio = noise(1)
    first, second = ours(audio, RATE), theirs(audio, RATE)
    assert 0 < np.abs(first - second).max() < 1e-5 * np.abs(first).max()  # both circuits settle from their own start
    assert np.array_equal(theirs(audio, RATE), second)  # DawDreamer itself would go on from where the last render ended


def test_a_vst2_is_the_vst3_in_another_shell(zamcomp):
    vst2, vst3 = load_plugin(installed_vst2("ZamComp-vst")), load_plugin(zamcomp)
    assert {n: k.parameter for n, k in vst2._table.items()} == pytest.approx({n: k.parameter for n, k in vst3._table.items()})
    assert (vst2.input_channels, vst2.output_channels, vst2.key_channels) == (1, 1, 1)
    for plugin in (vst2, vst3):
        plugin.threshold_db, plugin.ratio, plugin.attack_ms = -30.0, 8.0, 5.0
    audio = noise(1)
    assert np.abs(vst2(audio, RATE) - vst3(audio, RATE)).max() < 1e-6


def test_latency_is_known_before_the_first_sound_and_taken_out():
    plugin = load_plugin(installed_vst2("ZaMaximX2-vst"))
    assert plugin.latency_samples == 480
    audio = noise(2, 777)
    heard = plugin(audio, RATE)
    assert heard.shape == audio.shape and np.array_equal(heard, audio)  # it does nothing at its defaults


def test_it_plays_whole_signals_only_and_says_what_to_do():
    plugin = load_plugin(installed_vst2("ZamTube-vst"))
    with pytest.raises(PluginError, match=r"cannot stream: DawDreamer.*play the whole signal at once"):
        plugin.process(noise(1), RATE, reset=False)


def test_a_key_ducks():
    plugin = load_plugin(installed_vst2("lsp-plugins/sc-compressor-stereo"))
    assert (plugin.channels, plugin.key_channels) == ((2,), 2)
    plugin.sct, plugin.al_db, plugin.cr = "Externa", -40, 20
    audio, key = noise(2), np.zeros(20001, np.float32)
    key[10000:] = 0.7
    plain, ducked = plugin(audio, RATE), plugin(audio, RATE, key=key)
    assert np.array_equal(plain[:, :10000], ducked[:, :10000])
    assert np.sqrt(np.mean(ducked[:, 15000:] ** 2)) < 0.2 * np.sqrt(np.mean(plain[:, 15000:] ** 2))
    assert np.array_equal(ducked, plugin(audio, RATE, key=np.stack([key, key])))
    with pytest.raises(LayoutError, match="as long as the audio"):
        plugin(audio, RATE, key=key[:100])
    with pytest.raises(InvalidValue, match="no side-chain"):
        load_plugin(installed_vst2("ZamTube-vst"))(audio[0], RATE, key=key)


def test_texts_become_units_ranges_and_choices():
    knobs = load_plugin(installed_vst2("lsp-plugins/sc-compressor-stereo")).parameters
    level, release, mode = knobs["g_in_db"].parameter, knobs["rt_ms"].parameter, knobs["scm"].parameter
    assert (level.unit, level.scale, level.maximum, level.default) == ("dB", "linear", 60.0, 0.0)  # off at its very bottom
    assert (release.unit, release.minimum, release.maximum, release.default) == ("ms", 0.0, 5000.0, pytest.approx(100, 0.02))
    assert mode.choices == ("Peak", "RMS", "LPF", "SMA") and mode.default == "RMS"
    assert knobs["bypass"].parameter.choices == (False, True)
    knobs["rt_ms"].value = 250
    assert float(knobs["rt_ms"].string_value) == pytest.approx(250, rel=0.02)


@pytest.mark.parametrize(("text", "read"), [
    ("-12.5 dB", (-12.5, "dB")), ("1.5 kHz", (1500.0, "Hz")), ("-inf", (-np.inf, "")), ("30%", (30.0, "%")),
    ("12 dB/o", None), ("1959 Bassman 5F6-A", None), ("off", None), ("", None), (".5", (0.5, "")), ("1e-3 s", (0.001, "s")),
])  # fmt: skip
def test_numbers_are_told_from_names(text, read):
    assert read_number(text) == read


def test_names_are_written_as_attributes_are():
    assert python_name("Attack (L/R) #1 ms") == "attack_l_r_sharp1_ms"


def test_a_vst2_travels_as_pickle_and_as_recipe():
    plugin = load_plugin(installed_vst2("ZamTube-vst"), {"tube_drive": 7.0, "bass": 2.0})
    audio = noise(1)
    heard = plugin(audio, RATE)
    assert np.array_equal(pickle.loads(pickle.dumps(plugin))(audio, RATE), heard)
    recipe = json.loads(json.dumps(describe(plugin)))
    assert recipe["kind"] == "vst2"
    assert np.array_equal(build(recipe)(audio, RATE), heard)
    assert eval(repr(plugin), {"load_plugin": wetdry.load_plugin}).raw_values == plugin.raw_values


def test_the_recipe_of_a_vst3_says_its_host(zamcomp):
    plugin = load_plugin(zamcomp, {"ratio": 9.0}, host="dawdreamer")
    again = build(json.loads(json.dumps(describe(plugin))))
    assert again.offline_reason and again.ratio == 9.0 and "host='dawdreamer'" in repr(again)


def test_what_cannot_be_is_said(zamcomp, tmp_path):
    with pytest.raises(InvalidValue, match="host = 'reaper' is not one of 'pedalboard', 'dawdreamer'"):
        load_plugin(zamcomp, host="reaper")
    with pytest.raises(InvalidValue, match="pedalboard does not load"):
        load_plugin(installed_vst2("ZamTube-vst"), host="pedalboard")
    with pytest.raises(InvalidValue, match="DawDreamer loads the first plugin"):
        wetdry.load_plugin(zamcomp, "ZamComp", host="dawdreamer")
    with pytest.raises(UnknownName, match="did you mean tube_drive"):
        _ = load_plugin(installed_vst2("ZamTube-vst")).tubedrive
    with pytest.raises(InvalidValue, match=r"takes 1 channel\(s\), got 2"):
        load_plugin(installed_vst2("ZamTube-vst"))(noise(2), RATE)
    library = tmp_path / "no_plugin.so"
    library.write_bytes(b"\x7fELF" + bytes(200))
    with pytest.raises(PluginError, match=r"no_plugin\.so is not a plugin that loads on this machine"):
        load_plugin(library)


def test_a_probed_plugin_has_the_knobs_of_an_unprobed_one():
    path = installed_vst2("lsp-plugins/sc-compressor-stereo")
    probed, unprobed = wetdry.load_plugin(path), load_plugin(path)
    assert {n: k.to_dict() for n, k in probed._table.items()} == {n: k.to_dict() for n, k in unprobed._table.items()}
    assert probed.raw_values == unprobed.raw_values and probed.key_channels == probed.report.key_channels == 2
