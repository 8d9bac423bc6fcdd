"""Three files as a guitarist brings them: a clean guitar, an amp's recording late and cut short, a cabinet."""

import numpy as np
from recorded_gear import RATE, device, guitar, late, write
from scipy.signal import butter, oaconvolve, sosfilt

OWN_DELAY = 31  # samples of the cabinet itself


def loudspeaker(seed=1, rate=RATE):
    """Return a made-up cabinet: late by itself, band-limited, with the ripples of a real one."""
    click = np.random.default_rng(seed).standard_normal(1200) * np.exp(-np.arange(1200) / 90)
    click[0] = 3.0
    shaped = sosfilt(butter(3, (80, 4500), "bandpass", output="sos", fs=rate), click)
    return np.concatenate([np.zeros(OWN_DELAY), shaped / np.abs(np.fft.rfft(shaped)).max()]).astype(np.float32)


def bring(folder, seconds=17.0, through=True, delay=1234.0, amp=device, cabinet=None):
    """Write clean.wav, amp.wav (late, 1.5 s shorter, stereo) and cab_ir.wav; return their paths."""
    dry, cabinet = guitar(seconds), loudspeaker() if cabinet is None else cabinet
    wet = amp(dry)
    wet = oaconvolve(wet, cabinet)[: len(dry)] if through else wet
    wet = late(wet, delay, len(dry) - round(1.5 * RATE))
    write(folder / "clean.wav", dry)
    write(folder / "amp.wav", np.stack([wet, 0.5 * wet], 1))
    write(folder / "cab_ir.wav", cabinet)
    return folder / "clean.wav", folder / "amp.wav", folder / "cab_ir.wav"
