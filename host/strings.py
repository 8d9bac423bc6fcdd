"""Plucked strings by a physical model: phrases a guitarist might play, from random numbers.

Extended Karplus-Strong (Jaffe and Smith, "Extensions of the Karplus-Strong plucked-string algorithm", CMJ 1983):
a delay line of one period, a loss filter in the loop, a noise burst shaped by pick position and dynamics. The
pickup is a comb at its place along the string and a resonant low-pass, as a coil with its cable makes one.
"""

import math
from typing import Any

import numba
import numpy as np

OPEN_STRINGS = (40, 45, 50, 55, 59, 64)  # MIDI notes of a guitar's
STEPS = (0, 0, 2, 3, 5, 7, 10, 12, 15)
CHORDS = ((0, 7, 12), (0, 7, 12, 16, 19), (0, 7, 12, 15, 19), (0, 5, 12, 17), (0, 4, 7, 11), (0, 7, 10, 14, 19, 24))


def riff(seconds: float, sample_rate: float = 48000, style: str = "riff", seed: int = 0) -> np.ndarray:
    """Return plucked strings to try a sound on, float32 (samples,), peak -6 dBFS; styles as in `phrase`."""
    audio = phrase(round(seconds * sample_rate), sample_rate, np.random.default_rng(seed), style)
    return (0.5 * audio / np.abs(audio).max()).astype(np.float32)


def phrase(length: int, rate: float, rng: np.random.Generator, style: str) -> np.ndarray:
    """Return `length` samples of plucked strings, float64, level not set.

    Args:
        length: in samples.
        rate: in Hz.
        rng: where the notes come from.
        style: "riff" (single notes), "lead" (high, vibrato and slides), "chords" (strums that ring), "mutes"
            (palm-muted chugs), "picked" (arpeggios, hard-picked).
    """
    audio = np.zeros(length)
    root = int(rng.choice(OPEN_STRINGS[:4])) + int(rng.integers(0, 6))
    beat = rng.uniform(0.11, 0.28)
    at = 0.0
    while at * rate < length:
        played, seconds = _event(style, root, beat, rng)
        for delay, note, ring in played:
            _play(audio, int((at + delay) * rate), rate, note, ring, style, rng)
        at += seconds
    return _pickup(audio, rate, rng)


def _event(style: str, root: int, beat: float, rng: np.random.Generator) -> tuple[list[tuple[float, float, float]], float]:
    """Return the notes struck next, as (delay in s, MIDI note, ring in s), and the time to the event after."""
    seconds = beat * float(rng.choice([1, 1, 2, 2, 4]))
    if style == "chords":
        chord = CHORDS[rng.integers(len(CHORDS))]
        strum = rng.uniform(0.002, 0.03)
        seconds = beat * float(rng.choice([2, 4, 8]))
        start = root + int(rng.choice((0, 3, 5, 7)))
        return [(i * strum, start + step, seconds * 1.2) for i, step in enumerate(chord)], seconds
    if style == "mutes":
        notes = [root] if rng.random() < 0.5 else [root, root + 7]
        return [(0.0, n, rng.uniform(0.03, 0.12)) for n in notes], beat * float(rng.choice([0.5, 1, 1]))
    note = root + int(rng.choice(STEPS))
    if style == "lead":
        return [(0.0, note + 24, seconds * rng.uniform(0.8, 1.5))], seconds
    if style == "picked":
        return [(0.0, note + int(rng.choice((0, 12))), 4 * beat)], beat
    return [(0.0, note, seconds * rng.uniform(0.5, 1.2))], seconds


def _play(audio: np.ndarray, start: int, rate: float, note: float, ring: float, style: str, rng: np.random.Generator) -> None:
    if start >= len(audio):
        return
    hz = 440.0 * 2 ** ((note - 69 + rng.normal(0, 0.03)) / 12)
    period = rate / hz
    hard = rng.uniform(0.2, 1.0) if style != "picked" else rng.uniform(0.7, 1.0)
    muted = style == "mutes"
    burst = rng.uniform(-1, 1, int(period) + 2) * hard**1.5
    softness = 0.45 + 0.5 * (1 - hard)  # of the pick: one-pole low-pass over the burst
    for i in range(1, len(burst)):
        burst[i] += softness * (burst[i - 1] - burst[i])
    place = max(int(period * rng.uniform(0.06, 0.35)), 1)  # of the pick along the string: a comb
    burst[place:] -= 0.9 * burst[:-place].copy()
    if hard > 0.8:
        burst[: max(int(0.0005 * rate), 2)] += 0.3 * hard  # the pick's click
    seconds_to_60_db = rng.uniform(0.1, 0.4) if muted else rng.uniform(1.5, 6.0) * (220 / hz) ** 0.4
    frames = min(int((ring + 0.4) * rate), len(audio) - start)
    damp_at = int(ring * rate)
    bright = rng.uniform(0.25, 0.45) if muted else rng.uniform(0.03, 0.2)
    wobble = rng.uniform(0.002, 0.012) if style == "lead" and rng.random() < 0.6 else 0.0
    slide = 2 ** (float(rng.choice([-2, -1, 1, 2])) / 12) if style == "lead" and rng.random() < 0.3 else 1.0
    keep = 10 ** (-3 * period / (rate * seconds_to_60_db))
    damped = 10 ** (-3 * period / (rate * 0.08))
    _string(audio[start : start + frames], burst, period, keep, damped, damp_at, bright, wobble, 5.5 / rate, slide)


@numba.njit(cache=True)
def _string(out, burst, period, keep, damped, damp_at, bright, wobble, wobble_rate, slide):
    """Add one string to `out`: period in samples, loss a period before and after the finger damps it."""
    size = 4096
    line = np.zeros(size)
    slow = 0.0
    for n in range(len(out)):
        now = period * (1.0 + wobble * math.sin(2 * math.pi * wobble_rate * n))
        if slide != 1.0:
            done = min(max((n - 0.3 * damp_at) / (0.2 * damp_at + 1.0), 0.0), 1.0)
            now *= 1.0 + (1.0 / slide - 1.0) * done
        back = min(now - bright / (1.0 - bright), size - 4.0)  # the loss filter's own delay counts towards the period
        whole = int(back)
        part = back - whole
        heard = (1.0 - part) * line[(n - whole) % size] + part * line[(n - whole - 1) % size]
        slow = (1.0 - bright) * heard + bright * slow
        fresh = (keep if n < damp_at else damped) * slow
        if n < len(burst):
            fresh += burst[n]
        line[n % size] = fresh
        out[n] += fresh


def _pickup(audio: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
    """Comb of the pickup's place, coil resonance, and no offset."""
    import scipy.signal

    design: Any = scipy.signal  # its type hints do not follow `btype` and `output`
    butter, iirpeak, lfilter = design.butter, design.iirpeak, design.lfilter
    place = int(rng.uniform(0.0004, 0.0015) * rate)
    heard = audio.copy()
    heard[place:] -= 0.6 * audio[:-place]
    heard = lfilter(*butter(1, 40 / (rate / 2), "high"), heard)
    resonance = rng.uniform(2000, 4500)
    heard = heard + rng.uniform(0.2, 0.8) * lfilter(*iirpeak(resonance, 1.5, fs=rate), heard)
    return lfilter(*butter(2, min(rng.uniform(0.6, 1.3) * resonance, 0.45 * rate) / (rate / 2)), heard)
