"""Rigs from Python to YAML and back: every kind of processor sounds the same to the last bit."""

import hashlib

import numpy as np
import pytest
import soundfile
import yaml
from installed_plugins import installed_vst2
from random_model import random_model

import wetdry
from wetdry import (
    CabinetIR,
    Chain,
    DawDreamerProcessor,
    Faust,
    Gain,
    Graph,
    Mix,
    NeuralAmp,
    NeuralDelay,
    NeuralEffect,
    RandomizedOverdrive,
    Rig,
    TubeSaturator,
    load_plugin,
)
from wetdry.host.recipe import KINDS, describe, kind_of
from wetdry.host.rig import writing
from wetdry.models import Parameter, load
from wetdry.models.errors import InvalidType, InvalidValue
from wetdry.models.spec import wavenet
from wetdry.presets import clone_path, rig_names, rig_path

pedalboard = pytest.importorskip("pedalboard")
RATE = 48000


def audio(channels=1, samples=3072):
    return (0.2 * np.random.default_rng(0).standard_normal((channels, samples))).astype(np.float32)


def sound(processor, channels=1):
    return hashlib.sha256(np.ascontiguousarray(processor(audio(channels), RATE)).tobytes()).hexdigest()


def saved(board, folder, **loading):
    """Return the board of a rig that was saved and loaded."""
    Rig(board, name="saved").save(folder / "rig.yaml")
    return Rig.load(folder / "rig.yaml", **loading).board


def response(channels=1):
    return (np.random.default_rng(1).standard_normal((channels, 200)) * np.exp(-np.arange(200) / 20)).astype(np.float32)


@pytest.fixture
def folder(tmp_path):
    soundfile.write(tmp_path / "cab.wav", response().T, RATE, subtype="FLOAT")
    model = random_model(wavenet(RATE, (Parameter("drive", "", 0, 10, 5),), channels=4, dilations=(1, 2)), scale=0.4)
    (tmp_path / "models").mkdir()
    model.save(tmp_path / "models/clone.safetensors")
    return tmp_path


EFFECTS = {
    "one effect": lambda f: TubeSaturator(drive_db=33, bias=-0.123456789, oversampling=4),
    "nothing": lambda f: Chain(),
    "a wire": lambda f: Chain([None, Gain(gain_db=-3.1)]),
    "an impulse response": lambda f: CabinetIR(f / "cab.wav", low_cut_hz=90, normalise="energy"),
    "an array": lambda f: CabinetIR((response(2), RATE), mix=0.5),
    "a clone": lambda f: NeuralEffect(load(clone_path("zamtube")), tube_drive=7),
    "a model of one's own": lambda f: NeuralEffect(load(f / "models/clone.safetensors"), drive=1 / 3),
    "an amp": lambda f: NeuralAmp(f / "models/clone.safetensors", (response(), RATE), drive=9, input_db=-3),
    "an effect in an effect": lambda f: NeuralDelay(TubeSaturator(oversampling=1), time_ms=3, loop_drive_db=30),
    "numbers for a net": lambda f: RandomizedOverdrive(7, activation="relu", weight_spread=2.0),
    "natives": lambda f: Chain([
        pedalboard.LadderFilter(mode=pedalboard.LadderFilter.Mode.HPF12, cutoff_hz=900.5), pedalboard.Reverb(0.9),
        pedalboard.Convolution(str(f / "cab.wav"), 0.7), pedalboard.Delay(0.01, 0.5),
    ]),
    "branches": lambda f: Mix(
        [None, Chain([Gain(gain_db=-1)]), Chain([TubeSaturator(), Gain()]), Chain(), Gain(gain_db=2)], [-3, 2, 0.5, 1, -9]
    ),
    "chains in chains": lambda f: Chain([Chain([TubeSaturator()]), Mix([Mix([None])]), Chain([Chain()])]),
    "a graph": lambda f: Graph(
        {"amp": TubeSaturator(drive_db=18), "sub": Graph({"a": Gain(gain_db=-3)}, "left -> a -> out", ["left"]), "bus": None},
        "in -> amp -> bus\nin -> -3.5 dB -> 10 ms -> sub -> bus\nbus -> main", outputs=["main"]
    ),
    "a graph in a chain": lambda f: Chain([Gain(), Graph({"amp": TubeSaturator()}, "in -> amp -> out\nin -> -6 dB -> out")]),
}  # fmt: skip


@pytest.mark.parametrize("make", EFFECTS.values(), ids=EFFECTS)
def test_ours_and_natives(make, folder):
    board = make(folder)
    again = saved(board, folder)
    assert sound(again) == sound(board)
    bare = board if isinstance(board, Chain | Graph) else Chain([board])
    if "samples" not in str(before := describe(bare)):  # an array is a file from then on
        assert describe(again) == before
    assert yaml.safe_load((folder / "rig.yaml").read_text())["wetdry"] == 1  # any other reader of YAML takes it too


PLUGINS = {
    "vst3": lambda f, zam: load_plugin(zam, parameter_values={"tube_drive": 6.0, "treble": 2.0}),
    "by position": lambda f, zam: positioned(load_plugin(zam)),
    "isolated": lambda f, zam: load_plugin(zam, isolated=True, parameter_values={"bass": 7.7}),
    "in dawdreamer": lambda f, zam: load_plugin(zam, host="dawdreamer", parameter_values={"tube_drive": 3.3}),
    "vst2": lambda f, zam: load_plugin(installed_vst2("ZamTube-vst"), parameter_values={"tube_drive": 7.1}),
    "with a state": lambda f, zam: with_state(load_plugin(zam)),
    "dawdreamer's": lambda f, zam: DawDreamerProcessor("compressor", threshold_db=-33.3),
    "faust": lambda f, zam: Faust('process = *(gain);\ngain = hslider("gain", 0.5, 0, 1, 0.001);\n', gain=0.123),
    "a faust file": lambda f, zam: faust_file(f),
}


def positioned(plugin):
    plugin.raw_values = {"tube_drive": 0.123456, "treble": 1 / 3}
    return plugin


def with_state(plugin):
    source = load_plugin(plugin.path, parameter_values={"tube_drive": 9.0, "bass": 1.5})
    plugin.raw_state = source.raw_state
    plugin.treble = 8.0
    return plugin


def faust_file(folder):
    (folder / "half.dsp").write_text("process = *(0.5);")
    return Faust(folder / "half.dsp")


@pytest.mark.parametrize("make", PLUGINS.values(), ids=PLUGINS)
def test_plugins_and_programs(make, folder, zamtube):
    pytest.importorskip("dawdreamer")
    board = make(folder, zamtube)
    channels = 2 if isinstance(board, DawDreamerProcessor) else 1
    assert sound(saved(board, folder, trusted=True), channels) == sound(board, channels)
    text = (folder / "rig.yaml").read_text()
    assert str(zamtube.parent) not in text  # an installed plugin is known by its name, wherever it lies
    assert "half.dsp" not in text or str(folder) not in text


def test_a_foreign_model(folder):
    pytest.importorskip("onnxruntime")
    load(folder / "models/clone.safetensors").save(folder / "clone.onnx")
    board = load_plugin(folder / "clone.onnx", parameter_values={"drive": 1 / 3}, buffer_size=64)
    again = saved(board, folder)
    assert again[0].arguments() == {"buffer_size": 64} and sound(again) == sound(board)


def test_every_kind_of_recipe_has_an_entry():
    assert set(writing._ENTRIES) == set(KINDS)


def test_every_native_that_a_recipe_says(folder):
    made = 0
    for name in dir(pedalboard):
        kind = getattr(pedalboard, name)
        try:
            if not issubclass(kind, pedalboard.Plugin) or issubclass(kind, pedalboard.Chain | pedalboard.Mix):
                continue
            plugin = kind()
            describe(plugin)
        except (TypeError, RuntimeError):
            continue  # no class, abstract, or it needs a file
        if kind_of(plugin) == "native" and name != "IIRFilter":
            assert describe(saved(plugin, folder)[0]) == describe(plugin), name
            made += 1
    assert made > 20


def test_factory_rigs_come_back(folder):
    """Graphs with automation, MIDI maps, presets and programs, as people write them."""
    for name in rig_names():
        rig = Rig.load(rig_path(name))
        rig.save(folder / "rig.yaml")
        again = Rig.load(folder / "rig.yaml")
        assert (again.name, again.midi, again.presets, again.tempo) == (rig.name, rig.midi, rig.presets, rig.tempo), name
        assert dict(again.automation) == dict(rig.automation) and sound(again) == sound(rig), name


def test_a_long_state_lies_beside(folder, zamtube, monkeypatch):
    monkeypatch.setattr(writing, "MOST_INLINE_BYTES", 100)
    plugin = with_state(load_plugin(zamtube))
    assert sound(saved(Chain([Gain(), plugin]), folder)) == sound(plugin)
    (kept,) = folder.glob("rig.*.state")
    assert kept.name in (folder / "rig.yaml").read_text() and kept.read_bytes() == plugin.raw_state


def test_saving_again_spoils_no_file_beside(folder):
    Rig(CabinetIR((response(), RATE)), automation={"mix": np.linspace(0, 1, 3072)}).save(folder / "rig.yaml")
    again = Rig.load(folder / "rig.yaml")
    more = Rig(Chain([CabinetIR((response(2), RATE)), *again.board]), automation={"1.mix": again.automation["mix"]})
    more.save(folder / "rig.yaml")
    assert len(list(folder.glob("rig.*.wav"))) == 3 and sound(Rig.load(folder / "rig.yaml"), 2) == sound(more, 2)


def test_a_preset_of_the_plugins_own(folder, zamtube):
    plugin = load_plugin(zamtube, parameter_values={"tube_drive": 8.5})
    plugin.save_preset(folder / "loud.vstpreset")
    (folder / "rig.yaml").write_text("wetdry: 1\nchain:\n  - {plugin: ZamTube.vst3, state: loud.vstpreset}\n")
    assert sound(Rig.load(folder / "rig.yaml")) == sound(plugin)


def test_files_beside_the_rig_go_where_it_goes(folder):
    saved(Chain([NeuralEffect(load(folder / "models/clone.safetensors")), CabinetIR(folder / "cab.wav")]), folder)
    before = sound(Rig.load(folder / "rig.yaml"))
    folder.rename(folder.with_name("elsewhere"))
    assert sound(Rig.load(folder.with_name("elsewhere") / "rig.yaml")) == before


def test_texts_that_look_like_something_else_stay_texts(folder):
    names = [
        "1e3",
        "on",
        "no",
        "0x10",
        "1:30",
        "null",
        "~",
        "12",
        " a ",
        "x: y",
        "# c",
        "é",
        "a\nb\n",
        "- a",
        "1_000",
        ".5",
        "!x",
    ]
    rig = Rig(Gain(), name="1e5", about="true", presets={name: {"gain_db": -0.1} for name in names})
    rig.save(folder / "rig.yaml")
    again = Rig.load(folder / "rig.yaml")
    assert (again.name, again.about, list(again.presets)) == ("1e5", "true", names)
    again.recall("~")
    assert again.board[0].gain_db == -0.1


def test_what_cannot_be_written_is_named(folder):
    model = random_model(wavenet(RATE, (Parameter("drive"),), channels=2, dilations=(1,)))
    with pytest.raises(InvalidType, match="save"):
        Rig(NeuralEffect(model)).save(folder / "rig.yaml")
    with pytest.raises(InvalidValue, match=r"\.yaml"):
        Rig(Gain()).save(folder / "rig.json")
    with pytest.raises(InvalidValue, match="whole number"):
        Rig(CabinetIR((response(), RATE + 0.5))).save(folder / "rig.yaml")
    assert not (folder / "rig.yaml").exists()


def test_the_face_has_it():
    assert wetdry.Rig is Rig
