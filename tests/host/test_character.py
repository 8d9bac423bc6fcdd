"""What is measured of a black box for the choice of a net, on boxes whose answer is known by hand."""

import numpy as np
import pytest
from scipy.signal import lfilter

from wetdry.effects import Bitcrusher, Gain, TubeSaturator
from wetdry.host.capture.checks import check_target
from wetdry.host.capture.target import Target
from wetdry.host.character import Character, measure_character, worst
from wetdry.models.net_choice import choose

RATE = 16_000
THRESHOLD, RELEASE_SECONDS = 0.05, 0.1


def compressor(audio):
    """Return a gain that holds the level at the threshold, with an instant attack and a release by time constant."""
    fall, level, gain = np.exp(-1 / (RELEASE_SECONDS * RATE)), 0.0, np.empty(len(audio))
    for i, sample in enumerate(np.abs(audio).tolist()):
        level = max(sample, level * fall)
        gain[i] = min(1.0, THRESHOLD / max(level, 1e-9))
    return audio * gain


def echo(audio):
    late = np.concatenate([np.zeros(RATE // 10, np.float32), audio[: -(RATE // 10)]])
    return audio + 0.5 * late


def lowpass(seconds):
    pole = np.exp(-1 / (seconds * RATE))
    return lambda audio: lfilter([1 - pole], [1, -pole], audio)


def measured(render):
    return measure_character(lambda audio: np.asarray(render(audio), np.float32), RATE)


def test_a_wire_bends_nothing_and_forgets_at_once():
    assert measured(lambda x: x) == Character(0.0, 0.0, 0.0, 0.0, measured(lambda x: x).distortion_db, 1, False)
    assert measured(lambda x: x).distortion_db < -90


def test_a_curve_bends_without_memory():
    found = measured(lambda x: 0.5 * np.tanh(8 * x))
    assert found.order > 9 and found.distortion_db > -20 and found.gain_change_db < -10
    assert (found.response_seconds, found.recovery_seconds) == (0.0, 0.0)
    assert found.highest_gain_db == pytest.approx(20 * np.log10(4), abs=0.1)
    assert measured(lambda x: x + 0.1 * x**3).order == 3 and measured(lambda x: x + 0.1 * x**2).order == 2


def test_a_compressor_turns_without_bending_and_takes_its_release():
    found = measured(compressor)
    wanted = RELEASE_SECONDS * np.log(0.7 / THRESHOLD)
    assert wanted - 0.02 < found.recovery_seconds <= wanted + 0.01
    assert found.gain_change_db == pytest.approx(20 * np.log10(THRESHOLD / 0.7), abs=0.5)
    assert choose(found.to_dict()).name == "compressor"


def test_filters_and_echoes_are_as_long_as_they_are():
    assert measured(echo).response_seconds == pytest.approx(0.1, abs=1e-3)
    assert measured(lowpass(0.01)).response_seconds == pytest.approx(0.01 * np.log(1000) / 2, rel=0.02)
    assert measured(lambda x: 0 * x).response_seconds == 0.0


def test_rounding_and_holding_are_found():
    assert measured(lambda x: np.round(x * 32) / 32).steps
    assert measured(lambda x: np.repeat(x[::2], 2)[: len(x)]).steps
    assert not measured(lambda x: np.clip(x, -0.1, 0.1)).steps, "a clipper repeats its limits, no more"


def test_a_capture_keeps_the_most_demanding_setting():
    gentle, harsh = ({"drive_db": drive, "tone_hz": 8000.0} for drive in (0.0, 40.0))
    checks = check_target(lambda: Target(TubeSaturator(), 48_000), [gentle, harsh])
    alone = check_target(lambda: Target(TubeSaturator(), 48_000), [gentle])
    assert checks["character"]["distortion_db"] > alone["character"]["distortion_db"] + 6
    assert choose(checks["character"]).name == "standard"
    a, b = Character(0.1, 0.0, -6.0, 1.0, -50.0, 2, False), Character(0.0, 0.2, 2.0, 3.0, -20.0, 9, True)
    assert worst([a, b]) == Character(0.1, 0.2, -6.0, 3.0, -20.0, 9, True)


@pytest.mark.parametrize(("effect", "steps"), [(Bitcrusher(), True), (Gain(), False)])
def test_our_effects(effect, steps):
    found = measure_character(Target(effect, 48_000).play, 48_000)
    assert found.steps == steps and found.recovery_seconds == 0.0
