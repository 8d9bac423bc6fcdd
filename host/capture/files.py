"""Files a capture writes: the same content is the same bytes, and none is ever half there."""

import hashlib
import struct
from pathlib import Path

import numpy as np

from ...models.dataset import write_atomically


def wav_bytes(audio: np.ndarray, sample_rate: float) -> bytes:
    """Return mono float32 WAV (RIFF, format 3). libsndfile would add the time of day in a PEAK chunk: no two files alike."""
    samples = np.ascontiguousarray(audio, "<f4").tobytes()
    rate = round(sample_rate)
    chunk = struct.pack("<4sIHHIIHHH", b"fmt ", 18, 3, 1, rate, 4 * rate, 4, 32, 0)
    chunk += struct.pack("<4sII", b"fact", 4, len(audio)) + struct.pack("<4sI", b"data", len(samples))
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunk) + len(samples), b"WAVE") + chunk + samples


def write_wav(path: Path, audio: np.ndarray, sample_rate: float) -> str:
    """Write float32 WAV atomically and return the SHA-256 of the file. Raises FileProblem."""
    content = wav_bytes(audio, sample_rate)
    write_atomically(path, content)
    return hashlib.sha256(content).hexdigest()


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, or "" where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
