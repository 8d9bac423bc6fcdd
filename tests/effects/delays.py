"""Loops for a delay, and audio to play through it."""

import numpy as np

from wetdry.effects.effect import Effect
from wetdry.effects.kernels.kernel import Kernel
from wetdry.effects.kernels.program import Part
from wetdry.models import Model, Parameter
from wetdry.models.spec import wavenet

RATE = 48000


def noise(samples=RATE, level=0.1, channels=None, seed=0):
    shape = samples if channels is None else (channels, samples)
    return (level * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def tone(frequency_hz, level=0.3, samples=RATE):
    return (level * np.sin(2 * np.pi * frequency_hz * np.arange(samples) / RATE)).astype(np.float32)


def click(samples=RATE, channels=None):
    audio = np.zeros(samples if channels is None else (channels, samples), np.float32)
    audio[..., 0] = 0.4
    return audio


def small_model(scale=0.6):
    spec = wavenet(RATE, (Parameter("drive", "", 0, 10, 3),), channels=4, dilations=(1, 4, 30))
    random = np.random.default_rng(2)
    return Model(spec, {n: (scale * random.standard_normal(s)).astype(np.float32) for n, s in spec.weight_shapes.items()})


def play_late(audio, start, frames, clock, knobs, memory, state, weights):
    late = len(state) // audio.shape[0]
    for channel in range(audio.shape[0]):
        for i in range(frames):
            at = channel * late + (clock + i) % late
            state[at], audio[channel, start + i] = audio[channel, start + i], state[at]


class Late(Effect):
    """Nothing but latency."""

    samples = 37

    def _latency(self, sample_rate):
        return self.samples

    def _parts(self, sample_rate, channels):
        return [Part(Kernel(play_late), state=np.zeros(self.samples * channels, np.float32))]
