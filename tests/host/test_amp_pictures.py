"""The pictures of a recorded amp: which curves stand on which axes, in which units, and that they tell the truth."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from random_model import random_model
from scipy.signal import freqz

from wetdry import NeuralEffect
from wetdry.host.amp import learned, pictures
from wetdry.host.amp.filters import first_filters
from wetdry.models.net_table import NETS

RATE = 48000
TIMES = np.arange(2 * RATE) / RATE
TRACKS = {
    "dry": (0.2 * np.sin(2 * np.pi * 220 * TIMES)).astype(np.float32),
    "target": (0.5 * np.sin(2 * np.pi * 440 * TIMES) * np.exp(-TIMES)).astype(np.float32),
    "separated": (0.4 * np.sin(2 * np.pi * 440 * TIMES) * np.exp(-TIMES)).astype(np.float32),
}
TAPS = np.zeros(480, np.float32)
TAPS[[24, 48]] = 0.8, -0.4  # half a millisecond late, an echo after as much again


def drawn(picture):
    figure = Figure()
    picture.draw(figure)
    assert len(picture.words) > 100 and picture.title and picture.svg().startswith("<svg")
    return figure.axes


def curves(axes):
    return {line.get_label(): line.get_xydata().T for line in axes.lines if not line.get_label().startswith("_")}


def small_model(net="nam-nano"):
    return random_model(NETS[net].make(float(RATE), (), 0.1), scale=0.4)


def test_waveforms():
    above, below = drawn(pictures.waveforms(TRACKS, RATE, 30.0))
    assert list(curves(above)) == ["clean"] and list(curves(below)) == ["amp, recorded", "amp, modelled"]
    assert below.get_xlabel() == "ms from 30.00 s of the clean file" and "full scale" in below.get_ylabel()
    times, level = curves(below)["amp, recorded"]
    assert times[-1] == pytest.approx(25, abs=0.03)
    np.testing.assert_array_equal(level, TRACKS["target"][:1200])  # the loudest place is the beginning
    np.testing.assert_array_equal(curves(above)["clean"][1], TRACKS["dry"][:1200])


def test_spectra():
    above, below = drawn(pictures.spectra(TRACKS, RATE, TAPS))
    found = curves(above)
    assert list(found) == ["clean", "amp, recorded", "amp, modelled"] and list(curves(below)) == ["cabinet"]
    peaks = {name: frequencies[levels.argmax()] for name, (frequencies, levels) in found.items()}
    assert peaks["clean"] == pytest.approx(220, rel=0.06) and peaks["amp, modelled"] == pytest.approx(440, rel=0.06)
    difference = (found["amp, recorded"][1] - found["amp, modelled"][1])[found["amp, recorded"][1].argmax()]
    assert difference == pytest.approx(20 * np.log10(5 / 4), abs=0.01)
    assert below.get_xlabel() == "Hz" and below.get_xscale() == "log" and "dB" in above.get_ylabel()


def test_cabinet():
    left, right = drawn(pictures.cabinet(TAPS, RATE))
    times, impulse = curves(left)["cabinet's impulse"]
    assert left.get_xlabel() == "ms" and times[impulse.argmax()] == pytest.approx(0.5)
    np.testing.assert_array_equal(impulse[:480], TAPS)
    frequencies, gains = curves(right)["cabinet's gain"]
    wanted = 20 * np.log10(np.abs(freqz(TAPS, worN=frequencies, fs=RATE)[1]))
    np.testing.assert_allclose(gains, wanted, atol=1e-3)
    assert right.get_xlabel() == "Hz" and right.get_ylabel() == "gain, dB" and frequencies[0] >= 20


def test_transfer():
    model = small_model()
    (axes,) = drawn(learned.transfer(model))
    found = curves(axes)
    assert list(found) == ["0 dBFS", "-12 dBFS", "-24 dBFS"] and axes.get_xlabel().startswith("in")
    assert found["0 dBFS"][0].max() == pytest.approx(1.0, abs=1e-3)
    assert found["-12 dBFS"][0].min() == pytest.approx(-(10 ** (-12 / 20)), rel=1e-3)
    sine = np.sin(2 * np.pi * 200 * TIMES).astype(np.float32)
    settled = NeuralEffect(model)(sine, RATE)[-240:]
    loops = [line.get_ydata() for line in axes.lines if line.get_label().startswith("_")]
    assert loops[0].max() == pytest.approx(settled.max(), rel=1e-3) and axes.get_ylabel() == "out"


def test_filters_of_a_convolution_are_what_scipy_says():
    model = small_model("dense")
    weights = model.weights["layers.0.weight"][:, 0]
    found = first_filters(model)
    np.testing.assert_array_equal(found.taps, weights[:, ::-1])
    frequencies, gains = found.responses()
    for row, taps in zip(gains, found.taps, strict=True):
        np.testing.assert_allclose(row, 20 * np.log10(np.abs(freqz(taps, worN=frequencies, fs=RATE)[1])), atol=1e-2)
    left, right = drawn(learned.filters(model))
    assert len(curves(left)) == len(curves(right)) == len(weights) and left.get_xlabel() == "µs before now"
    assert right.get_xlabel() == "Hz" and right.get_ylabel() == "gain, dB"


def test_filters_of_a_wavenet_are_as_the_signal_meets_them():
    model = small_model()
    taps = first_filters(model).taps
    first = next(w for name, w in model.weights.items() if name.endswith("rechannel.weight"))
    second = next(w for name, w in model.weights.items() if name.endswith("conv.weight"))
    for row, kernel in zip(taps, second, strict=True):
        wanted = sum(first[i, 0, 0] * kernel[i] for i in range(len(first)))
        np.testing.assert_allclose(row, wanted[::-1], rtol=1e-5, atol=1e-7)


def test_a_net_without_filters_shows_its_first_weights():
    model = small_model("lstm")
    assert first_filters(model) is None
    assert drawn(learned.filters(model))


def test_all_of_them_in_order():
    names = [picture.name for picture in pictures.pictures(TRACKS, RATE, TAPS, small_model())]
    assert names == ["waveforms", "spectra", "cabinet", "transfer", "filters"]
