"""Streams: a whole signal played in blocks of one size, and whether the state carries over between them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...models.errors import PluginError
from ..capture.target import Target
from ..measure import measure_delay
from .figures import Carrying

BLOCK, CARRIES, LEAST_DB = 64, 1e-4, -200.0
MOST_SWALLOWED = 1 << 20  # samples
SURE = 0.5  # of a delay


def stream(player: Any, audio: np.ndarray, buffer_size: int, late_samples: int = 0) -> np.ndarray:
    """Return the answers to mono audio (samples,), float32, as many: a stream of its own, every block full.

    Args:
        player: as `players.build` gives one.
        audio: float32 (samples,).
        buffer_size: samples a block.
        late_samples: by which it answers later than it reports; taken out.

    Raises:
        PluginError: nothing comes out, or what is not finite.
    """
    player.reset()
    heard, got, at, wanted = [], 0, 0, len(audio) + max(late_samples, 0)
    while got < wanted:
        if at > wanted + MOST_SWALLOWED:
            raise PluginError(f"{player!r:.80} swallows audio: {wanted - got} samples have not come out")
        piece = audio[at : at + buffer_size]
        if len(piece) < buffer_size:
            piece = np.concatenate([piece, np.zeros(buffer_size - len(piece), np.float32)])
        heard.append(np.array(player(np.ascontiguousarray(piece)), np.float32).reshape(-1))
        got, at = got + heard[-1].size, at + buffer_size
    answers = np.concatenate(heard)
    if not np.isfinite(answers).all():
        raise PluginError(f"{player!r:.80} put out samples that are not finite")
    if late_samples < 0:
        answers = np.concatenate([np.zeros(-late_samples, np.float32), answers])
    start = max(late_samples, 0)
    return answers[start : start + len(audio)]


def carrying(build: Callable[[int], Any], audio: np.ndarray) -> Carrying:
    """Play audio in blocks of 64 and in one call, and return what blocks add.

    Args:
        build: buffer size → player.
        audio: float32 (samples,), cut to whole blocks.
    """
    audio = audio[: len(audio) // BLOCK * BLOCK]
    player, whole_player = build(BLOCK), build(len(audio))
    cut = stream(player, audio, BLOCK).astype(np.float64)
    whole = stream(whole_player, audio, len(audio)).astype(np.float64)
    difference, power = cut - whole, float(np.mean(whole**2))
    joints = np.arange(BLOCK, len(audio), BLOCK) - int(getattr(player, "latency_samples", 0)) % BLOCK
    joints = joints[joints > 0]
    added = difference[joints] - difference[joints - 1]
    return Carrying(
        bool(np.abs(difference).max() <= CARRIES * np.abs(whole).max()),
        _ratio_db(float(np.mean(difference**2)), power),
        _ratio_db(float(np.mean(added**2)), power),
    )


def _ratio_db(part: float, whole: float) -> float:
    return max(LEAST_DB, 10 * float(np.log10(max(part, 1e-30) / max(whole, 1e-30))))


def unreported_delay(processor: Any, sample_rate: float) -> int:
    """Return by how many samples a processor answers later than it reports; 0 where that cannot be told."""
    target = Target(processor, sample_rate)
    delay = measure_delay(target.play, sample_rate)
    return delay.samples if delay is not None and delay.confidence >= SURE else 0
