"""The command line, run as a user runs it."""

import os
import subprocess
import sys

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
