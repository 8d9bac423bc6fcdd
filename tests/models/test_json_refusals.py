"""What the writers of RTNeural, AIDA-X and GuitarML JSON refuse, before anything is written."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from drawn_models import RATE, made, skipped

from wetdry.models.errors import CannotHold
from wetdry.models.spec import (
    GRU,
    LSTM,
    Activation,
    BatchNorm,
    Conditioning,
    Conv2d,
    Dense,
    FiLM,
    Gain,
    KnobInputs,
    MaxPool,
    Residual,
    wavenet,
)

ROW = (LSTM(hidden=8), Dense(channels=1))
REFUSED = {
    "rtneural": {
        "skip": ([skipped(*ROW)], "layers.0: Residual: RTNeural plays layers one after another"),
        "wavenet": (wavenet(RATE).layers, "layers.0: WaveNet: .* write .nam"),
        "pooling": ([MaxPool(kernel_size=3)], "layers.0: MaxPool: RTNeural has no pooling"),
        "wide kernel": ([Dense(channels=3), Conv2d(features=3, filters=1, kernel_size=(1, 5), padding="same")],
                        "layers.1: Conv2d: 5 taps over 3 features, padded: there RTNeural reads past"),
        "curve": ([Dense(channels=2), Activation(name="silu")], "layers.1: Activation: RTNeural has no silu"),
        "elu": ([Activation(name="elu", alpha=0.5)], "layers.0: Activation: RTNeural has no elu with alpha 0.5"),
        "fast": ([Activation(name="fast_tanh")], "layers.0: Activation: .* without --activation fast"),
        "fast gates": ([GRU(hidden=3, activation="fast")], "layers.0: GRU: .* without --activation fast"),
        "knobs inside": ([*ROW, KnobInputs(knobs=1)], "layers.2: KnobInputs: knobs can only enter in front"),
        "film": ([Dense(channels=3), FiLM()], "knobs: a cannot be turned"),
    },
    "aidax": {
        "two": ([LSTM(hidden=8), *ROW], "layers.1: LSTM: the plugin plays one recurrent layer"),
        "large": ([LSTM(hidden=96), Dense(channels=1)], "layers.0: LSTM: 96 units; the plugin has at most 80"),
        "outputs": ([LSTM(hidden=8), Dense(channels=2)], "output_channels: 2 outputs"),
        "curve": ([*ROW, Activation(name="tanh")], "layers.2: Activation: its players take an LSTM or GRU"),
        "inside a skip": ([skipped(*ROW, Activation(name="tanh"))], "layers.0.body.2: Activation: its players take"),
        "shortcut": ([Residual(body=ROW, shortcut=(Dense(channels=1),))], "layers.0: Residual: "),
        "nothing": ([Gain(level_db=0.0)], "layers: its players take an LSTM or GRU"),
        "no state": ([Dense(channels=1)], "layers: its players take an LSTM or GRU"),
        "wavenet": (wavenet(RATE).layers, "layers.0: WaveNet: .* write .nam"),
        "norm": ([LSTM(hidden=8), BatchNorm(), Dense(channels=1)], "layers.1: BatchNorm: its players take an LSTM or GRU"),
        "three knobs": ([KnobInputs(knobs=3), *ROW], "knobs: a, b, c cannot be turned"),
    },
    "guitarml": {
        "gain beside a skip": ([Gain(level_db=3.0), skipped(*ROW)], "layers.0: Gain: beside a skip"),
        "two sizes": ([LSTM(hidden=6), *ROW], "layers.1: LSTM: 8 units behind LSTM of 6"),
        "two kinds": ([GRU(hidden=8), *ROW], "layers.1: LSTM: 8 units behind GRU of 8"),
        "fast gates": ([GRU(hidden=8, activation="fast"), ROW[1]], "layers.0: GRU: .* without --activation fast"),
    },
}  # fmt: skip


@pytest.mark.parametrize(("format", "name"), [(format, name) for format, rows in REFUSED.items() for name in rows])
def test_what_has_no_place_is_named_before_anything_is_written(format, name, tmp_path):
    layers, words = REFUSED[format][name]
    count = max((max(layer.knob_inputs, default=0) for layer in layers), default=0)
    filmed = any(layer.conditioned for layer in layers)
    model = made(*layers, knobs="abc"[: count or int(filmed)], conditioning=Conditioning() if filmed else None)
    with pytest.raises(CannotHold, match=words) as error:
        model.save(tmp_path / "out.json", format)
    assert str(error.value).startswith("cannot write ")
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_several_channels_of_audio_are_refused(tmp_path):
    model = made(*ROW, input_channels=2)
    with pytest.raises(CannotHold, match="input_channels: 2 channels of audio"):
        model.save(tmp_path / "out.aidax")


def test_metadata_that_is_no_json_is_refused(tmp_path):
    model = made(*ROW)
    model.metadata["esr"] = float("nan")
    with pytest.raises(CannotHold, match="metadata: not plain JSON data"):
        model.save(tmp_path / "out.aidax")
