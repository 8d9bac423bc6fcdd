"""The command line as a user meets it: what works, and one line with exit code 2 for what does not."""

import functools
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
from command import RATE, WETDRY, filled, noise, refused, wetdry
from random_model import random_model

from wetdry.models import load
from wetdry.models.spec import wavenet


@pytest.fixture
def folder(tmp_path):
    return filled(tmp_path)


def everything(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_help_names_the_commands(folder):
    done = wetdry("--help", cwd=folder)
    assert done.returncode == 0
    for command in ("clone", "inspect", "capture", "train", "evaluate", "render", "bench", "models"):
        assert command in done.stdout
        shown = wetdry(command, "--help", cwd=folder)
        assert shown.returncode == 0
        assert "Usage" in shown.stdout


def test_inspect(folder, zamtube):
    done = wetdry("inspect", zamtube.name, cwd=folder)
    assert done.returncode == 0, done.stderr
    for word in ("tube_drive", "0.1 to 11", "treble", "channels", "latency", "tail", "deterministic"):
        assert word in done.stdout


CLONE = ["clone", "TubeSaturator", "--out", "run", "--knobs"]
BAD = {
    "missing file": (["render", "TubeSaturator", "nothing.wav", "o.wav"], ["nothing.wav"]),
    "not audio": (["render", "TubeSaturator", "text.wav", "o.wav"], ["text.wav", "cannot be read as audio"]),
    "a folder": (["render", "TubeSaturator", ".", "o.wav"], ["no audio file"]),
    "0 samples": (["render", "TubeSaturator", "empty.wav", "o.wav"], ["empty.wav", "0 samples"]),
    "NaN samples": (["render", "TubeSaturator", "nan.wav", "o.wav"], ["nan.wav", "not finite", "77"]),
    "wrong knob": (["render", "TubeSaturator", "dry.wav", "o.wav", "--set", "dirve_db=3"], ["did you mean drive_db"]),
    "value out of range": (["render", "TubeSaturator", "dry.wav", "o.wav", "--set", "drive_db=99"], ["out of range", "48 dB"]),
    "value no number": (["render", "TubeSaturator", "dry.wav", "o.wav", "--set", "drive_db=loud"], ["0.0 to 48.0 dB"]),
    "no value": (["render", "TubeSaturator", "dry.wav", "o.wav", "--set", "drive_db"], ["name=value"]),
    "wrong effect": (["render", "TubeSaturater", "dry.wav", "o.wav"], ["did you mean TubeSaturator"]),
    "not a model": (["render", "text.wav", "dry.wav", "o.wav"], ["not a model file"]),
    "not a plugin": (["inspect", "text.vst3"], ["text.vst3"]),
    "no cabinet": (["render", "TubeSaturator", "dry.wav", "o.wav", "--cab", "none.wav"], ["none.wav"]),
    "cabinet not audio": (["render", "TubeSaturator", "dry.wav", "o.wav", "--cab", "text.wav"], ["text.wav", "as audio"]),
    "slim without a file": (["render", "TubeSaturator", "dry.wav", "o.wav", "--slim", "0.5"], ["--slim", "TubeSaturator"]),
    "slim on one size": (["render", "clone.safetensors", "dry.wav", "o.wav", "--slim", "0.5"], ["slim", "one size"]),
    "unknown suffix": (["render", "TubeSaturator", "dry.wav", "o.xyz"], [".wav, .flac"]),
    "missing option": (["clone", "TubeSaturator"], ["--knobs"]),
    "unknown command": (["clown"], ["clown"]),
    "unknown option": (["render", "TubeSaturator", "dry.wav", "o.wav", "--sett", "a"], ["--sett"]),
    "clone: wrong knob": ([*CLONE, "drive"], ["drive_db"]),
    "clone: no knob": ([*CLONE, ","], ["--knobs"]),
    "clone: bad range": ([*CLONE, "drive_db=a:b"], ["LOW:HIGH"]),
    "clone: dry not audio": ([*CLONE, "drive_db", "--dry", "text.wav"], ["text.wav"]),
    "clone: dry missing": ([*CLONE, "drive_db", "--dry", "no.wav"], ["no.wav"]),
    "clone: dry NaN": ([*CLONE, "drive_db", "--dry", "nan.wav"], ["nan.wav"]),
    "clone: dry empty": ([*CLONE, "drive_db", "--dry", "empty.wav"], ["empty.wav"]),
    "capture: not a plugin": (["capture", "dry.vst3", "--knobs", "a", "--out", "run"], ["dry.vst3"]),
    "train: no capture": (["train", "nothing", "--out", "run"], ["nothing"]),
    "evaluate: no model": (["evaluate", "nothing.safetensors"], ["nothing.safetensors"]),
    "evaluate: no capture": (["evaluate", "clone.safetensors"], ["capture"]),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "words"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_line_and_nothing_written(folder, arguments, words):
    before = everything(folder)
    refused(wetdry(*arguments, cwd=folder), *words)
    assert everything(folder) == before


def test_a_file_that_is_no_plugin(folder):
    (folder / "fake.vst3").write_bytes(b"no plugin")
    refused(wetdry("inspect", "./fake.vst3", cwd=folder), "fake.vst3")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_an_unwritable_folder(folder):
    """A file stands where a folder is needed: that stops root as well."""
    (folder / "blocked").write_text("")
    refused(wetdry("render", "TubeSaturator", "dry.wav", "blocked/wet.wav", cwd=folder), "blocked")
    done = wetdry("clone", "TubeSaturator", "--knobs", "drive_db", "--out", "blocked/run", cwd=folder)
    refused(done, "blocked")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MB, where this user may mount one; else a limit on the size of files does."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True).returncode == 0
    yield place, None if mounted else limit_file_size
    if mounted:
        subprocess.run(["umount", "-l", place], check=True)


def limit_file_size():
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))


def test_a_full_disk_leaves_nothing_half_written(folder, small_disk):
    place, limit = small_disk
    soundfile.write(folder / "long.wav", noise(10), RATE, subtype="FLOAT")
    refused(wetdry("render", "TubeSaturator", "long.wav", place / "wet.wav", cwd=folder, preexec_fn=limit), "wet.wav")
    assert not list(Path(place).rglob("*"))


def test_a_full_disk_while_capturing(folder, small_disk):
    place, limit = small_disk
    arguments = ["capture", "TubeSaturator", "--knobs", "drive_db", "--settings", "4", "--seconds", "2", "--workers", "1",
                 "--out", place / "capture"]  # fmt: skip
    done = wetdry(*arguments, cwd=folder, preexec_fn=limit)
    refused(done)
    for take in Path(place).rglob("*.wav"):
        if not take.name.startswith("."):
            assert soundfile.read(take)[0].size


@pytest.mark.slow
def test_an_interrupt_says_how_to_go_on(folder):
    """Ctrl-C while training: one line, exit code 130, and the same command goes on."""
    import signal
    import time

    capture = ["capture", "TubeSaturator", "--knobs", "drive_db", "--settings", "4", "--seconds", "2", "--out", "run/capture"]
    assert wetdry(*capture, "--dry", "dry.wav", "--dry", "long.wav", cwd=folder).returncode == 2  # no long.wav
    done = wetdry(*capture, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "workers" in done.stdout
    command = [*WETDRY, "train", "run/capture", "--out", "run", "--minutes"]
    heard = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a job in the background is deaf to it
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    running = subprocess.Popen([*command, "5"], cwd=folder, preexec_fn=heard, **pipes)
    deadline = time.monotonic() + 120
    while not (folder / "run/training/last.ckpt").exists():
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert said.strip() == "wetdry: stopped; the same command goes on where it was"
    again = subprocess.run([*command, "0.05"], cwd=folder, capture_output=True, text=True, timeout=120)
    assert again.returncode == 0, again.stderr
    assert "validation ESR" in again.stdout


@pytest.mark.slow
def test_a_full_disk_while_evaluating(folder, small_disk):
    from wetdry.models.dataset import CaptureFolder

    place, limit = small_disk
    capture = ["capture", "TubeSaturator", "--knobs", "drive_db", "--settings", "2", "--seconds", "2", "--out", "run/capture"]
    assert wetdry(*capture, cwd=folder).returncode == 0
    knobs = CaptureFolder.open(folder / "run/capture").record.knobs
    spec = wavenet(RATE, knobs, channels=2, dilations=(1,))
    random_model(spec).save(place / "clone.safetensors")
    arguments = ["evaluate", place / "clone.safetensors", "--capture", "run/capture", "--settings", "1"]
    refused(wetdry(*arguments, cwd=folder, preexec_fn=limit), "cannot write")
    assert not [p for p in Path(place).rglob("*") if p.suffix == ".part"]
    for clip in Path(place).rglob("*.wav"):
        assert soundfile.read(clip)[0].size
    assert load(place / "clone.safetensors").spec == spec
