"""Nets beside each other on effects that remember for seconds, each trained for the same time: ESR on a signal not heard.

python tests/benchmarks/memory.py MINUTES [SEED] [compressor|fuzz [NET …]]

The effects are made up, so that what they remember is known: a compressor that lets go within 2.5 s, and a fuzz whose bias
drifts as slowly. The signal is plucked notes at drawn levels with pauses, 8 kHz, other notes to train, validate and test.
"""

import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from scipy.signal import lfilter

from wetdry import NeuralEffect
from wetdry.models.dataset import CaptureRecord, DryRecording, Take, write_record, write_takes
from wetdry.models.files import write_wav
from wetdry.models.metrics import esr
from wetdry.models.spec import tcn
from wetdry.models.spec.memory_nets import s4d, tfilm
from wetdry.models.spec.nets import recurrent
from wetdry.models.training import train

RATE, ATTACK_SECONDS, RELEASE_SECONDS = 8_000, 0.01, 2.5
SECONDS = {"train": 120, "validation": 20, "test": 40}
LONG = {"batch_size": 4, "segment": 16_384, "loss": "esr"}


def micro_tcn(sample_rate, knobs, level, **shape):
    """Return a TCN whose reach at 8 kHz is, in seconds, that of TCN-300 or TCN-1000 at 48 kHz."""
    return tcn(sample_rate, knobs, channels=16, **shape)


NETS = {
    "tcn, hears 0.28 s": (partial(micro_tcn, kernel_size=3), LONG),
    "tcn gain, hears 0.28 s, every 100th": (partial(micro_tcn, kernel_size=3, ends="gain"),
                                            {"batch_size": 16, "segment": 16_000, "every": 100, "loss": "esr+level"}),
    "tcn, hears 0.83 s": (partial(micro_tcn, kernel_size=7), LONG),
    "lstm 32": (recurrent, {"batch_size": 32, "segment": 1024, "lead_in": 3072, "loss": "esr"}),
    "s4d": (s4d, LONG | {"lead_in": 16_384}),
    "s4d-gain": (partial(s4d, ends="gain"), LONG | {"lead_in": 16_384}),
    "s4d-gain, 2 blocks of 8 channels": (partial(s4d, ends="gain", channels=8, blocks=2), LONG | {"lead_in": 16_384}),
    "tfilm": (tfilm, LONG | {"lead_in": 16_384}),
}  # fmt: skip


def plucks(seconds, random):
    """Return notes of 0.2 to 0.6 s at levels over 40 dB, a third of them pauses of up to two seconds."""
    notes, left = [], seconds * RATE
    while left > 0:
        length = int(random.uniform(0.2, 0.6) * RATE)
        since = np.arange(length) / RATE
        pitch = 82.4 * 2 ** random.uniform(0, 3)
        note = sum(np.sin(2 * np.pi * (k * pitch * since + random.random())) / k for k in range(1, 9) if k * pitch < RATE / 2)
        note = 0.3 * 10 ** random.uniform(-2, 0) * note * np.exp(-since * random.uniform(2, 8)) * np.minimum(1, since * 200)
        notes.append(note)
        if random.random() < 1 / 3:
            notes.append(np.zeros(int(random.uniform(0.1, 2.0) * RATE)))
        left -= sum(map(len, notes[-2:]))
    return np.concatenate(notes)[: seconds * RATE].astype(np.float32)


def envelope(dry):
    """Return the level that rises within ATTACK_SECONDS and falls within RELEASE_SECONDS."""
    rise, fall = (1 - np.exp(-1 / (seconds * RATE)) for seconds in (ATTACK_SECONDS, RELEASE_SECONDS))
    level, levels = 0.0, np.empty(len(dry))
    for n, size in enumerate(np.abs(dry)):
        level += (rise if size > level else fall) * (size - level)
        levels[n] = level
    return levels


def compressor(dry):
    """4:1 above about -34 dBFS, no make-up."""
    return dry * (1 + (envelope(dry) / 0.02) ** 2) ** -0.375


def fuzz(dry):
    """Hard gain around a bias that the level pushes away, then a DC block."""
    wet = np.tanh(12 * dry + 0.2 - 8 * envelope(dry))
    return 0.5 * lfilter([1, -1], [1, -0.995], wet - np.tanh(0.2))


EFFECTS = {"compressor": compressor, "fuzz": fuzz}


def capture(folder, effect, seed):
    """Write a capture folder of one setting without knobs; return (dry, wet) of the test signal."""
    random, recordings, takes = np.random.default_rng(seed), [], []
    for i, (split, seconds) in enumerate(SECONDS.items()):
        dry = plucks(seconds, random)
        wet = effect(dry).astype(np.float32)
        if split == "test":
            break
        name, wet_name = f"dry/{split}.wav", f"wet/{split}.wav"
        dry_hash, wet_hash = write_wav(folder / name, dry, RATE), write_wav(folder / wet_name, wet, RATE)
        recordings.append(DryRecording(name, f"{split}.wav", dry_hash, len(dry), split))
        takes.append(Take(wet_name, name, 0, len(dry), i, split, {}, {}, sha256=wet_hash, dry_sha256=dry_hash))
    write_record(
        folder, CaptureRecord({"kind": "benchmark"}, {"name": effect.__name__}, float(RATE), (), seed, tuple(recordings))
    )
    write_takes(folder, (), takes)
    return dry, wet


def main(minutes, seed="0", effect="compressor", *nets):
    """Train nets on an effect and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        dry, wet = capture(folder / "capture", EFFECTS[effect], int(seed))
        print(f"{effect}: {minutes} minutes each, seed {seed}; dry against wet: ESR {esr(wet, dry):.3f}", flush=True)
        for i, net in enumerate(nets or NETS):
            make, numbers = NETS[net]
            before = time.process_time()
            model = train(folder / "capture", folder / str(i), spec=make, minutes=float(minutes), seed=int(seed), **numbers)
            steps = f"{model.training['steps']} steps in {time.process_time() - before:.0f} CPU seconds"
            played = NeuralEffect(model)(dry, RATE)
            print(f"  {net:36} ESR {esr(wet, played):.4f}   {model.weight_count:6} weights   {steps}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
