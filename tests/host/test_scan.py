"""Scanning: real plugins and faulty ones of our own, each tried in a process of its own; what is remembered, and names."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from command import WETDRY, refused, wetdry
from installed_plugins import installed
from installed_programs import installed_program

from wetdry import load_plugin
from wetdry.host.plugins import scan, scanning
from wetdry.host.plugins.folders import plugin_folders, plugins_in
from wetdry.host.plugins.installed import located
from wetdry.host.plugins.vst2_identity import read_identity, version_text, whole_name
from wetdry.models.errors import FileProblem, InvalidValue, PluginError

SOURCES = Path(__file__).parent / "faulty"
TIMEOUT = 10.0
BAD = {  # name: (how it is built, what its quarantine says)
    "crashes": (["faulty_vst2.cpp", "-DFAULT=CRASH", "-DWHERE=ON_LOAD"], "crashed while loading (SIGSEGV)"),
    "leaves": (["faulty_vst2.cpp", "-DFAULT=LEAVE", "-DWHERE=ON_LOAD"], "crashed while loading (exit code 7)"),
    "hangs": (["faulty_vst2.cpp", "-DFAULT=HANG", "-DWHERE=ON_LOAD"], "hung while loading (stopped after 10 s)"),
    "nan": (["faulty_vst2.cpp", "-DFAULT=NOT_A_NUMBER", "-DWHERE=AT_ONCE"], "plays NaN or infinity at its defaults"),
    "window": (["wants_display_vst2.cpp"], "wants a window while loading, and there is no display here"),
}


def build(target, source, *options):
    subprocess.run([installed_program("g++"), "-shared", "-fPIC", "-O1", *options, "-o", target, SOURCES / source], check=True)
    return target


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of plugins, faulty ones among them, libraries of other kinds, text, and a link that leads in a circle."""
    folder = tmp_path_factory.mktemp("plugins")
    for name, (how, _) in BAD.items():
        build(folder / f"{name}.so", *how)
    build(folder / "sound.so", "faulty_vst2.cpp")
    (folder / "below").mkdir()
    (folder / "below" / "again").symlink_to(folder)
    (folder / "below" / "ZamTube.vst3").symlink_to(installed("ZamTube"))
    empty = folder / "empty.cpp"
    empty.write_text("int nothing;")
    subprocess.run(["g++", "-shared", "-fPIC", "-o", folder / "library.so", empty], check=True)
    (folder / "text.vst3").write_text("hello")
    (folder / "notes.txt").write_text("hello")
    return folder


@pytest.fixture(scope="module")
def environment(folder, tmp_path_factory):
    """These plugins and no others are installed; nothing is remembered; there is no display."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WETDRY_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("VST_PATH", str(folder))
        for name in ("DISPLAY", "WAYLAND_DISPLAY"):
            patch.delenv(name, raising=False)
        yield patch


@pytest.fixture(scope="module")
def found(folder, environment):
    told = []
    plugins = scan([folder], timeout=TIMEOUT, progress=lambda *step: told.append(step))
    assert [step[:2] for step in told] == [(i, 9) for i in range(1, 10)]
    return {plugin.path.stem: plugin for plugin in plugins}


def test_what_goes_wrong_is_quarantined_with_the_reason(found):
    for name, (_, reason) in BAD.items():
        assert found[name].quarantine.startswith(reason), found[name].quarantine
        assert not found[name].playable
    assert "cannot open display" in found["window"].quarantine
    assert "is not a VST3 plugin that loads" in found["text"].quarantine
    assert "/" not in found["text"].quarantine.split("(")[0]


def test_what_works_is_described(found):
    tube, sound = found["ZamTube"], found["sound"]
    assert (tube.name, tube.maker, tube.version, tube.format) == ("ZamTube", "Damien Zammit", "4.1.0", "VST3")
    assert (tube.host, tube.channels, tube.latency_samples) == ("pedalboard", ((1, 1),), 0)
    assert len(tube.knobs) == 7 and "Tube Drive" in tube.knobs and tube.playable and not tube.note
    assert (sound.name, sound.maker, sound.format, sound.host) == ("Faulty", "wetdry tests", "VST2", "dawdreamer")
    assert sound.channels == ((2, 2),) and sound.knobs == ("Gain", "Danger") and sound.playable


def test_a_library_of_another_kind_is_no_plugin_and_no_file_is_tried_twice(found, folder):
    assert sorted(found) == sorted([*BAD, "sound", "text", "ZamTube"])
    assert len(plugins_in([folder, folder / "below"])) == 9


@pytest.mark.exhaustive
def test_what_one_host_cannot_load_the_other_plays(tmp_path, monkeypatch):
    """ZamVerb loads an impulse response for each of the thousand positions at which pedalboard reads a knob."""
    monkeypatch.setenv("WETDRY_CACHE", str(tmp_path))
    monkeypatch.setenv("VST_PATH", str(tmp_path))
    (tmp_path / "ZamVerb.vst3").symlink_to(installed("ZamVerb"))
    (verb,) = scan([tmp_path], timeout=30)
    assert verb.playable and verb.host == "dawdreamer" and "not in pedalboard: hung while loading" in verb.note
    plugin = load_plugin("ZamVerb", probe=False)
    assert type(plugin).__name__ == "DawDreamerPlugin" and plugin.path == verb.path


def children_started(monkeypatch):
    started = []
    real = scanning.run_child
    monkeypatch.setattr(scanning, "run_child", lambda module, request, *rest: (started.append(Path(request["path"]).stem),
                                                                               real(module, request, *rest))[1])  # fmt: skip
    return started


def test_nothing_is_tried_again_until_it_changes(found, folder, monkeypatch):
    started = children_started(monkeypatch)
    assert scan([folder], timeout=TIMEOUT) == sorted(found.values(), key=lambda p: (p.name.lower(), p.format, str(p.path)))
    assert started == []
    os.utime(folder / "leaves.so")
    scan([folder], timeout=5)
    assert started == ["leaves"]
    started.clear()
    build(folder / "leaves.so", "faulty_vst2.cpp")
    assert next(p for p in scan([folder], timeout=TIMEOUT) if p.path.stem == "leaves").playable
    assert started == ["leaves"]
    monkeypatch.setenv("DISPLAY", ":7")  # someone sits there now: what wanted a window gets another chance
    started.clear()
    scan([folder], timeout=TIMEOUT)
    assert started == ["window"]


def test_a_damaged_memory_is_asked_again(found, folder, monkeypatch, tmp_path):
    monkeypatch.setenv("WETDRY_CACHE", str(tmp_path))
    shutil.copy(folder / "sound.so", tmp_path / "sound.so")
    first = scan([tmp_path])
    for file in tmp_path.rglob("*.json"):
        file.write_text('{"plugins": [{}]}')
    assert scan([tmp_path]) == first and first[0].playable


def test_every_name_leads_to_its_plugin(found, folder):
    for name in ("ZamTube", "ZamTube.vst3", "zamtube"):
        assert located(name) == (folder / "below" / "ZamTube.vst3", None)
    assert located("Faulty")[0].stem in ("sound", "leaves")  # not one of the quarantined ones, which have no name of their own
    assert located("/elsewhere/ZamTube.vst3") == (Path("/elsewhere/ZamTube.vst3"), None)
    with pytest.raises(FileProblem, match="did you mean ZamTube"):
        load_plugin("ZamTub")
    assert load_plugin("sound", parameter_values={"gain": 0.5}).gain == 0.5


def test_a_quarantined_plugin_is_not_loaded(found):
    begun = time.monotonic()
    with pytest.raises(PluginError, match=r"crashes\.so is quarantined: in the last scan it crashed while loading.*--refresh"):
        load_plugin("crashes")
    with pytest.raises(PluginError, match="quarantined: in the last scan it hung"):
        load_plugin("hangs", timeout=5)
    assert time.monotonic() - begun < 5
    with pytest.raises(PluginError, match=r"hung while loading \(stopped after 11 s\)"):
        load_plugin("hangs", timeout=11)  # longer than the scan gave it: another chance


def test_the_commands(found, folder, tmp_path):
    listed = wetdry("plugins", cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    for word in ("ZamTube", "Damien Zammit", "VST3", "quarantined: crashes (VST2)", "SIGSEGV"):
        assert word in listed.stdout, listed.stdout
    rows = json.loads(wetdry("plugins", "scan", "--folder", folder, "--timeout", TIMEOUT, "--json", cwd=tmp_path).stdout)
    assert {Path(row["path"]).stem: row["quarantine"] for row in rows}["hangs"] == found["hangs"].quarantine
    refused(wetdry("plugins", "scan", "--folder", "nowhere", cwd=tmp_path), "no folder at nowhere")
    refused(wetdry("inspect", "ZamTub", cwd=tmp_path), "did you mean", "ZamTube")
    refused(wetdry("inspect", "crashes", cwd=tmp_path), "quarantined", "SIGSEGV")


def test_ctrl_c_ends_the_children_too(folder, environment, tmp_path):
    shutil.copy(folder / "hangs.so", tmp_path / "hangs.so")
    environment = {**os.environ, "WETDRY_CACHE": str(tmp_path / "cache")}
    child = subprocess.Popen([*WETDRY, "plugins", "scan", "--folder", tmp_path], env=environment, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 25
    while not _holding(tmp_path / "hangs.so") and time.monotonic() < deadline:
        time.sleep(0.1)
    held = _holding(tmp_path / "hangs.so")
    assert held
    child.send_signal(signal.SIGINT)
    assert child.wait(10) == 130
    assert not _holding(tmp_path / "hangs.so")
    assert not list((tmp_path / "cache").rglob("*.json"))  # a plugin that was stopped did not hang


def _holding(library):
    """Return the processes that have loaded a library."""
    maps = Path("/proc").glob("[0-9]*/maps")
    return [file.parent.name for file in maps if _has(file, str(library))]


def _has(file, text):
    try:
        return text in file.read_text()
    except OSError:
        return False


def test_folders_come_from_the_environment_too(tmp_path, monkeypatch):
    for name in ("one", "two", "home/.vst3", "home/.vst"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setenv("VST3_PATH", f"{tmp_path / 'one'}{os.pathsep}{tmp_path / 'missing'}")
    monkeypatch.setenv("VST_PATH", str(tmp_path / "two"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert plugin_folders()[:3] == [tmp_path / name for name in ("one", "two", "home/.vst3")]
    assert tmp_path / "home/.vst" in plugin_folders() and tmp_path / "missing" not in plugin_folders()


def test_what_a_vst2_says_of_itself():
    assert version_text(0x040100) == "4.1.0" and version_text(1012) == "1.0.1.2" and version_text(1) == "1"
    assert whole_name("Sidechain Multiband Gate Stereo", "LSP Sidechain Multiband Gate Stereo x8 [VST]") == (
        "Sidechain Multiband Gate Stereo x8"
    )
    assert whole_name("MVerb", "MVerb by Martin") == "MVerb" and whole_name("", "Product") == "Product"
    with pytest.raises(PluginError, match="does not load"):
        read_identity(Path(__file__))


def test_what_cannot_be_scanned():
    with pytest.raises(InvalidValue, match="timeout"):
        scan(timeout=0)
    with pytest.raises(FileProblem, match="no folder at"):
        scan(["/nowhere/at/all"])
