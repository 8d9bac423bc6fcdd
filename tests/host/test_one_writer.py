"""One process at a time writes into a folder, and who is killed lets go."""

import subprocess
import sys

import pytest

from wetdry.host.one_writer import only_writer
from wetdry.models.errors import CaptureError, FileProblem

HOLDS = """
import sys, time; from pathlib import Path; from wetdry.models.errors import CaptureError
from wetdry.host.one_writer import only_writer
with only_writer(Path(sys.argv[1]), CaptureError("")): print("held", flush=True); time.sleep(60)
"""


def test_a_second_writer_is_refused_and_a_killed_one_lets_go(tmp_path):
    file, refusal = tmp_path / "there" / ".lock", CaptureError("another one is writing")
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(file)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout and other.stdout.readline() == "held\n"
        with pytest.raises(CaptureError, match="another one is writing"), only_writer(file, refusal):
            pass
        other.kill()
    with only_writer(file, refusal), pytest.raises(CaptureError, match="another one"), only_writer(file, refusal):
        pass
    with only_writer(file, refusal):
        assert file.is_file()


def test_a_folder_that_is_none_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileProblem, match="cannot write into"), only_writer(tmp_path / "file" / ".lock", CaptureError("")):
        pass
