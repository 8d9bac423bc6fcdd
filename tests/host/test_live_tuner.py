"""The tuner against strings whose pitch is known, stiff and plucked as a guitar's."""

import numpy as np
import pytest

from wetdry.host.live.screen.tuner import needed_samples, pitch_of

RATE = 48000
LETTERS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
NAMES = [f"{LETTERS[n % 12]}{n // 12 - 1}" for n in range(40, 65)]  # E2 to E4, by MIDI's numbers


def string(hz, stretch, seed, rate=RATE, seconds=1.0, weak_fundamental=1.0, noise=1e-3):
    """A plucked stiff string: `hz` is its fundamental; upper partials are sharp and die sooner."""
    random, seconds_at = np.random.default_rng(seed), np.arange(int(seconds * rate)) / rate
    plucked, sound = random.uniform(0.1, 0.3), noise * random.standard_normal(len(seconds_at))
    for n in range(1, 25):
        partial = n * hz * np.sqrt((1 + stretch * n * n) / (1 + stretch))
        if partial < 0.45 * rate:
            level = abs(np.sin(np.pi * n * plucked)) / n * (weak_fundamental if n == 1 else 1)
            decay = np.exp(-seconds_at * (0.8 + 0.25 * n))
            sound += 0.3 * level * decay * np.sin(2 * np.pi * partial * seconds_at + random.uniform(0, 6.28))
    return sound.astype(np.float32)


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize("stretch", [0.0, 1e-4, 3e-4])
def test_strings_from_e2_to_e4_are_told_within_a_cent(rate, stretch):
    random = np.random.default_rng(1)
    for semitones, name in enumerate(NAMES):
        off = random.uniform(-45, 45)
        hz = 440 * 2 ** ((semitones - 29 + off / 100) / 12)
        heard = pitch_of(string(hz, stretch, semitones, rate), rate)
        assert heard is not None, name
        assert heard.note == name
        assert abs(heard.cents - off) < 1, (name, off, heard)
        assert abs(1200 * np.log2(heard.hz / hz)) < 1


def test_a_fundamental_that_is_hardly_there_is_no_octave():
    for semitones in range(0, 24, 5):
        hz = 82.4069 * 2 ** (semitones / 12)
        heard = pitch_of(string(hz, 1e-4, 3, weak_fundamental=0.05), RATE)
        assert heard is not None
        assert abs(1200 * np.log2(heard.hz / hz)) < 2


@pytest.mark.parametrize(("hz", "note"), [(30.868, "B0"), (41.203, "E1"), (659.26, "E5"), (1318.51, "E6")])
def test_a_bass_and_the_top_of_the_neck(hz, note):
    heard = pitch_of(string(hz, 5e-5, 2), RATE)
    assert heard is not None
    assert heard.note == note
    assert abs(heard.cents) < 2


def test_another_reference_moves_the_notes():
    heard = pitch_of(string(432, 0, 0), RATE, reference_hz=432)
    assert heard is not None
    assert heard.note == "A4"
    assert abs(heard.cents) < 0.5


def test_noise_silence_and_too_little_are_no_note():
    noise = np.random.default_rng(0).standard_normal(RATE)
    soft = string(110, 0, 0, noise=0) * 1e-4
    short = string(110, 0, 0)[: needed_samples(RATE) - 1]
    nothing = np.full(RATE, np.nan)
    for heard in (noise, soft, short, np.zeros(RATE), nothing):
        assert pitch_of(heard, RATE) is None
