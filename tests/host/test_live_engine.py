"""The live engine, driven by a clock in place of a sound card: what it plays is what the same chain renders offline."""

import math
import time

import numpy as np
import pytest

from wetdry import CabinetIR, Chain, Gain, TubeSaturator
from wetdry.host.live.core.clock_device import ClockDevice
from wetdry.host.live.core.ring import MISSED
from wetdry.host.live.engine import Engine
from wetdry.models.errors import InvalidValue

RATE = 48000
BEGINS = 480  # samples until a stream has risen from silence: 10 ms


def noise(seconds=0.5, channels=1, seed=0):
    return (0.2 * np.random.default_rng(seed).standard_normal((int(seconds * RATE), channels))).astype(np.float32)


def board():
    return Chain([Gain(gain_db=3), TubeSaturator(drive_db=18, oversampling=4), Gain(gain_db=-3)])


def played(engine, *parts, between=(), **options):
    """Return what comes out for the parts in turn, as fast as the engine plays; between them something is done."""
    engine.start()
    out = []
    for part, act in zip(parts, [*between, lambda: None], strict=True):
        device = ClockDevice(engine, part, pace=0, **options)
        device.start()
        device.wait()
        out.append(device.played[: device.calls * (options.get("block") or engine.block)])
        act()
    engine.stop()
    assert not engine.output.header[MISSED]
    return np.concatenate(out)


@pytest.mark.parametrize(("block", "device_block"), [(64, 64), (128, 64), (64, 256), (100, 37), (16, 16)])
def test_what_comes_out_is_the_offline_render_a_latency_later(block, device_block):
    heard = noise()
    engine = Engine(board(), RATE, block, device_block=device_block)
    out = played(engine, heard, block=device_block)
    late = engine.latency_samples
    assert late == device_block + block - math.gcd(block, device_block) + board().latency_samples
    expected = board()(heard[:, 0], RATE)
    np.testing.assert_array_equal(out[late + BEGINS :, 0], expected[BEGINS : len(out) - late])
    np.testing.assert_array_equal(out[:, 0], out[:, 1])
    assert not out[:block].any()


def test_a_knob_turned_while_playing_is_noted_at_its_sample_and_replays_bit_for_bit():
    heard, fx = noise(1.0), board()
    engine = Engine(fx, RATE, 64)
    device = ClockDevice(engine, heard, pace=1.0)
    engine.start()
    device.start()
    for drive, gain in ((6, -6), (30, 0), (12, 6)):
        time.sleep(0.2)
        fx[1].drive_db = drive
        with engine.at(time.monotonic()):
            fx[0].gain_db = gain
    device.wait()
    engine.stop()
    moves = engine.moves()
    assert [name for _, _, name, _ in moves] == ["drive_db", "gain_db"] * 3
    again, offline = Engine(board(), RATE, 64), board()
    for sample, effect, name, number in moves:
        offline[[fx[0], fx[1]].index(effect)].schedule(sample, name, number)
    expected = offline(heard[:, 0], RATE)
    if not engine.output.header[MISSED]:  # this machine may be starved
        late = engine.latency_samples
        end = device.calls * 64
        np.testing.assert_array_equal(device.played[late + BEGINS : end, 0], expected[BEGINS : end - late])
    fx = again.scene.processor
    cut = 64 * 300

    def turn():
        fx[1].drive_db = 30

    out = played(again, heard[:cut], heard[cut:], between=[turn])
    offline = board()
    offline[1].schedule(cut, "drive_db", 30)
    late = again.latency_samples
    np.testing.assert_array_equal(out[late + BEGINS :, 0], offline(heard[:, 0], RATE)[BEGINS : len(out) - late])


def test_another_chain_fades_in_and_what_is_the_same_goes_on():
    heard, cut = noise(0.8), 64 * 200
    gain, tube = Gain(gain_db=0), TubeSaturator(drive_db=24, oversampling=1)
    engine = Engine(Chain([gain, tube]), RATE, 64)
    change = Chain([gain, tube, Gain(gain_db=-20)])
    out = played(engine, heard[:cut], heard[cut:], between=[lambda: engine.play(change)])[:, 0]
    whole = Chain([Gain(), TubeSaturator(drive_db=24, oversampling=1)])(heard[:, 0], RATE)
    late, fade = engine.latency_samples, 960
    begins = cut + late
    np.testing.assert_array_equal(out[late + BEGINS : begins], whole[BEGINS:cut])
    weight = np.linspace(1, 0.1, fade)
    during = out[begins : begins + fade]
    np.testing.assert_allclose(during, whole[cut : cut + fade] * weight, atol=2e-3 * np.abs(whole).max())
    np.testing.assert_allclose(out[begins + fade :], 0.1 * whole[cut + fade : len(out) - late], rtol=1e-5, atol=1e-7)


def test_a_cabinet_that_is_changed_fades_over():
    heard, cut = noise(0.8), 128 * 100
    cabinet = CabinetIR((np.array([1.0], np.float32), RATE), normalise="none")
    engine = Engine(Chain([Gain(), cabinet]), RATE, 128)

    def change():
        cabinet.impulse_response = (np.array([0.25], np.float32), RATE)

    out = played(engine, heard[:cut], heard[cut:], between=[change])[:, 0]
    late = engine.latency_samples
    np.testing.assert_allclose(out[late + BEGINS : cut + late], heard[BEGINS:cut, 0], atol=1e-5)
    np.testing.assert_allclose(out[cut + late + 1024 :], 0.25 * heard[cut + 1024 : len(out) - late, 0], atol=1e-5)
    during = out[cut + late : cut + late + 1024]
    assert np.all(np.abs(during) <= np.abs(heard[cut : cut + 1024, 0]) + 1e-5)


def test_bypass_and_mute_are_ramps_in_step_with_the_sound():
    heard = noise(0.6)
    engine = Engine(board(), RATE, 64)
    engine.desk[1] = 1  # bypassed from the beginning
    out = played(engine, heard)
    late = engine.latency_samples
    np.testing.assert_array_equal(out[late + BEGINS :, 0], heard[BEGINS : len(out) - late, 0])


def test_what_is_no_number_is_silence_and_the_sound_comes_back():
    heard = noise(0.5)
    heard[5000:5003] = np.nan
    heard[9000] = np.inf
    engine = Engine(board(), RATE, 64)
    out = played(engine, heard)
    assert np.isfinite(out).all()
    clean = np.where(np.isfinite(heard), heard, 0)
    late = engine.latency_samples
    np.testing.assert_array_equal(out[late + BEGINS :, 0], board()(clean[:, 0], RATE)[BEGINS : len(out) - late])


@pytest.mark.parametrize("wrong", [{"block": 8}, {"channels": 17}, {"input_map": [3]}])
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(InvalidValue):
        Engine(board(), RATE, **wrong)
