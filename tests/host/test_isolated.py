import copy
import os
import pickle
import signal
import threading
import time

import numpy as np
import pytest
from installed_plugins import installed

from wetdry import Chain, TubeSaturator
from wetdry.host.plugins import load_plugin, shared_audio
from wetdry.models.errors import FileProblem, InvalidType, InvalidValue, PluginCrashed, PluginError, UnknownName

RATE = 48_000
KNOBS = {"tube_drive": 6.0, "tone_stack_model": "VOX AC-15"}


@pytest.fixture(scope="module")
def here(zamtube):
    return load_plugin(zamtube, parameter_values=KNOBS)


@pytest.fixture(scope="module")
def apart(zamtube):
    return load_plugin(zamtube, parameter_values=KNOBS, isolated=True)


@pytest.fixture
def dry():
    return np.random.default_rng(3).uniform(-0.3, 0.3, RATE // 2).astype(np.float32)


def streamed(plugin, audio, sizes, at_block=None):
    plugin.reset()
    played, at = [], 0
    for number, size in enumerate(sizes):
        if at_block:
            at_block(plugin, number)
        played.append(plugin(audio[..., at : at + size], RATE, reset=False))
        at += size
    return np.concatenate(played, axis=-1)


def test_it_plays_what_the_plugin_plays_here(here, apart, dry):
    assert np.array_equal(apart(dry, RATE), here(dry, RATE))
    assert np.array_equal(apart(dry.astype(float)[None], RATE, 512), here(dry.astype(float)[None], RATE, 512))
    sizes = [64, 64, 1, 500, 37, 4096, 64, 10_000]
    turn = lambda plugin, number: setattr(plugin, "tube_drive", 1.0 + number)  # noqa: E731
    assert np.array_equal(streamed(apart, dry, sizes, turn), streamed(here, dry, sizes, turn))
    for plugin in (apart, here):
        plugin.tube_drive = 6.0
    assert np.array_equal(apart(dry, RATE), here(dry, RATE))
    assert apart(dry[:0], RATE).shape == (0,)


def test_latency_and_stereo_are_as_here():
    path = installed("ZaMaximX2")
    here, apart = load_plugin(path), load_plugin(path, isolated=True)
    dry = np.random.default_rng(3).uniform(-0.9, 0.9, (2, 20_000)).astype(np.float32)
    assert apart.latency_samples == here.latency_samples == 480 and apart.channels == (2,)
    assert apart.tail_seconds == here.tail_seconds
    sizes = [2, 998, 19_000]
    first = streamed(apart, dry, sizes)
    assert first.shape == (2, 20_000 - 480) and np.array_equal(first, streamed(here, dry, sizes))
    assert np.array_equal(apart(dry.T, RATE), here(dry.T, RATE))


def test_a_long_file_goes_through_and_its_memory_is_given_back(here, apart, monkeypatch):
    monkeypatch.setattr(shared_audio, "KEPT_BYTES", 1 << 20)
    dry = np.random.default_rng(4).uniform(-0.3, 0.3, 10 * RATE).astype(np.float32)  # 1.9 MB
    assert np.array_equal(apart(dry, RATE), here(dry, RATE))
    assert apart._process._audio.size > dry.nbytes
    assert np.array_equal(apart(dry[:64], RATE), here(dry[:64], RATE))
    assert apart._process._audio.size < dry.nbytes


def test_knobs_are_those_of_the_plugin_with_our_errors(here, apart, zamtube):
    assert dict(apart.raw_values) == dict(here.raw_values) and apart.filtered == here.filtered
    assert [p.parameter for p in apart.parameters.values()] == [p.parameter for p in here.parameters.values()]
    apart.treble = here.treble = 7.5
    assert (apart.treble, apart.parameters["treble"].string_value) == (7.5, here.parameters["treble"].string_value)
    apart.parameters["treble"].raw_value = here.parameters["treble"].raw_value = 0.5
    assert apart.treble == 5.0 and apart.tone_stack_model == "VOX AC-15"
    with pytest.raises(InvalidValue, match=r"tube_drive = 12 is out of range"):
        apart.tube_drive = 12
    with pytest.raises(UnknownName, match="did you mean tube_drive"):
        apart.tube_drvie = 3
    with pytest.raises(UnknownName, match="set by the host"):
        apart.sample_rate_frames = 3
    with pytest.raises(UnknownName):
        load_plugin(zamtube, parameter_values={"threshold": 1}, isolated=True)


def test_bad_calls_are_the_same_errors(apart, dry, tmp_path):
    with pytest.raises(InvalidValue, match="takes 1 channel"):
        apart(np.stack([dry, dry]), RATE)
    with pytest.raises(InvalidType):
        apart(dry, "48k")
    with pytest.raises(InvalidValue, match="no side-chain"):
        apart(dry, RATE, key=dry)
    broken = dry.copy()
    broken[100:110] = np.nan
    assert np.isfinite(apart(broken, RATE)).all() and apart.non_finite_samples == 0
    (tmp_path / "text.vst3").write_text("hello")
    for path, kind in [(tmp_path / "text.vst3", PluginError), (tmp_path / "missing.vst3", FileProblem)]:
        for probe in (True, False):
            with pytest.raises(kind, match=path.name) as caught:
                load_plugin(path, isolated=True, probe=probe)
            assert "\n" not in str(caught.value) and not isinstance(caught.value, PluginCrashed)


def test_state_and_presets_pass_between_the_two(here, apart, zamtube, tmp_path):
    other = load_plugin(zamtube)
    apart.tube_drive = 9.0
    other.raw_state = apart.raw_state
    assert other.raw_values == apart.raw_values
    other.tube_drive = 3.0
    apart.raw_state = other.raw_state
    assert apart.tube_drive == 3.0
    apart.treble = 8.0
    apart.save_preset(tmp_path / "bright.vstpreset")
    other.load_preset(tmp_path / "bright.vstpreset")
    assert other.treble == 8.0 and other.preset_data == apart.preset_data
    other.treble = 2.0
    other.save_preset(tmp_path / "dark.vstpreset")
    apart.load_preset(tmp_path / "dark.vstpreset")
    assert apart.treble == 2.0
    for path, kind in [("none", FileProblem), (__file__, PluginError)]:
        with pytest.raises(kind):
            apart.load_preset(tmp_path / path)
    with pytest.raises(FileProblem):
        apart.save_preset(tmp_path / "no" / "folder.vstpreset")
    apart.raw_values = here.raw_values


def killed(plugin):
    os.kill(plugin.process_number, signal.SIGKILL)


def test_killed_mid_render_it_is_an_error_and_a_reset_brings_it_back(here, apart, dry):
    apart.tube_drive = here.tube_drive = 4.0
    long = np.tile(dry, 400)  # seconds of work
    threading.Timer(0.3, killed, [apart]).start()
    with pytest.raises(PluginCrashed, match=r"ZamTube.* crashed while playing \(SIGKILL\).*reset\(\)") as caught:
        apart(long, RATE)
    assert "\n" not in str(caught.value)
    assert apart.process_number is None
    with pytest.raises(PluginCrashed):
        apart(dry, RATE, reset=False)
    assert apart.tube_drive == 4.0 and apart.latency_samples == 0  # as far as is known
    apart.treble = here.treble = 9.0  # turned while there is no process
    apart.reset()
    assert apart.treble == 9.0
    assert np.array_equal(streamed(apart, dry, [1000, 2000]), streamed(here, dry, [1000, 2000]))


def test_a_whole_call_starts_it_anew(here, apart, dry):
    apart.raw_values = here.raw_values
    killed(apart)
    time.sleep(0.2)  # it is dead before anyone asks: to be said all the same
    with pytest.raises(PluginCrashed):
        apart(dry, RATE)
    assert np.array_equal(apart(dry, RATE), here(dry, RATE))


def test_a_loaded_state_survives_a_crash(apart, here, dry):
    apart.raw_state = here.raw_state
    killed(apart)
    with pytest.raises(PluginCrashed):
        _ = apart.preset_data
    assert apart.raw_state == here.raw_state
    copied = pickle.loads(pickle.dumps(apart))
    assert copied.raw_values == here.raw_values and np.array_equal(copied(dry, RATE), here(dry, RATE))
    assert np.array_equal(apart(dry, RATE), here(dry, RATE))


def test_one_that_hangs_is_stopped_in_time(zamtube, dry):
    plugin = load_plugin(zamtube, parameter_values=KNOBS, isolated=True, timeout=8)  # a busy machine may take 4 to load it
    os.kill(plugin.process_number, signal.SIGSTOP)
    with pytest.raises(PluginCrashed, match=r"hung while playing \(stopped after 9 s\)"):
        plugin(dry[:4800], RATE)
    assert plugin.tube_drive == 6.0
    plugin.tube_drive = 5.0
    assert np.abs(plugin(dry, RATE)).max() > 0 and plugin.tube_drive == 5.0


def test_in_a_chain_the_rest_goes_on(here, apart, dry):
    apart.raw_values = here.raw_values
    chain, same = Chain([TubeSaturator(drive_db=6), apart]), Chain([TubeSaturator(drive_db=6), here])
    assert np.array_equal(chain(dry, RATE), same(dry, RATE))
    chain.reset()
    chain(dry[:1000], RATE, reset=False)
    killed(apart)
    with pytest.raises(PluginCrashed):
        chain(dry[1000:2000], RATE, reset=False)
    for processor in (chain, same):
        processor.reset()
    assert np.array_equal(chain(dry[:1000], RATE, reset=False), same(dry[:1000], RATE, reset=False))
    assert np.array_equal(chain(dry, RATE), same(dry, RATE))


def test_copies_play_the_same_in_processes_of_their_own(apart, here, dry):
    apart.raw_values = here.raw_values
    for again in (copy.deepcopy(apart), eval(repr(apart), {"load_plugin": load_plugin})):
        assert again.process_number not in (None, apart.process_number)
        assert np.array_equal(again(dry, RATE), here(dry, RATE))


def test_any_thread_may_load_and_play_it(zamtube, here, dry):
    found = []

    def work():
        plugin = load_plugin(zamtube, parameter_values=KNOBS, isolated=True)
        plugin.raw_values = here.raw_values
        found.append((plugin, plugin(dry, RATE)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    plugin, heard = found[0]
    assert np.array_equal(heard, here(dry, RATE))
    time.sleep(0.2)  # the thread that started it is gone: it is not
    assert np.array_equal(plugin(dry, RATE), heard)
