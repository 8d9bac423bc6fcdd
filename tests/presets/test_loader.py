"""The presets' loader: what it reads, and that it says where a file is wrong."""

import pytest

from wetdry.effects import Gain
from wetdry.models import Parameter
from wetdry.models.errors import FileProblem, InvalidType, InvalidValue
from wetdry.presets import effect_presets, read_presets

TABLE = (Parameter("drive_db", "dB", 0, 48, 12), Parameter("dither", choices=("none", "TPDF"), default="none"))


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "Crunch.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_reads_presets_in_the_order_of_the_file(written):
    path = written("Warm: {drive_db: 18}\nHot Stack:\n  drive_db: 40\n  dither: TPDF\n")
    assert list(read_presets(path).items()) == [("Warm", {"drive_db": 18}), ("Hot Stack", {"drive_db": 40, "dither": "TPDF"})]
    assert read_presets(path, TABLE)["Warm"] == {"drive_db": 18.0}


def test_an_effect_without_a_file_has_none():
    assert effect_presets("NoSuchEffect") == {}
    assert effect_presets("../effects/Gain") == {}
    assert effect_presets("Gain", Gain.parameters_table)["Pad"] == {"gain_db": -20.0}


@pytest.mark.parametrize(("text", "error", "says"), [
    ("", InvalidType, r"Crunch.yaml: a mapping is needed"),
    ("- Warm", InvalidType, r"Crunch.yaml: a mapping is needed.*\['Warm'\]"),
    ("Warm: 18", InvalidType, r"Crunch.yaml: preset 'Warm': a mapping is needed.*18"),
    ("12: {drive_db: 1}", InvalidType, r"Crunch.yaml: 12 is no name"),
    ("Warm: {drive_db: [1, 2]}", InvalidType, r"preset 'Warm': drive_db: a number"),
    ("Warm: {drive_db: ~}", InvalidType, r"preset 'Warm': drive_db: a number"),
    ("Warm: {drive_db: 50}", InvalidValue, r"Crunch.yaml: preset 'Warm': drive_db = 50 is out of range \[0 dB, 48 dB\]"),
    ("Warm: {drive_db: .nan}", InvalidValue, r"preset 'Warm': drive_db = nan"),
    ("Warm: {drive_db: hot}", InvalidType, r"preset 'Warm': drive_db takes a number, got 'hot'"),
    ("Warm: {driv_db: 5}", InvalidValue, r"preset 'Warm': no knob named 'driv_db'; did you mean drive_db\?"),
    ("Warm: {dither: RPDF}", InvalidValue, r"preset 'Warm': dither = 'RPDF' is not one of 'none', 'TPDF'"),
    ("Warm: {drive_db: 5, drive_db: 6}", InvalidValue, r"line 1: 'drive_db' stands there twice"),
    ("Warm: {drive_db: 5}\nWarm: {drive_db: 6}", InvalidValue, r"'Warm' stands there twice"),
    ("Warm: {drive_db: 5", InvalidValue, r"Crunch.yaml: not YAML"),
    ("Warm: !!python/object/apply:os.system [ls]", InvalidValue, r"Crunch.yaml: not YAML"),
    (b"Warm: \xff\xfe", InvalidValue, r"Crunch.yaml: not YAML"),
    ("[" * 5000, InvalidValue, r"Crunch.yaml: not YAML"),
    ("#" * 300_000, InvalidValue, r"presets take up to"),
])  # fmt: skip
def test_says_where_a_file_is_wrong(written, text, error, says):
    with pytest.raises(error, match=says):
        read_presets(written(text), TABLE)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(FileProblem, match="cannot read"):
        read_presets(tmp_path / "none.yaml")
