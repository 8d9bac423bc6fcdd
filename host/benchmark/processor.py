"""What can be timed, and how each kind is called."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...models.errors import InvalidType, InvalidValue


def as_stream(processor: Any, sample_rate: float) -> Callable[[np.ndarray], Any]:
    """Return the function that plays the next block of a stream.

    An object with a `process` method (our effects, chains, pedalboard's plugins) is called as
    `process(block, sample_rate, reset=False)`; anything else that can be called, as `processor(block)`.

    Raises:
        InvalidType: it can be called in neither way.
    """
    process = getattr(processor, "process", None)
    if callable(process):
        return lambda block: process(block, sample_rate, reset=False)
    if callable(processor):
        return processor
    raise InvalidType(f"{processor!r:.60} cannot be timed: pass an effect, or a function that takes a block and returns one")


def start_stream(processor: Any) -> None:
    """Bring a processor that can be reset to the start of a stream."""
    reset = getattr(processor, "reset", None)
    if callable(reset):
        reset()


def checked_audio(audio: Any) -> np.ndarray:
    """Return audio (samples,) or (channels, samples) as float32; raises InvalidType or InvalidValue."""
    if not isinstance(audio, np.ndarray) or audio.dtype.kind != "f" or audio.ndim not in (1, 2):
        shown = f"{audio.dtype} {audio.shape}" if isinstance(audio, np.ndarray) else type(audio).__name__
        raise InvalidType(f"audio is a float array (samples,) or (channels, samples), got {shown}")
    if audio.shape[-1] == 0:
        raise InvalidValue("audio holds 0 samples; one at least is needed")
    return np.ascontiguousarray(audio, np.float32)


def check_output(block: np.ndarray, out: Any) -> None:
    """Raise where a processor does not give audio back: what it costs would mean nothing."""
    shape = getattr(out, "shape", None)
    if shape is None or len(shape) != block.ndim:
        shown = type(out).__name__ if shape is None else f"shape {tuple(shape)}"
        raise InvalidType(f"the processor returned {shown} for a block of shape {block.shape}; a block is needed")
    if not np.isfinite(np.asarray(out)).all():
        raise InvalidValue("the processor puts out samples that are not finite; its time would mean nothing")
