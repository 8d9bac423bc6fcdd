"""Files that are never half there: whole or not at all, and the same content is the same bytes."""

import hashlib
import os
import struct
import tempfile
from pathlib import Path

import numpy as np

from .errors import FileProblem
from .locations import Location, RemotePath


def cache_folder() -> Path:
    """Return wetdry's cache folder: $WETDRY_CACHE, else $XDG_CACHE_HOME/wetdry, else ~/.cache/wetdry."""
    if os.environ.get("WETDRY_CACHE"):
        return Path(os.environ["WETDRY_CACHE"])
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "wetdry"


def write_atomically(path: Location, content: bytes) -> None:
    """Write a file through a temporary one beside it; at a URL, in one piece as the store takes it.

    Raises FileProblem (full disk, no permission, no folder).
    """
    if isinstance(path, RemotePath):
        return path.write_bytes(content)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise FileProblem(f"cannot write {path}: {error.strerror or error}") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise FileProblem(f"cannot write {path}: {error.strerror or error}") from None
        raise


def wav_bytes(audio: np.ndarray, sample_rate: float) -> bytes:
    """Return mono float32 WAV (RIFF, format 3). libsndfile would add the time of day in a PEAK chunk: no two files alike."""
    samples = np.ascontiguousarray(audio, "<f4").tobytes()
    rate = round(sample_rate)
    chunk = struct.pack("<4sIHHIIHHH", b"fmt ", 18, 3, 1, rate, 4 * rate, 4, 32, 0)
    chunk += struct.pack("<4sII", b"fact", 4, len(audio)) + struct.pack("<4sI", b"data", len(samples))
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunk) + len(samples), b"WAVE") + chunk + samples


def write_wav(path: Location, audio: np.ndarray, sample_rate: float) -> str:
    """Write audio (frames,) as mono float32 WAV and return the SHA-256 of the file. Raises FileProblem."""
    content = wav_bytes(audio, sample_rate)
    write_atomically(path, content)
    return hashlib.sha256(content).hexdigest()


def sha256_of(path: Location) -> str:
    """Return the SHA-256 of a file, or "" where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
