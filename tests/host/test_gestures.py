"""Gestures: what is drawn, captured with moving knobs, and judged."""

import shutil

import numpy as np
import pytest
from recorded_gear import guitar
from saturator_capture import pluck, random_twin

from wetdry import Chain, Faust, Gain, TubeSaturator, load_plugin
from wetdry.host.capture import capture
from wetdry.host.capture.checks import lead_samples
from wetdry.host.capture.gestures import FASTEST_SECONDS, SLOWEST_SECONDS, draw_gesture, numbers_of, plan_gestures
from wetdry.host.capture.moving import play_moving
from wetdry.host.capture.target import Target
from wetdry.host.evaluation import Evaluation, evaluate
from wetdry.host.evaluation.bench import Bench
from wetdry.host.evaluation.gestures import Moving
from wetdry.host.evaluation.summary import summarise, verdict
from wetdry.host.recorded import capture_recordings
from wetdry.host.report import write_report
from wetdry.models.dataset import CaptureFolder
from wetdry.models.errors import InvalidValue
from wetdry.models.files import write_wav
from wetdry.models.parameter import Parameter

RATE = 48_000
SMALL = {"settings": 3, "validation_settings": 1, "seconds_per_take": 1.0, "workers": 1, "excitation_seconds": 8.0, "unseen": 1}
KNOBS = ["drive_db", "tone_hz"]
ROWS = (Parameter("drive", "dB", 0.0, 24.0, 6.0), Parameter("tone", "Hz", 100.0, 10_000.0, 1000.0, "log"),
        Parameter("mode", choices=("soft", "hard", "off"), default="hard"),
        Parameter("quality", choices=(1, 2, 4), default=1, automatable=False))  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return capture(TubeSaturator(), KNOBS, tmp_path_factory.mktemp("capture") / "saturator", gestures=3, **SMALL)


def test_every_knob_that_can_move_does_and_the_same_seed_draws_the_same():
    pool = [("dry/a.wav", 10 * RATE), ("dry/b.wav", 9 * RATE)]
    planned = plan_gestures(ROWS, pool, 12, RATE, seed=3, first_number=20)
    assert plan_gestures(ROWS, pool, 5, RATE, seed=3, first_number=20) == planned[:5]
    assert [p.curves for p in plan_gestures(ROWS, pool, 2, RATE, seed=4)] != [p.curves for p in planned[:2]]
    assert [p.number for p in planned] == list(range(20, 32))
    assert all(p.frames == 6 * RATE for p in planned) and len({(p.dry_file_name, p.dry_start) for p in planned}) > 6
    long = plan_gestures(ROWS, [("a", 600 * RATE), ("b", 600 * RATE)], 8, RATE, seed=0)
    assert {p.dry_file_name for p in long[:2]} == {"a", "b"} and max(np.diff(sorted(p.dry_start for p in long))) < 300 * RATE
    for p in planned:
        assert set(p.curves) == {"drive", "tone", "mode"} and p.values["quality"] in (1, 2, 4)
        assert p.dry_start + p.frames <= dict(pool)[p.dry_file_name]
        numbers = numbers_of(ROWS, p.curves, p.frames, RATE)
        for row in ROWS[:3]:
            course = numbers[row.name]
            assert course.shape == (p.frames,) and row.minimum <= course.min() and course.max() <= row.maximum
            assert len(np.unique(course)) > 1
            assert row.to_number(p.values[row.name]) == pytest.approx(course[0])
    assert {k for p in planned for k in p.kinds.values()} == {"ramp", "step", "smooth", "lfo"}
    assert {p.kinds["mode"] for p in planned} == {"step"} and len({p.values["quality"] for p in planned}) > 1


def test_moves_take_from_two_seconds_to_20_ms():
    lengths = []
    for index in range(64):
        _, kinds, curves = draw_gesture(ROWS[:1], index, 30.0, seed=0)
        if kinds["drive"] in ("ramp", "smooth"):
            at = [p.at for p in curves["drive"].points]
            lengths += list(np.diff(at)[1::2])
    assert FASTEST_SECONDS * 0.99 <= min(lengths) < 0.025 and 1.5 < max(lengths) <= SLOWEST_SECONDS * 2**0.5 + 1e-3


def test_the_wet_side_is_the_effect_with_its_knobs_moved_by_hand(folder):
    """Of a jumping knob and one that stands: `schedule` at the samples of the jumps, to the bit."""
    alone = capture(TubeSaturator(), ["drive_db"], folder.path.parent / "jumps", gestures=2, **SMALL)
    gesture = alone.gestures[1]
    assert gesture.kinds == {"drive_db": "step"}
    lead = lead_samples(alone.record.checks["tail_seconds"], RATE)
    effect = TubeSaturator(drive_db=gesture.values["drive_db"])
    effect.reset()
    for at, value in gesture.curves["drive_db"]["points"][1:]:
        effect.schedule(lead + round(at * RATE), "drive_db", value)
    expected = effect(np.concatenate([np.zeros(lead, np.float32), alone.read_dry(gesture)]), RATE)[lead:]
    assert np.array_equal(alone.read_wet(gesture), expected)
    course = alone.read_knob(gesture, "drive_db")
    jumps = 1 + np.flatnonzero(np.diff(course))
    wanted = [round(at * RATE) for at, _ in gesture.curves["drive_db"]["points"][1:]]
    assert list(jumps) == [at for at in wanted if at < gesture.frames]


def test_gestures_are_of_unseen_recordings_and_no_training_sees_them(folder):
    unseen = {d.file_name for d in folder.dry_of("test")}
    assert len(folder.gestures) == 3 and {g.dry_file_name for g in folder.gestures} <= unseen
    assert not {g.file_name for g in folder.gestures} & {t.file_name for t in folder.takes}
    for gesture in folder.gestures:
        asked = numbers_of(folder.record.knobs, gesture.curves, gesture.frames, RATE)
        for name in KNOBS:
            assert np.array_equal(folder.read_knob(gesture, name), asked[name].astype(np.float32))


def test_a_finished_capture_gets_gestures_and_broken_ones_come_again(folder, tmp_path):
    later = capture(TubeSaturator(), KNOBS, tmp_path / "later", **SMALL)
    assert later.gestures == () and later.data_hash == folder.data_hash
    capture(TubeSaturator(), KNOBS, later.path, gestures=1, **SMALL)
    (later.path / "wet/gesture_0000_knob1.wav").unlink()
    again = capture(TubeSaturator(), KNOBS, later.path, gestures=3, **SMALL)
    assert again.gestures == folder.gestures
    for name in ("gestures.json", "capture.json", "metadata.csv", "wet/gesture_0000_knob1.wav", "wet/gesture_0002.wav"):
        assert (again.path / name).read_bytes() == (folder.path / name).read_bytes()
    assert capture(TubeSaturator(), KNOBS, later.path, **SMALL).gestures == folder.gestures


def test_at_a_place_the_processor_there_moves(tmp_path):
    board = Chain([TubeSaturator(drive_db=30, output_db=-12), Gain(), TubeSaturator()])
    found = capture(board, {"gain_db": (-12, 6)}, tmp_path / "place", place=1, gestures=1, **SMALL)
    gesture = found.gestures[0]
    assert gesture.kinds == {"gain_db": "ramp"}
    gain = 10 ** (found.read_knob(gesture, "gain_db") / 20)
    wet, dry = found.read_wet(gesture), found.read_dry(gesture)
    assert np.corrcoef(np.abs(wet), np.abs(dry * gain))[0, 1] > 0.9999  # smoothing apart
    assert found.read_knob(gesture, "gain_db").min() >= -12


def test_a_vst3_is_turned_every_32_samples_and_says_so(zamtube):
    """Against the plugin played in sub-blocks by hand, its knob turned before each."""
    row = load_plugin(zamtube).parameters["tube_drive"].parameter
    audio, numbers = pluck(0.5), np.linspace(2.0, 9.0, RATE // 2)
    target = Target(load_plugin(zamtube), RATE)
    target.turn({"tube_drive": 2.0})
    wet, given = play_moving(target, (row,), {"tube_drive": numbers}, audio, lead=RATE)
    turned = np.flatnonzero(np.diff(given["tube_drive"])) + 1
    assert len(turned) > 100 and not (turned % 32).any()
    by_hand = load_plugin(zamtube)
    by_hand.parameters["tube_drive"].value = 2.0
    heard = [by_hand.process(np.zeros((1, RATE), np.float32), RATE, reset=False)]
    for at in range(0, RATE // 2, 32):
        by_hand.parameters["tube_drive"].value = float(numbers[at])
        heard.append(by_hand.process(audio[None, at : at + 32], RATE, reset=False))
    expected = np.concatenate(heard, axis=1)[0, RATE:]
    assert np.abs(wet[: len(expected)] - expected).max() < 1e-5


@pytest.mark.parametrize("kind", ["pedalboard", "faust"])
def test_what_a_knob_was_given_is_what_is_heard(kind):
    """A gain without smoothing: the wet side is the dry one times what the capture says the knob stood at, sample by sample."""
    if kind == "faust":
        pytest.importorskip("dawdreamer")
        made, row = Faust('process = _ * hslider("gain", 0.5, 0, 1, 0.0001);'), Parameter("gain", "", 0.0, 1.0, 0.5)
    else:
        made, row = pytest.importorskip("pedalboard").Gain(), Parameter("gain_db", "dB", -40.0, 0.0)
    target, audio = Target(made, RATE), pluck(1.0)
    numbers = np.interp(np.arange(RATE), [9000, 30000], [row.minimum, row.maximum])
    wet, given = play_moving(target, (row,), {row.name: numbers}, audio, lead=777)
    gain = given["gain"] if kind == "faust" else 10 ** (given["gain_db"] / 20)
    assert 20 < len(np.unique(gain)) < RATE / 32
    assert np.abs(wet - audio * gain).max() < 2e-4


def test_a_switch_narrowed_to_some_choices_counts_as_its_row_does():
    narrowed = Parameter("mode", choices=("off", "soft"), default="soft")
    whole = Parameter("mode", choices=("soft", "hard", "off"), default="hard")
    from wetdry.host.capture.moving import _recounted

    assert list(_recounted(narrowed, whole, np.array([0.0, 1.0, 0.0]))) == [2.0, 0.0, 2.0]
    assert list(_recounted(whole, narrowed, np.array([2.0, 0.0]))) == [0.0, 1.0]


def gliding(index=0, seconds=1.0, knob="gain_db"):
    curves = {knob: {"points": [[0.0, -20.0], [0.2, -20.0], [0.8, 0.0]]}}
    row = (Gain().parameters[knob].parameter,)
    return Moving(index, row, {knob: -20.0}, {knob: "ramp"}, curves, "tone", 0, 0, round(seconds * RATE))


def test_an_equal_twin_scores_nought_and_one_in_steps_is_found_rough():
    tone = (0.5 * np.sin(2 * np.pi * 150 * np.arange(RATE) / RATE)).astype(np.float32)
    row = Bench(Gain(), Gain(), [tone], RATE, RATE).gesture(gliding())
    assert row["twin"]["esr"] == 0 and row["zipper"]["difference_db"] == row["zipper"]["still_difference_db"] == 0
    assert row["dry"]["esr"] > 0.1 and not row["quiet"] and row["seconds"] == 1.0
    pedalboard = pytest.importorskip("pedalboard")
    stepped = Bench(Gain(), pedalboard.Gain(), [tone], RATE, RATE).gesture(gliding())
    assert stepped["zipper"]["difference_db"] > 20 and abs(stepped["zipper"]["still_difference_db"]) < 3
    summary = summarise([], [], [stepped])["gestures"]
    assert summary["zipper"]["median_db"] == stepped["zipper"]["difference_db"] and summary["gestures"] == 1


def test_evaluate_judges_what_was_recorded_and_says_so_everywhere(folder, tmp_path):
    twin, calls = random_twin(folder), []
    found = evaluate(twin, folder, tmp_path, settings=1, corners=False, seconds=1.0, workers=0,
                     progress=lambda *a: calls.append(a))  # fmt: skip
    assert [g["gesture"] for g in found.gestures] == [0, 1, 2] and all(g["recorded"] for g in found.gestures)
    assert calls[-1][1:3] == (4, 4) and found.options["gestures"] == 3
    gesture = folder.gestures[0]
    numbers = numbers_of(folder.record.knobs, gesture.curves, gesture.frames, RATE)
    bench = Bench(TubeSaturator(), TubeSaturator(), [folder.read_dry(gesture)], RATE, RATE)
    bench.target.turn(gesture.values)
    played, _ = play_moving(bench.target, folder.record.knobs, numbers, bench.dry[0],
                            lead_samples(folder.record.checks["tail_seconds"], RATE))  # fmt: skip
    assert np.array_equal(played, folder.read_wet(gesture))
    figures = found.certificate()["gestures"]
    assert figures["esr"]["worst"] == max(g["twin"]["esr"] for g in found.gestures)
    assert "knobs moving: ESR median" in found.verdict and "zipper above 5 kHz" in found.verdict
    assert Evaluation.load(tmp_path) == found
    [clip] = [c for c in found.clips if c["why"] == "moving"]
    assert clip["gesture"] == figures["esr"]["worst_gesture"] and clip["frames"] == folder.gestures[clip["gesture"]].frames
    page = write_report(found, folder.path).read_text()
    assert "While the knobs move" in page and "worst gesture, knobs moving" in page and "drive_db ramps" in page


def test_drawn_gestures_are_rendered_now_and_a_journal_goes_on(folder, tmp_path, monkeypatch):
    options = {"settings": 1, "corners": False, "seconds": 2.0, "workers": 0, "gestures": 1}
    found = evaluate(random_twin(folder), folder, tmp_path, **{**options, "workers": 1})
    assert len(found.gestures) == 1 and not any(g["recorded"] for g in found.gestures)
    assert found.gestures[0]["curves"] != dict(folder.gestures[0].curves)
    monkeypatch.setattr(Bench, "gesture", lambda *_: pytest.fail("judged again"))
    assert evaluate(random_twin(folder), folder, tmp_path, **options).gestures == found.gestures
    none = evaluate(random_twin(folder), folder, tmp_path / "none", **{**options, "gestures": 0})
    assert none.gestures == [] and none.summary["gestures"] is None and "knobs moving" not in none.verdict
    assert "While the knobs move" not in write_report(none).read_text()


def test_refusals_say_what_is_wrong(folder, tmp_path):
    cases = [({"gestures": 2, "unseen": 0}, KNOBS, "none are kept: pass unseen=1"),
             ({"gestures": -1}, KNOBS, "gestures = -1 is not a whole number"), ({"gestures": True}, KNOBS, "gestures = True"),
             ({"gestures": 1}, ["oversampling"], "no captured knob can move")]  # fmt: skip
    for options, knobs, words in cases:
        with pytest.raises(InvalidValue, match=words) as caught:
            capture(TubeSaturator(), knobs, tmp_path / "out", **{**SMALL, **options})
        assert "\n" not in str(caught.value) and not (tmp_path / "out/wet").exists()
    with pytest.raises(InvalidValue, match="not a whole number"):
        evaluate(random_twin(folder), folder, tmp_path, settings=1, gestures=5000, workers=0)
    write_wav(tmp_path / "dry.wav", guitar(20.0), RATE)
    gear = capture_recordings([(tmp_path / "dry.wav", tmp_path / "dry.wav")], tmp_path / "gear")
    with pytest.raises(InvalidValue, match="recorded gear cannot be turned"):
        evaluate(random_twin(gear), gear, tmp_path, settings=1, gestures=2, workers=0)


def test_a_curve_from_a_stranger_is_one_line(folder, tmp_path):
    shutil.copytree(folder.path, tmp_path / "copy")
    text = (tmp_path / "copy/gestures.json").read_text()
    (tmp_path / "copy/gestures.json").write_text(text.replace('"points"', '"pointless"'))
    with pytest.raises(InvalidValue, match="pointless") as caught:
        evaluate(random_twin(folder), CaptureFolder.open(tmp_path / "copy"), tmp_path, settings=1, workers=0)
    assert "\n" not in str(caught.value)


def test_the_verdict_leaves_out_what_was_not_heard():
    quiet = {"gesture": 0, "quiet": True, "twin": {"esr": 9.0}, "dry": {"esr": 9.0}, "zipper": {"difference_db": 3.0}}
    summary = summarise([], [], [quiet])
    assert summary["gestures"]["esr"]["median"] is None and summary["gestures"]["zipper"] is None
    assert verdict(summary, None).startswith("Not judged")
