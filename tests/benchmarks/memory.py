"""Nets beside each other on effects that remember for seconds, each trained for the same CPU time: ESR on notes not heard.

python tests/benchmarks/memory.py CPU_SECONDS [SEED [compressor|fuzz [NET …]]]

The effects are made up, so that what they remember is known: a compressor that lets go within 2.5 s, and a fuzz whose bias
drifts as slowly. The signal is plucked notes at drawn levels with pauses. It all runs at 1 kHz, where 2.5 s are as many
samples to learn from as a minute of training on one core can cover; the convolutional nets hear as many seconds back as
TCN-300 does at 48 kHz.
"""

import math
import sys
import time
from functools import partial

import numpy as np
import torch
from scipy.signal import lfilter

from wetdry import NeuralEffect
from wetdry.models import Model
from wetdry.models.metrics import esr
from wetdry.models.nets import build, led_in, to_weights
from wetdry.models.spec import tcn
from wetdry.models.spec.memory_nets import s4d, tfilm
from wetdry.models.spec.nets import recurrent
from wetdry.models.training.module import SETTLED, settle

RATE, ATTACK_SECONDS, RELEASE_SECONDS = 1000, 0.01, 2.5
TRAINING_SECONDS, TEST_SECONDS = 600, 120
SEGMENT, LEAD_IN, BATCH = 6000, 4000, 4
LEARNING_RATE = 1e-2

small = {"channels": 8, "blocks": 3}
NETS = {
    "s4d": partial(s4d, **small), "s4d-gain": partial(s4d, ends="gain", **small),
    "tfilm": partial(tfilm, channels=8, kernel_size=5, blocks=4, block_samples=16),
    "tcn": lambda rate: tcn(rate, channels=8, kernel_size=7, growth=6, blocks=3),  # 0.26 s
    "tcn-gain": lambda rate: tcn(rate, channels=8, kernel_size=7, growth=6, blocks=3, ends="gain"),
    "lstm": partial(recurrent, hidden=16),
}  # fmt: skip


def plucks(seconds, random):
    """Return notes of 0.2 to 0.6 s at levels over 40 dB, behind a third of them pauses of up to two seconds."""
    notes, left = [], seconds * RATE
    while left > 0:
        since = np.arange(int(random.uniform(0.2, 0.6) * RATE)) / RATE
        pitch = 40 * 2 ** random.uniform(0, 2)
        note = sum(np.sin(2 * np.pi * (k * pitch * since + random.random())) / k for k in range(1, 4))
        note = 0.3 * 10 ** random.uniform(-2, 0) * note * np.exp(-since * random.uniform(2, 8))
        pause = np.zeros(int(random.uniform(0.1, 2.0) * RATE) if random.random() < 1 / 3 else 0)
        notes += [note, pause]
        left -= len(note) + len(pause)
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
    return 0.5 * lfilter([1, -1], [1, -0.98], wet - np.tanh(0.2))


EFFECTS = {"compressor": compressor, "fuzz": fuzz}


def trained(spec, dry, wet, seconds, seed):
    """Return (a Model that has learned for so many CPU seconds, steps)."""
    net, random, steps, spent = build(spec, seed), np.random.default_rng(seed), 0, 0.0
    optimiser = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.99))
    power, began = float(np.mean(wet**2)), time.process_time()
    while spent < 1:
        starts = random.integers(0, len(dry) - SEGMENT - LEAD_IN, BATCH)
        heard, wanted = (np.stack([x[s : s + LEAD_IN + SEGMENT] for s in starts]) for x in (dry, wet))
        with led_in(net, LEAD_IN):
            error = (net(torch.from_numpy(heard)) - torch.from_numpy(wanted))[:, LEAD_IN:]
        optimiser.zero_grad()
        (error.square().mean() / power).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.param_groups[0]["lr"] = LEARNING_RATE * max(0.5 * (1 + math.cos(math.pi * spent)), 1e-3)
        optimiser.step()
        if spent > SETTLED:
            settle(net)
        spent, steps = (time.process_time() - began) / seconds, steps + 1
    return Model(spec, to_weights(net)), steps


def main(seconds, seed="0", effect="compressor", *nets):
    """Train nets on an effect and print a table."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    random = np.random.default_rng(int(seed))
    dry, unheard = plucks(TRAINING_SECONDS, random), plucks(TEST_SECONDS, random)
    wet, wanted = (EFFECTS[effect](x).astype(np.float32) for x in (dry, unheard))
    print(f"{effect}: {seconds} CPU seconds each, seed {seed}; dry against wet: ESR {esr(wanted, unheard):.3f}", flush=True)
    for name in nets or NETS:
        model, steps = trained(NETS[name](float(RATE)), dry, wet, float(seconds), int(seed))
        ratio = esr(wanted, NeuralEffect(model)(unheard, RATE))
        print(f"  {name:10} ESR {ratio:.4f}   {model.weight_count:6} weights   {steps:5} steps", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
