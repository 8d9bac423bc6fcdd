"""Reading audio files that people bring: any format, channel count and rate."""

import math
from pathlib import Path

import numpy as np

from .errors import FileProblem, InvalidValue


def read_audio(path: str | Path, longest_seconds: float = math.inf) -> tuple[np.ndarray, int]:
    """Return (float32 (channels, samples), sample rate in Hz).

    Raises:
        FileProblem: missing, or not audio.
        InvalidValue: 0 samples, samples that are not finite, or more than `longest_seconds` (found before reading them).
    """
    import soundfile

    path = Path(path).expanduser()
    if not path.is_file():
        raise FileProblem(f"no audio file at {path}")
    try:
        with soundfile.SoundFile(path) as file:
            rate, seconds = file.samplerate, file.frames / file.samplerate
            if seconds > longest_seconds:
                raise InvalidValue(f"{path} lasts {seconds:.1f} s, {longest_seconds:g} s are allowed: cut it first")
            audio = file.read(dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError, RuntimeError) as error:
        reason = str(error).splitlines()[-1].split(": ")[-1].rstrip(".")
        raise FileProblem(f"{path} cannot be read as audio ({reason}): pass WAV, FLAC, AIFF, Ogg or MP3") from None
    if len(audio) == 0:
        raise InvalidValue(f"{path} holds 0 samples")
    if not np.isfinite(audio).all():
        where = int(np.argwhere(~np.isfinite(audio))[0, 0])
        raise InvalidValue(f"{path} holds samples that are not finite (first: {where}): export it again")
    return np.ascontiguousarray(audio.T), int(rate)
