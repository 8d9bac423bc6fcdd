"""Graph: cables that close a loop, against arithmetic, whatever the blocks."""

import numpy as np
import pytest
from graph_playing import RATE, impulse, noise, streamed

from wetdry import Gain, Graph, NeuralAmp, TubeSaturator
from wetdry.models.errors import InvalidValue


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
