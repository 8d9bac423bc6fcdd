"""Every example runs as it stands, from an empty folder; one without a row here fails."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
ARGUMENTS = {
    "script_a_chain.py": [],
    "clone_an_effect.py": ["run", "0.1"],
    "play_a_nam_file.py": [],
    "capture_for_torch.py": ["{zamtube}", "tube_drive,treble", "capture"],
}


@pytest.mark.slow
@pytest.mark.parametrize("script", sorted(p.name for p in EXAMPLES.glob("*.py")))
def test_runs(script, tmp_path, request):
    arguments = ARGUMENTS[script]
    if "{zamtube}" in arguments:
        arguments = [str(request.getfixturevalue("zamtube")) if a == "{zamtube}" else a for a in arguments]
    done = subprocess.run(
        [sys.executable, EXAMPLES / script, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip()
