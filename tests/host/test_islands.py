"""The offline executor over plans: islands against DawDreamer itself, and everything in step."""

from typing import Any

import numpy as np
import pytest
from installed_plugins import installed_vst2

from wetdry import Faust, load_plugin
from wetdry.effects import Gain
from wetdry.host.graph.offline import cut, play_offline
from wetdry.host.graph.plan import Lead, Node, Plan
from wetdry.models.errors import InvalidValue, PluginError

dawdreamer = pytest.importorskip("dawdreamer")
RATE = 48000
BOTH = ((0, 0), (1, 1))


def noise(seed=0, samples=20011, level=0.1):
    return (level * np.random.default_rng(seed).uniform(-1, 1, (2, samples))).astype(np.float32)


def plan_of(processors, *leads, inputs=("in",), outputs=("out",)):
    """A plan of stereo nodes, in playing order; a lead is (source, target, more of Lead by name)."""
    nodes = {name: Node(name, None, 2, 2) for name in inputs}
    keyed = {target for _, target, *more in leads if more and more[0].get("into_key")}
    for name, processor in processors.items():
        nodes[name] = Node(name, processor, 2, 2, getattr(processor, "key_channels", 0) if name in keyed else 0)
    nodes |= {name: Node(name, None, 2, 2) for name in outputs if name not in nodes}
    laid = [Lead(s, t, **{"into_key": False, "pairs": BOTH, **(more[0] if more else {})}) for s, t, *more in leads]
    return Plan(RATE, nodes, tuple(laid), tuple(inputs), tuple(outputs))


def islands_of(plan):
    return [" ".join(segment.nodes) for segment in cut(plan)[0] if segment.colour == "DawDreamer"]


def limiter(**knobs) -> Any:
    return load_plugin(installed_vst2("ZaMaximX2-vst"), None, {"threshold_db": 0, "output_ceiling_db": 0, **knobs})


def ducker() -> Any:
    """LSP's compressor, listening to its key alone."""
    plugin = load_plugin(installed_vst2("lsp-plugins/sc-compressor-stereo"))
    plugin.sct = next(choice for choice in plugin.parameters["sct"].parameter.choices if choice.startswith("Ext"))
    plugin.al_db, plugin.cr = -40, 20
    return plugin


def test_a_plain_dawdreamer_graph_is_one_island_and_equals_dawdreamer():
    comp, maxim, duck = installed_vst2("ZamCompX2-vst"), installed_vst2("ZaMaximX2-vst"), ducker()
    plan = plan_of(
        {"comp": load_plugin(comp), "duck": duck, "maxim": load_plugin(maxim)},
        ("in", "comp"), ("comp", "duck"), ("kick", "duck", {"into_key": True}), ("duck", "maxim"), ("maxim", "out"),
        ("comp", "dry"),
        inputs=("in", "kick"), outputs=("out", "dry"),
    )  # fmt: skip
    assert islands_of(plan) == ["comp duck maxim"]
    signal, kick, samples = noise(), noise(1, level=0.8), 20011
    heard = play_offline(plan, {"in": signal, "kick": kick})

    engine = dawdreamer.RenderEngine(RATE, 8192)
    a, b = (engine.make_playback_processor(name, np.pad(x, ((0, 0), (0, 480)))) for name, x in (("a", signal), ("b", kick)))
    one, three = engine.make_plugin_processor("1", str(comp)), engine.make_plugin_processor("3", str(maxim))
    two = engine.make_plugin_processor("2", str(duck.path))
    index = {told["name"]: told["index"] for told in two.get_parameters_description()}
    for name, knob in (("sct", "sct"), ("al", "al_db"), ("cr", "cr")):
        two.set_parameter(index[name], duck.raw_values[knob])
    one.record = True
    engine.load_graph([(a, []), (b, []), (one, ["a"]), (two, ["1", "b"]), (three, ["2"])])
    engine.render((samples + 480.5) / RATE)
    np.testing.assert_array_equal(heard["dry"], engine.get_audio("1")[:, :samples])
    np.testing.assert_array_equal(heard["out"], engine.get_audio()[:, 480 : 480 + samples])


def test_a_key_ducks_and_arrives_in_step():
    """The key goes through a look-ahead limiter, the music through none: the dip is where the key is."""
    music, key = np.full((2, 48000), 0.5, np.float32), np.zeros((2, 48000), np.float32)
    key[:, 24000:] = noise(1, 24000, 0.8)

    def dip(*leads):
        plan = plan_of({"limit": limiter(), "duck": ducker()}, *leads, ("duck", "out"), inputs=("in", "kick"))
        return play_offline(plan, {"in": music, "kick": key})["out"]

    heard = dip(("kick", "limit"), ("limit", "duck", {"into_key": True}), ("in", "duck"))
    assert np.sqrt(np.mean(heard[:, :24000] ** 2)) > 0.45
    assert np.sqrt(np.mean(heard[:, 36000:] ** 2)) < 0.1
    at_once = dip(("kick", "duck", {"into_key": True}), ("in", "duck"))
    np.testing.assert_allclose(heard, at_once, atol=1e-6)  # this plugin rounds by where its blocks begin


def test_an_island_is_split_where_sound_would_have_to_wait_inside():
    leads = [("in", "limit"), ("in", "duck"), ("limit", "duck", {"into_key": True}), ("duck", "out")]
    assert islands_of(plan_of({"limit": limiter(), "duck": ducker()}, *leads)) == ["limit duck"]  # the dry sound is held back
    inside = [("in", "gain"), ("gain", "limit"), ("gain", "duck"), *leads[2:]]
    plan = plan_of({"gain": Faust("process = *(0.5), *(0.5);"), "limit": limiter(), "duck": ducker()}, *inside)
    assert islands_of(plan) == ["gain limit", "duck"]
    np.testing.assert_array_equal(play_offline(plan, {"in": noise()})["out"], ducker()(0.5 * noise(), RATE, key=0.5 * noise()))


def test_what_no_engine_does_lies_between_islands():
    """Levels, delays, channel maps and sums split an island; an array between two islands changes nothing else."""
    swap, late = {"pairs": ((0, 1), (1, 0))}, {"delay_samples": 100}
    for way in ({"gain": Gain(gain_db=-6)}, swap, late):
        plan = plan_of({"a": limiter(), "b": limiter()}, ("in", "a"), ("a", "b", way), ("b", "out"))
        assert islands_of(plan) == ["a", "b"]
    summed = plan_of({"a": limiter(), "b": limiter()}, ("in", "a"), ("a", "b", swap), ("in", "b", late), ("b", "out"))
    expected = noise()[::-1].copy()
    expected[:, 100:] += noise()[:, :-100]
    np.testing.assert_array_equal(play_offline(summed, {"in": noise()})["out"], expected)


@pytest.mark.parametrize("seed", range(12))
def test_random_graphs_of_look_ahead_limiters_stay_in_step(seed):
    """Below its ceiling the limiter is a pure latency of 480 samples, so that only gains and meant delays remain."""
    generator = np.random.default_rng(seed)
    processors, leads, expected = {}, [], {"in": noise(seed, 5003, 1e-3).astype(np.float64)}
    for i in range(int(generator.integers(2, 8))):
        name, kind = f"n{i}", generator.integers(3)
        processors[name] = limiter() if kind == 0 else Gain(gain_db=0) if kind == 1 else None
        expected[name] = np.zeros((2, 5003))
        known = [known for known in expected if known != name]
        for source in generator.choice(known, min(len(known), int(generator.integers(1, 3))), replace=False):
            level, late, flipped = generator.random() < 0.3, int(generator.integers(3)) // 2 * 37, generator.random() < 0.2
            pairs = ((0, 1), (1, 0)) if flipped else BOTH
            leads.append((source, name, {"gain": Gain(gain_db=-3) if level else None, "delay_samples": late, "pairs": pairs}))
            arriving = (10 ** (-3 / 20) if level else 1) * (expected[source][::-1] if flipped else expected[source])
            expected[name][:, late:] += arriving[:, : 5003 - late]
    names = [name for name in processors]
    heard = play_offline(plan_of(processors, *leads, outputs=tuple(names)), {"in": expected["in"].astype(np.float32)})
    for name in names:
        np.testing.assert_allclose(heard[name], expected[name], atol=1e-6 * np.abs(expected[name]).max())


def test_nan_is_an_error_that_names_the_node():
    plan = plan_of({"bad": Faust("process = log(0 - abs(_)), _;")}, ("in", "bad"), ("bad", "out"))
    with pytest.raises(PluginError, match="bad: NaN or infinity"):
        play_offline(plan, {"in": noise()})


def test_what_comes_in_as_nan_counts_as_silence():
    signal, plan = noise(), plan_of({"limit": limiter()}, ("in", "limit"), ("limit", "out"))
    signal[0, 100] = np.nan
    heard = play_offline(plan, {"in": signal})["out"]
    np.testing.assert_array_equal(heard, np.nan_to_num(signal, nan=0.0))


def test_a_loop_through_what_cannot_stream_says_why_not():
    plan = plan_of(
        {"limit": limiter()}, ("in", "limit"), ("limit", "limit", {"delay_samples": 500, "closes_loop": True}), ("limit", "out")
    )
    with pytest.raises(InvalidValue, match=r"loop through limit .* block by block.*ZaMaximX2"):
        play_offline(plan, {"in": noise()})
