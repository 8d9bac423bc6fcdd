"""Baking: a model with knobs fixed plays as the one they were turned on, and is as small as one trained without."""

import numpy as np
import pytest
from random_specs import answer, drawn_weights, positions, random_model, signal

from wetdry.models import Model, Parameter, load
from wetdry.models.errors import InvalidType, InvalidValue, UnknownName
from wetdry.models.spec import (
    GRU,
    LSTM,
    Conditioning,
    Dense,
    FiLM,
    KnobInputs,
    ModelSpec,
    Residual,
    WaveNet,
    tcn,
    wavenet,
)

KNOBS = (Parameter("drive", "dB", 0.0, 48.0, 12.0), Parameter("tone_hz", "Hz", 200.0, 20_000.0, 4000.0, "log"),
         Parameter("mode", choices=("clean", "hot"), default="hot"))  # fmt: skip
VALUES = {"drive": 30.0, "tone_hz": 500.0, "mode": "clean"}


def drawn(spec):
    return Model(spec, drawn_weights(spec, 3), training={"loss": "esr"})


def recurrent(kind, *, film):
    """A recurrent net with a skip; knobs as FiLM after the state, or as inputs."""
    body = (kind(hidden=5), FiLM(), Dense(channels=1)) if film else (KnobInputs(knobs=3), kind(hidden=5), Dense(channels=1))
    return ModelSpec(sample_rate=48000.0, layers=(Residual(body=body),), knobs=KNOBS,
                     conditioning=Conditioning() if film else None)  # fmt: skip


NETS = {
    "WaveNet": lambda: wavenet(48000, KNOBS, channels=4, dilations=(1, 3), gating="gated"),
    "TCN": lambda: tcn(48000, KNOBS, channels=4, blocks=2, kernel_size=3),
    "gain": lambda: tcn(48000, KNOBS, channels=4, blocks=2, kernel_size=3, ends="gain"),
    **{f"{kind.__name__}, {how}": (lambda kind=kind, how=how: recurrent(kind, film=how == "film"))
       for kind in (LSTM, GRU) for how in ("film", "inputs")},
}  # fmt: skip


def played(model, raw):
    """The answer to noise, after the silence that a player plays first."""
    spec = model.spec
    silence = np.zeros((spec.input_channels, spec.receptive_field), np.float32)
    return answer(model, np.concatenate([silence, signal(spec, 300)], 1), np.asarray(raw, np.float64))[
        :, spec.receptive_field :
    ]


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("fixed", [("drive",), ("tone_hz", "mode"), ("drive", "tone_hz", "mode")])
def test_plays_as_it_did_there(name, fixed):
    model = drawn(NETS[name]())
    baked = model.baked({knob: VALUES[knob] for knob in fixed})
    raw = {knob.name: knob.to_raw(VALUES[knob.name]) for knob in KNOBS}
    assert [knob.name for knob in baked.spec.knobs] == [knob for knob in raw if knob not in fixed]
    expected = played(model, list(raw.values()))
    got = played(baked, [raw[knob] for knob in raw if knob not in fixed])
    assert np.abs(got - expected).max() < 2e-6 * np.abs(expected).max()
    assert baked.training == {"loss": "esr", "baked": {knob: VALUES[knob] for knob in fixed}}


@pytest.mark.parametrize("name", NETS)
def test_nothing_is_left_of_the_knobs(name):
    before, after = NETS[name](), drawn(NETS[name]()).baked(VALUES).spec
    assert after.conditioning is None and not after.knobs
    flat = [part for layer in after.layers for part in (layer.body if hasattr(layer, "body") else (layer,))]
    assert len(flat) <= len([part for layer in before.layers for part in (layer.body if hasattr(layer, "body") else (layer,))])
    assert after.multiply_adds <= before.multiply_adds
    assert not any(array.film for layer in after.layers if isinstance(layer, WaveNet) for array in layer.arrays)


def test_any_net_of_any_layers():
    checked = 0
    for seed in range(24):
        model = random_model(seed, ("FiLM", "KnobInputs", "WaveNet")[seed % 3])
        raw = positions(model.spec, seed).astype(np.float64)
        names = [knob.name for knob in model.spec.knobs]
        for fixed in (range(len(names)), range(1, len(names))) if names else ():
            baked = model.baked({names[i]: float(raw[i]) for i in fixed})
            expected = played(model, raw)
            got = played(baked, [position for i, position in enumerate(raw) if i not in fixed])
            assert np.abs(got - expected).max() < 1e-5 * np.abs(expected).max(), (seed, list(fixed))
            checked += 1
    assert checked >= 20


def test_one_after_the_other_is_all_at_once(tmp_path):
    model = drawn(NETS["WaveNet"]())
    slowly = model
    for knob, value in VALUES.items():
        slowly = slowly.baked({knob: value})
    once = model.baked(VALUES)
    assert slowly.spec == once.spec
    assert slowly.training == once.training
    assert all(np.allclose(slowly.weights[name], once.weights[name], atol=1e-6) for name in once.weights)
    once.save(tmp_path / "baked.safetensors")
    assert load(tmp_path / "baked.safetensors").spec == once.spec
    assert once.baked({}) is once


def test_a_knob_that_is_not_there():
    model = drawn(NETS["WaveNet"]())
    with pytest.raises(UnknownName, match="no knob named 'dirve'; did you mean drive"):
        model.baked({"dirve": 3.0})
    with pytest.raises(InvalidValue, match="drive = 50 is out of range"):
        model.baked({"drive": 50.0})
    with pytest.raises(InvalidType, match="drive takes a number"):
        model.baked({"drive": "loud"})
    with pytest.raises(InvalidValue, match="is not one of 'clean', 'hot'"):
        model.baked({"mode": "warm"})
