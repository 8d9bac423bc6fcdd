"""Nets by name: the shapes they are published with, numbers a training takes, entry points, and what `auto` chooses."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from random_specs import one_thread
from synthetic_capture import KNOBS, RATE, write_capture

from wetdry.models import Model, Parameter, net_table
from wetdry.models.dataset import CaptureFolder
from wetdry.models.errors import InvalidValue, UnknownName
from wetdry.models.losses import LOSSES, named
from wetdry.models.net_choice import RULES, choose
from wetdry.models.net_table import NETS, Nets
from wetdry.models.nets import build, has_state
from wetdry.models.training import Recipe, train

ONE = (Parameter("drive"),)

# weights without knobs and receptive field, as NAM's trainer and micro-tcn's table have them (NAM counts head_scale too)
PUBLISHED = {"nam-standard": (13801, 4093), "nam-lite": (6553, 4093), "nam-feather": (3025, 4093), "nam-nano": (841, 4093),
             "nam-a2": (12145, 6347), "nam-a2-lite": (1870, 6347), "lstm": (4513, 1),
             "classic-cnn": (6433, 17)}  # fmt: skip
REACH = {"tcn-100": 4445, "tcn-300": 13333, "tcn-1000": 44445, "compressor": 13333, "convnet": 4096, "dense": 128}


def weights(spec):
    return sum(torch.Size(shape).numel() for shape in spec.weight_shapes.values())


@pytest.mark.parametrize("name", NETS)
def test_every_net_builds_answers_and_has_numbers_a_training_takes(name):
    net = NETS[name]
    Recipe(**{"epochs": 1, **net.training})
    with one_thread(), torch.no_grad():
        for knobs in ((), ONE, tuple(Parameter(f"knob_{i}") for i in range(5))):
            spec = net.make(48000.0, knobs, 0.1)
            assert (spec.knobs, spec.sample_rate, spec.input_channels, spec.output_channels) == (knobs, 48000.0, 1, 1)
        heard = build(spec, 0).eval()(0.1 * torch.randn(1, 300), torch.rand(1, 5))
    assert heard.shape == (1, 300) and heard.isfinite().all() and heard.std() > 0
    assert has_state(spec) == bool(net.training.get("lead_in")), "a state wants a lead-in, and nothing else does"


@pytest.mark.parametrize("name", PUBLISHED)
def test_shapes_are_the_published_ones(name):
    spec = NETS[name].make(48000, (), 0.1)
    assert (weights(spec), spec.receptive_field) == PUBLISHED[name]


@pytest.mark.parametrize("name", REACH)
def test_reaches_are_the_published_ones(name):
    assert NETS[name].make(44100, ONE, 0.1).receptive_field == REACH[name]


def test_many_knobs_have_a_wider_net_behind_them():
    few, many = (NETS["standard"].make(48000, tuple(map(Parameter, names)), 0.1).conditioning for names in ("abc", "abcd"))
    assert (few.hidden, many.hidden) == ((16, 16), (32, 32))


def test_every_net_is_documented():
    from wetdry.host.cli.train import MODEL_HELP, run

    for name in NETS:
        assert name in net_table.__doc__ and f" {name}" in MODEL_HELP
    assert {rule.net for rule in RULES} <= set(NETS)
    assert all(rule.net in run.__doc__ for rule in RULES)


def test_unknown_nets_and_two_nets_at_once_are_refused(tmp_path):
    with pytest.raises(UnknownName, match=r"did you mean .*lstm"):
        NETS["lstn"]
    capture = write_capture(tmp_path / "capture", takes=1, frames=2000)
    spec = NETS["dense"].make(RATE, KNOBS, 0.1)
    with pytest.raises(InvalidValue, match="model and spec each say"):
        train(capture, tmp_path, model="dense", spec=spec, epochs=1)


MODULE = """
import torch
from wetdry.models.spec import Dense, ModelSpec
def make(sample_rate, knobs, level):
    return ModelSpec(sample_rate=float(sample_rate), layers=(Dense(channels=1),))
make.training = {"batch_size": 3}
def loss(prediction, target, power, step):
    return (prediction - target).abs().mean()
"""


def package(folder, text):
    info = folder / "extra_nets-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: extra-nets\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(text)
    (folder / "extra_nets.py").write_text(MODULE)


def test_other_packages_add_nets_and_losses(tmp_path, monkeypatch):
    package(tmp_path, "[wetdry.nets]\nmatrix = extra_nets:make\n[wetdry.losses]\nmean-error = extra_nets:loss\n")
    monkeypatch.syspath_prepend(tmp_path)
    nets = Nets()
    assert "matrix" in nets and nets["matrix"].training == {"batch_size": 3}
    assert nets["matrix"].make(48000, (), 0.1).multiply_adds == 1
    assert float(named("mean-error")(torch.zeros(2, 4), torch.ones(2, 4), None, 0)) == 1.0
    assert Recipe(epochs=1, loss="mean-error").loss == "mean-error" and "mean-error" not in LOSSES
    with pytest.raises(UnknownName, match="mean-error"):
        named("mean-eror")


def test_a_name_that_is_taken_is_refused(tmp_path, monkeypatch):
    package(tmp_path, "[wetdry.nets]\nlstm = extra_nets:make\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InvalidValue, match="'lstm' is there already"):
        list(Nets())


SATURATOR = {"response_seconds": 0.009, "recovery_seconds": 0.0, "gain_change_db": -7.0, "highest_gain_db": 11.0,
             "distortion_db": -12.0, "order": 11, "steps": False}  # fmt: skip
CASES = [
    ({}, "standard"),
    ({"steps": True, "recovery_seconds": 1.0}, "standard"),
    ({"response_seconds": 0.06}, "nam-standard"),
    ({"response_seconds": 0.1}, "nam-a2"),
    ({"recovery_seconds": 0.2}, "tcn-300"),
    ({"distortion_db": -40.0, "highest_gain_db": 0.0, "recovery_seconds": 0.3, "gain_change_db": -20.0}, "compressor"),
    ({"distortion_db": -40.0, "highest_gain_db": 6.0, "recovery_seconds": 0.2}, "tcn-300"),
    ({"distortion_db": -40.0, "gain_change_db": -1.0}, "standard"),
    ({"recovery_seconds": 2.0}, "s4d"),
    ({"order": 1, "gain_change_db": 0.0, "response_seconds": 0.5}, "s4d"),
    ({"distortion_db": -40.0, "highest_gain_db": 0.0, "recovery_seconds": 2.0}, "s4d-gain"),
]  # fmt: skip


@pytest.mark.parametrize(("measured", "name"), CASES)
def test_auto_goes_by_the_table(measured, name):
    choice = choose(SATURATOR | measured)
    assert choice.name == name and choice.why


def test_auto_is_noted_and_nothing_measured_is_standard(tmp_path):
    capture = write_capture(tmp_path / "capture", takes=1, frames=2000)
    assert not CaptureFolder.open(capture).record.checks
    numbers = {"epochs": 0.01, "batch_size": 1, "segment": 512, "loss": "esr", "accelerator": "cpu"}
    model = train(capture, tmp_path, model="auto", **numbers)
    assert model.training["net"] == "standard" and "nothing was measured" in model.training["chosen"]
    assert isinstance(model, Model) and model.spec.receptive_field == 2047
