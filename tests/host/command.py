"""The command line, run as a user runs it."""

import os
import subprocess
import sys

import numpy as np
import soundfile
from random_model import random_model

from wetdry.models import Parameter
from wetdry.models.spec import wavenet

RATE = 48000
WETDRY = [sys.executable, "-c", "from wetdry.host.cli import main; main()"]


def wetdry(*arguments, cwd, timeout=300, **options):
    command = [*WETDRY, *map(str, arguments)]
    environment = {**os.environ, "COLUMNS": "120", "NO_COLOR": "1"}
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout, env=environment, **options)


def refused(done, *words):
    assert done.returncode == 2, (done.stdout, done.stderr)
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("wetdry: ")
    assert "Traceback" not in done.stderr + done.stdout
    for word in words:
        assert word in lines[0], lines[0]


def noise(seconds=1.0, channels=1):
    return (0.2 * np.random.default_rng(0).standard_normal((int(seconds * RATE), channels))).astype(np.float32)


def filled(folder):
    """Put a dry file, broken ones and a clone into `folder`."""
    soundfile.write(folder / "dry.wav", noise(), RATE, subtype="FLOAT")
    soundfile.write(folder / "stereo.flac", noise(channels=2), 44100)
    soundfile.write(folder / "empty.wav", noise(0), RATE)
    broken = noise()
    broken[77] = np.nan
    soundfile.write(folder / "nan.wav", broken, RATE, subtype="FLOAT")
    (folder / "text.wav").write_text("this is no audio")
    spec = wavenet(RATE, (Parameter("drive", "", 0, 10, 5),), channels=4, dilations=(1, 2))
    random_model(spec, scale=0.4).save(folder / "clone.safetensors")
    return folder
