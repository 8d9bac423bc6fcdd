"""Every example runs as it stands, from an empty folder; one without a row here fails."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from installed_plugins import installed_vst2

from wetdry.effects import REGISTRY

EXAMPLES = Path(__file__).parents[1] / "examples"
ARGUMENTS = {
    "script_a_chain.py": [],
    "drive_a_bass.py": [],
    "crush_a_loop.py": [],
    "mic_a_cabinet.py": [],
    "roll_an_overdrive.py": [],
    "echo_through_an_amp.py": [],
    "compress_a_riff.py": [],
    "maths_beside_net.py": [],
    "play_an_amp.py": [],
    "clone_an_effect.py": ["run", "0.1"],
    "amp_and_cab.py": ["run", "0.2"],
    "play_a_nam_file.py": [],
    "export_everywhere.py": [],
    "capture_for_torch.py": ["{zamtube}", "tube_drive,treble", "capture"],
    "faust_beside_ours.py": [],
    "parallel_amp_rig.py": ["{vst2:lsp-plugins/sc-compressor-stereo}"],
    "a_rig_per_genre.py": [],
    "turn_an_amp_by_midi.py": [],
    "replay_gestures.py": [],
    "pluck_an_amp.py": [],
    "turn_an_amp_live.py": [],
    "vst2_in_a_graph.py": ["{vst2:ZamTube-vst}", "run", "0.1"],
}


@pytest.mark.slow
@pytest.mark.parametrize("script", sorted(p.name for p in EXAMPLES.glob("*.py")))
def test_runs(script, tmp_path, request):
    arguments = ARGUMENTS[script]
    if "{zamtube}" in arguments:
        arguments = [str(request.getfixturevalue("zamtube")) if a == "{zamtube}" else a for a in arguments]
    arguments = [str(installed_vst2(a[6:-1])) if a.startswith("{vst2:") else a for a in arguments]
    done = subprocess.run(
        [sys.executable, EXAMPLES / script, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip()
    for path in tmp_path.glob("*.wav"):
        audio, _ = soundfile.read(path)
        assert np.isfinite(audio).all()
        assert 0.01 < np.abs(audio).max() < 2.0, path.name


@pytest.mark.parametrize("name", sorted(set(REGISTRY) - {"Gain"}))
def test_every_effect_has_a_script_to_start_from(name):
    assert any(f"{name}(" in path.read_text() or f"{name}.preset(" in path.read_text() for path in EXAMPLES.glob("*.py"))
