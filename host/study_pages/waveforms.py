"""Waveforms laid over each other, where the rivals differ most: a panel a rival."""

from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import InvalidValue
from ..figures_file import GREY
from ..measure import difference
from ..study import Study
from .looks import colours_of, one_each

ZOOM_SECONDS, COLUMNS, ROW_INCHES = 0.012, 2, 1.9


def tracks_of(study: Study, folder: Path) -> dict[str, np.ndarray]:
    """Return rival → float32 (samples,) of the excerpt through it, the reference first; "dry" last.

    Raises:
        FileProblem: a file is missing. InvalidValue: one is at another rate or of another length.
    """
    named = {entry.rival: entry.audio for entry in one_each(study)} | {"dry": study.excerpt}
    tracks = {name: _read(folder / file, study.sample_rate) for name, file in named.items()}
    if len({track.size for track in tracks.values()}) > 1:
        raise InvalidValue(f"the audio beside {folder} differs in length: run wetdry compare again into an empty folder")
    return tracks


def _read(path: Path, sample_rate: float) -> np.ndarray:
    from ...models.audio_file import read_audio

    audio, rate = read_audio(path)
    if rate != sample_rate:
        raise InvalidValue(f"{path} is at {rate} Hz and the study at {sample_rate:g} Hz: run wetdry compare again")
    return audio[0]


def most_different(tracks: dict[str, np.ndarray], samples: int) -> int:
    """Return where the stretch of `samples` begins in which the rivals, each against its own error, differ most."""
    reference, *rivals = (track.astype(np.float64) for name, track in tracks.items() if name != "dry")
    total = np.zeros(reference.size)
    for rival in rivals:
        error = (rival - reference) ** 2
        total += error / max(error.sum(), 1e-30)
    return int(np.argmax(np.convolve(total, np.ones(min(samples, total.size)), "valid")))


def size(study: Study) -> tuple[float, float]:
    """Return width and height in inches."""
    return 11.0, 0.8 + ROW_INCHES * max(-(-(len(one_each(study)) - 1) // COLUMNS), 1)


def draw(figure: Any, study: Study, tracks: dict[str, np.ndarray]) -> None:
    """Draw the reference broad and grey, the rival over it, and what is left between the two."""
    reference, *rivals = (entry.rival for entry in one_each(study))
    samples = min(round(ZOOM_SECONDS * study.sample_rate), tracks[reference].size)
    first, colours = most_different(tracks, samples), colours_of(study)
    span, times = slice(first, first + samples), np.arange(samples) / study.sample_rate * 1000
    places = figure.subplots(max(-(-len(rivals) // COLUMNS), 1), COLUMNS, squeeze=False, sharex=True, sharey=True)
    for axes, rival in zip(places.ravel(), rivals, strict=False):
        axes.plot(times, tracks[reference][span], color=GREY, linewidth=4, alpha=0.5, label=reference)
        axes.plot(times, tracks[rival][span], color=colours[rival], linewidth=1.1, label="rival")
        left = tracks[rival][span] - tracks[reference][span]
        axes.fill_between(times, left, color=colours[rival], alpha=0.3, linewidth=0, label="difference")
        axes.set_title(f"{rival}: ESR {difference(tracks[reference], tracks[rival]):.2g}")
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, handlelength=1.2, borderpad=0, fontsize=7)
    for axes in places.ravel()[len(rivals) :]:
        axes.set_visible(False)
    for axes in places.ravel()[: len(rivals)][-COLUMNS:]:
        axes.tick_params(labelbottom=True)
        axes.set_xlabel(f"ms from {first / study.sample_rate:.3f} s of {Path(study.excerpt).name}, where rivals differ most")
