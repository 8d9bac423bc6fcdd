"""Writing audio files: float WAV, FLAC or AIFF by suffix."""

import io
from pathlib import Path

import numpy as np

from ..models.errors import InvalidValue
from ..models.files import write_atomically

SUBTYPES = {".wav": ("WAV", "FLOAT"), ".flac": ("FLAC", "PCM_24"), ".aiff": ("AIFF", "FLOAT"), ".aif": ("AIFF", "FLOAT")}


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
