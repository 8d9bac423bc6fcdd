"""Pan against its law, computed in float64."""

import numpy as np
import pytest

from wetdry import Pan

RATE = 48000


def law(pan):
    angle = (pan + 1) * np.pi / 4
    return np.array([[np.cos(angle)], [np.sin(angle)]])


@pytest.mark.parametrize("pan", [-1, -0.6, -0.1, 0, 0.25, 0.99, 1])
def test_equals_the_law(pan):
    audio = np.random.default_rng(1).standard_normal((2, 1000)).astype(np.float32)
    assert np.allclose(Pan(pan)(audio, RATE), audio * law(pan), rtol=2e-7, atol=3e-7)  # the position is a float32


def test_power_is_equal_everywhere_and_the_centre_3_db_down():
    ones = np.ones((2, 64), np.float32)
    for pan in np.linspace(-1, 1, 41):
        left, right = Pan(pan)(ones, RATE)[:, 0].astype(float)
        assert left**2 + right**2 == pytest.approx(1, abs=3e-7)
    assert 20 * np.log10(Pan()(ones, RATE)[:, 0]) == pytest.approx(-3.0103, abs=1e-4)


def test_the_ends_are_exact():
    audio = np.random.default_rng(2).standard_normal((2, 100)).astype(np.float32)
    for pan, kept in ((-1, 0), (1, 1)):
        wet = Pan(pan)(audio, RATE)
        assert np.array_equal(wet[kept], audio[kept])
        assert not wet[1 - kept].any()


@pytest.mark.parametrize("channels", [1, 3, 6])
def test_what_has_no_two_sides_passes(channels):
    audio = np.random.default_rng(3).standard_normal((channels, 100)).astype(np.float32)
    assert np.array_equal(Pan(-0.7)(audio, RATE), audio)


def test_a_move_glides_from_side_to_side():
    """Across a full move the power stays one, sample by sample, and the time constant is 10 ms."""
    effect, ones = Pan(-1), np.ones((2, 9600), np.float32)
    effect.schedule(480, "pan", 1)
    left, right = effect(ones, RATE).astype(float)
    assert np.allclose(left**2 + right**2, 1, atol=3e-7)
    position = np.arctan2(right, left) * 4 / np.pi - 1
    assert position[479] == -1
    assert position[480 + 480] == pytest.approx(1 - 2 * np.exp(-1), abs=0.01)
    assert position[-1] == pytest.approx(1, abs=1e-5)
    assert (np.diff(position) >= -1e-6).all()
