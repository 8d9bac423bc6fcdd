"""A cabinet is its impulse response, at the level of the file."""

import numpy as np
import pytest

from wetdry.host.cabinet import through_cabinet
from wetdry.models.errors import InvalidValue

RATE = 48000


def assert_close(wet, wanted):
    assert np.abs(wet - wanted).max() < 1e-6 * np.abs(wanted).max()


def noise(channels, samples, seed=0):
    return (0.2 * np.random.default_rng(seed).standard_normal((channels, samples))).astype(np.float32)


def test_an_impulse_is_a_wire():
    audio = noise(2, 5000)
    assert np.abs(through_cabinet(audio, RATE, np.ones((1, 1), np.float32), RATE) - audio).max() < 1e-7


def test_it_is_a_convolution_cut_to_the_length_of_the_audio():
    audio, response = noise(1, 3000), noise(1, 700, seed=1)
    wet = through_cabinet(audio, RATE, response, RATE)
    assert wet.dtype == np.float32
    assert wet.shape == (1, 3000)
    assert_close(wet[0], np.convolve(audio[0].astype(float), response[0])[:3000])


def test_a_response_longer_than_the_audio():
    audio, response = noise(1, 100), noise(1, 5000, seed=1)
    wet = through_cabinet(audio, RATE, response, RATE)
    assert_close(wet[0], np.convolve(audio[0].astype(float), response[0])[:100])


@pytest.mark.parametrize(("channels", "of_response"), [(1, 2), (2, 1), (2, 2), (1, 4)])
def test_channels(channels, of_response):
    audio, response = noise(channels, 2000), noise(of_response, 300, seed=1)
    wet = through_cabinet(audio, RATE, response, RATE)
    assert len(wet) == max(channels, of_response)
    for i, played in enumerate(wet):
        assert_close(played, np.convolve(audio[i % channels].astype(float), response[i % of_response])[:2000])


def test_audio_shorter_than_it_has_channels():
    assert np.array_equal(
        through_cabinet(np.ones((2, 1), np.float32), RATE, np.ones((2, 3), np.float32), RATE), np.ones((2, 1))
    )


@pytest.mark.parametrize("response_rate", [44100, 96000])
def test_a_response_at_another_rate_keeps_its_gain_and_its_delay(response_rate):
    times = np.arange(RATE) / RATE
    audio = (0.5 * np.sin(2 * np.pi * 1000 * times)).astype(np.float32)[None]
    response = np.zeros((1, response_rate // 10), np.float32)
    response[0, response_rate // 100] = 0.8  # 10 ms
    wet = through_cabinet(audio, RATE, response, response_rate)[0, RATE // 4 : -RATE // 4]
    wanted = 0.4 * np.sin(2 * np.pi * 1000 * (times - 0.01))[RATE // 4 : -RATE // 4]
    assert np.abs(wet - wanted).max() < 2e-3


def test_what_does_not_fit():
    with pytest.raises(InvalidValue, match="3 channels, the audio 2"):
        through_cabinet(noise(2, 10), RATE, noise(3, 10), RATE)
    with pytest.raises(InvalidValue, match="silence"):
        through_cabinet(noise(2, 10), RATE, np.zeros((1, 10), np.float32), RATE)
