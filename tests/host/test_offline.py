"""Chain and Mix with processors inside that play whole signals only."""

import numpy as np
import pytest
from installed_plugins import installed, installed_vst2

from wetdry import Chain, Faust, Mix, TubeSaturator, load_plugin
from wetdry.effects import Gain
from wetdry.host.offline import offline_reason
from wetdry.models.errors import InvalidValue, PluginError

pedalboard = pytest.importorskip("pedalboard")
pytest.importorskip("dawdreamer")
RATE = 48000
LOOK_AHEAD = 480  # of ZaMaximX2, in samples at any rate
INVERT = "process = *(-1), *(-1);"


def noise(samples=30011, channels=2, level=0.1):
    return (level * np.random.default_rng(0).uniform(-1, 1, (channels, samples))).astype(np.float32)


def limiter(**knobs):
    return load_plugin(installed_vst2("ZaMaximX2-vst"), None, {"threshold_db": 0, "output_ceiling_db": 0, **knobs})


@pytest.mark.parametrize("rate", [44100, 48000])
def test_vst3_ours_vst3_as_islands_is_pedalboards_chain_bit_for_bit(rate):
    comp, maxim = installed("ZamCompX2"), installed("ZaMaximX2")

    def board(**host):
        return Chain([
            load_plugin(comp, None, {"threshold_db": -30}, **host),
            TubeSaturator(drive_db=12),
            load_plugin(maxim, None, {"threshold_db": -20}, **host),
        ])  # fmt: skip

    islands, ours = board(host="dawdreamer"), board()
    assert offline_reason(islands) and offline_reason(ours) is None
    heard, expected = islands(noise(), rate), ours(noise(), rate)
    assert np.abs(expected).max() > 0.05
    np.testing.assert_array_equal(heard, expected)


def test_a_dry_path_beside_a_look_ahead_limiter_nulls():
    maxim = limiter()
    mix = Mix([Faust(INVERT), maxim])
    assert mix.latency_samples == LOOK_AHEAD
    assert not mix(noise(), RATE).any()
    maxim.threshold_db = -30
    assert np.abs(mix(noise(), RATE)).max() > 0.01
    assert not Mix([pedalboard.Invert(), limiter()])(noise(), RATE).any()


def test_latency_that_a_knob_changes_is_read_after_playing_and_planned_anew():
    lsp = load_plugin(installed_vst2("lsp-plugins/limiter-stereo"))
    mix = Mix([Faust(INVERT), lsp])
    before = lsp.latency_samples
    lsp.lk_ms = 2 * lsp.lk_ms
    left = mix(noise(level=0.01), RATE)
    assert lsp.latency_samples > before
    assert np.abs(left).max() < 1e-6


def test_containers_in_containers_equal_what_one_would_do_by_hand():
    signal = noise()
    nested = Chain(
        [None, Mix([Chain([limiter(threshold_db=-26), Gain(gain_db=-6)]), Chain([]), TubeSaturator()], [0, -6, -12])]
    )
    limited = Gain(gain_db=-6)(limiter(threshold_db=-26)(signal, RATE), RATE)
    dry, driven = Gain(gain_db=-6)(signal, RATE), Gain(gain_db=-12)(TubeSaturator()(signal, RATE), RATE)
    np.testing.assert_allclose(nested(signal, RATE), limited + dry + driven, atol=1e-6)


def test_the_end_sounds_as_if_silence_followed():
    """What the first plugin still gives after the end, the limiter must see coming."""
    chain = Chain([Faust("process = par(i, 2, @(300));"), Gain(), limiter(threshold_db=-30), Gain(), limiter(threshold_db=-20)])
    signal = noise(10000, level=1e-3)
    signal[:, -200:] = noise(200, level=1.0)
    longer = chain(np.pad(signal, ((0, 0), (0, 2000))), RATE)[:, :10000]
    heard = chain(signal, RATE)
    assert np.abs(longer[:, -100:]).max() < 0.5 * np.abs(longer[:, 9000:9200]).max()  # it turned down before the burst came
    np.testing.assert_allclose(heard, longer, atol=1e-7)


@pytest.mark.parametrize("samples", [0, 1, 2, 3, 63, 481])
def test_any_length_comes_back_as_long(samples):
    signal = noise(samples)
    chain = Chain([limiter(), Faust("process = _, _;"), None])
    chain(noise(100), RATE)  # tells the layout
    np.testing.assert_array_equal(chain(signal, RATE), signal)


def test_streaming_says_why_not_and_what_to_do():
    for board in (Chain([TubeSaturator(), limiter()]), Mix([None, Chain([Faust(INVERT)])])):
        board(noise(), RATE)
        with pytest.raises(PluginError, match="whole signal") as error:
            board(noise(64), RATE, reset=False)
        assert str(error.value) == offline_reason(board)
    for streams in (None, TubeSaturator(), pedalboard.Gain(), Chain([TubeSaturator(), None])):
        assert offline_reason(streams) is None


def test_a_chain_streams_again_once_the_cause_is_out():
    board = Chain([Gain(gain_db=-6), limiter()])
    board(noise(), RATE)
    del board[1]
    assert board(noise(64), RATE, reset=False).shape == (2, 64)


def test_channels_that_do_not_fit_are_an_error_that_names_the_plugin():
    with pytest.raises(InvalidValue, match=r"ZaMaximX2.* takes 2 channel"):
        Chain([Gain(), limiter()])(noise(channels=1), RATE)
    with pytest.raises(InvalidValue, match="branches of a Mix end in 1, 2 channels"):
        Mix([None, Faust("process = _ <: _, _;")])(noise(channels=1), RATE)


def test_a_program_with_more_outputs_than_inputs_widens_a_chain():
    spread = Chain([TubeSaturator(), Faust("process = _ <: _, *(-1);"), Gain()])
    heard = spread(noise(channels=1)[0], RATE)
    assert heard.shape == (2, 30011)
    np.testing.assert_array_equal(heard[0], -heard[1])
