"""Graphs over real plugins, streamed and whole."""

import numpy as np
import pytest
from installed_plugins import installed

from wetdry import Gain, Graph, TubeSaturator, load_plugin
from wetdry.models.errors import InvalidValue

pedalboard = pytest.importorskip("pedalboard")
RATE = 48000


def noise(*shape):
    return (0.2 * np.random.default_rng(0).standard_normal(shape)).astype(np.float32)


def streamed(graph, audio, sizes):
    graph.reset()
    parts, at = [], 0
    for size in sizes:
        parts.append(graph(audio[..., at : at + size], RATE, reset=False))
        at += size
    assert at >= audio.shape[-1]
    while sum(part.shape[-1] for part in parts) < audio.shape[-1]:
        parts.append(graph(np.zeros((*audio.shape[:-1], 512), np.float32), RATE, reset=False))
    return np.concatenate(parts, axis=-1)[..., : audio.shape[-1]]


def test_a_dry_path_beside_a_limiter_with_look_ahead_nulls():
    """ZaMaximX2 at a threshold nothing reaches is a delay of 480 samples, which the merge must take out."""
    limiter = load_plugin(installed("ZaMaximX2"))
    audio = 0.01 * noise(2, 12000)
    alone = limiter(audio, RATE)
    graph = Graph({"limiter": limiter, "flip": pedalboard.Invert()}, "in -> limiter -> flip -> out\nin -> out")
    assert graph.latency_samples == 480
    assert np.abs(graph(audio, RATE) - (audio - alone)).max() < 1e-7
    assert np.abs(streamed(graph, audio, [1000] * 12) - (audio - alone)).max() < 1e-7


def test_a_row_of_plugins_is_a_pedalboard():
    audio = noise(2, 9000)

    def plugins():
        return {
            "high": pedalboard.HighpassFilter(80),
            "drive": pedalboard.Distortion(12),
            "limit": pedalboard.BrickwallLimiter(),
        }

    graph = Graph(plugins(), "in -> high -> drive -> limit -> out")
    board = pedalboard.Pedalboard(list(plugins().values()))
    assert np.array_equal(graph(audio, RATE), board(audio, RATE))
    assert np.array_equal(streamed(graph, audio, [700] * 13), board(audio, RATE))
    graph.parameters["drive.drive_db"].value = 3
    assert graph["drive"].drive_db == 3


@pytest.mark.parametrize("sizes", [[1024] * 12, [999, 1, 5000, 6000]])
def test_a_vst3_in_a_branch_streams_exactly(zamtube, sizes):
    audio = noise(12000)
    graph = Graph(
        {"tube": load_plugin(zamtube), "ours": TubeSaturator(), "room": pedalboard.Reverb()},
        """
        in -> tube -> out
        in -> ours -> -3 dB -> out
        tube -> -12 dB -> room -> out
    """,
    )
    graph["tube"].tube_drive = 7.5
    whole = graph(audio, RATE)
    assert np.abs(streamed(graph, audio, sizes) - whole).max() <= 1e-6 * np.abs(whole).max()


def test_a_native_delay_line_in_a_loop():
    """An echo through a filter against pedalboard's own pieces, one repetition after the other."""
    audio, expected = noise(3000), np.zeros(3000, np.float32)
    graph = Graph(
        {"bus": None, "dull": pedalboard.LowpassFilter(2000)}, "in -> bus -> out\nbus -> dull -> -6 dB -> 1000 samples -> bus"
    )
    sound = audio
    for repetition in range(3):
        expected[repetition * 1000 :] += sound[: 3000 - repetition * 1000]
        sound = Gain(gain_db=-6)(pedalboard.LowpassFilter(2000)(sound, RATE), RATE)
    assert graph(audio, RATE) == pytest.approx(expected, abs=1e-6)
    assert streamed(graph, audio, [1700, 1300]) == pytest.approx(expected, abs=1e-6)


def test_a_look_ahead_longer_than_its_loop_is_refused():
    limiter = load_plugin(installed("ZaMaximX2"))
    graph = Graph({"limiter": limiter}, "in -> limiter -> -6 dB -> out\nlimiter -> -6 dB -> 481 samples -> limiter")
    assert graph(noise(2, 2000), RATE).shape == (2, 2000)
    with pytest.raises(InvalidValue, match=r"lags by 480 samples itself.*481 samples"):
        Graph({"limiter": limiter}, "in -> limiter -> out\nlimiter -> -6 dB -> 480 samples -> limiter")(noise(2, 100), RATE)


def test_blocks_of_one_stereo_sample_are_no_riddle():
    """A loop of one sample hands a stereo plugin one sample at a time, from the first on."""
    audio = noise(2, 60)
    graph = Graph({"comp": load_plugin(installed("ZamCompX2"))}, "in -> comp -> out\ncomp -> -20 dB -> 1 samples -> comp")
    whole = graph(audio, RATE)
    assert whole.shape == (2, 60)
    assert np.abs(streamed(graph, audio, [20] * 3) - whole).max() <= 1e-6 * np.abs(whole).max()


class Moves:
    """A delay that says another latency once it has played, as plugins do that find out only then."""

    def __init__(self):
        self.latency_samples, self.told = 0, False
        self.reset()

    def reset(self):
        self.late = np.zeros((1, 100), np.float32)
        self.drop = self.latency_samples

    def process(self, input_array, sample_rate, buffer_size=8192, reset=True):
        line = np.concatenate([self.late, input_array], axis=1)
        self.late, heard = line[:, input_array.shape[1] :], line[:, : input_array.shape[1]]
        heard, self.drop = heard[:, self.drop :], max(0, self.drop - heard.shape[1])
        self.latency_samples = 100
        return heard


def test_a_plugin_that_says_another_latency_is_played_again():
    audio = noise(1000)
    graph = Graph({"late": Moves()}, "in -> late -> out\nin -> -120 dB -> out")
    assert graph(audio, RATE) == pytest.approx(audio, abs=1e-5)
