"""Live chains with parts that Python must play: the sound is the offline render after a constant delay, whatever goes wrong.

The worker is never late by chance here: the device waits for it between parts that are shorter than what it is given.
"""

import threading
import time

import numpy as np
import pedalboard
import program_files as files
import pytest
from installed_plugins import installed, installed_vst2

from wetdry import Chain, Gain, NeuralAmp, TubeSaturator, load_plugin
from wetdry.host.live.core.clock_device import ClockDevice
from wetdry.host.live.core.desk import BLOCKS
from wetdry.host.live.core.ring import FADE_FRAMES
from wetdry.host.live.engine import Engine
from wetdry.models.errors import WetdryError

RATE, BLOCK, GIVEN = 48000, 64, 4800  # samples that a worker is given
PART = 37 * BLOCK  # played between two waits for the worker: half of that
BEGINS = 480  # samples until a stream has risen from silence
PATIENCE_SECONDS = 20


class Stubborn:
    """Turns the signal over; waits before a block where it is told to, raises where it is told to."""

    def __init__(self):
        self.open, self.raises, self.played = threading.Event(), False, 0
        self.open.set()

    def reset(self):
        self.played = 0

    def process(self, audio, sample_rate, buffer_size=8192, reset=True):
        assert self.open.wait(PATIENCE_SECONDS)
        if self.raises:
            raise RuntimeError("the plugin has had enough")
        self.played += audio.shape[-1]
        return -audio


class Stage:
    """An engine and a device that waits for the workers between parts."""

    def __init__(self, processor, channels=1, said=None, block=BLOCK, apart=()):
        self.engine = Engine(processor, RATE, block, channels, channels, channels, worker_seconds=GIVEN / RATE,
                             apart=apart, failed=(said if said is not None else []).append)  # fmt: skip
        self.exchanges = self.engine.scene.exchanges
        self._began = [int(e.back.header[0]) - e.latency_samples + GIVEN for e in self.exchanges]
        self.engine.start()
        self._fed = 0  # blocks

    def play(self, heard):
        device = ClockDevice(self.engine, heard, pace=0)
        device.start()
        device.wait()
        self._fed += device.calls
        return device.played[: device.calls * self.engine.block]

    def settle(self):
        """Wait until the workers have played all they were sent."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self.engine.desk[BLOCKS] < self._fed:
            assert time.monotonic() < end, "the engine does not play"
            time.sleep(0.0005)
        for began, exchange in zip(self._began, self.exchanges, strict=True):
            while exchange.back.header[0] < began + exchange.send.header[0]:
                assert time.monotonic() < end, "the worker does not play"
                time.sleep(0.001)

    def play_all(self, heard):
        out = []
        for part in np.split(heard, range(PART, len(heard), PART)):
            out.append(self.play(part))
            self.settle()
        return np.concatenate(out)


@pytest.fixture
def stage():
    made = []

    def begin(*arguments, **options):
        made.append(Stage(*arguments, **options))
        return made[-1]

    yield begin
    for one in made:
        one.engine.stop()


def noise(samples, channels=1, seed=0):
    whole = samples // PART * PART
    return (0.2 * np.random.default_rng(seed).standard_normal((whole, channels))).astype(np.float32)


def around(middle):
    """Return a chain of ours, something foreign, ours."""
    return Chain([Gain(gain_db=-3), middle, TubeSaturator(drive_db=12, oversampling=2)])


def onnx_state(folder):
    files.lstm_onnx(folder / "lstm.onnx")
    return load_plugin(folder / "lstm.onnx")


def onnx_blocks(folder):
    return load_plugin(files.conv_onnx(folder / "conv.onnx", 200, out=200))


def torchscript(folder):
    return load_plugin(files.scripted(files.PlainConv(), folder / "conv.ts"), trusted=True)


def native(folder):
    return pedalboard.Reverb(room_size=0.3)


def vst3(folder):
    return load_plugin(installed("ZamTube"))


@pytest.mark.parametrize(
    ("made", "within"), [(onnx_state, 1e-6), (onnx_blocks, 0), (torchscript, 1e-6), (native, 0), (vst3, 1e-6)]
)
def test_what_is_foreign_sounds_live_as_it_does_offline(made, within, tmp_path, stage):
    heard = noise(RATE // 2)
    expected = around(made(tmp_path))(heard[:, 0], RATE)
    playing = stage(around(made(tmp_path)))
    out = playing.play_all(heard)[:, 0]
    (exchange,), late = playing.exchanges, playing.engine.latency_samples
    assert late == BLOCK + GIVEN + around(made(tmp_path)).latency_samples
    assert (exchange.gaps, exchange.missed_samples) == (0, 0)
    assert np.abs(expected).max() > 0.05
    np.testing.assert_allclose(out[late + BEGINS :], expected[BEGINS : len(out) - late], rtol=0, atol=within)


def test_an_effect_of_ours_that_is_set_apart_plays_on_a_worker_and_sounds_the_same(stage):
    heard, amp = noise(RATE // 2), NeuralAmp()
    cut = len(heard) // PART // 2 * PART
    playing = stage(around(amp), apart=[amp])
    first = playing.play_all(heard[:cut])
    amp.tube_drive = 9
    out, late = np.concatenate([first, playing.play_all(heard[cut:])])[:, 0], playing.engine.latency_samples
    assert [exchange.name for exchange in playing.exchanges] == ["NeuralAmp"]
    assert late == BLOCK + GIVEN + around(NeuralAmp()).latency_samples
    offline = around(NeuralAmp())
    offline[1].schedule(cut, "tube_drive", 9)
    np.testing.assert_array_equal(out[late + BEGINS :], offline(heard[:, 0], RATE)[BEGINS : len(out) - late])


def test_two_workers_in_two_channels_add_up_their_delays(stage):
    def board():
        chorus = pedalboard.Chorus(rate_hz=3.0)
        return Chain([Gain(gain_db=-3), chorus, TubeSaturator(drive_db=6, oversampling=1), pedalboard.Delay(0.01, mix=0.5)])

    heard = noise(RATE // 4, 2)
    playing = stage(board(), channels=2)
    out, late = playing.play_all(heard), playing.engine.latency_samples
    assert late == BLOCK + 2 * GIVEN + board().latency_samples
    np.testing.assert_array_equal(out[late + BEGINS :].T, board()(heard.T, RATE)[:, BEGINS : len(out) - late])


def late_at(playing, heard, begins, missing):
    """Play `heard`, the worker asleep from a sample on until so many samples have been missed; return what came out."""
    stubborn = playing.engine.scene.processor[1]
    out = [playing.play_all(heard[:begins])]
    stubborn.open.clear()
    ends = begins + GIVEN + missing
    out.append(playing.play(heard[begins:ends]))
    assert playing.exchanges[0].missed_samples == missing
    stubborn.open.set()
    return out, ends


def test_a_late_worker_is_faded_counted_and_in_step_again_to_the_sample(stage):
    heard, missing = noise(RATE), 38 * BLOCK
    playing = stage(Chain([Gain(gain_db=-3), Stubborn()]))
    out, ends = late_at(playing, heard, begins=4 * PART, missing=missing)
    playing.settle()
    out = np.concatenate([*out, playing.play_all(heard[ends:])])[:, 0]
    exchange, late = playing.exchanges[0], playing.engine.latency_samples
    assert exchange.gaps == missing // BLOCK and exchange.missed_samples == missing
    expected = Chain([Gain(gain_db=-3), Stubborn()])(heard[:, 0], RATE)
    wanted = np.concatenate([np.zeros(late, np.float32), expected[: len(out) - late]])
    gap = 4 * PART + GIVEN + BLOCK  # in what comes out: the last block that the worker had played, and the device's own
    falls, silent = slice(gap, gap + FADE_FRAMES), slice(gap + FADE_FRAMES, gap + missing)
    np.testing.assert_array_equal(out[late + BEGINS : gap], wanted[late + BEGINS : gap])
    down = np.arange(FADE_FRAMES - 1, -1, -1, dtype=np.float32) / FADE_FRAMES
    np.testing.assert_allclose(out[falls], wanted[gap - 1] * down, atol=1e-6)
    assert not out[silent].any()
    rises = slice(gap + missing, gap + missing + FADE_FRAMES)
    np.testing.assert_allclose(out[rises], wanted[rises] * (1 - down), atol=1e-2)
    np.testing.assert_array_equal(out[rises.stop :], wanted[rises.stop :])
    steps, largest = np.abs(np.diff(out)), np.abs(np.diff(wanted)).max()
    assert steps.max() <= largest + np.abs(wanted).max() / FADE_FRAMES


def test_a_worker_that_slept_longer_than_its_ring_holds_is_in_step_again(stage):
    playing = stage(Chain([Gain(gain_db=-3), Stubborn()]))
    capacity = len(playing.exchanges[0].send.frames)
    heard = noise(capacity + 2 * RATE)
    out, ends = late_at(playing, heard, begins=2 * PART, missing=capacity + 12 * GIVEN)
    end, exchange = time.monotonic() + PATIENCE_SECONDS, playing.exchanges[0]
    while min(exchange.send.waiting, capacity - exchange.back.waiting) >= BLOCK and time.monotonic() < end:
        time.sleep(0.001)
    for _ in range(2):  # which drops what came too late, so that there is room for the rest
        out.append(playing.play(heard[ends : ends + PART]))
        ends += PART
        time.sleep(0.05)
    playing.settle()
    out = np.concatenate([*out, playing.play_all(heard[ends:])])[:, 0]
    late = playing.engine.latency_samples
    wanted = Chain([Gain(gain_db=-3), Stubborn()])(heard[:, 0], RATE)
    again = ends + GIVEN + FADE_FRAMES
    assert len(out) - again > RATE // 4
    np.testing.assert_array_equal(out[again:], wanted[again - late : len(out) - late])


def test_a_worker_that_raises_is_passed_by_and_said_once(stage):
    said, stubborn = [], Stubborn()
    heard = noise(RATE // 2)
    playing = stage(Chain([Gain(gain_db=-3), stubborn, Gain(gain_db=6)]), said=said)
    first = playing.play_all(heard[: 4 * PART])
    assert np.abs(first).max() > 0.1
    stubborn.raises = True
    late = playing.engine.latency_samples
    second = playing.play(heard[4 * PART : 5 * PART])
    end = time.monotonic() + PATIENCE_SECONDS
    while not said and time.monotonic() < end:
        time.sleep(0.001)
    out = np.concatenate([first, second, playing.play(heard[5 * PART :])])[:, 0]
    assert len(said) == 1 and "had enough" in said[0] and "\n" not in said[0]
    assert playing.engine.latency_samples == late  # as before, so that nothing jumps
    passed = Chain([Gain(gain_db=-3), Gain(gain_db=6)])(heard[:, 0], RATE)
    again = 5 * PART + late + RATE // 50  # it changes over within 20 ms
    np.testing.assert_allclose(out[again:], passed[again - late : len(out) - late], rtol=0, atol=1e-6)


def test_what_plays_whole_signals_only_is_refused_in_one_line():
    with pytest.raises(WetdryError, match="cannot stream") as caught:
        Engine(around(load_plugin(installed_vst2("ZamTube-vst"))), RATE, BLOCK)
    assert "\n" not in str(caught.value)


def test_a_part_that_changes_the_channel_count_is_refused():
    class Doubling(Stubborn):
        def process(self, audio, sample_rate, buffer_size=8192, reset=True):
            return np.concatenate([audio, audio])

    with pytest.raises(WetdryError, match=r"1 channel.*2"):
        Engine(around(Doubling()), RATE, BLOCK)
