"""A cabinet behind the net while it learns, and nets that learn at several times the rate."""

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from scipy.signal import fftconvolve, firwin, resample_poly

from wetdry.effects import CabinetIR
from wetdry.effects.impulse_response import ImpulseResponse
from wetdry.models.dataset import CaptureFolder
from wetdry.models.errors import FileProblem, InvalidValue, TrainingError
from wetdry.models.losses import esr
from wetdry.models.nets import build, from_weights
from wetdry.models.spec import Dense, KnobInputs, ModelSpec, wavenet
from wetdry.models.training import CaptureDataset, Recipe, train
from wetdry.models.training.before_cabinet import answer, heard_alone
from wetdry.models.training.beginning import context_of
from wetdry.models.training.cabinet import Cabinet
from wetdry.models.training.module import TwinModule
from wetdry.models.training.validation import validation_esr

sys.path.insert(0, str(Path(__file__).parent))
from synthetic_capture import KNOBS, RATE, write_capture

SMALL = wavenet(RATE, KNOBS, channels=4, dilations=(1, 2), hidden=(4,))
QUICK = {"batch_size": 3, "segment": 512, "accelerator": "cpu", "loss": "esr"}


def ringing(path, rate=RATE, length=301, channels=1, seed=4):
    rng = np.random.default_rng(seed)
    response = rng.standard_normal((length, channels)) * np.exp(-np.arange(length) / (length / 9))[:, None]
    soundfile.write(path, response, round(rate), subtype="FLOAT")
    return path


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    return write_capture(tmp_path_factory.mktemp("capture"))


@pytest.mark.parametrize(("samples", "dtype", "within"), [(3000, torch.float32, 1e-6), (977, torch.float64, 1e-13)])
def test_what_comes_out_of_a_cabinet_is_the_convolution(tmp_path, samples, dtype, within):
    path = ringing(tmp_path / "cab.wav")
    response, _ = soundfile.read(path)
    audio = np.random.default_rng(0).standard_normal((2, samples))
    heard = Cabinet.read(path, RATE)(torch.from_numpy(audio).to(dtype)).numpy()
    want = np.stack([np.convolve(row, response, "valid") for row in audio])
    assert heard.shape == want.shape == (2, samples - 300)
    np.testing.assert_allclose(heard, want, atol=within * np.abs(want).max())


def test_half_precision_around_it_leaves_the_convolution_exact(tmp_path):
    cabinet, audio = Cabinet.read(ringing(tmp_path / "cab.wav"), RATE), torch.randn(1, 1000)
    with torch.autocast("cpu", torch.bfloat16):
        heard = cabinet(audio)
    torch.testing.assert_close(heard, cabinet(audio))


@pytest.mark.parametrize(("rate", "channels"), [(RATE, 2), (44_100, 1), (96_000, 2)])
def test_the_taps_are_those_that_the_effect_plays(tmp_path, rate, channels):
    path = ringing(tmp_path / "cab.wav", rate, channels=channels)
    np.testing.assert_allclose(Cabinet.read(path, RATE).taps, ImpulseResponse.of(path).prepared(RATE).mean(0), atol=1e-6)


def test_oversampled_taps_are_in_time(tmp_path):
    path = ringing(tmp_path / "cab.wav")
    cabinet = Cabinet.read(path, RATE, 4)
    slow = np.sin(2 * np.pi * 500 / RATE * np.arange(4000)) * np.hanning(4000)
    fast = torch.from_numpy(np.pad(resample_poly(slow, 4, 1), (cabinet.lead_in - cabinet.ahead, cabinet.ahead)))
    heard = cabinet(fast[None])[0].numpy()[::4]
    want = fftconvolve(slow, soundfile.read(path)[0])[:4000]
    np.testing.assert_allclose(heard, want, atol=2e-3 * np.abs(want).max())


def test_a_step_compares_the_convolved_answer_with_the_recording(capture, tmp_path):
    """The loss of a step, against whole takes through net and scipy: so context, lead-in and alignment are right."""
    cabinet = Cabinet.read(ringing(tmp_path / "cab.wav"), RATE)
    recipe, net = Recipe(epochs=1, segment=512, batch_size=2, loss="esr-plain"), build(SMALL, 3)
    data = CaptureDataset(capture, "train", 512, context_of(SMALL, recipe, cabinet))
    batch = data.cut(np.array([1, 4]), np.array([0, 3000]))
    loss = TwinModule(net, recipe, cabinet).training_step(batch, 0)
    errors, steady = [], []
    for take, start in ((1, 0), (4, 3000)):
        dry = torch.from_numpy(np.pad(data.dry(take, 0, 8000), (400, 0)))[None]  # settled in silence
        amp = net(dry, torch.from_numpy(data.raw[take])[None])[0].detach().numpy()
        wet = fftconvolve(amp, cabinet.taps)[400:8400]
        heard = amp[400 + start - cabinet.lead_in : 400 + start + 512]
        steady.append(heard.mean() ** 2 * (cabinet.taps**2).sum() / data.power[take, 0])
        error = wet[start : start + 512] - data.wet(take, start, start + 512)
        errors.append(np.mean(error**2) / data.power[take, 0])
    assert float(loss.detach()) == pytest.approx(np.mean(errors) + 0.1 * np.mean(steady), rel=1e-4)


def identity(oversampling):
    """Return a net that passes its input on, whatever the knobs."""
    spec = ModelSpec(sample_rate=oversampling * RATE, layers=(KnobInputs(knobs=2), Dense(channels=1)), knobs=KNOBS)
    return from_weights(spec, {"layers.1.weight": np.float32([[1, 0, 0]]), "layers.1.bias": np.zeros(1, np.float32)})


@pytest.mark.parametrize(("oversampling", "within"), [(1, 1e-11), (4, 5e-3)])
def test_a_recorded_cabinet_is_answered_in_time(tmp_path, oversampling, within):
    """By a wire before the same cabinet: over whole takes, and in the segments of a training, at the net's rate."""
    path, folder = ringing(tmp_path / "cab.wav"), write_capture(tmp_path / "capture")
    response = soundfile.read(path)[0]
    for take in CaptureFolder.open(folder).takes:
        dry = CaptureFolder.open(folder).read_dry(take)
        soundfile.write(folder / take.file_name, fftconvolve(dry, response)[:8000], round(RATE), subtype="FLOAT")
    net, cabinet = identity(oversampling), Cabinet.read(path, RATE, oversampling)
    data = CaptureDataset(folder, "validation", 1, oversampling=oversampling)
    assert validation_esr(net, 1, data, None, cabinet).max() < within
    recipe = Recipe(epochs=1, segment=2000, batch_size=2, loss="esr-plain", oversampling=oversampling)
    data = CaptureDataset(folder, "train", 2000, context_of(net.spec, recipe, cabinet), oversampling)
    data.ahead = cabinet.ahead

    def error():
        batch = data.cut(np.array([0, 3]), np.array([0, 8000 * oversampling - 2000]))
        return float(esr(cabinet(net(batch["dry"], batch["raw"])), batch["wet"]).detach().max())

    assert error() < 2 * within
    data.ahead += 1
    assert error() > 3 * within, "a sample late is seen"


def through(folder, path, out):
    """Return a capture whose wet audio went through a cabinet."""
    write_capture(out, takes=24, frames=3000)
    for take in CaptureFolder.open(out).takes:
        wet, rate = soundfile.read(out / take.file_name, dtype="float32")
        soundfile.write(out / take.file_name, CabinetIR(path)(wet, rate), rate, subtype="FLOAT")
    return out


def test_the_net_learns_the_amp_before_the_cabinet(tmp_path):
    path = ringing(tmp_path / "cab.wav")
    numbers = QUICK | {"spec": SMALL, "epochs": 12, "learning_rate": 0.02}
    model = train(through(tmp_path, path, tmp_path / "recorded"), tmp_path, cabinet=path, **numbers)
    assert set(model.training["cabinet"]) == {"name", "sha256"} and model.training["cabinet"]["name"] == "cab.wav"
    assert model.training["validation_esr"]["median"] < 0.3, "silence scores 1"
    alone = CaptureDataset(write_capture(tmp_path / "alone", takes=24, frames=3000), "validation", 1)
    net = from_weights(SMALL, model.weights)
    assert np.median(validation_esr(net, SMALL.receptive_field, alone)) < 0.4, "the amp, which it never heard without"
    with pytest.raises(TrainingError, match="another cabinet;"):
        train(tmp_path / "recorded", tmp_path, **numbers)


def test_segments_are_as_long_as_it_rings_unless_given(capture, tmp_path):
    path = ringing(tmp_path / "cab.wav", length=2500)
    numbers = {"spec": SMALL, "epochs": 0.01, "accelerator": "cpu", "loss": "esr"}
    free = train(capture, tmp_path / "free", cabinet=path, **numbers).training
    assert free["segment"] == 6144 and free["batch_size"] == 8, "long enough already"
    short = train(capture, tmp_path / "short", model="classic-cnn", oversampling=1, cabinet=path, epochs=0.01).training
    left = len(Cabinet.read(path, RATE).to_learn_from().taps)
    assert short["segment"] == left and 1500 < left < 2500 and short["batch_size"] == 4
    given = train(capture, tmp_path / "given", cabinet=path, **numbers, segment=512).training
    assert given["segment"] == 512


@pytest.mark.parametrize("given", [
    {"precision": "bf16-mixed", "loss": "l1+stft", "segment": 1100}, {"precision": "64-true"},
    {"oversampling": 3, "segment": 1500},
])  # fmt: skip
def test_cabinets_go_with_precisions_losses_and_oversampling(capture, tmp_path, given):
    spec = wavenet(RATE * given.get("oversampling", 1), KNOBS, channels=4, dilations=(1, 2), hidden=(4,))
    numbers = QUICK | {"epochs": 0.02, "spec": spec, "cabinet": ringing(tmp_path / "cab.wav")}
    assert np.isfinite(train(capture, tmp_path, **(numbers | given)).training["validation_esr"]["median"])


def test_the_classic_trains_at_eight_times_the_rate(tmp_path):
    capture = write_capture(tmp_path / "capture", takes=2, frames=2000)
    model = train(capture, tmp_path, model="classic-cnn", epochs=0.3, accelerator="cpu")
    assert model.spec.sample_rate == 8 * RATE and model.spec.receptive_field == 17 and model.training["oversampling"] == 8
    assert model.training["batch_size"] == 32 and model.training["segment"] == 256 and model.training["learning_rate"] == 1e-3
    assert model.training["budget"] == {"minutes": None, "epochs": 0.3}
    more = train(capture, tmp_path / "more", start=model, epochs=0.1, accelerator="cpu")
    assert more.spec == model.spec and more.training["oversampling"] == 8


def test_oversampled_takes_are_the_takes(capture):
    folder = CaptureFolder.open(capture)
    fast, slow = CaptureDataset(folder, "train", 4000, oversampling=4), CaptureDataset(folder, "train", 1000)
    assert len(fast) == len(slow) and (fast.frames == 4 * slow.frames).all()
    below = firwin(101, 0.5)
    for i in range(len(fast)):
        for name in ("dry", "wet"):
            one, other = (fftconvolve(x, below, "valid") for x in (fast[i][name][::4], slow[i][name]))
            np.testing.assert_allclose(one[100:-100], other[100:-100], atol=1e-4)


@pytest.mark.parametrize(("given", "error", "message"), [
    ({"oversampling": 9}, InvalidValue, "oversampling = 9 is not a whole number from 1 to 8"),
    ({"oversampling": 2, "spec": SMALL}, InvalidValue, "16000 Hz, oversampled by 2"),
    ({"cabinet": "nowhere.wav"}, FileProblem, "nowhere.wav"),
    ({"cabinet": "silence.wav"}, InvalidValue, "silence"),
    ({"cabinet": "cab.wav", "model": "compressor", "every": 100}, InvalidValue, "every = 100 .* train with every=1"),
    ({"precision": "16-mixed", "accelerator": "cpu"}, InvalidValue, "'16-mixed' needs a GPU.*bf16-mixed"),
    ({"loss": "l1+stft", "segment": 256}, InvalidValue, "segment = 256 is too short for the loss 'l1.stft'"),
])  # fmt: skip
def test_what_does_not_go_is_said(capture, tmp_path, given, error, message, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ringing(tmp_path / "cab.wav")
    soundfile.write("silence.wav", np.zeros(100), round(RATE))
    with pytest.raises(error, match=message):
        train(capture, tmp_path / "run", **({"epochs": 0.01} | given))


def test_a_net_that_hears_far_less_than_the_cabinet_rings_learns_from_its_end_alone(tmp_path):
    """The loss is the whole net's; its gradient that of all but the faint first samples, which are heard all the same."""
    cabinet = Cabinet.read(ringing(tmp_path / "cab.wav", length=1500), RATE)
    net = build(wavenet(RATE, (), channels=4, dilations=(1, 2), hidden=(4,)), 1)
    heard, lead = heard_alone(net, cabinet), net.spec.receptive_field - 1
    assert 1000 < heard < cabinet.lead_in
    left = np.cumsum(cabinet.taps[::-1] ** 2)[::-1] / np.sum(cabinet.taps**2)
    assert left[cabinet.lead_in - heard] > 0.01 > left[cabinet.lead_in - heard + 1]
    dry = torch.randn(2, 5 + lead + cabinet.lead_in + 700, generator=torch.Generator().manual_seed(0))
    plain, mine = net(dry, None)[:, 5 + lead :], answer(net, dry, None, 5 + lead, heard)
    torch.testing.assert_close(mine, plain, atol=1e-6, rtol=1e-5)
    weights = list(net.parameters())
    found = torch.autograd.grad(cabinet(mine).square().mean(), weights)
    kept = torch.cat([plain[:, :heard].detach(), plain[:, heard:]], 1)
    for one, other in zip(found, torch.autograd.grad(cabinet(kept).square().mean(), weights), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-4)
    assert heard_alone(build(wavenet(RATE, ()), 0), cabinet) == 0, "hears back too far"
    assert heard_alone(net, None) == 0


def test_at_eight_times_the_rate_steps_are_short(capture, tmp_path):
    path = ringing(tmp_path / "cab.wav", length=400)
    model = train(capture, tmp_path, model="classic-cnn", cabinet=path, epochs=0.05, accelerator="cpu").training
    left = len(Cabinet.read(path, RATE, 8).to_learn_from().taps)
    assert model["segment"] == left // 8 and model["batch_size"] == 1 and np.isfinite(model["validation_esr"]["mean"])
