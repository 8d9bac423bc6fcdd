"""States and presets of plugins in DawDreamer: never stale, and understood by the other host."""

import os
import pickle

import numpy as np
import pytest
from installed_plugins import installed_vst2

import wetdry
from wetdry.host.dawdreamer import vst2_files
from wetdry.host.plugins.vst3_preset import class_id_of, decoded, preset_of
from wetdry.host.recipe import build, describe
from wetdry.models.errors import FileProblem, InvalidType, PluginError

pytest.importorskip("dawdreamer")
RATE = 48000
VST2S = ("ZamComp-vst", "MVerb-vst", "lsp-plugins/compressor-stereo")  # parameters alone twice, then a chunk


def load(path, host=None):
    return wetdry.load_plugin(path, probe=False, host=host)


def noise(channels, samples=8000):
    return (0.3 * np.random.default_rng(0).uniform(-1, 1, (channels, samples))).astype(np.float32)


def turned(plugin, raw=0.4):
    for bound in plugin.parameters.values():
        if not bound.is_discrete:
            bound.raw_value = raw
    return plugin


def test_states_go_from_host_to_host_and_sound_the_same(zamcomp, tmp_path):
    theirs, ours = turned(load(zamcomp)), load(zamcomp, "dawdreamer")
    audio = noise(1)
    ours.raw_state = theirs.raw_state
    assert ours.raw_values == theirs.raw_values and np.array_equal(ours(audio, RATE), theirs(audio, RATE))
    assert ours.raw_state == theirs.raw_state and ours.preset_data == theirs.preset_data
    ours.ratio = 11.0
    ours.save_preset(tmp_path / "mine.vstpreset")
    again = load(zamcomp)
    again.load_preset(tmp_path / "mine.vstpreset")
    assert again.ratio == 11.0 and np.array_equal(again(audio, RATE), ours(audio, RATE))
    back = load(zamcomp, "dawdreamer")
    back.load_preset(tmp_path / "mine.vstpreset")
    assert np.array_equal(back(audio, RATE), ours(audio, RATE))


def test_our_preset_of_a_state_is_the_one_pedalboard_writes(zamcomp):
    plugin = turned(load(zamcomp))
    state, preset = plugin.raw_state, plugin.preset_data
    assert preset_of(state, class_id_of(preset)) == preset


@pytest.mark.parametrize("name", VST2S)
@pytest.mark.parametrize("suffix", [".fxp", ".fxb"])
def test_an_fxp_and_an_fxb_bring_back_the_sound(name, suffix, tmp_path):
    path = installed_vst2(name)
    plugin = turned(load(path))
    audio = noise(plugin.input_channels)
    heard = plugin(audio, RATE)
    plugin.save_preset(tmp_path / f"mine{suffix}")
    again = load(path)
    assert not np.allclose(again(audio, RATE), heard)
    again.load_preset(tmp_path / f"mine{suffix}")
    assert again.raw_values == pytest.approx(plugin.raw_values, abs=1e-6)
    assert np.allclose(again(audio, RATE), heard, rtol=0, atol=1e-6)
    for copy in (pickle.loads(pickle.dumps(again)), build(describe(again))):
        assert np.allclose(copy(audio, RATE), again(audio, RATE), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", VST2S)
def test_a_state_is_never_stale(name):
    plugin = load(installed_vst2(name))
    knob = next(bound for bound in plugin.parameters.values() if not bound.is_discrete)
    before = plugin.raw_state
    knob.raw_value = 0.3 if knob.raw_value > 0.5 else 0.7
    assert plugin.raw_state != before
    plugin.raw_state = before
    assert plugin.raw_state == before


def test_a_vst3s_state_is_never_stale(zamcomp):
    plugin = load(zamcomp, "dawdreamer")
    before = plugin.raw_state
    plugin.ratio = 13.0
    assert plugin.raw_state != before and b"13" in plugin.preset_data


def test_a_state_and_knobs_turned_after_it_both_count():
    path = installed_vst2("ZamComp-vst")
    plugin = turned(load(path))
    state = plugin.raw_state
    other = load(path)
    other.ratio = 19.0
    other.raw_state = state  # which puts the ratio back
    assert other.raw_values == pytest.approx(plugin.raw_values, abs=1e-6)
    other.makeup_db = plugin.makeup_db = 3.0
    audio = noise(1)
    assert np.allclose(other(audio, RATE), plugin(audio, RATE), rtol=0, atol=1e-6)


def test_what_is_no_preset_of_it_is_refused_and_changes_nothing(tmp_path):
    plugin, other = load(installed_vst2("ZamComp-vst")), load(installed_vst2("ZamTube-vst"))
    before = plugin.raw_state
    good, file = plugin.preset_data, tmp_path / "x.fxp"
    for data, why in (
        (other.preset_data, "belongs to another plugin"), (b"", "no .fxp"), (b"VST3" + bytes(100), "no .fxp"),
        (good[:-1], "cut off"), (good[:40], "no .fxp"), (good[:24] + b"\xff\xff\xff\xff" + good[28:], "parameters"),
    ):  # fmt: skip
        file.write_bytes(data)
        with pytest.raises(PluginError, match=why):
            plugin.load_preset(file)
    assert plugin.raw_state == before
    with pytest.raises(FileProblem, match=r"pass a \.fxp or \.fxb file"):
        plugin.load_preset(tmp_path / "none.fxp")
    with pytest.raises(FileProblem, match="cannot write"):
        plugin.save_preset(tmp_path / "none" / "x.fxp")
    with pytest.raises(InvalidType, match="raw_state is bytes"):
        plugin.raw_state = "text"


def test_what_is_no_state_of_a_vst3_is_refused(zamcomp, zamtube):
    plugin = load(zamcomp, "dawdreamer")
    for data in (b"", b"VC2!", b"VC2!\0\0\0\0<VST3PluginState></VST3PluginState>", plugin.raw_state[:60]):
        with pytest.raises(PluginError, match="no raw state of a VST3"):
            plugin.raw_state = data
    with pytest.raises(PluginError, match="damaged"):
        plugin.raw_state = plugin.raw_state.replace(b"<IComponent>", b"<IComponent>9")
    with pytest.raises(PluginError, match="another plugin"):
        plugin.put_preset(load(zamtube, "dawdreamer").preset_data)


def test_damaged_files_are_refused_or_read_but_never_worse():
    data = bytearray(load(installed_vst2("MVerb-vst")).raw_state)
    rng = np.random.default_rng(0)
    for _ in range(2000):
        damaged = data.copy()
        for at in rng.integers(0, 60, 3):
            damaged[at] = rng.integers(256)
        try:
            found = vst2_files.read(bytes(damaged[: rng.integers(1, len(damaged) + 1)]))
        except PluginError:
            continue
        assert found.kind in ("program", "bank")
    for text in ("", ".", "5.", "5.AB", "x.ABC", "-1.ABC", "2.A€B"):
        with pytest.raises(PluginError, match="damaged"):
            decoded(text)


def test_juces_base_64_is_read_as_it_is_written():
    text = os.urandom(100).hex().encode()
    alphabet, bits = ".ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+", int.from_bytes(text, "little")
    letters = "".join(alphabet[(bits >> 6 * i) & 63] for i in range((8 * len(text) + 5) // 6))
    assert decoded(f"{len(text)}.{letters}") == text
