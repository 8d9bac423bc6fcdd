"""Rig files that are wrong, by accident or on purpose: an error with line and field, or a clean render; never anything else."""

import re
from pathlib import Path

import numpy as np
import pytest
from mutated_rigs import mutated

from wetdry import Rig
from wetdry.host.rig import lines
from wetdry.models.errors import FileProblem, RigFileError
from wetdry.presets import rig_names, rig_path

pytest.importorskip("pedalboard")
OWN = {path.stem: path for path in (Path(__file__).parent / "rigs").glob("*.yaml")}
COUNTS = {"chain": 560, "graph": 240, "natives": 50}
FACTORY = 150
SAID = re.compile(r"rig\.yaml:\d+: (\S.*)|rig\.yaml: and \d+ more")


def refusals_of(text, folder):
    """Load a rig and play it; return the problems it has, none where it plays."""
    (folder / "rig.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        rig = Rig.load(folder / "rig.yaml")
    except RigFileError as error:
        assert 1 <= len(error.lines) <= 11 and all(SAID.fullmatch(line) and len(line) < 1000 for line in error.lines), (
            error.lines
        )
        return error.lines
    audio = (0.1 * np.random.default_rng(0).standard_normal((1, 256))).astype(np.float32)
    wet = rig(audio, rig.sample_rate or 48000)
    assert wet.shape[-1] == 256 and np.isfinite(wet).all()
    return ()


@pytest.mark.parametrize("name", OWN)
def test_mutated(name, tmp_path):
    good = OWN[name].read_text()
    assert refusals_of(good, tmp_path) == ()
    refused = sum(bool(refusals_of(mutated(good, seed), tmp_path)) for seed in range(COUNTS[name]))
    assert 0.5 < refused / COUNTS[name] < 1


def test_mutated_factory_rigs(tmp_path):
    goods = [rig_path(name).read_text() for name in rig_names()]
    refused = sum(bool(refusals_of(mutated(goods[seed % len(goods)], seed), tmp_path)) for seed in range(FACTORY))
    assert 0.5 < refused / FACTORY < 1


def test_there_are_a_thousand():
    assert sum(COUNTS.values()) + FACTORY == 1000


def problems(text, folder, **options):
    (folder / "rig.yaml").write_text(text)
    with pytest.raises(RigFileError) as error:
        Rig.load(folder / "rig.yaml", **options)
    return error.value.lines


@pytest.mark.parametrize(("text", "wanted"), [
    ("", "rig.yaml:1: this is no rig: a rig begins with the line wetdry: 1"),
    ("[1, 2]", "rig.yaml:1: this is no rig"),
    ("name: x\nchain: []", "rig.yaml:1: wetdry: this is no rig"),
    ("\nwetdry: 2",
     "rig.yaml:2: wetdry: this rig is of version 2, and this wetdry reads up to 1: pip install --upgrade wetdry"),
    ("wetdry: one\nchain: []", "rig.yaml:1: wetdry: it has to be 1, got 'one'"),
    ("wetdry: 1", "rig.yaml:1: a rig has either a chain"),
    ("wetdry: 1\nchain: []\ngraph: {nodes: {}, patch: in -> out}", "rig.yaml:3: graph: a rig has either"),
    ("wetdry: 1\nchain:\n  - Gain: {gain_db: 99}",
     "rig.yaml:3: chain[0].Gain.gain_db: gain_db = 99 is out of range [-120 dB, 48 dB]"),
    ("wetdry: 1\nchain:\n  - Gian", "rig.yaml:3: chain[0].Gian: no effect named 'Gian'; did you mean Gain"),
    ("wetdry: 1\nchain:\n  - Reverb", "did you mean pedalboard.Reverb"),
    ("wetdry: 1\nchain: Gain", "rig.yaml:2: chain: a list (lines that begin with -) is needed, got 'Gain'"),
    ("wetdry: 1\nchain: []\npresets: {a: 1}", "rig.yaml:3: presets.a: a mapping"),
    ("wetdry: 1\nchian: []", "rig.yaml:2: chian: there is no such field; did you mean chain?"),
    ("wetdry: 1\nchain:\n  - Gain\n  - Gain: {gain_db: 1, gain_db: 2}",
     "rig.yaml:4: chain[1].Gain.gain_db: stands there twice"),
    ("wetdry: 1\nchain:\n  - mix: [{gain: 2}]",
     "rig.yaml:3: chain[0].mix[0].gain: there is no such field; did you mean gain_db"),
    ("wetdry: 1\nchain:\n  - mix:\n    - gain_db: 200", "rig.yaml:4: chain[0].mix[0].gain_db: "),
    ("wetdry: 1\nchain:\n  - {Gain: {}, Pan: {}}", "rig.yaml:3: chain[0]: an entry is an effect"),
    ("wetdry: 1\nchain:\n  - [Gain]", "rig.yaml:3: chain[0]: an entry is an effect"),
    ("wetdry: 1\nchain:\n  - NeuralDelay: {loop: pedalboard.Reverb}", "rig.yaml:3: chain[0].NeuralDelay"),
    ("wetdry: 1\nchain:\n  - NeuralDelay:\n      loop: {Gain: {gain_db: x}}",
     "rig.yaml:4: chain[0].NeuralDelay.loop.Gain.gain_db: gain_db takes a number, got 'x'"),
    ("wetdry: 1\ngraph:\n  nodes: {a: Gain}\n  patch: |\n    in -> a\n    # so\n    a -> b",
     "rig.yaml:7: graph.patch: a -> b: no node"),
    ("wetdry: 1\nchain:\n  - graph: {nodes: {a: Gain}, patch: x -> a, inputs: [x, y]}",
     "rig.yaml:3: chain[0].graph.patch: the input 'y'"),
    ("a: 'b", "rig.yaml:1: not YAML: found unexpected end of stream"),
    ("wetdry: 1\nname: !!python/object/apply:os.system [echo]", "rig.yaml:2: name: it has to be a valid string"),
    ("wetdry: 1\nname: !!timestamp 2001-01-01", "rig.yaml:2: name: a rig holds data only"),
    ("wetdry: 1\nname: !!binary ~", "rig.yaml:2: name: '~' is not what its tag says"),
    ("wetdry: 1\nsample_rate: .nan\nchain: []", "rig.yaml:2: sample_rate: "),
    ("wetdry: 1\nchain:\n  - model: nowhere.nam\n  - CabinetIR: {impulse_response: none.wav}",
     "rig.yaml:4: chain[1].CabinetIR.impulse"),
    ("wetdry: 1\nchain:\n  - model: ~nosuchuser/x", "rig.yaml:3: chain[0].model: '~nosuchuser/x' is no path"),
    (f"wetdry: 1\nchain:\n  - model: {'x' * 400}", "rig.yaml:3: chain[0].model: "),
])  # fmt: skip
def test_errors_name_line_and_field(text, wanted, tmp_path):
    assert any(wanted in line for line in problems(text, tmp_path)), problems(text, tmp_path)


def test_what_is_missing_is_said_together_with_what_is_near(tmp_path):
    (tmp_path / "cabinet.wav").write_bytes(b"")
    text = """wetdry: 1
chain:
  - plugin: ZamTub.vst3
  - model: zamtub
  - CabinetIR: {impulse_response: cabinett.wav}
  - TubeSaturator: {preset: Warm Bas}
  - plugin: /nowhere/ZamTube.vst3
automation:
  drive_db: {samples: no.wav}
"""
    found = problems(text, tmp_path)
    assert [line.split(": ")[1] for line in found] == [
        "chain[0].plugin", "chain[1].model", "chain[2].CabinetIR.impulse_response", "chain[3].TubeSaturator.preset",
        "chain[4].plugin", "automation.drive_db",
    ]  # fmt: skip
    assert "did you mean zamtube" in found[1] and "did you mean cabinet.wav" in found[2] and "Warm Bass" in found[3]


def test_at_most_ten_are_said(tmp_path):
    found = problems("wetdry: 1\nchain:\n" + "  - Gian\n" * 30, tmp_path)
    assert len(found) == 11 and found[-1] == "rig.yaml: and 20 more"


def test_programs_load_only_where_trusted(tmp_path):
    (tmp_path / "net.ts").write_bytes(b"no program at all")
    (tmp_path / "Own.vst3").write_bytes(b"")
    text = "wetdry: 1\nchain:\n  - {faust: process = _;}\n  - model: net.ts\n  - plugin: Own.vst3\n"
    found = problems(text, tmp_path)
    assert len(found) == 3 and all("trusted=True (--trusted)" in line for line in found)
    pytest.importorskip("dawdreamer")
    (tmp_path / "rig.yaml").write_text("wetdry: 1\nchain:\n  - {faust: process = _;}\n")
    assert len(Rig.load(tmp_path / "rig.yaml", trusted=True).board) == 1


@pytest.mark.parametrize("text", [
    "a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
    "a: &a [*a]",
    "a: &a {b: *a}",
    "[" * 5000,
    "{a: " * 200 + "1" + "}" * 200,
    "- " * 500,
    "[" + "1," * 6000 + "]",
    "a: " + "x" * lines.MOST_BYTES,
    "\0", "\t- a", "%YAML 9.9\n---\na: 1", "--- 1\n--- 2", "*a", "? [a]\n: b", "<<: {a: 1}",
])  # fmt: skip
def test_what_would_take_all_memory_or_all_time_is_refused(text, tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "MOST_PARTS", 5000)
    assert len(problems(text, tmp_path)) >= 1


def test_a_state_beyond_all_measure_is_not_read(tmp_path, zamtube):
    with (tmp_path / "huge.vstpreset").open("wb") as file:
        file.truncate(1 << 27)
    found = problems("wetdry: 1\nchain:\n  - plugin: ZamTube.vst3\n    state: huge.vstpreset\n", tmp_path)
    assert found == ("rig.yaml:4: chain[0].state: huge.vstpreset has 134217728 bytes; up to 67108864 are read",)


def test_a_key_that_is_no_text_is_refused(tmp_path):
    assert "a key is a name" in problems("wetdry: 1\n? [a]\n: 1\nchain: []", tmp_path)[0]


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileProblem, match="nowhere"):
        Rig.load(tmp_path / "nowhere.yaml")
    with pytest.raises(FileProblem):
        Rig.load(tmp_path)
