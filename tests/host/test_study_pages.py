"""A study's pictures hold the study's figures: curves, axes and units; its text says what the figures say."""

import subprocess
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
import soundfile
from installed_programs import installed_program
from matplotlib.figure import Figure
from PIL import Image
from study_sample import BLOCKS, CALL_US, COMPUTE_NS, DRIVES, RATE, SECONDS, study_in

from wetdry.host.figures_file import light_style
from wetdry.host.figures_sound import band_levels
from wetdry.host.study.figures import SeedRun, Trained
from wetdry.host.study_pages import blocks, draw_study, harmonics, latency, looks, trade, waveforms
from wetdry.host.study_pages.conclusion import conclusion, trial
from wetdry.host.study_pages.findings import findings
from wetdry.host.study_pages.pages import PICTURES, closest, moving_spectra, text_of
from wetdry.host.study_pages.show import check_window
from wetdry.host.study_pages.spectra import MovingSpectra, check_moving_suffix, write_moving
from wetdry.host.study_pages.tables import seed_table
from wetdry.host.study_pages.turns import turns
from wetdry.host.study_pages.written import filled, refresh
from wetdry.models.errors import FileProblem, InvalidValue, UnknownName


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("study")


@pytest.fixture(scope="module")
def study(folder):
    return study_in(folder)


def drawn(draw, *arguments):
    figure = Figure()
    with matplotlib.rc_context(light_style()):
        draw(figure, *arguments)
    return [axes for axes in figure.axes if axes.get_visible()]


def test_the_front_is_what_no_other_beats_in_both():
    points = [(3.0, 1.0), (1.0, 5.0), (2.0, 5.0), (2.5, 6.0), (9.0, 0.5), (1.0, 7.0), (10.0, 0.499)]
    assert trade.front(points) == [1, 0, 4]
    assert trade.front([]) == []


def test_quality_against_cost_has_every_entry_where_it_was_measured(study):
    cost, size = drawn(trade.draw, study)
    assert cost.get_xscale() == cost.get_yscale() == size.get_xscale() == "log"
    assert "ns a sample" in cost.get_xlabel() and "blocks of 64" in cost.get_xlabel() and "ESR" in cost.get_ylabel()
    assert size.get_xlabel() == "kB"
    shown = {(float(c.lines[0].get_xdata()[0]), float(c.lines[0].get_ydata()[0])) for c in cost.containers}
    wanted = {(e.cost(64).ns_per_sample.mean, max(e.quality.esr.mean, 1e-7)) for e in study.entries}
    assert shown == wanted
    files = {float(line.get_xdata()[0]) for line in size.lines if line.get_marker() in ("o", "s")}
    assert files == {16.0, 36.0}
    assert [e.name for e in trade.front_of(study)] == ["standard, ours"]


def test_the_buffer_curve_has_a_panel_a_net_and_its_line_through_the_points(study):
    panels = drawn(blocks.draw, study)
    assert [axes.get_title(loc="left") for axes in panels] == ["maths", "standard", "lstm"]
    for axes in panels:
        assert axes.get_xscale() == axes.get_yscale() == "log"
        assert axes.get_xlabel() == "samples a block" and "ns a sample" in axes.get_ylabel()
    curves = {line.get_label(): line for line in panels[1].lines}
    assert list(curves["torch"].get_xdata()) == list(BLOCKS)
    wanted = CALL_US["torch"] * 1000 / np.array(BLOCKS) + COMPUTE_NS["torch"]
    assert np.allclose(curves["torch"].get_ydata(), wanted)
    assert np.allclose(blocks.line(study.entry("standard, torch"), np.array(BLOCKS)), wanted)
    assert any(np.allclose(line.get_ydata(), 1e9 / RATE) for line in panels[1].lines)


def test_latencies_are_told_beside_the_length_of_a_block(study):
    (axes,) = drawn(latency.draw, study)
    assert [label.get_text() for label in axes.get_yticklabels()] == [entry.name for entry in study.entries]
    dots = [float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() == "o"]
    assert dots == [entry.cost(64).p50_us.mean for entry in study.entries]
    assert any(np.allclose(line.get_xdata(), 64 / RATE * 1e6) for line in axes.lines)


def test_harmonics_are_laid_over_the_reference(study):
    first, middle, last, distortion = drawn(harmonics.draw, study)
    assert [axes.get_title(loc="left") for axes in (first, middle, last)] == [f"drive_db {at} dB" for at in ("0", "24", "36")]
    tone = study.entries[0].quality.thd[-1]
    tops = [bar.get_y() + bar.get_height() for bar in last.patches]
    assert np.allclose(tops[:9], tone.harmonics_dbfs[:9]) and tops[9] == pytest.approx(harmonics.FLOOR_DBFS)
    lstm = next(line for line in last.lines if line.get_label() == "lstm")
    assert lstm.get_ydata()[2] - tops[2] == pytest.approx(20 * np.log10(1.5))
    curves = {line.get_label(): line for line in distortion.lines}
    assert list(curves) == ["reference", "numpy", "standard", "lstm"]
    assert list(curves["lstm"].get_xdata()) == list(DRIVES) and distortion.get_ylabel() == "%"
    assert distortion.get_xlabel() == "drive_db (dB)"


def test_waveforms_are_of_the_stretch_where_rivals_differ_most(study, folder):
    tracks = waveforms.tracks_of(study, folder)
    assert list(tracks) == ["reference", "numpy", "standard", "lstm", "dry"]
    panels = drawn(waveforms.draw, study, tracks)
    assert [axes.get_title(loc="left").split(":")[0] for axes in panels] == ["numpy", "standard", "lstm"]
    assert "ESR 0.0025" in panels[2].get_title(loc="left")
    under, over = panels[2].lines
    assert np.allclose(over.get_ydata(), 1.05 * under.get_ydata(), atol=1e-6)
    assert under.get_xdata()[-1] == pytest.approx(12, abs=0.1) and panels[2].get_xlabel().startswith("ms from")
    click = {"reference": np.zeros(1000, np.float32), "one": np.zeros(1000, np.float32)}
    click["one"][700:720] = 1
    first = waveforms.most_different(click, 50)
    assert first <= 700 and first + 50 >= 720


def test_audio_that_does_not_fit_is_refused(study, folder, tmp_path):
    with pytest.raises(FileProblem, match=r"no audio file at .*reference"):
        waveforms.tracks_of(study, tmp_path)
    for name in ("dry", "reference", "numpy", "standard", "lstm"):
        audio, rate = soundfile.read(folder / "audio" / f"{name}.wav", dtype="float32")
        (tmp_path / "audio").mkdir(exist_ok=True)
        soundfile.write(tmp_path / "audio" / f"{name}.wav", audio[: -1 if name == "lstm" else None], rate)
    with pytest.raises(InvalidValue, match="differs in length"):
        waveforms.tracks_of(study, tmp_path)


def test_moving_spectra_show_what_is_heard_at_the_moment():
    times = np.arange(2 * RATE) / RATE
    dry = np.where(times < 1, np.sin(2 * np.pi * 440 * times), np.sin(2 * np.pi * 3000 * times)).astype(np.float32)
    moving = MovingSpectra({"dry": dry, "wet": 0.5 * dry, "twin": 0.4 * dry}, RATE)
    for second, hertz in ((0.9, 440), (1.9, 3000)):
        levels = moving.levels(second)
        assert moving.frequencies[np.argmax(levels["wet"])] == pytest.approx(hertz, rel=0.06)
        assert levels["wet"].max() - levels["twin"].max() == pytest.approx(20 * np.log10(0.5 / 0.4), abs=1e-3)
        assert levels["difference"].max() - levels["wet"].max() == pytest.approx(20 * np.log10(0.1 / 0.5), abs=1e-2)
    heard = dry[RATE - 4096 : RATE]
    assert np.allclose(moving.levels(1.0)["dry"], band_levels(heard, RATE)[1])
    figure = Figure()
    moving.draw(figure)
    moved = moving.update(1.5, "now: wet, ")
    above, below = figure.axes
    assert [line.get_label() for line in above.lines[:4]] == ["dry", "wet", "twin", "difference"]
    assert above.get_xlabel() == "Hz" and "dB" in above.get_ylabel() and below.get_xlabel() == "s of the excerpt"
    floor = above.get_ylim()[0]
    assert np.allclose(above.lines[1].get_ydata(), np.maximum(moving.levels(1.5)["wet"], floor))
    assert above.get_ylim()[1] > above.lines[1].get_ydata().max()
    assert "now: wet,  1.5 s" in [text.get_text() for text in moved if hasattr(text, "get_text")]


def test_both_are_heard_in_turn():
    one, other = np.ones(5 * RATE, np.float32), -np.ones(5 * RATE, np.float32)
    heard, share = turns(one, other, RATE)
    for second, wanted in ((1.0, 1), (1.999, 1), (2.02, -1), (3.98, -1), (4.0, 1), (4.9, 1)):
        assert heard[round(second * RATE)] == wanted and share[round(second * RATE)] == (wanted < 0)
    assert np.abs(np.diff(heard)).max() < 0.01  # faded over


def test_showing_needs_a_window():
    matplotlib.use("agg")
    with pytest.raises(InvalidValue, match="--show opens a window"):
        check_window()


@pytest.fixture(scope="module")
def written(study, folder):
    told = []
    return draw_study(study, folder, progress=lambda *a: told.append(a)), told


def test_all_is_written_beside_the_study(study, folder, written):
    found, told = written
    assert set(found) == {*PICTURES, "study.md"} and told[-1][1] == told[-1][2] == len(PICTURES)
    for name in PICTURES:
        with Image.open(folder / name) as picture:
            assert len(np.unique(np.asarray(picture.convert("L")))) > 8, name
    with Image.open(folder / "spectra.gif") as gif:
        assert gif.n_frames == 10 * SECONDS and gif.info["duration"] == 100  # ten a second
        frames = []
        for at in (3, 12):
            gif.seek(at)
            frames.append(np.asarray(gif.convert("L"), np.int16))
        assert np.abs(frames[0] - frames[1]).max() > 50
    text = (folder / "study.md").read_text()
    assert text == text_of(study) and all(f"({name})" in text for name in PICTURES)


def test_whose_spectra_move(study, folder):
    assert closest(study) == "standard"
    assert moving_spectra(study, folder, "lstm").rival == "lstm" and moving_spectra(study, folder).rival == "standard"
    with pytest.raises(UnknownName, match="lstn"):
        moving_spectra(study, folder, "lstn")
    with pytest.raises(InvalidValue, match="suffix"):
        check_moving_suffix(folder / "a.png")


def test_findings_tell_the_figures(study):
    text = "\n".join(findings(study))
    assert "reference 33 ns; numpy 968 ns" in text
    assert "standard, ours: 121 ns, ESR 0.00010" in text and "3.6 x the cheapest exact maths" in text
    assert "torch 54 x and 4.4 x" in text  # (400 µs / 64 + 300 ns) / (2 µs / 64 + 90 ns)
    assert "numpy clicks at -41 dB" in text
    assert "lstm 0.0 dB (4 at worst)" in text  # 20 log10(1.5) in one harmonic of nine
    assert "even harmonics together lie 4 dB above the odd" in text


def test_tables_have_a_row_an_entry(study):
    text = text_of(study)
    for entry in study.entries:
        assert text.count(f"| {entry.name} |") == 3
    assert "121 ± 6.1" in text and "- wavenet: no time" in text and "`wetdry compare Curve --out here`" in text


def test_a_written_study_is_filled_in_where_it_is_marked(study, folder, written, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("A\n<!-- study: cost -->\nold\n<!-- end -->\nB\n<!-- study: left out --><!-- end -->\n")
    refresh(readme, folder)
    text = readme.read_text()
    assert text.startswith("A\n<!-- study: cost -->\n|") and "old" not in text and "wavenet: no time" in text
    assert (tmp_path / "spectra.gif").read_bytes() == (folder / "spectra.gif").read_bytes()
    refresh(readme, folder)
    assert readme.read_text() == text
    with pytest.raises(InvalidValue, match="'costs'"):
        filled("<!-- study: costs --><!-- end -->", study)
    with pytest.raises(InvalidValue, match="no end"):
        filled("<!-- study: cost -->", study)
    with pytest.raises(FileProblem, match="run wetdry compare"):
        refresh(readme, tmp_path / "nothing")


def test_more_nets_than_hues_still_have_colours(study):
    assert len(set(looks.colours_of(study).values())) == 4


def test_a_film_has_both_sounds(study, folder, tmp_path):
    ffmpeg = installed_program("ffmpeg")
    write_moving(tmp_path / "a.mp4", moving_spectra(study, folder))
    said = subprocess.run([ffmpeg, "-i", tmp_path / "a.mp4"], capture_output=True, text=True).stderr
    assert "Video: h264" in said and "Audio: aac" in said and f"00:00:0{SECONDS:.2f}" in said


def changed(study, rival, engine, **fields):
    """Return the study with fields of one entry replaced."""
    entries = tuple(replace(e, **fields) if (e.rival, e.engine) == (rival, engine) else e for e in study.entries)
    return replace(study, entries=entries)


def seed_run(seed, esr):
    return SeedRun(seed, 900, 2.0, esr, 0.5, 80.0, 0.1, 0.4, -50.0)


def test_the_conclusion_goes_by_the_figures(study):
    text = conclusion(study)
    assert "standard, takes 3.6 x as much and still is off by an ESR of 0.00010" in text
    assert "below an ESR of 0.01: standard (0.00010), lstm (0.0025)" in text and "not learned" not in text
    assert "The engine comes before the architecture: in blocks of 64 the same weights take 54 x" in text
    assert "even harmonics lead, by 4 dB" in text and "has its second harmonic there within 0.1 dB" in text
    slow = replace(study, entries=tuple(replace(e, costs=study.entry("standard, ours").costs) if e.engine == "torch" else e
                                        for e in study.entries))  # fmt: skip
    dear = changed(slow, "lstm", "ours", costs=study.entry("lstm, torch").costs)
    assert "The architecture counts for more than the engine" in conclusion(dear)
    net = study.entry("standard, ours").quality
    duller = tuple(replace(t, harmonics_dbfs=(-12.0, t.harmonics_dbfs[1] - 7, *t.harmonics_dbfs[2:])) for t in net.thd)
    deaf = changed(study, "standard", "ours", quality=replace(net, thd=duller))
    assert "An ESR does not hear" not in text and "standard, the closest net, has its second harmonic 7 dB off" in conclusion(
        deaf
    )


def test_seeds_are_told_where_there_are_several(study):
    assert "trained once, from seed 0" in seed_table(study) and "Seeds" not in "".join(findings(study))
    runs = [seed_run(0, 0.1), seed_run(1, 0.3), seed_run(2, 0.2)]
    over = replace(study, trained=(Trained.of("standard", runs),))
    assert "| standard | 0.20 ± 0.10 |" in seed_table(over) and "0.10, 0.30, 0.20 | 900 to 900 |" in seed_table(over)
    assert "standard 0.20 ± 0.10 (0.10 to 0.30)" in "".join(findings(over)) and "seeds 0 to 2" in text_of(over)
    text = conclusion(over)
    assert "The closest net, lstm" in text and "farther off, not learned in that time: standard (0.20 ± 0.10)" in text
    cost, _ = drawn(trade.draw, over)
    assert "over 3 seeds" in cost.get_ylabel()


def test_a_trial_says_that_it_is_one(study):
    assert "short trial" in trial(study) and "1 min of training a net, 5 runs" in trial(study)
    assert trial(replace(study, minutes=2.0)) == "" and "1 run." in trial(replace(study, minutes=9.0, runs=1))
