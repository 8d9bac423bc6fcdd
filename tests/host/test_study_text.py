"""What `wetdry compare` prints of a study says what the study holds."""

import io

from rich.console import Console
from study_data import BLOCKS, NAMES, drawn_study

from wetdry.host.evaluation.summary import figure
from wetdry.host.study.text import block_table, cost_table, size_table, sound_table, study_text


def printed(*parts) -> str:
    console = Console(width=130, record=True, file=io.StringIO())
    for part in parts:
        console.print(part)
    return console.export_text()


def line_of(text: str, name: str) -> str:
    (line,) = [line for line in text.splitlines() if line.strip().startswith(name)]
    return line


def test_every_entry_has_a_row_in_every_table_with_its_own_figures():
    study = drawn_study()
    tables = [printed(table) for table in (sound_table(study), size_table(study), cost_table(study, 256), block_table(study))]
    assert [entry.name for entry in study.entries] == ["reference, kernels", "numpy", "lstm, ours", "lstm, torch"]
    for entry in study.entries:
        sound, size, cost, blocks = (line_of(table, entry.name) for table in tables)
        assert figure(entry.quality.esr.mean) in sound and f"{entry.quality.mushra.mean:.0f}" in sound
        assert ("-60" in sound) == (entry.rival == "numpy")  # it alone does not carry its state over
        assert ("22.0" in size) == (entry.kind == "twin") and f"{entry.start.library_seconds.mean:.2f}" in size
        assert f"{1000 * entry.start.load_seconds.mean:.1f}" in size
        p99 = entry.cost(256).p99_us.mean
        assert (f"{p99:.1f}" if p99 < 100 else f"{p99:.0f}") in cost
        assert len(blocks[len(entry.name) + 1 :].split()) == len(BLOCKS) + 1


def test_what_was_left_out_and_how_it_was_measured_is_said():
    study = drawn_study()
    text = " ".join(printed(*study_text(study)).split())
    assert "gru left out: not asked for" in text and "5 runs in turns" in text and "seed 0" in text
    assert "THD of 997 Hz over drive_db" in text and "a drawn one" in text
    assert "nets over 3 seeds" in text and figure(study.trained[0].esr.deviation) in text
    assert text.count("lstm, torch") == 4 and len(NAMES) == 4
