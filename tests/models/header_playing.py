"""Headers compiled and played: each model in a program of its own, against NeuralEffect."""

import subprocess
from pathlib import Path

import numpy as np
from installed_programs import installed_program

from wetdry import NeuralEffect
from wetdry.models.formats.header.names import names_of

PLAYER = Path(__file__).with_name("header_player.cpp")
WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror")


class Played:
    """A model written to `folder`, compiled, and ready to play scripts."""

    def __init__(self, model, folder, file="model.h", options=("-O2",)):
        self.model, self.folder, self.header, self.program = model, folder, folder / file, folder / "player"
        model.save(self.header)
        namespace, name = names_of(file)
        names = [f'-DHEADER="{file}"', f"-DNET=wetdry::{namespace}::{name}", f"-DKNOBS={len(model.spec.knobs)}"]
        line = [installed_program("g++"), "-std=c++17", *options, *WARNINGS, *names, f"-I{folder}", PLAYER, "-o", self.program]
        done = subprocess.run(line, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[:3000]

    def play(self, audio, script):
        """Return audio (inputs, samples) as the header plays it, (outputs, samples); nothing may be allocated."""
        script_file, sound, answer = (self.folder / name for name in ("script.txt", "audio.f32", "answer.f32"))
        script_file.write_text("\n".join(script))
        np.ascontiguousarray(audio, np.float32).tofile(sound)
        done = subprocess.run([str(self.program), str(script_file), str(sound), str(answer)], capture_output=True, text=True)
        assert done.returncode == 0, "memory was allocated while playing" if done.returncode == 3 else done.stderr
        self.printed = done.stdout
        return np.fromfile(answer, np.float32).reshape(self.model.spec.output_channels, -1)


def turned_stream(model, samples, sizes, moves, seed=0):
    """Return (script, audio, NeuralEffect's answer): blocks of `sizes` in turn, knobs turned before some of them.

    The first block is long enough to settle which axis is time.
    """
    spec, random = model.spec, np.random.default_rng([seed, 8])
    audio = (0.35 * random.standard_normal((spec.input_channels, samples))).astype(np.float32)
    effect, script, parts = NeuralEffect(model), [], []

    def turn(index):
        knob = spec.knobs[index]
        value = knob.from_raw(float(random.random()))
        setattr(effect, list(effect.parameters)[index], value)
        script.append(f"knob {index} {knob.to_number(value)!r}")

    for index in range(len(spec.knobs)):
        turn(index)
    script.append("reset")
    at = i = 0
    while at < samples:
        size = min(40 if at == 0 else sizes[i % len(sizes)], samples - at)
        if at and spec.knobs and random.random() < moves:
            turn(int(random.integers(len(spec.knobs))))
        script.append(f"block {size}")
        parts.append(np.atleast_2d(effect(audio[:, at : at + size], spec.sample_rate, reset=False)))
        at, i = at + size, i + 1
    return script, audio, np.concatenate(parts, axis=1)
