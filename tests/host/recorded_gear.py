"""Recordings of a TubeSaturator as a person makes them: late, inverted, cut short, at another rate."""

import numpy as np
import soundfile

from wetdry.effects import TubeSaturator
from wetdry.host.excitation import excitation

RATE = 48000


def guitar(seconds=20.0, seed=5):
    """Return the excitation from its first phrase on: no clicks, no section twice."""
    return excitation(seconds + 4.0, RATE, seed)[RATE + RATE // 5 :][: round(seconds * RATE)]


def late(audio, samples, length=None):
    """Delay by a fraction of samples too, exactly (in the frequency domain)."""
    room = max(int(abs(samples)) + 4096, 8192)
    padded = np.concatenate([np.zeros(room), audio, np.zeros(room)])
    turned = np.fft.rfft(padded) * np.exp(-2j * np.pi * np.fft.rfftfreq(len(padded)) * samples)
    shifted = np.fft.irfft(turned, len(padded))[room:]
    return shifted[: length or len(audio)].astype(np.float32)


def device(dry, drive_db=18.0, tone_hz=4000.0):
    return TubeSaturator(drive_db=drive_db, tone_hz=tone_hz, oversampling=1)(dry, RATE)


def write(path, audio, rate=RATE, subtype="FLOAT"):
    soundfile.write(path, audio, rate, subtype=subtype)
    return path


def write_list(folder, rows, head="dry,wet,drive,tone"):
    path = folder / "takes.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return path
