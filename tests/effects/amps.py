"""Amps to play and audio to play through them."""

import math
import sys
from pathlib import Path

import numpy as np
from scipy.signal import lfilter

from wetdry.host.strings import phrase
from wetdry.models import Model, Parameter
from wetdry.models.spec import Gain, ModelSpec, wavenet

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
import nam_files

RATE = 48000
LEVELS = {"loudness": -24.5, "input_level_dbu": 18.0, "output_level_dbu": 9.0}


def random_model(knobs=(), seed=0, weight=0.4, **metadata):
    spec = wavenet(RATE, knobs, channels=6, dilations=(1, 5, 40))
    random = np.random.default_rng(seed)
    weights = {n: (weight * random.standard_normal(s)).astype(np.float32) for n, s in spec.weight_shapes.items()}
    return Model(spec, weights, metadata=metadata)


def plain(level_db=0.0, knobs=(), **metadata):
    """Return a model that is a level and nothing else."""
    return Model(ModelSpec(sample_rate=float(RATE), layers=(Gain(level_db=level_db),)), {}, metadata=metadata)


def guitar(rate=RATE, seconds=0.5, channels=None, peak=0.5):
    audio = np.pad(phrase(round(seconds * rate), rate, np.random.default_rng(4), "riff"), round(0.02 * rate))
    audio = (peak * audio / np.abs(audio).max()).astype(np.float32)
    return audio if channels is None else np.stack([audio, audio[::-1]][:channels])


def tone(hz, samples, level=0.25):
    return (level * np.sin(2 * np.pi * hz * np.arange(samples) / RATE)).astype(np.float32)


def blocked(audio, idle=0.0, rate=RATE):
    """Return audio behind a DC block that has settled at `idle`."""
    pole = math.exp(-2 * math.pi * 10 / rate)
    scale = (1 + pole) / 2
    return lfilter([scale, -scale], [1, -pole], audio.astype(float), zi=[-scale * float(idle)])[0]


def esr(wet, expected):
    return np.sum((wet - expected) ** 2.0) / np.sum(expected**2.0)


def gain_db(amp, audio):
    """Return by how much the amp is louder than its input, in dB, settled."""
    wet = amp(audio, RATE)[4000:]
    return 10 * np.log10(np.sum(wet**2.0) / np.sum(audio[4000:] ** 2.0))


def nam_file(folder, name, seed=3):
    return nam_files.write(folder, nam_files.at(nam_files.FILES[name](seed), RATE))


KNOBS = (Parameter("drive", "", 0, 10, 4), Parameter("tone", "Hz", 100, 10000, 1000, scale="log"))
