"""Audio files that people bring: any format, channel count and rate; written as float WAV (or FLAC, by suffix)."""

import io
from pathlib import Path

import numpy as np

from ..models.errors import FileProblem, InvalidValue
from ..models.files import write_atomically

SUBTYPES = {".wav": ("WAV", "FLOAT"), ".flac": ("FLAC", "PCM_24"), ".aiff": ("AIFF", "FLOAT"), ".aif": ("AIFF", "FLOAT")}


def read_audio(path: str | Path) -> tuple[np.ndarray, int]:
    """Return (float32 (channels, samples), sample rate in Hz).

    Raises:
        FileProblem: missing, or not audio.
        InvalidValue: 0 samples, or samples that are not finite.
    """
    import soundfile

    path = Path(path).expanduser()
    if not path.is_file():
        raise FileProblem(f"no audio file at {path}")
    try:
        audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError, RuntimeError) as error:
        reason = str(error).splitlines()[-1].split(": ")[-1].rstrip(".")
        raise FileProblem(f"{path} cannot be read as audio ({reason}): pass WAV, FLAC, AIFF, Ogg or MP3") from None
    if len(audio) == 0:
        raise InvalidValue(f"{path} holds 0 samples")
    if not np.isfinite(audio).all():
        where = int(np.argwhere(~np.isfinite(audio))[0, 0])
        raise InvalidValue(f"{path} holds samples that are not finite (first: {where}): export it again")
    return np.ascontiguousarray(audio.T), int(rate)


def write_audio(path: str | Path, audio: np.ndarray, sample_rate: float) -> None:
    """Write float32 (channels, samples); `path` is never half a file.

    Raises:
        InvalidValue: a suffix other than .wav, .flac, .aiff.
        FileProblem: the folder cannot be written, or the disk is full.
    """
    import soundfile

    path = Path(path).expanduser()
    if path.suffix.lower() not in SUBTYPES:
        raise InvalidValue(f"{path} has no suffix wetdry writes: {', '.join(SUBTYPES)}")
    container, subtype = SUBTYPES[path.suffix.lower()]
    content = io.BytesIO()
    soundfile.write(content, audio.T, round(sample_rate), format=container, subtype=subtype)
    write_atomically(path, content.getvalue())
