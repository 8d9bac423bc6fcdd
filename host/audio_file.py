"""Writing audio files: float WAV, FLAC or AIFF by suffix; and how loud audio is, in words."""

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


def level_text(audio: np.ndarray) -> str:
    """Return peak and RMS over all channels: `peak -6.0 dBFS, RMS -21.3 dB`."""
    peak = float(np.abs(audio).max(initial=0.0))
    if peak == 0:
        return "silence"
    rms = float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))
    return f"peak {20 * np.log10(peak):.1f} dBFS, RMS {20 * np.log10(rms):.1f} dB"
