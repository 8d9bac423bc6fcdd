"""Whatever plays a rival plays the same sound, block after block, at the knobs that were asked for."""

import numpy as np
import pytest
from installed_plugins import installed, installed_vst2
from random_model import random_model

from wetdry import Bitcrusher, Gain, NeuralEffect, TubeSaturator
from wetdry.host.chain import Chain
from wetdry.host.recipe import describe
from wetdry.host.study.engine_files import engine_file
from wetdry.host.study.players import INT8, MODEL_ENGINES, build, loop_of, standing_at
from wetdry.host.study.rivals import Field, add_maths, add_model, add_processor, engines_of, reference_of, wishes_of
from wetdry.host.study.streaming import carrying, stream
from wetdry.models import Parameter
from wetdry.models.errors import InvalidValue, PluginError, UnknownName
from wetdry.models.metrics import esr
from wetdry.models.spec import LSTM, Dense, ModelSpec, wavenet

RATE = 48000.0
KNOB = Parameter("drive", "", 0.0, 10.0, 5.0)
DRY = (0.3 * np.random.default_rng(4).standard_normal(4800)).astype(np.float32)


def values_of(effect):
    return {name: knob.value for name, knob in effect.parameters.items()}


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    path = tmp_path_factory.mktemp("net") / "model.safetensors"
    model = random_model(wavenet(RATE, (KNOB,), channels=4, dilations=(1, 2, 4)), scale=0.4)
    model.save(path)
    return model, path


def test_every_engine_plays_a_net_from_its_own_file_at_the_knobs_asked_for(net):
    model, path = net
    taking_part = Field()
    add_model(taking_part, "net", "twin", path, MODEL_ENGINES, RATE)
    assert [r.engine for r in taking_part.rivals] == list(MODEL_ENGINES) and not taking_part.left_out
    assert len({r.file for r in taking_part.rivals}) == 4  # ours and torch read the same one
    wanted = {drive: NeuralEffect(model, drive=drive).process(DRY, RATE) for drive in (5.0, 9.0)}
    assert esr(wanted[5.0], wanted[9.0]) > 1e-3
    for rival in taking_part.rivals:
        for drive, size in ((5.0, 64), (9.0, 480)):
            answer = stream(build(rival.recipe, RATE, {"drive": drive}, size), DRY, size)
            error = esr(wanted[drive], answer)
            assert error < (3e-2 if rival.engine == INT8 else 1e-9), (rival.title, drive, error)
        assert (loop_of(rival.recipe, RATE, {}, 64) is not None) == (rival.engine == "ours")


def test_int8_is_computed_in_int8_where_weights_are_constants_and_said_where_not(net, tmp_path):
    import onnx

    recurrent = random_model(ModelSpec(sample_rate=RATE, layers=(LSTM(hidden=12), Dense(channels=1))), scale=0.3)
    for model, words, kinds in ((recurrent, "products int8", {"DynamicQuantizeLSTM"}), (net[0], "products float32", set())):
        path = tmp_path / "model.safetensors"
        model.save(path)
        file, note = engine_file(model, path, INT8)
        found = {node.op_type for node in onnx.load(file).graph.node}
        assert words in note and kinds <= found and bool(kinds) == any("Quantize" in k and "De" not in k for k in found)
        assert file.stat().st_size < engine_file(model, path, "onnxruntime")[0].stat().st_size


def test_a_net_of_another_rate_plays_on_our_engine_alone(tmp_path):
    path = tmp_path / "model.safetensors"
    random_model(wavenet(2 * RATE, (), channels=4, dilations=(1, 2)), scale=0.4).save(path)
    taking_part = Field()
    add_model(taking_part, "net", "twin", path, ("ours", "onnxruntime"), RATE)
    assert [r.engine for r in taking_part.rivals] == ["ours"] and "96000 Hz" in taking_part.left_out["net, onnxruntime"]
    assert len(stream(build(taking_part.rivals[0].recipe, RATE, {}, 64), DRY, 64)) == len(DRY)


@pytest.mark.parametrize("effect", [TubeSaturator(drive_db=20.0, tone_hz=2500.0), Bitcrusher(bit_depth=5.0)], ids=repr)
def test_maths_by_name_is_near_the_reference(effect):
    name, taking_part = type(effect).__name__, Field([reference_of(effect, type(effect).__name__)])
    for wish in wishes_of(["numpy", "numpy-stateless", "pedalboard", "kernels", "kernels-2x"]):
        add_maths(taking_part, wish, effect, name)
    found = {r.name: r for r in taking_part.rivals}
    assert taking_part.left_out["kernels"] == "they are the reference itself"
    assert ("kernels-2x" in found) == (name == "TubeSaturator")
    values = values_of(effect)
    wanted = effect.process(DRY, RATE)
    errors = {key: esr(wanted, stream(build(r.recipe, RATE, values, 64), DRY, 64)) for key, r in found.items()}
    assert errors[name] < 1e-12 and errors["numpy"] < 1e-9
    assert errors["pedalboard"] < (0.15 if name == "TubeSaturator" else 1e-9)
    if name == "TubeSaturator":
        twice = TubeSaturator(**{**values, "oversampling": 2}).process(DRY, RATE)
        answer = stream(build(found["kernels-2x"].recipe, RATE, values, 64), DRY, 64)
        assert esr(twice, answer) < 1e-12 < esr(wanted, answer)


def test_a_given_processor_follows_the_captured_knobs_alone():
    taking_part = Field()
    follows, holds = wishes_of([Gain(gain_db=-3.0), Gain(gain_db=-3.0)])
    assert (follows.name, holds.name) == ("Gain", "Gain 2")
    add_processor(taking_part, follows, ("gain_db",), RATE)
    add_processor(taking_part, holds, (), RATE)
    follows, holds = (stream(build(r.recipe, RATE, {"gain_db": -20.0}, 64), DRY, 64) for r in taking_part.rivals)
    np.testing.assert_allclose(follows, 0.1 * DRY, rtol=1e-4)
    np.testing.assert_allclose(holds, 10 ** (-3 / 20) * DRY, rtol=1e-4)


def test_what_has_no_maths_of_ours_is_left_out_with_the_reason():
    taking_part = Field()
    for wish in wishes_of(["numpy", "pedalboard", "kernels-2x"]):
        add_maths(taking_part, wish, Chain([Gain()]), "Chain")
    assert not taking_part.rivals and all("Chain" in reason for reason in taking_part.left_out.values())


def test_state_that_does_not_carry_over_is_shown_with_its_clicks():
    effect = TubeSaturator(drive_db=20.0, tone_hz=2500.0)
    values = values_of(effect)

    def found(carries):
        recipe = {"plays": "numpy", "effect": "TubeSaturator", "carries": carries}
        return carrying(lambda size: build(recipe, RATE, values, size), DRY)

    assert found(True).carries and found(True).click_db < -150
    assert not found(False).carries and found(False).click_db > -20
    processor = {"plays": "processor", "recipe": describe(effect)}
    assert carrying(lambda size: build(processor, RATE, values, size), DRY).difference_db == -200.0


def test_clicks_are_counted_where_blocks_meet():
    """Of a step added at each block's first sample, the energy is known."""

    class Clicking:
        latency_samples = 0

        def __init__(self, size):
            self.size = size

        def reset(self): ...

        def __call__(self, block):
            out = block.copy()
            if self.size == 64:
                out[0] += 0.1
            return out

    click = carrying(Clicking, DRY)
    power = float(np.mean(DRY.astype(float) ** 2))
    assert click.click_db == pytest.approx(10 * np.log10(0.01 / power), abs=0.1)
    assert click.difference_db == pytest.approx(10 * np.log10(0.01 / 64 / power), abs=0.1) and not click.carries


def test_a_processor_that_is_later_than_it_says_is_brought_forward():
    from wetdry.host.targets import open_target

    taking_part = Field()
    delay = open_target("pedalboard.Delay")
    delay.parameters["delay_seconds"].value, delay.parameters["feedback"].value, delay.parameters["mix"].value = 0.001, 0.0, 1.0
    (wish,) = wishes_of([delay])
    add_processor(taking_part, wish, (), RATE)
    (rival,) = taking_part.rivals
    assert (rival.title, rival.late_samples) == ("Delay, pedalboard", 48)
    answer = stream(build(rival.recipe, RATE, {}, 64), DRY, 64, rival.late_samples)
    np.testing.assert_allclose(answer[:-64], DRY[:-64], atol=1e-6)


def test_a_path_is_a_plugin_a_program_or_a_model(net, tmp_path):
    model, path = net
    model.save(tmp_path / "net.onnx")
    plugin, program, file = wishes_of([installed("ZamTube"), tmp_path / "net.onnx", str(path)])
    assert plugin.name == "ZamTube" and plugin.processor and program.processor and not file.processor
    assert (file.name, file.made, file.file) == ("model.safetensors", "twin", path.resolve())
    taking_part = Field()
    for wish in (plugin, program):
        add_processor(taking_part, wish, (), RATE)
        assert len(stream(build(taking_part.rivals[-1].recipe, RATE, {}, 64), DRY, 64)) == len(DRY)
    assert [r.engine for r in taking_part.rivals] == ["plugin", "plugin"]
    (whole,) = wishes_of([installed_vst2("ZamTube-vst")])
    add_processor(taking_part, whole, (), RATE)
    assert len(taking_part.rivals) == 2 and "stream" in taking_part.left_out[whole.name]


def test_what_swallows_audio_or_breaks_is_named():
    class Silent:
        def reset(self): ...

        def __call__(self, block):
            return block[:0] if block[0] < 9 else block * np.nan

    with pytest.raises(PluginError, match="swallows audio"):
        stream(Silent(), DRY[:64], 16384)
    with pytest.raises(PluginError, match="not finite"):
        stream(Silent(), np.full(64, 9.5, np.float32), 64)


def test_names_that_mean_nothing_are_refused():
    with pytest.raises(UnknownName, match="standrd"):
        wishes_of(["numpy", "standrd"])
    with pytest.raises(InvalidValue, match="needs rivals"):
        wishes_of([])
    with pytest.raises(UnknownName, match="onnx"):
        engines_of(["onnx"])
    assert engines_of(["all"]) == MODEL_ENGINES
    assert [(w.name, w.made, w.net) for w in wishes_of(["lstm", "pruned-standard", "lstm"])] == [
        ("lstm", "twin", "lstm"), ("pruned-standard", "pruned", "standard")]  # fmt: skip


def test_knob_defaults_move_and_nothing_else(net):
    model, _ = net
    moved = standing_at(model, {"drive": 7.0, "other": 1.0})
    assert [k.default for k in moved.spec.knobs] == [7.0] and moved.spec.layers == model.spec.layers
