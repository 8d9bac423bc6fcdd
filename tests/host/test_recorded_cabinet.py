"""Recordings through a cabinet, trained on in front of it and judged through it; nets at several times the rate, in time."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile
from recorded_gear import RATE, device, guitar, late, write

from wetdry.effects import NeuralAmp, NeuralEffect
from wetdry.host.cabinet import through_cabinet
from wetdry.host.capture.target import Target
from wetdry.host.cli.train import run
from wetdry.host.evaluation import evaluate
from wetdry.host.evaluation.playing import OversampledNet
from wetdry.host.smaller import material
from wetdry.host.targets import open_target
from wetdry.models import Model, load
from wetdry.models.dataset import CaptureFolder
from wetdry.models.errors import InvalidValue
from wetdry.models.metrics import esr
from wetdry.models.net_table import NETS
from wetdry.models.nets import build, to_weights
from wetdry.models.spec import Dense, ModelSpec


def cabinet(path, seed=3):
    """Write a response that begins late and rings on, without much below 100 Hz or a level to guess."""
    rng = np.random.default_rng(seed)
    response = rng.standard_normal(1200) * np.exp(-np.arange(1200) / 120)
    response = np.concatenate([np.zeros(40), response - response.mean()])
    return write(path, (0.2 * response).astype(np.float32))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A recording through a cabinet, and what one command makes of it."""
    place = tmp_path_factory.mktemp("amp")
    dry, path = guitar(12.0), cabinet(place / "cab.wav")
    wet = through_cabinet(device(dry)[None], RATE, soundfile.read(path, dtype="float32")[0][None], RATE)[0]
    write(place / "di.wav", dry)
    write(place / "amp.wav", late(wet, 321.0, len(wet) + 400))
    run(place / "run", dry=place / "di.wav", wet=place / "amp.wav", cabinet=path, epochs=0.1, batch_size=2,
        segment=4096, loss="esr", accelerator="cpu")  # fmt: skip
    return place


def test_the_command_trains_the_amp_alone_and_it_is_judged_through_the_cabinet(place):
    model = load(place / "run/clone.safetensors")
    assert model.training["cabinet"]["name"] == "cab.wav" and model.training["segment"] == 4096
    folder = CaptureFolder.open(place / "run/capture")
    found = evaluate(model, folder, place / "judged", cabinet=place / "cab.wav", workers=0)
    row = folder.record.target["answers"][0]
    dry, rate = soundfile.read(folder.path / row["dry_file_name"], dtype="float32")
    target = soundfile.read(folder.path / row["file_name"])[0]
    response = soundfile.read(place / "cab.wav")[0]
    heard = np.convolve(NeuralEffect(model)(dry, rate), response)[row["dry_start"] :][: row["frames"]]
    assert found.cells[0]["twin"]["esr"] == pytest.approx(esr(target, heard), rel=0.02)
    assert found.options["cabinet"]["name"] == "cab.wav"


def test_a_model_that_needs_a_cabinet_is_not_judged_without(place):
    model, folder = load(place / "run/clone.safetensors"), place / "run/capture"
    with pytest.raises(InvalidValue, match=r"'cab\.wav'.*pass cabinet="):
        evaluate(model, folder, place / "no")
    with pytest.raises(InvalidValue, match=r"other\.wav is not 'cab\.wav'"):
        evaluate(model, folder, place / "no", cabinet=cabinet(place / "other.wav", 5), workers=0)
    with pytest.raises(InvalidValue, match=r"in front of 'cab\.wav'.* by its own answers"):
        material(model, capture=folder)
    whole = replace(model, training={})
    with pytest.raises(InvalidValue, match="trained without a cabinet"):
        evaluate(whole, folder, place / "no", cabinet=place / "cab.wav", workers=0)


def wire(times):
    spec = ModelSpec(sample_rate=float(times * RATE), layers=(Dense(channels=1),))
    weights = {"layers.0.weight": np.ones((1, 1), np.float32), "layers.0.bias": np.zeros(1, np.float32)}
    return Model(spec, weights, {"oversampling": times})


@pytest.mark.parametrize("times", [2, 8])
def test_a_net_at_several_times_the_rate_is_in_time(times):
    dry = guitar(4.0)[: 2 * RATE]
    heard = Target(OversampledNet(wire(times)), RATE).play(dry, lead=500)
    assert len(heard) == len(dry) and esr(dry, heard) < 1e-3, "what lies above 20 kHz is missing, and nothing is late"
    np.testing.assert_allclose(OversampledNet(wire(times))(dry, RATE), heard, atol=1e-6)


def test_the_command_line_plays_it_at_the_rate_of_the_audio(tmp_path):
    wire(4).save(tmp_path / "wire.safetensors")
    dry = guitar(4.0)[:RATE]
    assert esr(dry, open_target(str(tmp_path / "wire.safetensors"))(dry, RATE)) < 1e-3


def test_the_classic_plays_at_the_rate_of_the_recording():
    spec = NETS["classic-cnn"].make(8.0 * RATE, (), 0.1)
    model = Model(spec, to_weights(build(spec, 0)), {"oversampling": 8})
    dry = guitar(4.0)[:RATE]
    heard = OversampledNet(model)(dry, RATE)
    assert len(heard) == len(dry) and heard.std() > 0
    amp = NeuralAmp(model)(dry, RATE)
    assert esr(heard - heard.mean(), amp - amp.mean()) < 0.05, "but for two DC blocks"
