"""Play an amp model people share (.nam; AIDA-X, Proteus and RTNeural JSON too) as an effect, and time it.

python examples/play_a_nam_file.py [AMP.nam] [OUT.wav]    without a file: a small .nam of random weights, written here
"""

import json
import sys
from pathlib import Path

import numpy as np

import wetdry
from wetdry import Benchmark, Chain, NeuralEffect, TubeSaturator
from wetdry.host.audio_file import write_audio
from wetdry.host.excitation import excitation


def write_small_amp(path: Path) -> None:
    """Write a WaveNet of 4 channels: two layers, 161 weights and the scale of the head, in the order the format wants."""
    array = {"input_size": 1, "condition_size": 1, "head_size": 1, "channels": 4, "kernel_size": 3, "dilations": [1, 2],
             "activation": "Tanh", "gated": False, "head_bias": True}  # fmt: skip
    weights = np.random.default_rng(0).normal(0, 0.3, 4 + 2 * (48 + 4 + 4 + 16 + 4) + 4 + 1).tolist()
    config = {"layers": [array], "head": None, "head_scale": 0.5}
    amp = {"version": "0.5.4", "architecture": "WaveNet", "config": config, "weights": [*weights, 0.5], "sample_rate": 48000}
    path.write_text(json.dumps(amp))


def main(amp: str = "small.nam", out: str = "amp.wav") -> None:
    if not Path(amp).exists():
        write_small_amp(Path(amp))
    model = wetdry.models.load(amp)
    rate = model.spec.sample_rate
    print(f"{amp}: {model.weight_count} weights, hears back {1000 * model.spec.receptive_field / rate:.1f} ms")

    dry = excitation(8, rate, seed=1)
    board = Chain([TubeSaturator(drive_db=6), NeuralEffect(model)])
    write_audio(out, board(dry, rate)[None], rate)

    report = Benchmark(NeuralEffect(model), buffer_size=64, sample_rate=rate).run(dry).report()
    print(report)


if __name__ == "__main__":
    main(*sys.argv[1:])
