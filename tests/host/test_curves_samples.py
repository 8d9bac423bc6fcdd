"""Samples and Steps: courses given a value, or a jump, at a sample."""

import pickle

import numpy as np
import pytest
from curve_knobs import LINEAR, ON, SWITCH

from wetdry.host.automation import Samples, Steps, Time
from wetdry.models.errors import FileProblem, InvalidType, InvalidValue

TIME = Time(1000.0)


def test_a_value_a_sample_and_the_last_one_holds():
    samples = Samples(np.array([1.0, 2.0, 3.0]))
    assert samples.numbers(LINEAR, -2, 8, TIME).tolist() == [1, 1, 1, 2, 3, 3, 3, 3]
    assert samples.numbers(LINEAR, 10, 2, TIME).tolist() == [3, 3]
    assert samples.numbers(LINEAR, 1, 0, TIME).shape == (0,)


def test_what_was_given_may_change_afterwards():
    given = np.zeros(4)
    samples = Samples(given)
    given[:] = 9
    numbers = samples.numbers(LINEAR, 0, 4, TIME)
    numbers[:] = 7
    assert not samples.numbers(LINEAR, 0, 4, TIME).any()


def test_a_switch_takes_its_choices_or_their_numbers():
    assert Samples(["soft", "wrap", "hard"]).numbers(SWITCH, 0, 3, TIME).tolist() == [0, 3, 1]
    assert Samples(np.array([0.0, 3, 1])).numbers(SWITCH, 0, 3, TIME).tolist() == [0, 3, 1]
    assert Samples(np.array([False, True])).numbers(ON, 0, 2, TIME).tolist() == [0, 1]
    for wrong in ([0.5], [4.0], [-1.0], ["mild"]):
        with pytest.raises(InvalidValue):
            Samples(wrong).check(SWITCH)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused_where_it_stands(wrong):
    values = np.zeros(10)
    values[7] = wrong
    with pytest.raises(InvalidValue, match="sample 7"):
        Samples(values)


@pytest.mark.parametrize("wrong", [[], np.zeros((2, 3)), np.zeros(3, complex), [[1], [1, 2]], 3.0, None])
def test_what_is_no_row_of_values_is_refused(wrong):
    with pytest.raises((InvalidValue, InvalidType)):
        Samples(wrong)


def test_a_value_out_of_range_is_named_with_its_sample():
    with pytest.raises(InvalidValue, match=r"sample 2: drive_db = 40 is out of range \[0 dB, 36 dB\]"):
        Samples(np.array([0.0, 3, 40, 1])).check(LINEAR)
    with pytest.raises(InvalidType, match="takes numbers"):
        Samples(["loud"]).check(LINEAR)


def test_a_file_gives_back_every_bit_and_knows_its_rate(tmp_path):
    rng = np.random.default_rng(0)
    for dtype in (np.float64, np.float32):
        samples = Samples(rng.uniform(0, 36, 500).astype(dtype))
        samples.save(tmp_path / "drive.wav", 44_100)
        again = Samples.from_file(tmp_path / "drive.wav")
        time = Time(44_100.0)
        assert np.array_equal(again.numbers(LINEAR, 0, 500, time), samples.numbers(LINEAR, 0, 500, time))
        assert again.to_data() == samples.to_data() == {"samples": str(tmp_path / "drive.wav")}
        with pytest.raises(InvalidValue, match="44100 Hz, but 48000 Hz play"):
            again.numbers(LINEAR, 0, 500, Time(48_000.0))
        assert pickle.loads(pickle.dumps(again)) == again != samples


def test_files_that_hold_no_course(tmp_path):
    import soundfile

    with pytest.raises(FileProblem, match="no file"):
        Samples.from_file(tmp_path / "none.wav")
    (tmp_path / "text.wav").write_text("no audio")
    with pytest.raises(FileProblem, match="cannot be read"):
        Samples.from_file(tmp_path / "text.wav")
    soundfile.write(tmp_path / "stereo.wav", np.zeros((9, 2)), 48_000)
    with pytest.raises(InvalidValue, match="2 channels"):
        Samples.from_file(tmp_path / "stereo.wav")
    with pytest.raises(InvalidValue, match=r"\.wav"):
        Samples([1.0]).save(tmp_path / "drive.mp3", 48_000)
    with pytest.raises(InvalidValue, match="whole number"):
        Samples([1.0]).save(tmp_path / "drive.wav", 44_100.5)
    with pytest.raises(InvalidValue, match="no file yet"):
        Samples([1.0]).to_data()


def test_steps_jump_where_they_were_added():
    steps = Steps(3.0)
    assert steps.numbers(LINEAR, -5, 10, TIME).tolist() == [3.0] * 10
    steps.append(4, 6.0)
    steps.append(8, 1.0)
    steps.append(8, 2.0)
    assert steps.numbers(LINEAR, 0, 10, TIME).tolist() == [3, 3, 3, 3, 6, 6, 6, 6, 2, 2]
    assert steps.numbers(LINEAR, 8, 1, TIME).tolist() == [2] and steps.numbers(LINEAR, 7, 1, TIME).tolist() == [6]
    with pytest.raises(InvalidValue, match="sample 7 comes before the one at 8"):
        steps.append(7, 1.0)


def test_steps_forgotten_still_hold():
    steps = Steps(0.0, [(n, float(n % 30)) for n in range(10_000)])
    before = steps.numbers(LINEAR, 9000, 1000, TIME)
    steps.forget_before(9000)
    assert len(steps) == 999 and np.array_equal(steps.numbers(LINEAR, 9000, 1000, TIME), before)
    steps.forget_before(20_000)
    assert len(steps) == 0 and steps.numbers(LINEAR, 30_000, 2, TIME).tolist() == [9999 % 30] * 2


def test_steps_are_checked():
    Steps(0.0, [(3, 36.0)]).check(LINEAR)
    with pytest.raises(InvalidValue, match="sample 3: drive_db = 37"):
        Steps(0.0, [(3, 37.0)]).check(LINEAR)
    with pytest.raises(InvalidValue, match="counts none"):
        Steps(0.5).check(SWITCH)
    steps = Steps(1.0, [(2, 3.0), (5, 1.0)])
    assert pickle.loads(pickle.dumps(steps)) == steps != Steps(1.0)
