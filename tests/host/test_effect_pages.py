"""Effects in words and figures: docstrings read, and test tones through effects whose answer is known."""

import numpy as np
import pytest

from wetdry import NeuralEffect, TubeSaturator
from wetdry.effects import REGISTRY, Effect, Gain
from wetdry.host.effect_pages import facts_of, probes
from wetdry.host.effect_pages.plot import swept_knob, write_effect_plot
from wetdry.host.model_pages import tones
from wetdry.models.errors import InvalidValue

RATE = 48000


def test_facts_of_the_tube_saturator():
    facts = facts_of(TubeSaturator())
    assert facts.summary == "asymmetric soft clipping, as a driven triode stage gives it"
    drive = facts.knobs[0]
    assert (drive.name, drive.values, drive.default, drive.scale) == ("drive_db", "0 to 48 dB", "12 dB", "linear")
    assert "gain into the curve" in drive.meaning
    assert "Yeh" in facts.source
    assert "drive_db 15 dB" in facts.presets["Warm Bass"]


def test_every_effect_says_what_it_and_each_of_its_knobs_is():
    for name, kind in REGISTRY.items():
        facts = facts_of(kind())
        assert 10 < len(facts.summary) < 130, (name, facts.summary)
        assert facts.description, name
        own = {knob.name for knob in kind.parameters_table}
        for knob in facts.knobs:
            assert knob.meaning or knob.name not in own, f"{name}: the docstring has no line for {knob.name}"


def test_an_effect_that_says_nothing():
    class Quiet(Effect):
        pass

    facts = facts_of(Quiet())
    assert facts.knobs == ()
    assert facts.source == ""


def test_harmonics_of_a_polynomial():
    """x + x²/2: at amplitude a the second harmonic is a²/4, and there is no third."""
    level = probes.harmonic_levels(lambda x: x + 0.5 * x**2, RATE, -6.0)
    a = 10 ** (-6 / 20)
    assert level[0] == pytest.approx(-6.0, abs=1e-3)
    assert level[1] == pytest.approx(20 * np.log10(a**2 / 4), abs=1e-2)
    assert level[2:].max() < -120


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("delay", [0, 3, -40])
def test_the_static_curve_leaves_delay_out(delay, sign):
    def delayed(x):
        return sign * np.tanh(2 * np.roll(x, delay))

    inside, out = probes.static_curve(*tones.transfer_curve(delayed, RATE, -6.0, 200.0))
    assert inside[0] == pytest.approx(-inside[-1])
    assert np.abs(out - sign * np.tanh(2 * inside)).max() < 2e-3


def test_the_sweep_shows_harmonics_and_aliasing():
    times, frequencies, clean = probes.swept(lambda x: x, RATE)
    _, _, clipped = probes.swept(lambda x: np.tanh(8 * x), RATE)
    now = np.searchsorted(times, 2.5)  # 6.3 kHz: the fifth harmonic, 31.6 kHz, folds to 16.4 kHz
    tone = 20 * 1000 ** (2.5 / 3)

    def at(levels, hz):
        return levels[np.abs(frequencies - hz) < 300, now].max()

    assert at(clean, tone) > -8  # a window sees the sweep pass
    assert at(clean, RATE - 5 * tone) < -90
    assert at(clipped, 3 * tone) > -25
    assert at(clipped, RATE - 5 * tone) > -35


def test_the_burst_shows_levels():
    times, before, after = probes.burst(lambda x: 0.5 * x, RATE, 0.6)
    assert len(times) == 150
    assert before[10] == pytest.approx(-36, abs=0.1)
    assert before[40] == pytest.approx(-6, abs=0.1)
    assert np.abs(after - before + 6.02).max() < 0.01


def test_the_swept_knob():
    assert swept_knob(TubeSaturator()).name == "drive_db"
    assert swept_knob(Gain()).name == "gain_db"
    assert swept_knob(NeuralEffect()) is None


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_draws_every_effect(name, tmp_path):
    effect = REGISTRY[name]()
    before = repr(effect)
    write_effect_plot(effect, tmp_path / "effect.png", name)
    assert (tmp_path / "effect.png").stat().st_size > 30_000
    assert repr(effect) == before


def test_refuses_another_suffix(tmp_path):
    with pytest.raises(InvalidValue, match="suffix"):
        write_effect_plot(Gain(), tmp_path / "effect.gif", "Gain")
