"""Two sounds heard in turn, so that an ear compares them."""

import subprocess
from pathlib import Path

import numpy as np

from ...models.errors import FileProblem
from ...models.files import write_wav

TURN_SECONDS, FADE_SECONDS = 2.0, 0.01


def turns(reference: np.ndarray, rival: np.ndarray, sample_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return (samples to hear, share of the rival in each): two seconds of one, two of the other, faded over in 10 ms."""
    turn, fade = round(TURN_SECONDS * sample_rate), max(round(FADE_SECONDS * sample_rate), 1)
    position = np.arange(reference.size) % (2 * turn)
    share = np.clip((position - turn) / fade, 0, 1) - np.clip((position - 2 * turn + fade) / fade, 0, 1)
    return ((1 - share) * reference + share * rival).astype(np.float32), share


def now(name: str) -> str:
    """Return what a picture says of whom is heard."""
    return f"now: {name}, "


def with_sound(film: Path, heard: np.ndarray, sample_rate: float, ffmpeg: str) -> Path:
    """Return a film beside `film` with a sound of the same length. Raises FileProblem where ffmpeg fails."""
    sound, out = film.with_suffix(".wav"), film.with_name(f"heard{film.suffix}")
    write_wav(sound, np.clip(heard, -1, 1), sample_rate)
    command = [ffmpeg, "-y", "-loglevel", "error", "-i", film, "-i", sound, "-c:v", "copy", "-c:a", "aac", "-b:a", "192k", out]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode:
        raise FileProblem(f"{film.name} gets no sound: ffmpeg says {' '.join(done.stderr.split())[:200]}")
    return out
