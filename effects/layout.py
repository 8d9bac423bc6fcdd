"""Which dimension of an array is the channels: pedalboard's rules, memory included.

1-D is mono. In 2-D the smaller dimension is the channels, unless an earlier call told the count: then a
dimension equal to it wins, rows first. A square array with nothing remembered cannot be told and raises.
"""

from typing import Any

import numpy as np

from ..models.errors import InvalidType, LayoutError

FLOAT = np.dtype(np.float32)


class ChannelLayout:
    """Remembers the channel count and layout of the last call, as pedalboard's plugins do.

    Args:
        channels: the only count that can come, where that is known; None: told by the first call.
    """

    def __init__(self, channels: int | None = None) -> None:
        self._told = channels
        self.forget()

    def forget(self) -> None:
        """Drop the memory; `reset()` of an effect does that."""
        self._channels = self._told
        self.rows = True  # whether channels are rows

    def to_planar(self, audio: np.ndarray) -> np.ndarray:
        """Return a fresh C-contiguous float32 array (channels, samples) holding `audio`.

        Raises:
            InvalidType: not an array of 32 or 64 bit floats.
            LayoutError: not 1-D or 2-D, or no way to tell channels from samples.
        """
        if audio.__class__ is np.ndarray and audio.ndim == 1 and audio.dtype is FLOAT:
            self.rows, self._channels = True, 1
            return audio.copy()[None]  # the usual block, without a detour
        if not isinstance(audio, np.ndarray):
            raise InvalidType(f"audio is a numpy array of float32 or float64, got {type(audio).__name__}")
        if audio.dtype.kind != "f" or audio.dtype.itemsize not in (4, 8):
            raise InvalidType("Pedalboard only supports 32-bit and 64-bit floating point audio for processing. "
                              f"Got {audio.dtype}: convert with .astype('float32')")  # fmt: skip
        if audio.ndim == 1:
            self.rows = True
            self._channels = 1
            return np.array(audio, np.float32, order="C")[None]
        if audio.ndim != 2:
            raise LayoutError(f"audio has 1 or 2 dimensions, got shape {audio.shape}")
        self.rows = self._channels_are_rows(*audio.shape)
        planar = audio if self.rows else audio.T
        self._channels = planar.shape[0]
        return np.array(planar, np.float32, order="C")

    def _channels_are_rows(self, rows: int, columns: int) -> bool:
        known = self._channels
        if rows == columns:
            if rows == 1:
                return True
            if known is None:
                raise LayoutError(f"Unable to determine channel layout from shape: {(rows, columns)}. "
                                  "Provide a non-square array first to allow the layout to be told.")  # fmt: skip
            return self.rows
        if known is not None and known in (rows, columns):
            return rows == known
        return rows < columns

    def from_planar(self, planar: np.ndarray, like: Any) -> np.ndarray:
        """Return `planar` in the dimensions and layout of `like`, C-contiguous."""
        if like.ndim == 1:
            return planar[0]
        return planar if self.rows else np.ascontiguousarray(planar.T)
