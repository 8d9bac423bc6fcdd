"""Whole signals through a stream that has just begun: silence pushes out what lags, and what changed its mind plays again."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np

from ..effects.effect import Effect
from ..models.errors import PluginError
from .foreign import ForeignModel

Heard = TypeVar("Heard")
FLUSH_SAMPLES = 4096
LONGEST_LATENCY_SECONDS = 30.0


def in_step(play: Callable[[], Heard], processors: Sequence[Any]) -> Heard:
    """Play a whole signal; again, once, where a plugin among the processors says another latency after it than before."""
    said = _latencies_said(processors)
    heard = play()
    return heard if _latencies_said(processors) == said else play()


def _latencies_said(processors: Iterable[Any]) -> list[int]:
    """Return what plugins report at the moment; our effects and foreign models know their latency before they play."""
    plugins = (p for p in processors if not isinstance(p, Effect | ForeignModel))
    return [int(getattr(p, "latency_samples", getattr(p, "reported_latency_samples", 0))) for p in plugins]


def whole_signal(
    play: Callable[[np.ndarray], np.ndarray], planar: np.ndarray, sample_rate: float, who: object
) -> tuple[np.ndarray, bool]:
    """Play a whole signal (channels, samples) through a stream that has just begun, silence behind it as needed.

    Args:
        play: plays the next block; its answers may be short.
        planar: the signal.
        sample_rate: in Hz.
        who: plays, for the error.

    Returns:
        as many samples, and whether silence went in behind the signal.

    Raises:
        PluginError: a plugin keeps swallowing samples.
    """
    channels, samples = planar.shape
    played = [play(planar)]
    missing, pushed = samples - played[0].shape[1], 0
    while missing > 0:
        if pushed > LONGEST_LATENCY_SECONDS * sample_rate:
            raise PluginError(f"{missing} samples have not come out after {pushed} more went in; one of {who!r} swallows audio")
        played.append(play(np.zeros((channels, FLUSH_SAMPLES), np.float32)))
        missing, pushed = missing - played[-1].shape[1], pushed + FLUSH_SAMPLES
    return (np.concatenate(played, axis=1)[:, :samples], True) if pushed else (played[0], False)
