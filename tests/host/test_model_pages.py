"""Model files in words and figures: facts, test tones, first weights, and the difference of two models."""

import time

import numpy as np
import pytest
from random_model import random_model

from wetdry import NeuralEffect
from wetdry.host.excitation import excitation
from wetdry.host.model_pages import compare_models, facts_of, tones
from wetdry.host.model_pages.facts import cost_of
from wetdry.host.model_pages.plot import first_weights, write_model_plot
from wetdry.models import Model, Parameter
from wetdry.models.errors import InvalidValue
from wetdry.models.spec import GRU, LSTM, Activation, Conv1d, Dense, ModelSpec, Residual, WaveNet, WaveNetArray, wavenet

RATE = 48000


def net(*layers, **fields):
    return ModelSpec(sample_rate=float(RATE), layers=layers, **fields)


def test_facts_of_a_wavenet():
    first = WaveNetArray(channels=16, dilations=tuple(2**i for i in range(10)), head_channels=8, film=False)
    second = WaveNetArray(channels=8, dilations=(3, 1), kernel_size=(2, 5), activation="relu", gating="gated", film=False)
    facts = facts_of(random_model(net(WaveNet(arrays=(first, second), head_scale=0.02))))
    assert facts.architecture == "WaveNet"
    assert facts.layers[0] == "WaveNet: head scale 0.02"
    assert facts.layers[1].strip() == "array: 16 channels, kernel 3, 10 layers, dilation 1 … 512, tanh, 8 out"
    assert facts.layers[2].strip() == "array: 8 channels, kernel 2 and 5, 2 layers, dilation 3 1, relu, gated, 1 out"
    assert facts.receptive_field == 1 + 2 * 1023 + 3 + 4
    assert facts.receptive_field_ms == pytest.approx(1000 * 2054 / RATE)
    assert not facts.recurrent


def test_facts_of_nested_and_recurrent_layers():
    facts = facts_of(random_model(net(Residual(body=(GRU(hidden=4), Dense(channels=1))), Conv1d(channels=1, kernel_size=9))))
    assert facts.architecture == "Residual, Conv1d"
    assert facts.recurrent
    assert facts.receptive_field == 9
    assert [line.strip() for line in facts.layers] == ["Residual", "body", "GRU: hidden 4", "Dense: channels 1",
                                                       "Conv1d: channels 1, kernel_size 9"]  # fmt: skip
    many = facts_of(random_model(net(*[Activation(name="tanh")] * 200)))
    assert many.architecture == "Activation x 200"
    assert len(many.layers) < 100
    assert many.layers[-1] == "… and 140 lines more"


def test_what_a_stranger_wrote_is_shown_short_and_printable():
    spec = net(Dense(channels=1))
    model = random_model(spec)
    told = {"name": "Amp\x1b[31m\nred", "gear\x07": {"deep": [1, 2]}, "long": "x" * 5000, "none": None}
    facts = facts_of(Model(spec, model.weights, metadata=told))
    assert facts.metadata["name"] == "Amp\\u001b[31m\\nred"
    assert facts.metadata["gear\\u0007"] == '{"deep": [1, 2]}'
    assert len(facts.metadata["long"]) == 200
    assert "none" not in facts.metadata


def test_the_transfer_curve_is_the_curve():
    effect = NeuralEffect(random_model(net(Activation(name="tanh"))))
    sine, out = tones.transfer_curve(lambda x: effect(x, RATE), RATE, 0.0)
    assert sine.min() == pytest.approx(-1, abs=1e-3)
    assert sine.max() == pytest.approx(1, abs=1e-3)
    assert np.abs(out - np.tanh(sine)).max() < 1e-6
    assert abs(sine[0] - sine[-1]) < 1e-6  # one whole period


@pytest.mark.parametrize("rate", [44100, 48000, 8000])
def test_gains_of_a_filter_are_its_frequency_response(rate):
    taps = np.array([0.1, -0.3, 0.7], np.float32)

    def play(x):
        return np.convolve(x, taps)[: len(x)].astype(np.float32)

    frequencies, gains = tones.fundamental_gains(play, rate, -50.0)
    wanted = np.abs(np.exp(-2j * np.pi * np.outer(frequencies / rate, np.arange(3))) @ taps)
    assert np.abs(gains - 20 * np.log10(wanted)).max() < 1e-3
    assert frequencies[0] == pytest.approx(20, rel=0.01)
    assert frequencies[-1] == pytest.approx(min(20000, 0.45 * rate), rel=0.01)


def test_gains_of_a_curve_are_those_of_the_fundamental():
    """x^3 of a sine of height a has a fundamental of 3 a^3 / 4, and its third harmonic is not counted."""
    level = 10 ** (-6 / 20)
    _, gains = tones.fundamental_gains(lambda x: x**3, RATE, -6.0)
    assert gains[:40] == pytest.approx(np.full(40, 20 * np.log10(0.75 * level**2)), abs=1e-3)


def test_the_first_weights_show_the_taps_in_order():
    spec = net(Conv1d(channels=3, kernel_size=4), Conv1d(channels=2, kernel_size=2), LSTM(hidden=5), Dense(channels=1))
    model = random_model(spec)
    panels = first_weights(model)
    assert [(p.name, p.weights.shape, p.taps) for p in panels] == [
        ("layers.0.weight", (3, 4), 4), ("layers.1.weight", (2, 6), 2),
        ("layers.2.weight_ih", (20, 2), 1), ("layers.2.weight_hh", (20, 5), 1)]  # fmt: skip
    assert np.array_equal(panels[1].weights[0, :3], model.weights["layers.1.weight"][0, :, 0])  # the oldest tap first
    alone = first_weights(random_model(net(Conv1d(channels=1, kernel_size=100))))
    assert [(p.name, p.weights.shape) for p in alone] == [("weight", (1, 100))]


def test_plot_refuses_what_it_cannot_draw(tmp_path):
    stereo = NeuralEffect(random_model(net(Dense(channels=2), input_channels=2)))
    with pytest.raises(InvalidValue, match="one channel"):
        write_model_plot(stereo, tmp_path / "a.png", "a")
    with pytest.raises(InvalidValue, match="one channel"):
        write_model_plot(NeuralEffect(), tmp_path / "a.png", "a")


def test_a_large_net_answers_within_seconds():
    model = random_model(net(*[Dense(channels=512)] * 12, Dense(channels=1)), scale=0.01)
    begun = time.perf_counter()
    assert cost_of(model) > 1000
    assert time.perf_counter() - begun < 30
    assert cost_of(random_model(net(Dense(channels=2), input_channels=2))) is None


def test_the_difference_is_the_difference():
    """Two gains, 0.5 and 0.4: an error of 0.2 of the first, ESR 0.04, on a signal whose peak is known."""
    spec = net(Conv1d(channels=1, bias=False))
    models = [Model(spec, {"layers.0.weight": np.full((1, 1, 1), gain, np.float32)}) for gain in (0.5, 0.4)]
    (row,) = compare_models(*models)
    assert row.esr == pytest.approx(0.04, rel=1e-4)
    peak = float(np.abs(excitation(8, RATE)).max())
    assert row.largest_dbfs == pytest.approx(20 * np.log10(0.1 * peak), abs=1e-3)


def test_knobs_are_turned_on_both():
    """Two nets that agree where the knob stands at 0.5, its default, and nowhere else."""
    spec = wavenet(RATE, (Parameter("drive", default=0.5),), channels=2, dilations=(1,))
    model = random_model(spec)
    turned = {**model.weights, "conditioning.0.weight": 2 * model.weights["conditioning.0.weight"]}
    rows = compare_models(model, Model(spec, turned), seed=1)
    assert rows[0].esr < 1e-12
    assert len({row.values["drive"] for row in rows}) == 4
    assert all(row.esr > 1e-6 for row in rows[1:])
    assert rows == compare_models(model, Model(spec, turned), seed=1)
    (row,) = compare_models(model, Model(spec, turned), values={"drive": 0.9})
    assert row.values == {"drive": 0.9}
    assert row.esr > 1e-6
