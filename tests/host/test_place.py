"""A place in a chain or a mix: what arrives there is captured, the twin takes its place and is judged there."""

import json
import shutil

import numpy as np
import pytest

import wetdry
from wetdry import Chain, Mix, TubeSaturator
from wetdry.effects import Gain
from wetdry.host.capture import capture
from wetdry.host.capture.target import Target
from wetdry.host.excitation import excitation
from wetdry.host.place import Late, Place, held_back
from wetdry.models.dataset import CaptureFolder
from wetdry.models.errors import CaptureError, InvalidType, InvalidValue, UnknownName

RATE = 48_000
SMALL = {"settings": 3, "validation_settings": 1, "seconds_per_take": 1.0, "workers": 1, "excitation_seconds": 8.0, "unseen": 1}


def rig():
    return Chain([TubeSaturator(drive_db=30, output_db=-12), Gain(gain_db=-3), TubeSaturator(bias=0.3)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return capture(rig(), {"gain_db": (-12, 6)}, tmp_path_factory.mktemp("place") / "capture", place=1, **SMALL)


def test_dry_is_what_arrives_and_wet_what_the_processor_makes_of_it(folder):
    assert folder.record.identity["name"] == "Gain"
    assert folder.record.target["kind"] == "effect"
    test = folder.dry_of("test")[0]
    played = wetdry.models.dataset.read_mono(folder.path / folder.record.place["played"][test.file_name], RATE)
    assert np.array_equal(played, excitation(20.0, RATE, 2))
    assert np.array_equal(folder.read_dry(test), TubeSaturator(drive_db=30, output_db=-12)(played, RATE))
    for take in folder.takes_of("train"):
        assert np.allclose(folder.read_wet(take), folder.read_dry(take) * 10 ** (take.values["gain_db"] / 20), atol=1e-6)


def test_the_record_rebuilds_the_rig_and_survives_reading(folder):
    again = CaptureFolder.open(folder.path)
    assert again.record.place == folder.record.place
    assert repr(wetdry.host.recipe.build(again.record.place["whole"])) == repr(rig())


def test_run_again_it_plays_nothing_again(folder, monkeypatch):
    monkeypatch.setattr("wetdry.host.capture.placed.Arriving", lambda *a: pytest.fail("played again"))
    again = capture(rig(), {"gain_db": (-12, 6)}, folder.path, place=1, **SMALL)
    assert again == folder


def test_another_rig_in_the_same_folder_is_refused(folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder.path, copy)
    other = rig()
    other[0].drive_db = 20
    with pytest.raises(CaptureError, match="place"):
        capture(other, {"gain_db": (-12, 6)}, copy, place=1, **SMALL)


def test_a_record_from_a_stranger_does_not_leave_the_folder(folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder.path, copy)
    data = json.loads((copy / "capture.json").read_text())
    data["place"]["played"] = {"dry/000_x.wav": "../../etc/passwd"}
    (copy / "capture.json").write_text(json.dumps(data))
    with pytest.raises(CaptureError, match="played"):
        CaptureFolder.open(copy)


def test_a_mix_hands_its_input_to_every_branch():
    mix = Mix([None, TubeSaturator()], gains_db=[0, -6])
    place = Place(mix, 1)
    audio = excitation(8.0, RATE, 1)
    assert np.array_equal(Target(place.before, RATE).play(audio), audio)
    place.put(None)
    heard = mix(audio, RATE)
    assert np.abs(audio).max() > 0.1
    assert np.allclose(heard, audio * (1 + 10 ** (-6 / 20)), atol=1e-6)
    place.put_back()
    assert isinstance(mix[1], TubeSaturator)


def test_refusals_say_what_to_do(tmp_path):
    def refused(kind, match, target, knobs, place):
        with pytest.raises(kind, match=match):
            capture(target, knobs, tmp_path / "out", place=place, **SMALL)
        assert not (tmp_path / "out").exists()

    refused(InvalidType, "has no places", TubeSaturator(), ["drive_db"], 0)
    refused(InvalidValue, "place = 3 is not in the chain", rig(), ["gain_db"], 3)
    refused(InvalidType, "is an index", rig(), ["gain_db"], "gain")
    refused(InvalidValue, "is a wire", Chain([None, Gain()]), ["gain_db"], 0)
    refused(UnknownName, "drive_db", rig(), ["drive_db"], 1)
    refused(InvalidValue, "nothing arrives", Chain([Gain(gain_db=-120), Gain()]), {"gain_db": (-6, 6)}, 1)


def test_held_back_is_late_and_says_nothing_of_it():
    audio = excitation(8.0, RATE, 4)[:24000]
    late = held_back(TubeSaturator(), 37)
    heard = Target(late, RATE).play(audio, block=100)
    assert np.array_equal(heard[37:], TubeSaturator()(audio, RATE)[:-37])
    assert held_back(late, 0) is late
    assert Late(3).process(np.ones((2, 5), np.float32), RATE).tolist() == [[0, 0, 0, 1, 1]] * 2


@pytest.mark.slow
def test_a_clone_is_judged_alone_and_in_its_place(folder, tmp_path):
    made = wetdry.clone(rig(), {"gain_db": (-12, 6)}, tmp_path / "run", place=1, capture_folder=folder.path,
                        capturing=SMALL, training={"epochs": 12},
                        evaluating={"settings": 2, "seconds": 3, "workers": 0})  # fmt: skip
    assert made.evaluation.place == {"name": 1, "of": "chain", "captured_there": True}
    assert made.model.certificate["there"]["of"] == "chain"
    page = made.report_path.read_text()
    assert "in its place" in page
    # the capture remembers the rig: nothing need be said again
    again = wetdry.evaluate(made.model_path, folder.path, tmp_path / "again", settings=2, seconds=3, workers=1)
    assert again.place == {"name": 1, "of": "chain", "captured_there": True}
    assert [c["there"] for c in again.cells] == [c["there"] for c in made.evaluation.cells]
    alone = wetdry.evaluate(made.model_path, folder.path, tmp_path / "alone", place=None, settings=1, corners=False,
                            seconds=3, workers=0)  # fmt: skip
    assert alone.place is None and "there" not in alone.cells[0] and alone.certificate()["there"] is None
