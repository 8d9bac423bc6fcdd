"""Spectra of reference and rival while both play, frame by frame: as a GIF or MP4."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import InvalidValue
from ...models.files import write_atomically
from ..figures_file import GREY, INK, MUTED, ORANGE, light_style
from ..figures_sound import band_levels
from .turns import now, turns, with_sound

WINDOW_SAMPLES, DEEP_DB, HEADROOM_DB = 4096, 90.0, 6.0
FRAMES_PER_SECOND, DOTS_PER_INCH, SECONDS = 10, 72, 5.0
SIZE = (7.6, 4.8)
SUFFIXES = (".gif", ".mp4")
OUTLINE_POINTS, COLOURS = 600, 64


class MovingSpectra:
    """What is drawn of dry, reference and rival at any moment of an excerpt.

    Args:
        tracks: "dry", then the reference's and the rival's name → float32 (samples,), all of one length.
        sample_rate: in Hz.
    """

    def __init__(self, tracks: dict[str, np.ndarray], sample_rate: float) -> None:
        self.tracks, self.rate = tracks, sample_rate
        self.reference, self.rival = (name for name in tracks if name != "dry")
        self.shown = {**tracks, "difference": tracks[self.rival] - tracks[self.reference]}
        self.seconds = tracks["dry"].size / sample_rate
        self.frequencies, loud = band_levels(tracks[self.reference], sample_rate)
        loudest = [float(self.levels(second)[self.reference].max()) for second in np.arange(0.2, self.seconds, 0.2)]
        self.top_db = max([float(loud.max()), *loudest]) + HEADROOM_DB

    def levels(self, second: float) -> dict[str, np.ndarray]:
        """Return track → dB a band (1/12 octave) of the 4096 samples that end at a moment; "difference" of the two too."""
        end = min(round(second * self.rate), self.tracks["dry"].size)
        found = {}
        for name, track in self.shown.items():
            heard = np.zeros(WINDOW_SAMPLES, np.float32)
            stretch = track[max(end - WINDOW_SAMPLES, 0) : end]
            heard[heard.size - stretch.size :] = stretch
            found[name] = band_levels(heard, self.rate)[1]
        return found

    def draw(self, figure: Any) -> None:
        """Draw what does not move, and the lines that `update` moves."""
        above, below = figure.subplots(2, 1, height_ratios=(4, 1))
        looks = {"dry": (GREY, 0.9, 0.8), self.reference: (INK, 3.2, 0.45), self.rival: (ORANGE, 1.3, 1.0),
                 "difference": (ORANGE, 0.9, 0.5)}  # fmt: skip
        silent = np.full(self.frequencies.size, self.top_db - DEEP_DB)
        self._lines = {}
        for name in ("dry", self.reference, self.rival, "difference"):
            colour, wide, alpha = looks[name]
            (self._lines[name],) = above.plot(self.frequencies, silent, ":" if name == "difference" else "-", color=colour,
                                              linewidth=wide, alpha=alpha, label=name)  # fmt: skip
        _hertz(above, self.rate)
        above.set_ylim(self.top_db - DEEP_DB, self.top_db)
        above.set_ylabel("dB a band (1/12 octave)")
        above.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderpad=0, handlelength=1.4)
        self._time = above.set_title("", loc="right", fontweight="normal", color=MUTED)
        for name, colour in ((self.reference, GREY), (self.rival, ORANGE)):
            below.fill_between(*_outline(self.tracks[name], self.seconds), color=colour, alpha=0.5, linewidth=0)
        self._now = below.axvline(0, color=INK, linewidth=1)
        below.set_xlim(0, self.seconds)
        below.set_xlabel("s of the excerpt")
        below.set_yticks([])

    def lay_out(self, figure: Any) -> None:
        """Lay the figure out for good: it would be again for every frame."""
        figure.draw_without_rendering()
        figure.set_layout_engine("none")

    def update(self, second: float, note: str = "") -> list[Any]:
        """Move every line to a moment; returns what moved."""
        for name, levels in self.levels(second).items():
            self._lines[name].set_ydata(np.maximum(levels, self.top_db - DEEP_DB))
        self._now.set_xdata([second, second])
        self._time.set_text(f"{note}{second:4.1f} s")
        return [*self._lines.values(), self._now, self._time]


def check_moving_suffix(path: Path) -> None:
    """Raise InvalidValue where a moving picture cannot be written under this name here."""
    from matplotlib.animation import FFMpegWriter

    if path.suffix.lower() not in SUFFIXES:
        raise InvalidValue(f"{path} has no suffix a moving picture is written with: {', '.join(SUFFIXES)}")
    if path.suffix.lower() == ".mp4" and not FFMpegWriter.isAvailable():
        raise InvalidValue(f"{path}: MP4 is written by ffmpeg, which is not installed: install it, or write a .gif")


def write_moving(path: Path, moving: MovingSpectra, seconds: float = SECONDS) -> None:
    """Write the spectra in motion; `path` is never half a file. A film has both sounds, in turn.

    Args:
        path: its suffix tells the format: .gif, or .mp4 where ffmpeg is installed.
        moving: what to draw.
        seconds: of the excerpt's beginning; all of it where it is shorter.

    Raises:
        InvalidValue: another suffix, or no ffmpeg. FileProblem: the folder cannot be written.
    """
    import matplotlib
    from matplotlib.animation import FFMpegWriter, FuncAnimation, PillowWriter
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    check_moving_suffix(path)
    film = path.suffix.lower() == ".mp4"
    moments = np.arange(1, int(min(seconds, moving.seconds) * FRAMES_PER_SECOND) + 1) / FRAMES_PER_SECOND
    heard, share = turns(moving.tracks[moving.reference], moving.tracks[moving.rival], moving.rate)

    def frame(second: float) -> list[Any]:
        rival = share[min(round(second * moving.rate), share.size - 1)] > 0.5
        return moving.update(second, now(moving.rival if rival else moving.reference) if film else "")

    with matplotlib.rc_context(light_style() | {"savefig.dpi": DOTS_PER_INCH}), tempfile.TemporaryDirectory() as scratch:
        figure = Figure(figsize=SIZE, dpi=DOTS_PER_INCH, layout="constrained")
        FigureCanvasAgg(figure)
        moving.draw(figure)
        moving.lay_out(figure)
        file = Path(scratch) / f"moving{path.suffix.lower()}"
        writer = (FFMpegWriter if film else PillowWriter)(fps=FRAMES_PER_SECOND)
        FuncAnimation(figure, frame, moments, init_func=list, blit=False).save(file, writer=writer)
        if film:
            played = heard[: round(moments.size / FRAMES_PER_SECOND * moving.rate)]
            write_atomically(path, with_sound(file, played, moving.rate, FFMpegWriter.bin_path()).read_bytes())
        else:
            write_atomically(path, _few_colours(file))


def _few_colours(gif: Path) -> bytes:
    """Return a GIF in one palette, undithered: a third of the bytes, and nothing flickers."""
    import io

    from PIL import Image, ImageSequence

    with Image.open(gif) as pictures:
        duration = pictures.info["duration"]
        frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(pictures)]
    palette = frames[len(frames) // 2].quantize(COLOURS, dither=Image.Dither.NONE)
    first, *rest = (frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames)
    content = io.BytesIO()
    first.save(content, "GIF", save_all=True, append_images=rest, duration=duration, loop=0, optimize=True)
    return content.getvalue()


def _outline(track: np.ndarray, seconds: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return seconds, least and most of the samples about each."""
    columns = np.array_split(track, min(OUTLINE_POINTS, track.size))
    times = np.linspace(0, seconds, len(columns))
    return times, np.array([c.min() for c in columns]), np.array([c.max() for c in columns])


def _hertz(axes: Any, sample_rate: float) -> None:
    from ..effect_pages.plot import log_hertz

    log_hertz(axes, min(20_000.0, sample_rate / 2))
    axes.set_xlim(40, min(20_000.0, sample_rate / 2))
