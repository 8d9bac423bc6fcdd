"""A knob's course in a WAV file, a value a sample."""

import io
import math
from pathlib import Path

import numpy as np

from ...models.errors import FileProblem, InvalidValue
from ...models.files import write_atomically

LONGEST_SECONDS = 3600.0


def read_values(path: Path) -> tuple[np.ndarray, float]:
    """Return float64 (samples,) and the sample rate in Hz. Raises FileProblem, InvalidValue."""
    import soundfile

    if not path.is_file():
        raise FileProblem(f"no file at {path}")
    try:
        with soundfile.SoundFile(path) as file:
            seconds, rate, channels = file.frames / file.samplerate, file.samplerate, file.channels
            if seconds > LONGEST_SECONDS:
                raise InvalidValue(f"{path} lasts {seconds:.0f} s; automation a sample takes up to {LONGEST_SECONDS:g} s")
            if channels != 1:
                raise InvalidValue(f"{path} has {channels} channels; one knob's automation is mono")
            return file.read(dtype="float64"), float(rate)
    except (soundfile.LibsndfileError, OSError, RuntimeError) as error:
        raise FileProblem(f"{path} cannot be read as audio ({error}); automation a sample is a mono WAV of floats") from None


def write_values(path: Path, values: np.ndarray, sample_rate: float) -> None:
    """Write a mono WAV of 64-bit floats. Raises InvalidValue for a rate that no file has, FileProblem."""
    import soundfile

    if path.suffix.lower() != ".wav":
        raise InvalidValue(f"{path}: automation a sample is written as .wav")
    if not (math.isfinite(sample_rate) and sample_rate >= 1 and sample_rate == int(sample_rate)):
        raise InvalidValue(f"a WAV file has a whole number of samples a second, not {sample_rate:g}")
    content = io.BytesIO()
    soundfile.write(content, values, int(sample_rate), "DOUBLE", format="WAV")
    write_atomically(path, content.getvalue())
