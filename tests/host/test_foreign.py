"""Foreign models: what they play is what their program says, in any blocks."""

import copy
import itertools

import numpy as np
import program_files as files
import pytest
import torch
from program_playing import RATE, check, noise, streamed

from wetdry import load_plugin
from wetdry.models import Model, Parameter
from wetdry.models.errors import FileProblem, InvalidValue, PluginError, UnknownName
from wetdry.models.spec import wavenet

# ONNX


@pytest.mark.parametrize("how", ["zeros inside", "none inside", "fixed length", "look-behind said"])
def test_a_stateless_convolution_is_heard_without_seams(how, tmp_path):
    path, audio = tmp_path / "conv.onnx", noise(3000)
    if how == "fixed length":
        model = load_plugin(files.conv_onnx(path, 200, out=200))
        assert model.facts.block_sizes == (200 - files.REACH,)
        assert model.latency_samples == 200 - files.REACH - 1
    else:
        before, said = (0 if how == "none inside" else files.REACH), {"look_behind": "64"} if "said" in how else {}
        model = load_plugin(files.conv_onnx(path, before=before, out="m", properties=said))
        assert (model.latency_samples, model.facts.look_behind) == (0, 64 if said else files.REACH)
    check(model, audio, files.filtered(audio))


def test_one_that_looks_ahead_is_late_by_it(tmp_path):
    model, audio = load_plugin(files.conv_onnx(tmp_path / "c.onnx", before=10, after=files.REACH - 10)), noise(3000)
    assert model.latency_samples == model.facts.look_ahead == files.REACH - 10
    check(model, audio, files.filtered(audio, files.REACH - 10))


def test_states_that_come_out_go_in_again(tmp_path):
    answer, audio = files.lstm_onnx(tmp_path / "lstm.onnx"), noise(700)
    model = load_plugin(tmp_path / "lstm.onnx")
    assert [(a.name, b.name) for a, b in model._program.signature.states] == [("h0", "hn"), ("c0", "cn")]
    check(model, audio, answer(audio))
    both = np.stack([audio, noise(700, 4)])
    assert np.abs(model(both, RATE) - [answer(row) for row in both]).max() < 1e-5  # a state for every channel


@pytest.mark.parametrize("names", [("h_in", "h_out"), ("memory", "next_memory"), ("state_0", "after_0"), ("a", "b")])
def test_knobs_and_states_are_told_apart(names, tmp_path):
    model, audio = load_plugin(files.echo_onnx(tmp_path / "echo.onnx", names), parameter_values={"tone": 0.5}), noise(300)
    assert list(model.parameters) == ["drive", "tone"] and model.parameters["drive"].range == (0.0, 1.0, None)
    model.drive = 0.8
    wanted = np.zeros(300)
    for n in range(300):
        wanted[n] = 0.8 * audio[n] + 0.5 * (wanted[n - 3] if n > 2 else 0)
    check(model, audio, wanted, exact=True)
    assert model.latency_samples == 2
    with pytest.raises(UnknownName, match="did you mean drive"):
        model.driv = 1
    with pytest.raises(InvalidValue, match="drive = 2 is out of range"):
        model.drive = 2


def test_a_knob_turned_between_blocks_is_heard(tmp_path):
    model, audio = load_plugin(files.echo_onnx(tmp_path / "echo.onnx"), parameter_values={"tone": 0.0, "drive": 1.0}), noise(60)
    first = model(audio[:30], RATE, reset=False)
    model.drive = 0.0
    rest = model(audio[30:], RATE, reset=False)
    assert np.array_equal(np.concatenate([first, rest]), np.concatenate([audio[:30], np.zeros(28)]))


def test_what_answers_to_the_whole_at_once_is_named(tmp_path):
    path = files.graph(
        tmp_path / "loudest.onnx",
        [("ReduceMax", ["x"], ["m"], {"axes": [2], "keepdims": 1}), ("Div", ["x", "m"], ["y"], {})],
        {"x": [1, 1, "n"]}, {"y": [1, 1, "n"]},
    )  # fmt: skip
    with pytest.raises(PluginError, match=r"whole of its input at once.* block_size="):
        load_plugin(path)
    model, audio = load_plugin(path, block_size=100), 1 + 0 * noise(300)
    audio[150] = 4
    assert model(audio, RATE).tolist() == [1.0] * 100 + [0.25] * 50 + [1.0] + [0.25] * 49 + [1.0] * 100


def test_channels_last_and_batches_are_seen(tmp_path):
    made = {"y": ["batch", "time", 2], "x": ["batch", "time", 2]}
    path = files.graph(tmp_path / "k.onnx", [("Mul", ["x", "w"], ["y"], {})], {"x": made["x"]}, {"y": made["y"]},
                       {"w": np.array([2.0, 3.0], np.float32)})  # fmt: skip
    model, audio = load_plugin(path), noise(500, channels=2)
    assert np.allclose(model(audio, RATE), audio * [[2], [3]])
    with pytest.raises(InvalidValue, match=r"takes 2 channel\(s\), got 1"):
        model(audio[0], RATE)


def test_files_that_are_none_say_so(tmp_path):
    (tmp_path / "no.onnx").write_bytes(b"nothing of the kind")
    with pytest.raises(PluginError, match=r"no\.onnx is no ONNX model that onnxruntime plays"):
        load_plugin(tmp_path / "no.onnx")
    with pytest.raises(FileProblem, match="there is no such file"):
        load_plugin(tmp_path / "gone.onnx")
    (tmp_path / "no.ts").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(PluginError, match=r"no\.ts is no TorchScript"):
        load_plugin(tmp_path / "no.ts", trusted=True)
    path = files.graph(tmp_path / "image.onnx", [("Relu", ["x"], ["y"], {})], {"x": [1, 3, 8, 8]}, {"y": [1, 3, 8, 8]})
    with pytest.raises(PluginError, match="no input is audio"):
        load_plugin(path)
    with pytest.raises(InvalidValue, match="block_size is for foreign models"):
        load_plugin("some.vst3", block_size=4)
    with pytest.raises(InvalidValue, match="buffer_size = 0 is not a whole number of at least 1"):
        load_plugin(path, buffer_size=0)


# TorchScript


def test_a_program_runs_only_where_it_is_trusted(tmp_path):
    path = files.scripted(files.PlainConv(), tmp_path / "plain.ts")
    with pytest.raises(PluginError, match=r"TorchScript, a program: .* trusted=True"):
        load_plugin(path)


def test_a_plain_module(tmp_path):
    model, audio = load_plugin(files.scripted(files.PlainConv(), tmp_path / "plain.ts"), trusted=True), noise(2000)
    assert (model.facts.look_behind, model.facts.sample_rates, model.latency_samples) == (files.REACH, (48000.0,), 0)
    check(model, audio, files.filtered(audio))


def test_a_state_that_nothing_resets_is_reset_all_the_same(tmp_path):
    model, audio = load_plugin(files.scripted(files.Accumulator(), tmp_path / "sum.ts"), trusted=True), noise(300)
    wanted = list(itertools.accumulate(audio, lambda a, b: 0.9 * a + b))
    check(model, audio, wanted)


@pytest.mark.parametrize("queued", [False, True])
@pytest.mark.parametrize("stereo", [False, True])
def test_neutones_methods_are_heard(stereo, queued, tmp_path):
    net = files.NeutoneLike([256, 96], [48000], behind=7, delay=5, stereo=stereo)
    path = files.scripted(files.InQueue(net) if queued else net, tmp_path / "model.nm")
    model, audio = load_plugin(path, trusted=True), noise(900, channels=2 if stereo else None)
    assert list(model.parameters) == ["drive_amount", "mix"]
    assert (model.drive_amount, model.mix) == (0.25, 1.0)
    assert model.latency_samples == 95 + 5
    model.drive_amount, model.mix = 0.5, 0.75
    earlier = np.concatenate([np.zeros((*audio.shape[:-1], 7)), audio[..., :-7]], -1)
    check(model, audio, 0.75 * (audio + 0.5 * earlier), exact=True)


def test_a_host_that_says_its_blocks_waits_less(tmp_path):
    path = files.scripted(files.NeutoneLike([2048], []), tmp_path / "model.ts")
    wanted, audio = load_plugin(path, trusted=True), noise(8192)
    model = load_plugin(path, trusted=True, buffer_size=512)
    assert (wanted.latency_samples, model.latency_samples) == (2047, 1536)
    parts = [model(audio[a : a + 512], RATE, reset=False) for a in range(0, 8192, 512)]
    assert [len(p) for p in parts] == [0] * 3 + [512] * 13
    assert np.array_equal(np.concatenate(parts), wanted(audio, RATE)[: 8192 - 1536])
    assert np.array_equal(model(audio[:777], RATE), wanted(audio[:777], RATE))  # a whole signal may have any length
    with pytest.raises(InvalidValue, match=r"buffer_size = 512 samples, got 100"):
        model(audio[:100], RATE, reset=False)


@pytest.mark.parametrize(("direct", "said"), [(True, True), (False, True), (False, False)])
def test_encoders_and_decoders_play(direct, said, tmp_path):
    net, audio = files.RaveLike(direct=direct, said=said), noise(1000)
    with torch.no_grad():
        wanted = copy.deepcopy(net)(torch.from_numpy(np.pad(audio, (0, 24)))[None, None])[0, 0, :1000].numpy()
    model = load_plugin(files.scripted(net, tmp_path / "rave.ts"), trusted=True, block_size=128 if direct else None)
    assert (model.facts.sample_rates, model.facts.block_sizes) == ((44100.0,), (128,))
    heard = model(audio, 44100)
    assert np.abs(heard - wanted).max() < 1e-5 and model.latency_samples == 127
    assert np.array_equal(streamed(model, audio, [1, 300, 301, 640], 44100), heard)
    assert model(audio, 48000).shape == audio.shape and model.latency_samples > 127


def test_noise_is_the_same_after_every_reset(tmp_path):
    path = files.scripted(files.RaveLike(noise=0.1), tmp_path / "n.ts")
    model, audio = load_plugin(path, trusted=True, block_size=128), noise(1000)
    torch.manual_seed(5)
    drawn = torch.rand(1)
    torch.manual_seed(5)
    first = model(audio, 44100)
    assert torch.equal(torch.rand(1), drawn)  # torch's own state is where it was
    torch.manual_seed(6)
    assert np.array_equal(streamed(model, audio, [77, 500], 44100), first)
    assert np.abs(first).max() > 0.1


def test_what_is_not_finite_stays_inside(tmp_path):
    model = load_plugin(files.scripted(files.Breaking(), tmp_path / "b.ts"), trusted=True, block_size=100)
    audio = np.full(400, 0.5, np.float32)
    audio[150], audio[320] = 1.0, np.nan
    heard = model(audio, RATE)
    assert heard.tolist() == [1.0] * 100 + [0.0] * 100 + [1.0] * 120 + [0.0] + [1.0] * 79


# wetdry's own files


def own_model():
    spec = wavenet(RATE, (Parameter("drive", "dB", -6, 12, 3.0), Parameter("name")), channels=4, dilations=(1, 5, 9))
    random = np.random.default_rng(5)
    return Model(spec, {n: (0.4 * random.standard_normal(s)).astype(np.float32) for n, s in spec.weight_shapes.items()})


@pytest.mark.parametrize("suffix", ["ts", "onnx"])
def test_our_own_exports_play_as_the_model(suffix, tmp_path):
    from wetdry import NeuralEffect

    net = own_model()
    net.save(tmp_path / f"own.{suffix}")
    model, effect, audio = load_plugin(tmp_path / f"own.{suffix}", trusted=True), NeuralEffect(net, drive=9.0), noise(900)
    assert list(model.parameters) == ["drive", "model_name"] and model.parameters["drive"].units == "dB"
    model.drive, wanted = 9.0, effect(audio, RATE)
    check(model, audio, wanted, within=1e-5 * np.abs(wanted).max())
    assert (model.latency_samples, model.facts.sample_rates) == (0, (48000.0,))
