"""Real plugins that go wrong (faulty/faulty_vst2.cpp, built here): an error or a clean result, no crash, no hang."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from command import refused, wetdry
from installed_programs import installed_program

from wetdry import Chain, Graph, TubeSaturator
from wetdry.host.capture import capture
from wetdry.host.plugins import load_plugin, scan
from wetdry.host.recipe import build, describe
from wetdry.models.errors import CaptureError, PluginCrashed, PluginError

RATE = 48_000
SOURCE = Path(__file__).parent / "faulty" / "faulty_vst2.cpp"
HANG_TIMEOUT = 3  # a plugin that hangs uses all of it; what must load before it hangs gets more


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    """Return what builds a plugin with a fault: (fault, where it strikes) → its file."""
    compiler = installed_program("g++")
    folder = tmp_path_factory.mktemp("faulty")

    def built(fault, where="IN_PROCESS"):
        library = folder / f"{fault}-{where}.so"
        if not library.exists():
            flags = ["-shared", "-fPIC", "-O1", f"-DFAULT={fault}", f"-DWHERE={where}"]
            subprocess.run([compiler, *flags, "-o", library, SOURCE], check=True)
        return library

    return built


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("WETDRY_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def dry():
    return np.random.default_rng(3).uniform(-0.3, 0.3, (2, RATE // 2)).astype(np.float32)


def in_one_line(caught, *words):
    told = str(caught.value)
    assert "\n" not in told and all(word in told for word in words), told


def as_vst3(library):
    """Return a bundle around a library, as VST3 hosts want one."""
    bundle = library.with_suffix(".vst3")
    inside = bundle / "Contents" / "x86_64-linux" / f"{bundle.stem}.so"
    inside.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(library, inside)
    return bundle


PROBED = {
    ("CRASH", "ON_LOAD"): ("crashed while", "SIGSEGV"),
    ("LEAVE", "ON_LOAD"): ("crashed while", "7"),
    ("HANG", "ON_LOAD"): ("hung while", f"stopped after {HANG_TIMEOUT} s"),
    ("CRASH", "AT_ONCE"): ("crashed while", "SIGSEGV"),
}


@pytest.mark.parametrize("fault", PROBED, ids=" ".join)
def test_the_probe_says_what_happened_and_remembers_it(fault, faulty):
    path, timeout = faulty(*fault), HANG_TIMEOUT if "HANG" in fault else 60
    for isolated in (False, True):
        with pytest.raises(PluginError) as caught:
            load_plugin(path, timeout=timeout, isolated=isolated)
        in_one_line(caught, path.name, *PROBED[fault])
    in_one_line(caught, "remembered")


def test_a_vst3_that_goes_wrong_while_loading(faulty):
    with pytest.raises(PluginError) as caught:
        load_plugin(as_vst3(faulty("CRASH", "ON_LOAD")))
    in_one_line(caught, ".vst3 crashed while loading", "SIGSEGV")
    for fault, words, timeout in (("CRASH", "SIGSEGV", 60), ("HANG", "hung while loading", HANG_TIMEOUT)):
        with pytest.raises(PluginCrashed) as caught:
            load_plugin(as_vst3(faulty(fault, "ON_LOAD")), probe=False, isolated=True, timeout=timeout)
        in_one_line(caught, words, ".vst3")


def test_inspect_says_it_in_one_line(faulty, tmp_path):
    refused(wetdry("inspect", faulty("CRASH", "AT_ONCE"), cwd=tmp_path), "crashed", "SIGSEGV")


def test_a_scan_plays_the_sound_ones_and_quarantines_the_rest(faulty, tmp_path):
    wanted = {"NONE": "", "CRASH": "crashed", "LEAVE": "crashed", "HANG": "hung", "NOT_A_NUMBER": "NaN"}
    for fault in wanted:
        shutil.copy(faulty(fault, "AT_ONCE"), tmp_path / f"{fault}.so")
    found = {plugin.path.stem: plugin for plugin in scan([tmp_path], timeout=15)}
    assert set(found) == set(wanted)
    for fault, word in wanted.items():
        assert found[fault].playable == (fault == "NONE") and word in found[fault].quarantine, found[fault]
    assert found["NONE"].maker == "wetdry tests" and found["NONE"].knobs == ("Gain", "Danger")
    with pytest.raises(PluginError, match="quarantined"):
        load_plugin(tmp_path / "CRASH.so")


STRUCK = {"CRASH": "crashed while playing (SIGSEGV)", "LEAVE": "crashed while playing (exit code 7)",
          "HANG": "hung while playing"}  # fmt: skip


@pytest.mark.parametrize("fault", STRUCK)
def test_apart_it_is_an_error_and_plays_again_after(fault, faulty, dry):
    plugin = load_plugin(faulty(fault), probe=False, isolated=True, timeout=10 if fault == "HANG" else 60)
    plugin.gain = 0.5
    assert np.array_equal(plugin(dry, RATE), dry / 2)
    plugin.danger = 1.0
    with pytest.raises(PluginCrashed) as caught:
        plugin(dry, RATE)
    in_one_line(caught, fault, STRUCK[fault])
    plugin.danger = 0.0
    assert np.array_equal(plugin(dry, RATE), dry / 2)


@pytest.mark.parametrize("isolated", [False, True])
def test_nan_is_refused_and_over_with_its_cause(isolated, faulty, dry):
    plugin = load_plugin(faulty("NOT_A_NUMBER"), probe=False, isolated=isolated)
    graph = Graph({"drive": TubeSaturator(drive_db=0), "bad": plugin}, "in -> drive -> bad -> out\nin -> out")
    sound = [graph(dry, RATE), Chain([plugin])(dry, RATE)]
    plugin.danger = 1.0
    for processor in (plugin, graph, Chain([plugin])):
        with pytest.raises(PluginError, match=r"(NaN|not finite|infinite)") as caught:
            processor(dry, RATE)
        in_one_line(caught)
    plugin.danger = 0.0
    assert np.array_equal(graph(dry, RATE), sound[0]) and np.array_equal(Chain([plugin])(dry, RATE), sound[1])


@pytest.mark.parametrize("isolated", [False, True])
def test_a_latency_that_moves_while_it_plays_is_followed(isolated, faulty):
    dry = np.random.default_rng(3).uniform(-0.3, 0.3, (2, RATE)).astype(np.float32)
    plugin = load_plugin(faulty("LATENCY_MOVES"), probe=False, isolated=isolated)
    plugin.danger = 1.0
    graph = Graph({"moves": plugin}, "in -> moves -> -6 dB -> out\nin -> out")
    for processor, level in ((plugin, 1.0), (Chain([plugin]), 1.0), (graph, 1 + 10 ** (-6 / 20))):
        heard = processor(dry, RATE, 1000)
        assert heard.shape == dry.shape and np.isfinite(heard).all()
        assert np.allclose(heard[:, RATE // 2 :], level * dry[:, RATE // 2 :], atol=1e-6)  # since it moved, in place
    assert plugin.latency_samples == 300


@pytest.mark.parametrize("isolated", [False, True])
def test_a_latency_that_never_settles_is_an_error(isolated, faulty, dry):
    plugin = load_plugin(faulty("LATENCY_NEVER_SETTLES"), probe=False, isolated=isolated)
    plugin.danger = 1.0
    for processor in (plugin, Chain([plugin]), Graph({"moves": plugin}, "in -> moves -> out\nin -> out")):
        with pytest.raises(PluginError, match=r"latency|lags") as caught:
            processor(dry, RATE)
        in_one_line(caught)


def test_in_a_graph_the_rest_goes_on(faulty, dry):
    plugin = load_plugin(faulty("CRASH"), probe=False, isolated=True)
    graph = Graph({"drive": TubeSaturator(drive_db=0), "bad": plugin}, "in -> drive -> bad -> out\nin -> out")
    first = graph(dry, RATE)
    graph["bad"].danger = 1.0
    with pytest.raises(PluginCrashed):
        graph(dry, RATE)
    graph["bad"].danger = 0.0
    assert np.array_equal(graph(dry, RATE), first)
    again = build(describe(graph))
    assert again["bad"].process_number not in (None, plugin.process_number)
    assert np.array_equal(again(dry, RATE), first)


SMALL = {"settings": 2, "validation_settings": 1, "seconds_per_take": 1.0, "workers": 1, "excitation_seconds": 4.0, "unseen": 1}


@pytest.mark.parametrize(("fault", "told"), [("CRASH", "crashed or hung twice"), ("NOT_A_NUMBER", "NaN or infinite")])
def test_a_capture_ends_with_an_error(fault, told, faulty, tmp_path):
    target = load_plugin(faulty(fault), probe=False)
    with pytest.raises((CaptureError, PluginError)) as caught:
        capture(target, {"danger": (0.0, 1.0)}, tmp_path / "capture", **SMALL)
    in_one_line(caught, told)
