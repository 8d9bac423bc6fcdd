"""State and presets: saved in one host, loaded in the other, and it sounds the same; never what it was before the last knob."""

import subprocess
import sys

import numpy as np
import pytest
from installed_plugins import installed, installed_vst2

from wetdry import load_plugin
from wetdry.models.errors import FileProblem, PluginError

pytest.importorskip("dawdreamer")
RATE = 48_000
HOSTS = ("pedalboard", "dawdreamer")
SMOOTH = {"tube_drive", "bass", "mids", "treble"}  # knobs without a unit that the plugin does not round


def loaded(path, host=None):
    return load_plugin(path, host=host, probe=False)


def turn(plugin, name, random):
    """Put a switch on one of its choices, and a knob that the plugin does not round somewhere, an end as often as not."""
    bound = plugin.parameters[name]
    if bound.valid_values:
        bound.value = bound.valid_values[random.integers(len(bound.valid_values))]
    elif bound.units or name in SMOOTH:
        bound.raw_value = float(random.choice([0.0, 1.0, random.random(), random.random()]))


def turned(plugin, seed=1):
    random = np.random.default_rng(seed)
    for name in plugin.parameters:
        turn(plugin, name, random)
    return plugin


def sound(plugin):
    dry = np.random.default_rng(2).uniform(-0.5, 0.5, (plugin.channels[0], RATE // 4)).astype(np.float32)
    return plugin(dry, RATE)


def check_knobs(plugin, saved):
    """Compare positions; of a switch, which may come back elsewhere in the range of its choice, the choice."""
    for name, bound in plugin.parameters.items():
        other = saved.parameters[name]
        assert bound.value == other.value if bound.valid_values else abs(bound.raw_value - other.raw_value) < 1e-5, name


def check_same(saved, *brought_back):
    """What came back has the knobs and the sound of what was saved, but for the plugin's rounding, and is one and the same."""
    heard = [sound(each) for each in (saved, *brought_back)]
    peak = np.abs(heard[0]).max()
    assert peak > 0
    for plugin, each in zip(brought_back, heard[1:], strict=True):
        check_knobs(plugin, saved)
        assert np.abs(each - heard[0]).max() <= 1e-4 * peak
        assert np.array_equal(each, heard[1])


@pytest.mark.parametrize("name", ["ZamTube", "ZamEQ2", "ZaMaximX2"])
@pytest.mark.parametrize(("first", "second"), [HOSTS, HOSTS[::-1]])
def test_what_one_host_saves_sounds_the_same_in_the_other(name, first, second, tmp_path):
    path = installed(name)
    saved, here, there = turned(loaded(path, first)), loaded(path, first), loaded(path, second)
    saved.save_preset(tmp_path / "one.vstpreset")
    for plugin in (here, there):
        plugin.load_preset(tmp_path / "one.vstpreset")
    check_same(saved, here, there)
    turned(saved, seed=2)
    here.raw_state = there.raw_state = saved.raw_state
    check_same(saved, here, there)
    assert here.raw_state == there.raw_state


@pytest.mark.parametrize(
    ("name", "host"), [("ZamTube", "pedalboard"), ("ZamTube", "dawdreamer"), ("lsp-plugins/compressor-stereo", None)]
)
def test_what_is_saved_is_never_what_it_was_before_the_last_knob(name, host):
    path = installed(name) if host else installed_vst2(name)
    plugin, other = loaded(path, host), loaded(path, host)
    random = np.random.default_rng(5)
    names = list(plugin.parameters)
    for step in range(16):
        turn(plugin, names[random.integers(len(names))], random)
        if step % 5 == 2:
            sound(plugin)
        if step % 7 == 3:
            plugin.reset()
        other.raw_state = plugin.raw_state
        check_knobs(other, plugin)
    check_same(plugin, other)


@pytest.mark.parametrize("host", HOSTS)
def test_a_knob_turned_after_a_preset_stays_where_it_was_turned(host, zamtube, tmp_path):
    plugin, again = turned(loaded(zamtube, host)), loaded(zamtube, host)
    plugin.save_preset(tmp_path / "one.vstpreset")
    before = plugin.bass
    plugin.bass = 9.0
    plugin.load_preset(tmp_path / "one.vstpreset")
    assert plugin.bass == before != 9.0
    plugin.bass = 9.0
    again.raw_state = plugin.raw_state
    assert again.bass == 9.0
    check_same(plugin, again)


def test_a_state_that_is_none_leaves_the_plugin_in_pedalboard_as_it_was(zamtube, zamcomp, tmp_path):
    plugin = turned(loaded(zamtube, "pedalboard"))
    before, heard = plugin.raw_values, sound(plugin)
    loaded(zamcomp).save_preset(tmp_path / "foreign.vstpreset")
    plugin.save_preset(tmp_path / "own.vstpreset")
    (tmp_path / "text.vstpreset").write_text("no preset at all, but long enough to look like one" * 10)
    (tmp_path / "cut.vstpreset").write_bytes((tmp_path / "own.vstpreset").read_bytes()[:70])
    (tmp_path / "empty.vstpreset").write_bytes(b"")
    for bad in ("foreign", "text", "cut", "empty"):
        with pytest.raises(PluginError, match=bad):
            plugin.load_preset(tmp_path / f"{bad}.vstpreset")
    with pytest.raises(FileProblem, match="missing"):
        plugin.load_preset(tmp_path / "missing.vstpreset")
    for bad in (b"", b"nonsense"):
        with pytest.raises(PluginError, match="no raw state"):
            plugin.raw_state = bad
    assert plugin.raw_values == before and np.array_equal(sound(plugin), heard)


@pytest.mark.parametrize(("first", "second"), [HOSTS, HOSTS[::-1]])
def test_one_host_does_not_clean_a_library_up_under_the_other(first, second):
    """Without host/shared_library.py the last load crashes the process: both hosts in it, and one has let go."""
    code = (
        "import gc, sys; from wetdry import load_plugin\n"
        "load = lambda host: load_plugin(sys.argv[1], host=host, probe=False)\n"
        "held, other = load(sys.argv[2]), load(sys.argv[3])\n"
        "del other; gc.collect()\n"
        "print(load(sys.argv[2]).parameters.keys() == held.parameters.keys())"
    )
    arguments = [sys.executable, "-c", code, installed("ZamEQ2"), first, second]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, "True"), done.stderr[-500:]
