"""A loudspeaker cabinet, offline: an impulse response from a file, convolved with a whole signal."""

import numpy as np

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
        InvalidValue: the channel counts do not fit, or the response is silence.
    """
    from scipy.signal import oaconvolve

    if 1 not in (len(audio), len(response)) and len(audio) != len(response):
        raise InvalidValue(f"the cabinet has {len(response)} channels, the audio {len(audio)}; 1 or {len(audio)} fit")
    if not response.any():
        raise InvalidValue("the cabinet's impulse response is silence")
    if response_rate != sample_rate:
        import soxr

        response = soxr.resample(response.T, response_rate, sample_rate, quality="VHQ").T * (response_rate / sample_rate)
    wide = np.broadcast_to(audio, (max(len(audio), len(response)), audio.shape[1]))
    wet = oaconvolve(wide.astype(np.float64), response.astype(np.float64), axes=1)[:, : audio.shape[1]]
    return np.ascontiguousarray(wet, np.float32)
