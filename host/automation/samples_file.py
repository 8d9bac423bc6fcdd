"""A knob's course in a WAV file, a value a sample."""

import io
import math
from pathlib import Path

import numpy as np

from ...models.errors import FileProblem, InvalidValue, WetdryError
from ...models.files import write_atomically

MOST_SAMPLES = 1 << 27  # three quarters of an hour at 48 kHz, 1 GiB


def read_values(path: Path) -> tuple[np.ndarray, float]:
    """Return float64 (samples,) and the sample rate in Hz. Raises FileProblem, InvalidValue."""
    import soundfile

    try:
        if not path.is_file():
            raise FileProblem(f"no file at {path}")
        with soundfile.SoundFile(path) as file:
            if file.frames > MOST_SAMPLES:
                raise InvalidValue(f"{path} holds {file.frames} samples; automation a sample takes up to {MOST_SAMPLES}")
            if file.channels != 1:
                raise InvalidValue(f"{path} has {file.channels} channels; one knob's automation is mono")
            return file.read(dtype="float64"), float(file.samplerate)
    except WetdryError:
        raise
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
