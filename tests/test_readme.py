"""The README's Python code runs as it stands, and its links and commands exist."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
import soundfile
from installed_plugins import installed_vst2
from random_model import random_model

from wetdry import Rig
from wetdry.models import Parameter
from wetdry.models.spec import wavenet

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


@pytest.fixture
def folder(tmp_path, monkeypatch, zamtube):
    """A folder as the README's reader has it: a riff, a clone of ZamTube (untrained here), an amp."""
    installed_vst2("lsp-plugins/sc-compressor-stereo")
    monkeypatch.chdir(tmp_path)
    riff = 0.3 * np.random.default_rng(0).standard_normal(48000).astype(np.float32)
    soundfile.write("riff.wav", riff, 48000, subtype="FLOAT")
    for name in ("cab.wav", "other.wav"):
        soundfile.write(name, riff[:2400] * np.exp(-np.arange(2400, dtype=np.float32) / 400), 48000, subtype="FLOAT")
    spec = wavenet(
        48000, (Parameter("tube_drive", "", 0, 11, 0.1), Parameter("treble", "", 0, 10, 5)), channels=4, dilations=(1, 2, 4)
    )
    random_model(spec, seed=1).save("runs/zamtube/clone.safetensors")
    runpy.run_path(str(ROOT / "examples" / "play_a_nam_file.py"))["write_small_amp"](Path("amp.nam"))
    return tmp_path


def test_python_blocks_run(folder):
    blocks = re.findall(r"```python\n(.*?)```", README, re.S)
    assert blocks
    names = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    assert names["wet"].shape == names["dry"].shape


def test_rigs_play(tmp_path):
    rigs = re.findall(r"```yaml\n(.*?)```", README, re.S)
    assert rigs
    for text in rigs:
        (tmp_path / "rig.yaml").write_text(text)
        rig = Rig.load(tmp_path / "rig.yaml")
        assert np.abs(rig(0.1 * np.ones(4800, np.float32), 48000)).max() > 0.001
        assert rig.automation and rig.midi.bindings and rig.presets


def test_commands_exist():
    from typer.main import get_command

    from wetdry.host.cli import app

    known = set(get_command(app).commands)
    named = {word for line in re.findall(r"^\s*wetdry (\S[^#\n]*)", README, re.M) for word in [line.split()[0]]}
    assert named
    assert named <= known


def test_links_lead_somewhere():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
