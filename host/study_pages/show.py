"""Both sounds played in turn while their spectra move, in a window."""

import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from ...models.errors import DeviceError, InvalidValue, MissingExtra
from ..figures_file import light_style
from ..live.cards.portaudio import portaudio
from .spectra import MovingSpectra
from .turns import now, turns

MILLISECONDS_A_FRAME = 40


def check_window() -> None:
    """Raise InvalidValue where this machine can open no window."""
    import matplotlib
    from matplotlib.backends.registry import BackendFilter, backend_registry

    if matplotlib.get_backend().lower() not in backend_registry.list_builtin(BackendFilter.INTERACTIVE):
        raise InvalidValue("--show opens a window, and matplotlib can open none here (no display, or no toolkit such as "
                           "PyQt6 or tk): leave it out, the moving picture is written anyway")  # fmt: skip


def show(moving: MovingSpectra, say: Callable[[str], None] = lambda text: None) -> None:
    """Play reference and rival in turn and move their spectra with the sound, until the window is closed.

    Args:
        moving: what to draw and to play.
        say: called with one line where there is no sound, and why.

    Raises:
        InvalidValue: no window can be opened.
    """
    import matplotlib

    check_window()
    from matplotlib import pyplot
    from matplotlib.animation import FuncAnimation

    heard, share = turns(moving.tracks[moving.reference], moving.tracks[moving.rival], moving.rate)
    with matplotlib.rc_context(light_style()), _sound(heard, moving.rate, say) as played:
        figure = pyplot.figure(figsize=(10, 6), layout="constrained")
        moving.draw(figure)
        moving.lay_out(figure)

        def moments() -> Generator[int, None, None]:
            begun = time.monotonic()
            while (at := played() if played else round((time.monotonic() - begun) * moving.rate)) < heard.size:
                yield at

        def frame(at: int) -> list[Any]:
            return moving.update(at / moving.rate, now(moving.rival if share[at] > 0.5 else moving.reference))

        holding = FuncAnimation(figure, frame, moments, init_func=list, interval=MILLISECONDS_A_FRAME, repeat=False, blit=True,
                                cache_frame_data=False)  # fmt: skip
        pyplot.show(block=True)
        del holding  # a picture stops moving where nobody holds it


def _sound(heard: np.ndarray, sample_rate: float, say: Callable[[str], None]) -> AbstractContextManager[Any]:
    """Return a context that plays, giving a function that tells the sample now heard; giving None where there is no sound."""
    try:
        sounddevice = portaudio()
    except (MissingExtra, DeviceError) as error:
        say(f"no sound: {error}")
        return nullcontext()
    try:
        return _Playing(sounddevice, heard, sample_rate)
    except sounddevice.PortAudioError as error:
        say(f"no sound: the sound card does not open ({error})")
        return nullcontext()


class _Playing:
    """A stream of samples to the sound card."""

    def __init__(self, sounddevice: Any, heard: np.ndarray, sample_rate: float) -> None:
        self._heard, self._at = heard, 0
        self._stream = sounddevice.OutputStream(sample_rate, channels=1, dtype="float32", callback=self._fill)
        self._late = round(self._stream.latency * sample_rate)

    def _fill(self, out: np.ndarray, frames: int, when: Any, status: Any) -> None:
        block = self._heard[self._at : self._at + frames]
        out[:] = 0
        out[: block.size, 0] = np.clip(block, -1, 1)
        self._at += frames

    def __enter__(self) -> Callable[[], int]:
        self._stream.start()
        return lambda: max(self._at - self._late, 0)

    def __exit__(self, *_: Any) -> None:
        self._stream.stop()
        self._stream.close()
