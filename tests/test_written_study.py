"""The written study says what its run says, shows its pictures, and its commands exist."""

import json
import re
import runpy
from pathlib import Path

from wetdry.host.study import Study
from wetdry.host.study_pages.pages import PICTURES
from wetdry.host.study_pages.written import PARTS, filled

STUDY = Path(__file__).parents[1] / "examples" / "neural_vs_dsp"


def test_the_written_study_asks_for_all_there_is():
    text = (STUDY / "README.md").read_text()
    assert set(re.findall(r"<!-- study: ([a-z ]+) -->", text)) == set(PARTS)
    for name in PICTURES:
        assert f"({name})" in text, name
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (STUDY / target).exists(), target


def test_the_written_study_is_of_the_run_beside_it():
    text, run = (STUDY / "README.md").read_text(), Study.from_dict(json.loads((STUDY / "study.json").read_bytes()))
    assert filled(text, run) == text


def test_its_script_fills_it_in_again(tmp_path):
    (tmp_path / "README.md").write_text("<!-- study: cost --><!-- end -->")
    runpy.run_path(str(STUDY / "refresh.py"))["main"](str(STUDY), str(tmp_path / "README.md"))
    cost = (tmp_path / "README.md").read_text()
    assert "| TubeSaturator, kernels |" in cost and cost in (STUDY / "README.md").read_text()
    assert (tmp_path / "spectra.gif").read_bytes() == (STUDY / "spectra.gif").read_bytes()


def test_every_command_of_the_written_study_is_one():
    from typer.main import get_command

    from wetdry.host.cli import app

    commands = get_command(app).commands
    lines = re.findall(r"^wetdry (\S+)([^#\n]*)", (STUDY / "README.md").read_text(), re.M)
    assert {name for name, _ in lines} >= {"capture", "train", "render", "bench", "evaluate", "compare"}
    for name, rest in lines:
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known, (name, rest)
