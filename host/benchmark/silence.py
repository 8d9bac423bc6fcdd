"""What silence costs after a loud signal: decaying states make numbers too small to be normal, and those are slow."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

RATE, SECONDS, BLOCK, ROUNDS, BAR = 48000, 60.0, 4096, 3, 1.2
SLICES = 12  # turns that silence and noise take, so that both meet the same machine


def silence_ratio(make: Callable[[], Any], seconds: float = SECONDS, rounds: int = ROUNDS, channels: int = 1) -> float:
    """Return the time of silence after a loud second over the time of noise after it, the median of all turns.

    Args:
        make: constructs the effect.
        seconds: of silence, and of noise, in each round.
        rounds: each with two new effects.
        channels: of the audio.
    """
    random = np.random.default_rng(0)
    part = max(1, int(seconds * RATE / SLICES))
    noise = (0.3 * random.standard_normal((channels, part))).astype(np.float32)
    silence, loud = np.zeros((channels, part), np.float32), np.ones((channels, RATE), np.float32)
    found = []
    for _ in range(rounds):
        quiet, busy = make(), make()
        for effect in (quiet, busy):
            effect(loud, _rate(effect), reset=False)
        found += [_seconds(quiet, silence) / _seconds(busy, noise) for _ in range(SLICES)]
    return statistics.median(found)


def _seconds(effect: Any, audio: np.ndarray) -> float:
    rate, begun = _rate(effect), time.perf_counter()
    for start in range(0, audio.shape[1], BLOCK):
        effect(audio[:, start : start + BLOCK], rate, reset=False)
    return time.perf_counter() - begun


def _rate(effect: Any) -> float:
    return getattr(effect, "sample_rate", None) or RATE
