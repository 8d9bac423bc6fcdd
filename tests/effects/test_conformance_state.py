"""What every effect must do with a stream's state, and when several threads play or turn it."""

import copy
import io
import threading

import numpy as np
import pytest
from conforming import EFFECTS, RATE, automatable, noise, scripted, scripts_of, settings_of, streamed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wetdry.models.errors import InvalidValue

DRAWN = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))  # shared machines stall


@pytest.mark.parametrize("name", EFFECTS)
@DRAWN
@given(data=st.data())
def test_state_replays_the_same_samples(name, data):
    make, at = EFFECTS[name], data.draw(st.integers(3, 1996))
    values, script = data.draw(settings_of(make)), []
    if automatable(make()):
        script = data.draw(scripts_of(make, at))
    channels = data.draw(st.sampled_from([1, 2]))
    effect, audio = scripted(make, script, values), noise(4000, channels)
    effect(audio[:, :at], RATE, reset=False)
    state = effect.state
    assert all(isinstance(array, np.ndarray) and array.dtype != object for array in state.values())
    expected = effect(audio[:, at:], RATE, reset=False)
    fresh = make(**{knob: getattr(effect, knob) for knob in effect.parameters})
    for other in (effect, fresh, copy.deepcopy(fresh)):
        other.state = {key: array.copy() for key, array in state.items()}
        assert np.array_equal(streamed(other, audio[:, at:], [301]), expected)


def test_state_goes_through_a_file_and_is_not_shared(make):
    effect, audio, file = make(), noise(1500), io.BytesIO()
    effect(audio[:555], RATE, reset=False)
    state = effect.state
    np.savez(file, **state)
    kept = {key: array.copy() for key, array in state.items()}
    expected = effect(audio[555:], RATE, reset=False)
    for key, array in state.items():
        assert np.array_equal(array, kept[key], equal_nan=True)  # playing on changes no state taken before
    file.seek(0)
    other = make()
    other.state = dict(np.load(file, allow_pickle=False))
    assert np.array_equal(other(audio[555:], RATE, reset=False), expected)


def test_the_state_before_the_first_block_is_a_fresh_start(make):
    effect, audio = make(), noise(500)
    start = effect.state
    expected = effect(audio, RATE, reset=False)
    effect.state = start
    assert np.array_equal(effect(audio, RATE, reset=False), expected)


def test_refuses_the_state_of_another_effect(name, make):
    for other in EFFECTS:
        if other != name:
            alien = EFFECTS[other]()
            alien(noise(100), RATE, reset=False)
            with pytest.raises(InvalidValue, match="state"):
                make().state = alien.state


def test_refuses_a_state_that_lacks_something(make):
    effect = make()
    effect(noise(100), RATE, reset=False)
    state = effect.state
    for missing in state:
        with pytest.raises(InvalidValue, match="state"):
            make().state = {key: array for key, array in state.items() if key != missing}


# threads


def test_threads_take_turns(make):
    effect, audio = make(), noise(4000)
    expected = effect(audio, RATE)
    wets = _in_threads(4, lambda i: effect(audio, RATE))
    assert all(np.array_equal(wet, expected) for wet in wets)


def test_threads_with_an_effect_each_do_not_meet(make):
    audios = [noise(3000, seed=i) for i in range(4)]
    expected = [make()(audio, RATE) for audio in audios]
    wets = _in_threads(4, lambda i: streamed(make(), audios[i], range(100, 3000, 100)))
    for wet, wanted in zip(wets, expected, strict=True):
        assert np.array_equal(wet, wanted[: len(wet)])


def test_knobs_turned_from_another_thread(make):
    """One thread plays, another turns knobs: nothing is lost, nothing breaks."""
    effect, audio = make(), noise(20000)
    knobs = list(automatable(effect).values())

    def turn():
        for i in range(100):
            for bound in knobs:
                bound.raw_value = (i % 10) / 10

    wets = _in_threads(2, lambda i: turn() if i else streamed(effect, audio, range(100, 20000, 100)))
    assert len(wets[0]) == 20000 - effect.latency_samples
    assert np.isfinite(wets[0]).all()
    for bound in knobs:
        assert bound.value == bound.parameter.from_raw(0.9)


def _in_threads(count, work):
    """Return what `work(i)` returns in as many threads; an error in one is raised here."""
    found, problems = [None] * count, []

    def run(i):
        try:
            found[i] = work(i)
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
    return found
