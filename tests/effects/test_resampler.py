"""A kernel inside a resampler hears what scipy's and soxr's resamplers make of the signal, and its output comes back."""

import numpy as np
import pytest
import soxr
from scipy.signal import butter, freqz, sosfilt, upfirdn

from wetdry.effects.kernels.kernel import TILE, Kernel
from wetdry.effects.kernels.program import Knob, Part, Program
from wetdry.effects.kernels.resampler import resampled, resampling_latency
from wetdry.effects.kernels.resampler_filter import rate_change
from wetdry.effects.kernels.wire import WIRE
from wetdry.effects.neural import compile_model
from wetdry.host.strings import phrase
from wetdry.models import Model
from wetdry.models.errors import InvalidValue
from wetdry.models.spec import wavenet

RATES = [(44100, 48000), (48000, 44100), (88200, 48000), (96000, 48000), (192000, 48000), (44100, 96000), (48000, 16000)]
PLAYED, CROSSED, HEARD = range(3)  # the recorder's memory: samples, calls that crossed a tile, then samples and knobs
LENGTH = 12000


def _recorder(audio, start, frames, clock, knobs, memory, state, weights):
    """Keep what the first channel hears and how the knob stands; leave the audio alone."""
    if clock != memory[PLAYED] or clock % TILE + frames > TILE:
        memory[CROSSED] += 1
    room = (len(memory) - HEARD) // 2
    for i in range(frames):
        memory[HEARD + clock + i] = audio[0, start + i]
        memory[HEARD + room + clock + i] = knobs[0, clock % TILE + i]
    memory[PLAYED] += frames


RECORDER = Kernel(_recorder)


def guitar(rate, length=LENGTH):
    audio = phrase(length, rate, np.random.default_rng(4), "riff")
    return (0.5 * audio / np.abs(audio).max()).astype(np.float32)


def esr(wet, expected):
    return np.sum((wet - expected) ** 2.0) / np.sum(expected**2.0)


def played(part, audio, host, sizes=None, clock=0):
    audio = np.atleast_2d(audio).copy()
    program, at, out = Program([part], host, len(audio)), 0, []
    program.reset(np.zeros(0))
    program.start_at(clock)
    while at < audio.shape[1]:
        block = np.ascontiguousarray(audio[:, at : at + (sizes[len(out) % len(sizes)] if sizes else audio.shape[1])])
        program.process(block)
        out.append(block)
        at += block.shape[1]
    return np.concatenate(out, axis=1), program


def net(rate, channels=1):
    """Return a net that idles away from 0."""
    spec = wavenet(rate, channels=4, dilations=(1, 3, 30))
    random = np.random.default_rng(2)
    weights = {n: (0.5 * random.standard_normal(s)).astype(np.float32) for n, s in spec.weight_shapes.items()}
    made = compile_model(Model(spec, weights), channels)
    return Part(made.kernel, (), made.memory, made.state, made.weights, spec.silence_before)


def heard(host, inner, audio, knob=(0.0, ())):
    """Return (what an inner kernel hears, how its knob stood, its memory); knob: value, and events as rows."""
    recorder = Part(RECORDER, [Knob(0.0, 1.0)], np.zeros(HEARD + 2 * (len(audio) * inner // host + TILE)))
    program = Program([resampled(recorder, host, inner, 1)], host, 1)
    program.reset(np.array([knob[0]]))
    program.process(audio[None].copy(), np.array([*knob[1], (np.inf, 0, 0)]))
    memory = program.memory_of(0)[16 : 16 + len(recorder.memory)]  # behind the resampler's own
    room, count = (len(memory) - HEARD) // 2, int(memory[PLAYED])
    return memory[HEARD:][:count], memory[HEARD + room :][:count], memory


@pytest.mark.parametrize(("host", "inner"), RATES)
def test_hears_what_scipy_makes_with_the_same_filter(host, inner):
    audio, change = guitar(host), rate_change(host, inner)
    samples, _, memory = heard(host, inner, audio)
    late = -(len(change.taps) // 2) % change.down  # the way in takes whole inner samples
    taps = change.up * np.pad(change.taps, (late, 0))
    expected = upfirdn(taps, audio, change.up, change.down)[: len(samples)]
    assert memory[CROSSED] == 0
    assert len(samples) == -(-LENGTH * inner // host)
    assert np.abs(samples - expected).max() < 2e-5


@pytest.mark.parametrize(("host", "inner"), RATES)
def test_hears_what_soxr_makes_whole_samples_later(host, inner):
    audio, change = guitar(host), rate_change(host, inner)
    expected = soxr.resample(audio, host, inner, "VHQ")
    samples, _, _ = heard(host, inner, audio)
    late = -(-(len(change.taps) // 2) // change.down)
    assert esr(samples[late:], expected[: len(samples) - late]) < 1e-5  # its filter is steeper


@pytest.mark.parametrize(("host", "inner"), RATES)
def test_passes_to_20_khz_and_stops_at_half_the_lower_rate(host, inner):
    change, low = rate_change(host, inner), min(host, inner)
    frequencies, response = freqz(change.taps, worN=2**19, fs=host * change.up)
    level = 20 * np.log10(np.abs(response) + 1e-12)
    assert np.abs(level[frequencies <= min(20000, 0.4535 * low)]).max() < 0.002
    assert level[frequencies >= 0.5 * low].max() < -74.5


@pytest.mark.parametrize(("host", "inner"), RATES)
def test_a_wire_at_another_rate_only_lags(host, inner):
    audio, lag = guitar(host), resampling_latency(host, inner)
    audio = sosfilt(butter(8, 0.2 * min(host, inner), fs=host, output="sos"), audio).astype(np.float32)
    wet, _ = played(resampled(Part(WIRE), host, inner, 1), audio, host)
    assert isinstance(lag, int) and 0 < lag / host < 0.007
    assert esr(wet[0, lag:], audio[:-lag]) < 1e-8


@pytest.mark.parametrize("rates", [(44100, 48000), (192000, 48000), (48000, 16000)], ids=str)
def test_split_anywhere(rates):
    host, inner = rates
    audio = np.stack([guitar(host, 3000), guitar(host, 3000)[::-1]])
    whole, _ = played(resampled(net(inner, 2), host, inner, 2), audio, host)
    split, _ = played(resampled(net(inner, 2), host, inner, 2), audio, host, (1, 2, 63, 64, 65, 300))
    assert np.array_equal(split, whole)
    alone, _ = played(resampled(net(inner), host, inner, 1), audio[1], host)
    assert np.array_equal(alone[0], whole[1])


def test_starts_at_any_tile():
    part = resampled(net(48000), 44100, 48000, 1)
    first, _ = played(part, guitar(44100, 2000), 44100)
    later, _ = played(part, guitar(44100, 2000), 44100, clock=64 * 1001)
    assert np.array_equal(first, later)


def test_idles_as_if_silence_had_been_playing():
    part = resampled(net(48000), 44100, 48000, 1)
    wet, _ = played(part, np.zeros(500, np.float32), 44100)
    assert abs(wet[0, 0]) > 1e-3
    assert np.ptp(wet) < 1e-6 * abs(wet[0, 0])


def test_knobs_are_held_from_host_sample_to_host_sample():
    host, inner, moved = 44100, 48000, 1001
    _, knobs, _ = heard(host, inner, guitar(host, 3000), knob=(0.25, [(moved, 0, 0.75)]))
    first = -(-moved * inner // host)  # the first inner sample at or after the host's
    assert (knobs[:first] == 0.25).all() and (knobs[first:] == 0.75).all()


def test_equal_rates_change_nothing():
    part = net(48000)
    assert resampled(part, 48000, 48000, 1) is part
    assert resampling_latency(48000, 48000) == 0


@pytest.mark.parametrize("host", [47999, 44100.5])
def test_uneven_rates_are_refused(host):
    with pytest.raises(InvalidValue, match=rf"{host:g} Hz.*48000 Hz.*use a usual rate"):
        resampled(Part(WIRE), host, 48000, 1)
