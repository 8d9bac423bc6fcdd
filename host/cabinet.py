"""A loudspeaker cabinet, offline: CabinetIR over a whole signal, which becomes stereo where the response is."""

import numpy as np

from ..effects import CabinetIR
from ..models.errors import InvalidValue


def through_cabinet(audio: np.ndarray, sample_rate: float, response: np.ndarray, response_rate: float) -> np.ndarray:
    """Return audio played through an impulse response, as long as it came in: the tail after its end is cut.

    The level is the file's own: nothing is normalised, so a response whose samples sum to 1 passes a steady level
    unchanged. Where the rates differ the response is resampled, scaled so that its gain stays.

    Args:
        audio: float32 (channels, samples).
        sample_rate: in Hz.
        response: float32 (channels, samples). One channel serves every channel of the audio; two make mono stereo.
        response_rate: in Hz.

    Raises:
        InvalidValue: the channel counts do not fit, or the response is silence, or too long for CabinetIR.
    """
    if 1 not in (len(audio), len(response)) and len(audio) != len(response):
        raise InvalidValue(f"the cabinet has {len(response)} channels, the audio {len(audio)}; 1 or {len(audio)} fit")
    channels, samples = max(len(audio), len(response)), audio.shape[1]
    wide = np.zeros((channels, max(samples, channels + 1)), np.float32)  # the longer dimension is time
    wide[:, :samples] = audio
    return CabinetIR((response, response_rate))(wide, sample_rate)[:, :samples]
