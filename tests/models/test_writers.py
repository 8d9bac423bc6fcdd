"""Every format meets every kind of net: it is written and plays the same, or refused with a way on."""

import numpy as np
import pytest
from random_specs import drawn_weights

from wetdry import NeuralEffect
from wetdry.models import Model, Parameter, load
from wetdry.models.errors import CannotHold, FileProblem, InvalidValue, UnknownName
from wetdry.models.formats.writers import WRITERS, format_of
from wetdry.models.spec import GRU, LSTM, Conv1d, Dense, ModelSpec
from wetdry.models.spec.nets import SPECS

KNOBS = (Parameter("drive"), Parameter("tone"))
READABLE = ("safetensors", "nam", "rtneural", "aidax", "guitarml")
WRITTEN = {
    "standard": {"safetensors", "nam", "onnx", "torchscript", "header"},
    "guitarml": set(WRITERS) - {"rtneural"},  # a skip is more than a row of layers
    "gru": {"safetensors", "onnx", "torchscript", "header"},
    "compressor": {"safetensors", "nam", "onnx", "torchscript", "header"},
    "s4d": {"safetensors", "onnx", "torchscript", "header"},
    "LSTM": set(WRITERS),
    "GRU": set(WRITERS) - {"nam"},
    "Linear": {"safetensors", "nam", "rtneural", "onnx", "torchscript", "header"},
}


def model(name):
    """A net of the table with its knobs baked, or the plainest with a recurrent layer, or an impulse response."""
    if name in SPECS:
        spec = SPECS[name](48000.0, KNOBS, 0.1)
    elif name == "Linear":
        spec = ModelSpec(sample_rate=48000.0, layers=(Conv1d(channels=1, kernel_size=20),))
    else:
        layer = {"LSTM": LSTM, "GRU": GRU}[name](hidden=8)
        spec = ModelSpec(sample_rate=48000.0, layers=(layer, Dense(channels=1)), prewarm_samples=24_000)
    drawn = Model(spec, drawn_weights(spec, 1))
    return drawn.baked({knob.name: 0.6 for knob in spec.knobs})


@pytest.mark.parametrize("name", WRITTEN)
def test_written_or_refused(name, tmp_path):
    source, dry = model(name), (0.3 * np.random.default_rng(0).standard_normal(40_000)).astype(np.float32)
    expected, written = NeuralEffect(source)(dry, 48000), set()
    for format in WRITERS:
        path = tmp_path / f"model.{format}"
        try:
            source.save(path, format)
        except CannotHold as refusal:
            assert "; " in str(refusal) and str(refusal).startswith("cannot write "), refusal
            assert not path.exists()
            continue
        written.add(format)
        assert path.stat().st_size > 100
        if format in READABLE:
            got = NeuralEffect(load(path))(dry, 48000)
            late = slice(30_000, None)  # each format starts a recurrent net in its own way
            assert np.abs(got - expected)[late].max() < 1e-5 * np.abs(expected).max(), format
    assert written == WRITTEN[name]


def test_the_suffix_names_the_format(tmp_path):
    for name, format in (("a.NAM", "nam"), ("a.safetensors", "safetensors"), ("a.hpp", "header"), ("a.h", "header"),
                         ("a.onnx", "onnx"), ("a.ts", "torchscript"), ("a.aidax", "aidax")):  # fmt: skip
        assert format_of(tmp_path / name) == format
    assert format_of(tmp_path / "a.json", "guitarml") == "guitarml"
    with pytest.raises(InvalidValue, match=r"a\.json: \.json may be rtneural or aidax or guitarml; say which"):
        format_of(tmp_path / "a.json")
    with pytest.raises(InvalidValue, match=r"a\.wav: the suffix names no format"):
        model("Linear").save(tmp_path / "a.wav")
    with pytest.raises(UnknownName, match="no format named 'aida'; did you mean aidax"):
        model("Linear").save(tmp_path / "a.json", "aida")
    with pytest.raises(FileProblem):
        (tmp_path / "file").write_text("")
        model("Linear").save(tmp_path / "file/a.nam")
