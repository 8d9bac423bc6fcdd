"""What a capture is planned and aligned by: settings, windows of the dry audio, measured delays."""

import numpy as np
import pytest

from wetdry import TubeSaturator
from wetdry.host.capture.plan import sample_settings, windows
from wetdry.host.capture.target import Target, rows_of
from wetdry.host.cli.common import given_knobs
from wetdry.host.measure import measure_delay, measure_tail
from wetdry.models.errors import InvalidType, InvalidValue
from wetdry.models.parameter import Parameter

RATE = 48_000


def test_corners_then_scrambled_sobol():
    knobs = [Parameter("a", maximum=10.0), Parameter("b", choices=("x", "y", "z"), default="x"), Parameter("c", maximum=2.0)]
    settings = sample_settings(knobs, 32, 0, corners=True)
    assert settings == sample_settings(knobs, 32, 0, corners=True) != sample_settings(knobs, 32, 1, corners=True)
    corners = {tuple(s.values()) for s in settings[:8]}
    assert corners == {(a, b, c) for a in (0.0, 10.0) for b in "xz" for c in (0.0, 2.0)}
    rest = np.array([s["a"] for s in settings[8:]])
    assert len(set(rest)) == 24 and [int(((rest >= q) & (rest < q + 2.5)).sum()) for q in (0, 2.5, 5, 7.5)] == [6] * 4
    assert {s["b"] for s in settings} == {"x", "y", "z"}
    many = [Parameter(f"k{i}") for i in range(8)]
    assert sum(set(s.values()) <= {0.0, 1.0} for s in sample_settings(many, 64, 0, corners=True)) == 32


def test_a_range_may_come_with_the_scale_it_is_drawn_along():
    (row,) = rows_of(TubeSaturator(), given_knobs("drive_db=1:36:log"))
    assert (row.minimum, row.maximum, row.scale) == (1.0, 36.0, "log")
    drawn = [s["drive_db"] for s in sample_settings([row], 64, 0, corners=False)]
    assert sum(value < 6 for value in drawn) == 32
    (plain,) = rows_of(TubeSaturator(), given_knobs("drive_db=1:36"))
    assert plain.scale == "linear" and plain.to_raw(6.0) == pytest.approx(1 / 7) and row.to_raw(6.0) == pytest.approx(0.5)
    with pytest.raises(InvalidValue, match="'cubic', is not one of linear, log"):
        rows_of(TubeSaturator(), {"drive_db": (1.0, 36.0, "cubic")})
    with pytest.raises(InvalidValue, match="minimum above 0"):
        rows_of(TubeSaturator(), {"drive_db": (0.0, 36.0, "log")})
    with pytest.raises(InvalidType, match="with a scale as third"):
        rows_of(TubeSaturator(), {"drive_db": (1.0, 2.0, 3.0, 4.0)})


def test_windows_cover_the_pool_evenly():
    pool_of_three = [("a", 1000), ("b", 2500), ("c", 700)]
    counts = {name: np.zeros(frames) for name, frames in pool_of_three}
    for pieces in windows(pool_of_three, 40, 900, 50):
        assert sum(frames for _, _, frames in pieces) > 700
        for name, start, frames in pieces:
            assert start >= 0 and start + frames <= len(counts[name])
            counts[name][start : start + frames] += 1
    everything = np.concatenate(list(counts.values()))
    assert everything.min() >= 5 and everything.max() <= 13


def test_delay_is_told_from_filtering():
    from scipy.signal import butter, lfilter

    low_pass = butter(4, 4000 / 24_000)

    def late(audio: np.ndarray) -> np.ndarray:
        return -np.concatenate([np.zeros(37), np.tanh(lfilter(*low_pass, audio) + 0.1)])[: len(audio)]

    delay = measure_delay(late, RATE)
    assert delay is not None and (delay.samples, delay.polarity) == (37, -1) and delay.fraction < 0.3
    assert measure_delay(lambda audio: audio * 0, RATE) is None
    pole = 10 ** (-90 / 20 / (0.2 * RATE))
    tail = measure_tail(lambda audio: np.asarray(lfilter([1], [1, -pole], audio)), RATE)
    assert tail is not None and abs(tail - 0.2) < 0.05


@pytest.mark.parametrize("factor", [1, 2, 4, 8])
@pytest.mark.parametrize("tone_hz", [1000, 20000])
def test_an_antialiasing_filter_is_no_answer_ahead_of_the_input(factor, tone_hz):
    """Its linear phase rings before the click; a take that is shifted for that is a sample late."""
    effect = TubeSaturator(oversampling=factor, tone_hz=tone_hz)
    delay = measure_delay(lambda audio: effect(audio, RATE), RATE)
    assert delay is not None and delay.samples == 0 and delay.fraction < 0.05


class Late:
    """A processor that lags 25 samples and does not say so."""

    latency_samples = 0
    parameters: dict = {}  # noqa: RUF012

    def reset(self):
        self.line = np.zeros(25, np.float32)

    def process(self, audio, sample_rate, buffer_size=8192, reset=True):
        flat = np.concatenate([self.line if not reset else np.zeros(25, np.float32), audio.reshape(-1)])
        self.line = flat[-25:]
        return flat[: audio.size].reshape(audio.shape)


def test_latency_that_is_not_reported_is_taken_out():
    from wetdry.host.capture.checks import check_target

    found = check_target(lambda: Target(Late(), RATE), [{}, {}, {}])
    assert found["latency"]["left"] == 25 and found["clean"] and found["block_esr"] == 0
    dry = np.random.default_rng(0).uniform(-1, 1, 10_000).astype(np.float32)
    assert np.array_equal(Target(Late(), RATE).play(dry, 100, 25), dry)
