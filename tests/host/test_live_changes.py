"""Changes while a chain plays: what Python plays goes on, what fails is passed by, a silent device is waited for."""

import threading
import time

import numpy as np
import pytest

from wetdry import Chain, Gain, TubeSaturator
from wetdry.host.live.core.clock_device import ClockDevice
from wetdry.host.live.core.desk import FADE_LEFT, MOST_KNOBS, SCENE
from wetdry.host.live.core.ring import FADE_FRAMES
from wetdry.host.live.engine import Engine
from wetdry.host.live.knobs import KnobIds
from wetdry.models.errors import InvalidValue

RATE, BLOCK, GIVEN = 48000, 64, 4800  # samples that a worker is given
PART = 37 * BLOCK  # played between two waits for the worker
FADE = 960
BEGINS = 480
PATIENCE_SECONDS = 20


class Noted:
    """Passes the sound on, notes it, and says how often it was begun anew; hangs where it is told to."""

    def __init__(self):
        self.heard, self.begun, self.threads, self.goes_on = [], 0, set(), threading.Event()
        self.goes_on.set()

    def reset(self):
        self.begun += 1

    def process(self, audio, sample_rate, buffer_size=8192, reset=True):
        assert self.goes_on.wait(PATIENCE_SECONDS)
        self.heard.append(audio[0].copy())
        return audio


class Played:
    """An engine, and a device that waits for the workers between parts."""

    def __init__(self, processor):
        self.said, self.out = [], []
        self.engine = Engine(processor, RATE, BLOCK, outputs=1, worker_seconds=GIVEN / RATE, failed=self.said.append)
        self.engine.start()

    def play(self, heard):
        for part in np.split(heard, range(PART, len(heard), PART)):
            device = ClockDevice(self.engine, part[:, None], pace=0)
            device.start()
            device.wait()
            self.out.append(device.played[: device.calls * BLOCK, 0])
            until(lambda: all(e.send.waiting < BLOCK or e.send is e.back for e in self.engine.exchanges))
            time.sleep(0.01)  # until the last block has come back

    @property
    def played(self):
        return np.concatenate(self.out)


@pytest.fixture
def begin():
    made = []

    def play(processor):
        made.append(Played(processor))
        return made[-1]

    yield play
    for one in made:
        one.engine.stop()


def until(true):
    end = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < end
        time.sleep(0.002)


def noise(parts, seed=0):
    return (0.2 * np.random.default_rng(seed).standard_normal(parts * PART)).astype(np.float32)


def test_what_python_plays_hears_one_sound_through_a_change_around_it(begin):
    noted, gain, heard = Noted(), Gain(gain_db=0), noise(8)
    playing = begin(Chain([gain, noted]))
    exchange, begun = playing.engine.exchanges[0], noted.begun
    noted.heard.clear()
    playing.play(heard[: 3 * PART])
    playing.engine.play(Chain([Gain(gain_db=-20), noted, Gain(gain_db=6)]))
    playing.play(heard[3 * PART :])
    assert playing.engine.exchanges == [exchange] and noted.begun == begun and exchange.gaps == 0
    at = -(-3 * PART // BLOCK) * BLOCK
    share = np.clip(1 - (np.arange(len(heard)) - at + 1) / FADE, 0, 1)
    share[:at] = 1
    there = heard * (share + (1 - share) * 0.1)
    whole = np.concatenate(noted.heard)
    np.testing.assert_allclose(whole[BEGINS:], there[BEGINS : len(whole)], atol=2e-4)  # the new gain begins as it is
    late = playing.engine.latency_samples
    end = playing.played[late + at + FADE + GIVEN :]
    np.testing.assert_allclose(
        end, 10 ** (6 / 20) * there[at + FADE + GIVEN : len(playing.played) - late], rtol=1e-4, atol=1e-6
    )


def test_a_rebuilt_effect_beside_it_leaves_what_python_plays_alone(begin):
    noted, tube, heard = Noted(), TubeSaturator(oversampling=2), noise(6)
    playing = begin(Chain([noted, tube]))
    begun = noted.begun
    noted.heard.clear()
    playing.play(heard[: 2 * PART])
    tube.oversampling = 8
    playing.play(heard[2 * PART :])
    np.testing.assert_array_equal(np.concatenate(noted.heard)[BEGINS:], heard[BEGINS : sum(map(len, noted.heard))])
    assert noted.begun == begun


def test_a_processor_in_other_company_is_played_by_one_thread_at_a_time(begin):
    noted, other, heard = Noted(), Noted(), noise(8)
    playing = begin(Chain([noted]))
    first = playing.engine.exchanges[0]
    playing.play(heard[: 2 * PART])
    playing.engine.play(Chain([noted, other]))
    assert not first._thread.is_alive()
    playing.play(heard[2 * PART :])
    late = playing.engine.latency_samples
    np.testing.assert_array_equal(playing.played[-PART:], heard[len(playing.played) - late - PART : len(playing.played) - late])


def test_what_hangs_is_passed_by_as_late_as_it_was_without_a_step(begin):
    noted, heard = Noted(), noise(16)
    playing = begin(Chain([Gain(), noted, Gain(gain_db=-6)]))
    late = playing.engine.latency_samples
    playing.engine.exchanges[0].patience_seconds = 0.2
    playing.play(heard[: 3 * PART])
    noted.goes_on.clear()
    device = ClockDevice(playing.engine, heard[3 * PART : 4 * PART, None], pace=0)
    device.start()
    device.wait()
    playing.out.append(device.played[:, 0])
    until(lambda: playing.said)
    assert len(playing.said) == 1 and "hangs" in playing.said[0] and "Noted" in playing.said[0]
    assert [one.name for one in playing.engine.passed_by] == ["Noted"] and playing.engine.latency_samples == late
    playing.play(heard[4 * PART :])
    begins = 4 * PART + FADE + GIVEN + late
    expected = 10 ** (-6 / 20) * heard
    np.testing.assert_allclose(playing.played[begins:], expected[begins - late : len(playing.played) - late], rtol=1e-5)
    steps, largest = np.abs(np.diff(playing.played)), np.abs(np.diff(expected)).max()
    assert steps.max() <= largest + np.abs(expected).max() / FADE_FRAMES
    assert len(playing.said) == 1
    noted.goes_on.set()
    until(lambda: not playing.engine.passed_by[0].failed.hangs)
    playing.engine.play(Chain([Gain(), noted, Gain(gain_db=-6)]))  # tried again
    assert not playing.engine.passed_by
    noted.heard.clear()
    playing.play(heard[: 4 * PART])
    assert len(noted.heard) > 30


def test_a_change_waits_for_a_device_that_is_silent(begin):
    tube, heard = TubeSaturator(oversampling=1), noise(4)
    playing = begin(tube)
    playing.play(heard[:PART])
    playing.engine.play(Chain([tube]))  # begins with the next block, which does not come
    began = time.monotonic()
    playing.engine.play(Gain(gain_db=-6))
    tube.drive_db = 3
    assert time.monotonic() - began < 3
    assert len(playing.said) == 1 and "silent" in playing.said[0]
    playing.engine.play(Gain(gain_db=-12))  # meanwhile something else is meant, said no more
    playing.play(heard[PART : 2 * PART])
    until(lambda: isinstance(playing.engine.scene.processor, Gain))
    playing.play(heard[2 * PART :])
    until(lambda: playing.engine.desk[SCENE] == playing.engine.scene.address and not playing.engine.desk[FADE_LEFT])
    playing.play(heard[2 * PART :])
    assert len(playing.said) == 1
    late = playing.engine.latency_samples
    np.testing.assert_allclose(playing.played[-PART + late :], 10 ** (-12 / 20) * heard[-PART : len(heard) - late], rtol=1e-4)


def test_several_things_that_rebuild_are_one_change(begin):
    first, second = TubeSaturator(oversampling=1), TubeSaturator(oversampling=1)
    playing = begin(Chain([first, second]))
    with playing.engine.together():
        first.oversampling, second.oversampling = 2, 4
        assert len(playing.engine.changes.scenes) == 1
    assert len(playing.engine.changes.scenes) == 2


def test_a_session_plays_ever_new_effects():
    knobs, first = KnobIds(), [Gain() for _ in range(MOST_KNOBS)]
    numbers = [knobs.of(gain, "gain_db") for gain in first]
    assert numbers == list(range(MOST_KNOBS))
    with pytest.raises(InvalidValue, match="4096"):
        knobs.of(Gain(), "gain_db")
    knobs.release(first[7:9])
    assert knobs.of(first[7], "gain_db") == 7  # it has come again
    coming = Gain(gain_db=3)
    assert knobs.of(coming, "gain_db") == 8 and knobs.targets[8] == pytest.approx(10 ** (3 / 20))
    assert knobs.move(8, 1.0) == (coming, "gain_db", 1.0)
    with pytest.raises(InvalidValue):
        knobs.of(first[8], "gain_db")
