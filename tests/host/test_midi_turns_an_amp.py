"""A MIDI file sweeps a neural amp's drive: as a value a sample would, and what holding it over blocks changes."""

import mido
import numpy as np
import pytest

from wetdry import Automated, Binding, MidiMap, NeuralEffect
from wetdry.host.strings import riff
from wetdry.models import load
from wetdry.presets import clone_path

RATE, BLOCK, SAMPLES = 48000, 512, 96000
LOW, HIGH = 2.0, 11.0


@pytest.fixture
def amp():
    return NeuralEffect(load(clone_path("zamtube")), treble=6)


@pytest.fixture(scope="module")
def dry():
    return riff(SAMPLES / RATE, RATE, "chords", seed=3)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """A file with a tick a sample; and the knob's course that it means, reckoned here."""
    track, course, before = mido.MidiTrack(), np.full(SAMPLES, LOW), 0
    places = np.sort(np.random.default_rng(0).choice(np.arange(1, SAMPLES), 127, replace=False))
    for value, place in zip(range(1, 128), places.tolist(), strict=True):
        track.append(mido.Message("control_change", control=11, value=value, time=place - before))
        course[place:] = LOW + (HIGH - LOW) * (value / 127)
        before = place
    path = tmp_path_factory.mktemp("midi") / "sweep.mid"
    mido.MidiFile(ticks_per_beat=RATE // 2, tracks=[track]).save(path)
    return path, course


def swept(amp, path):
    amp.tube_drive = LOW
    midi = MidiMap({"cc 11": Binding("tube_drive", low=LOW, high=HIGH, curve="linear")})
    return Automated(amp, midi.curves(path, amp.parameters))


def test_equals_the_same_sweep_as_an_array(amp, dry, sweep):
    path, course = sweep
    wet, curves = swept(amp, path).render(dry, RATE)
    assert np.array_equal(curves["tube_drive"], course)
    assert np.array_equal(wet, Automated(amp, {"tube_drive": course})(dry, RATE))


def test_held_over_blocks_it_is_late_by_a_block_at_most_and_nothing_else(amp, dry, sweep):
    path, course = sweep
    wet = swept(amp, path)(dry, RATE)
    held = []
    amp.reset()
    for start in range(0, SAMPLES, BLOCK):
        amp.tube_drive = course[start]
        held.append(amp(dry[start : start + BLOCK], RATE, reset=False))
    held = np.concatenate(held)
    late = np.repeat(course[::BLOCK], BLOCK)[:SAMPLES]
    assert np.array_equal(held, Automated(amp, {"tube_drive": late})(dry, RATE))
    away = 10 * np.log10(np.sum((wet - held) ** 2) / np.sum(wet.astype(float) ** 2))
    assert -70 < away < -35
