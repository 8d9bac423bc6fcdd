"""Reading a delay line: at whole samples, in between (Lagrange), and how the delay time moves from one to another."""

import math

import numpy as np

from .kernel import helper

NEWER, OLDER = 1, 2  # samples on both sides of a delay that reading in between needs
FADE_SECONDS = 0.04
GLIDE_SECONDS, INERTIA_SECONDS = 0.15, 0.015
FASTEST, SLOWEST = -1.0, 0.5  # of a glide, in samples a sample: an octave up, an octave down
CLOSE, STILL = 1e-3, 1e-4  # samples, and samples a sample: a glide has arrived
# of a delay's memory: where it is, where it fades to, how far the fade is (0: none), how fast it glides
NOW, NEXT, FADED, SPEED, PER_DELAY = range(5)


@helper
def read(line, write, delay):
    """Return the sample that entered `delay` samples before the one at index `write`; `line` is a ring."""
    whole = math.floor(delay)
    between = delay - whole
    at = write - np.int64(whole)
    at += line.size if at < 0 else 0
    if between == 0.0:
        return np.float64(line[at])
    newer, older, oldest = at + 1, at - 1, at - 2
    newer -= line.size if newer >= line.size else 0
    older += line.size if older < 0 else 0
    oldest += line.size if oldest < 0 else 0
    left, middle, right = between + 1.0, between - 1.0, between - 2.0
    return (
        line[at] * (0.5 * left * middle * right)
        - line[newer] * (between * middle * right / 6.0)
        - line[older] * (0.5 * left * between * right)
        + line[oldest] * (left * between * middle / 6.0)
    )


@helper
def copy_whole(line, write, delay, samples):
    """Fill `samples` with what entered `delay` samples, a whole number, before indices `write`, `write` + 1, …"""
    at = write - delay
    at += line.size if at < 0 else 0
    for i in range(samples.size):
        samples[i] = line[at]
        at += 1
        if at == line.size:
            at = 0


@helper
def move(memory, at, target, tape, rate):
    """Move a delay on by one sample towards `target`, a whole number of samples: by fading over, or as a tape glides."""
    if memory[at + FADED] > 0.0:
        memory[at + FADED] += 1.0 / (FADE_SECONDS * rate)
        if memory[at + FADED] >= 1.0:
            memory[at + NOW], memory[at + FADED], memory[at + SPEED] = memory[at + NEXT], 0.0, 0.0
    elif memory[at + NOW] != target and not tape:
        memory[at + NEXT], memory[at + FADED] = target, 1.0 / (FADE_SECONDS * rate)
    elif memory[at + NOW] != target:
        away = target - memory[at + NOW]
        wanted = min(max(away / max(GLIDE_SECONDS * rate, 2.0), FASTEST), SLOWEST)
        memory[at + SPEED] += (wanted - memory[at + SPEED]) / max(INERTIA_SECONDS * rate, 1.0)
        memory[at + NOW] += memory[at + SPEED]
        if abs(target - memory[at + NOW]) < CLOSE and abs(memory[at + SPEED]) < STILL:
            memory[at + NOW], memory[at + SPEED] = target, 0.0
