"""The .nam reader: every option plays as the format says, and as NeuralAmpModelerCore played it."""

import json
from itertools import pairwise

import nam_files
import numpy as np
import pytest
from nam_files import FILES, array, container, lstm, slimmable, wavenet, write
from nam_reference import drawn, play
from random_specs import answer

from wetdry import NeuralEffect
from wetdry.models import load
from wetdry.models.errors import InvalidType, InvalidValue, ModelFileError


def error_ratio(got, expected):
    """Error energy over signal energy."""
    got, expected = np.asarray(got, np.float64), np.asarray(expected, np.float64)
    assert got.shape == expected.shape
    return ((got - expected) ** 2).sum() / (expected**2).sum()


def through_torch(model, audio):
    """What the torch net answers after the model's silence, (channels, samples)."""
    silence = np.zeros((len(audio), model.spec.silence_before), np.float32)
    return answer(model, np.concatenate([silence, audio], 1), np.zeros(0, np.float32))[:, silence.shape[1] :]


def row_by_row(model, audio):
    """`through_torch`, each channel on its own where the model takes one."""
    return np.concatenate([through_torch(model, part) for part in np.split(audio, len(audio) // model.spec.input_channels)])


@pytest.mark.parametrize("name", FILES)
def test_every_option_plays_as_the_format_says(name, tmp_path):
    item = FILES[name](3)
    audio = nam_files.audio(item)
    model = load(write(tmp_path, item))
    silence = 1 if name == "LSTM without a rate" else None
    assert error_ratio(row_by_row(model, audio), play(item, audio, silence)) < 1e-12


@pytest.mark.parametrize("name", ["old keys, gated", "every layer of its own kind", "films, mixed", "head behind the stack",
                                  "condition net with LSTM", "LSTM, three layers", "ConvNet", "Linear", "sequential",
                                  "slimmable", "channels"])  # fmt: skip
@pytest.mark.parametrize("activation", ["exact", "fast"])
def test_the_runtime_plays_the_same(name, activation, tmp_path):
    item = FILES[name](4)
    audio = nam_files.audio(item)
    model = load(write(tmp_path, item), activation=activation)
    swapped = item if activation == "exact" else json.loads(json.dumps(item).replace('"Tanh"', '"Fasttanh"'))
    got = NeuralEffect(model)(audio, model.spec.sample_rate)
    assert error_ratio(got, play(swapped, audio, activation=activation)) < 1e-10


def test_fast_is_not_exact(tmp_path):
    path = write(tmp_path, FILES["old keys"](1))
    audio = nam_files.audio(FILES["old keys"](1))
    difference = error_ratio(through_torch(load(path, activation="fast"), audio), through_torch(load(path), audio))
    assert 1e-9 < difference < 1e-4


@pytest.mark.parametrize("name", ["films", "films, gated", "films, blended, scale only", "films, mixed"])
def test_legacy_films(name, tmp_path):
    item = FILES[name](5)
    audio, path = nam_files.audio(item), write(tmp_path, item)
    model = load(path, layer1x1_post_film="legacy")
    assert error_ratio(through_torch(model, audio), play(item, audio, layer1x1_post_film="legacy")) < 1e-12
    difference = error_ratio(through_torch(load(path), audio), through_torch(model, audio))
    assert difference == 0 if "blended" in name else difference > 1e-4


def test_reversed_linear(tmp_path):
    item = FILES["Linear"](1)
    audio, path = nam_files.audio(item), write(tmp_path, item)
    assert error_ratio(through_torch(load(path, reversed_linear=True), audio), play(item, audio, reversed_linear=True)) < 1e-12
    assert load(path).spec.silence_before == 0
    assert load(path).weights["layers.0.weight"][0, 0, -1] == np.float32(item["weights"][0])  # the newest sample's


@pytest.mark.parametrize(("slim", "chosen"), [(0.0, 0), (0.29, 0), (0.3, 1), (0.59, 1), (0.6, 2), (1.0, 2), (None, 2)])
def test_containers_choose_by_slim(slim, chosen, tmp_path):
    item = container(2)
    alone = item["config"]["submodels"][chosen]["model"]
    got, expected = load(write(tmp_path, item), slim=slim), load(write(tmp_path, alone, "alone.nam"))
    assert got.spec == expected.spec
    assert all((got.weights[name] == expected.weights[name]).all() for name in expected.weights)
    assert got.metadata["loudness"] == -18.5


@pytest.mark.parametrize(("slim", "widths"), [(0.0, (1, 1)), (0.3, (1, 2)), (0.5, (2, 3)), (0.8, (4, 4)), (1.0, (4, 4))])
def test_slimmable_wavenets_keep_the_first_channels(slim, widths, tmp_path):
    item, small = slimmable(6), slimmable(6)
    one, two = small["config"]["layers"]
    one.update(channels=widths[0], bottleneck=max(1, 6 * widths[0] // 4), head={**one["head"], "out_channels": widths[1]})
    one["activation"]["negative_slopes"] = one["activation"]["negative_slopes"][: one["bottleneck"]]
    two.update(input_size=widths[0], channels=widths[1])
    shapes = [a.shape for a in drawn(small, 0)]
    narrow = [a[tuple(map(slice, shape))] for a, shape in zip(drawn(item, 6), shapes, strict=True)]
    small["weights"] = [float(w) for a in narrow for w in a.ravel()]
    audio = nam_files.audio(item)
    assert error_ratio(through_torch(load(write(tmp_path, item), slim=slim), audio), play(small, audio)) < 1e-12


def test_what_cannot_be_slimmed_says_so(tmp_path):
    with pytest.raises(InvalidValue, match=r"slim = 0\.5: .* holds one size; leave slim out"):
        load(write(tmp_path, FILES["old keys"](1)), slim=0.5)
    several = {"slimmable": {"method": "slice_channels_uniform"}}
    for one_size in ({"groups_input": 2}, {"head": {"out_channels": 1, "kernel_size": 2, "bias": True}}):
        path = write(tmp_path, wavenet(1, array(**several, **one_size)))
        assert load(path).weight_count
        with pytest.raises(ModelFileError, match="one size"):
            load(path, slim=0.1)


@pytest.mark.parametrize(("options", "error"), [
    ({"slim": 1.5}, InvalidValue), ({"slim": float("nan")}, InvalidValue), ({"slim": "big"}, InvalidType),
    ({"activation": "quick"}, InvalidValue), ({"layer1x1_post_film": None}, InvalidValue),
    ({"reversed_linear": 1}, InvalidType),
])  # fmt: skip
def test_options_are_checked(options, error, tmp_path):
    with pytest.raises(error, match=next(iter(options))):
        load(write(tmp_path, container(1)), **options)


@pytest.mark.parametrize(("version", "readable"), [
    ("0.5.0", True), ("0.5.4", True), ("0.6.0", True), ("0.7.0", True), ("0.7.9", True),
    ("0.4.9", False), ("0.8.0", False), ("1.0.0", False), ("0.7", False), ("seven", False), (0.7, False),
])  # fmt: skip
def test_versions(version, readable, tmp_path):
    path = write(tmp_path, {**lstm(1), "version": version})
    if readable:
        assert load(path).spec.sample_rate == nam_files.SLOW
        return
    with pytest.raises(ModelFileError, match=r"version: .*(0\.5\.0 to 0\.7\.x are readable|a text is needed)"):
        load(path)


def test_prewarm_rate_and_metadata(tmp_path):
    model = load(write(tmp_path, lstm(1, sample_rate=44100)))
    assert (model.spec.prewarm_samples, model.spec.sample_rate) == (22050, 44100)
    assert model.metadata == {"name": "a test", "loudness": -18.5}
    assert set(model.weights) >= {"layers.0.initial_hidden", "layers.0.initial_cell"}
    model = load(write(tmp_path, lstm(1, sample_rate=None, metadata=None)))
    assert (model.spec.prewarm_samples, model.spec.sample_rate, model.metadata) == (1, 48000, {})
    model = load(write(tmp_path, wavenet(1, array())))
    assert model.spec.silence_before == model.spec.receptive_field == 17
    assert load(write(tmp_path, FILES["condition net with LSTM"](1))).spec.silence_before == 4000 + 16


def test_the_last_weight_is_the_head_scale(tmp_path):
    item = wavenet(1, array())
    model = load(write(tmp_path, item))
    assert model.spec.layers[0].head_scale == np.float32(item["weights"][-1])
    item["config"]["head_scale"] = 7.0
    assert load(write(tmp_path, item)).spec == model.spec


def changed(path, value):
    """A change of one place in a WaveNet: `config.layers.0.channels`."""

    def change(item):
        *way, last = path.split(".")
        for key in way:
            item = item[int(key) if isinstance(item, list) else key]
        if value is None:
            del item[last]
        else:
            item[last] = value

    return change


WRONG = [  # what, and the words that must be in the message
    (changed("weights", [0.1] * 20), "weights: 20 found, 238 needed"),
    (changed("architecture", "Catnip"), 'architecture: "Catnip" is not one of WaveNet, LSTM'),
    (changed("sample_rate", -1), "sample_rate: -1 is outside 1 to"),
    (changed("sample_rate", "48000"), 'sample_rate: a number is needed, got "48000"'),
    (changed("metadata", [1]), "metadata: an object is needed, got a list"),
    (changed("metadata", {"loudness": "loud"}), "metadata.loudness: a number is needed"),
    (changed("config.head_scale", None), "config.head_scale: missing"),
    (changed("config.layers", []), "config.layers: 0 entries where 1 to 64 are needed"),
    (changed("config.layers.0.channels", 5000), "config.layers.0.channels: 5000 is outside 1 to 1024"),
    (changed("config.layers.0.channels", 2.5), "config.layers.0.channels: a whole number is needed, got 2.5"),
    (changed("config.layers.0.input_size", 2), "config.layers.0.input_size: 2, but 1 channels arrive"),
    (changed("config.layers.0.condition_size", 3), "config.layers.0.condition_size: 3, but 1 channels arrive"),
    (changed("config.layers.0.kernel_sizes", [3, 3]), "only one of kernel_size and kernel_sizes"),
    (changed("config.layers.0.kernel_size", 0), "config.layers.0.kernel_size: 0 is outside 1 to"),
    (changed("config.layers.0.dilations", [10**6] * 3), "receptive field"),
    (changed("config.layers.0.activation", "Softsigmoid"), 'activation: "Softsigmoid" is not one of Tanh'),
    (changed("config.layers.0.activation", ["Tanh"]), "activation: 1 entries where 3 are needed"),
    (changed("config.layers.0.gating_mode", "closed"), "gating_mode: \"closed\" is not one of none, gated, blended"),
    (changed("config.layers.0.groups_input", 3), "arrays.0.groups: 3 groups do not divide"),
    (changed("config.layers.0.head", None), "config.layers.0.head_size: missing"),
    (changed("config.layers.0.conv_pre_film", {"shift": 3}), "conv_pre_film.shift: true or false is needed, got 3"),
    (changed("config.layers.0.head1x1_post_film", {}), "a FiLM after a 1x1 convolution that is not there"),
    (changed("config.condition_dsp", {}), "config.condition_dsp.version: missing"),
    (changed("config.condition_dsp", lstm(1)), "config.condition_dsp: 8000 Hz inside a model of 48000 Hz"),
    (changed("config.layers.0.slimmable", {"method": "melt"}), 'slimmable.method: "melt" is not one of slice_channels_uniform'),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), WRONG, ids=[words for _, words in WRONG])
def test_what_is_wrong_is_named(change, words, tmp_path):
    item = wavenet(1, array())
    change(item)
    path = write(tmp_path, item)
    with pytest.raises(ModelFileError) as caught:
        load(path)
    assert words in str(caught.value) and str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


def manifest(shared):
    return json.loads((shared / "vectors/nam/manifest.json").read_text())


def vector(folder, entry):
    """Input and output of one reference, float32 (samples,)."""
    if entry["kind"] == "f32":
        return (np.fromfile(folder / entry[key], "<f4") for key in ("input", "output"))
    content = (folder / entry["vector"]).read_bytes()
    count = int.from_bytes(content[:4], "little")
    return np.frombuffer(content[4:], "<f4").reshape(2, count)


def test_all_that_neural_amp_modeler_core_played(shared):
    folder = shared / "vectors/nam"
    for entry in manifest(shared):
        film = "legacy" if entry.get("layer1x1_post_film") == "legacy" else "always"
        model = load(folder / entry["model"], slim=entry.get("slim"), layer1x1_post_film=film)
        audio, expected = vector(folder, entry)
        effect = NeuralEffect(model)
        for block in (1, 64, 997, 4096):
            loud = max(int(np.abs(audio).argmax()) - 1024, 0)  # 2048 single samples there are enough
            start, end = (loud, loud + 2048) if block == 1 else (0, len(audio))
            cuts = [0, *range(start, end, block), len(audio)]
            effect.reset()
            got = [effect(audio[a:b], model.spec.sample_rate, reset=False) for a, b in pairwise(cuts) if a < b]
            assert error_ratio(np.concatenate(got), expected) < 1e-10, (entry["name"], block)
