"""A channel layout that need not copy: for a player that leaves what it is given as it is."""

import numpy as np
from numpy import ndarray

from ..effects.layout import ChannelLayout

FLOAT = np.dtype(np.float32)


class UncopiedLayout(ChannelLayout):
    """Tells channels from samples as `ChannelLayout` does."""

    def to_planar(self, audio: ndarray, copy: bool = True) -> ndarray:
        """Return a C-contiguous float32 array (channels, samples) holding `audio`; without `copy` maybe the same memory.

        Raises:
            InvalidType, LayoutError: as `ChannelLayout.to_planar`.
        """
        if copy or not (audio.__class__ is ndarray and audio.dtype == FLOAT and audio.ndim in (1, 2)):
            return super().to_planar(audio)
        if audio.ndim == 1:
            self.rows, self._channels = True, 1
            return np.ascontiguousarray(audio)[None]
        self.rows = self._channels_are_rows(*audio.shape)
        planar = audio if self.rows else audio.T
        self._channels = planar.shape[0]
        return np.ascontiguousarray(planar)
