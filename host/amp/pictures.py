"""The pictures of a recorded amp, each with what a beginner reads in it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...models.model import Model
from ..effect_pages.plot import log_hertz
from ..evaluation.cell import loudest_start
from ..figures import DRY, GRID, NEAREST, TARGET, TWIN
from ..figures_sound import band_levels
from .learned import filters, transfer
from .picture import DEEPEST_DB, LEGEND, Picture

ZOOM_SECONDS = 0.025
IMPULSE_LEFT, SHORTEST_IMPULSE_SECONDS, LONGEST_IMPULSE_SECONDS = 1e-4, 0.01, 0.1


def pictures(
    tracks: Mapping[str, np.ndarray], sample_rate: float, taps: np.ndarray, model: Model, start_seconds: float = 0.0
) -> list[Picture]:
    """Return the pictures in the order in which they explain each other.

    Args:
        tracks: "dry", "target" and "separated", float32 (samples,) of one stretch, the last two through the cabinet.
        sample_rate: of tracks and taps, in Hz.
        taps: the cabinet, (samples,).
        model: the amp alone.
        start_seconds: where in the clean file the stretch begins.
    """
    return [
        waveforms(tracks, sample_rate, start_seconds),
        spectra(tracks, sample_rate, taps),
        cabinet(taps, sample_rate),
        transfer(model),
        filters(model),
    ]


def waveforms(tracks: Mapping[str, np.ndarray], sample_rate: float, start_seconds: float = 0.0) -> Picture:
    """Return 25 ms where the amp is loudest: the clean signal above, the amp and the model below."""
    target = tracks["target"]
    length = min(round(ZOOM_SECONDS * sample_rate), len(target))
    first = loudest_start(target, length)
    span = slice(first, first + length)
    times = 1000 * np.arange(length) / sample_rate

    def draw(figure: Any) -> None:
        above, below = figure.subplots(2, 1, sharex=True)
        above.plot(times, tracks["dry"][span], color=DRY, label="clean")
        below.plot(times, target[span], color=TARGET, linewidth=2.6, alpha=0.55, label="amp, recorded")
        below.plot(times, tracks["separated"][span], color=TWIN, linewidth=1, label="amp, modelled")
        below.set_xlabel(f"ms from {start_seconds + first / sample_rate:.2f} s of the clean file")
        below.set_xlim(0, times[-1])
        for axes in (above, below):
            axes.set_ylabel("level, 1 is full scale")
            axes.legend(ncols=2, **LEGEND)

    return Picture(
        "waveforms",
        "What the signal looks like",
        "A few vibrations of the strings, at the loudest place of what no training heard. Above: what you played. Below: "
        "what your amp made of it (broad) and what the model makes of it (thin). Where the thin line covers the broad one, "
        "the model does what the amp did. Flat tops are distortion: the amp could not follow any further.",
        "Waveforms of the clean signal, the recorded amp and the model over 25 milliseconds",
        draw,
        height=4.0,
    )


def spectra(tracks: Mapping[str, np.ndarray], sample_rate: float, taps: np.ndarray) -> Picture:
    """Return long-term spectra of clean, amp and model, and the cabinet's gain below them."""
    levels = {name: band_levels(tracks[name], sample_rate) for name in ("dry", "target", "separated")}
    frequencies, gains = response_of(taps, sample_rate)

    def draw(figure: Any) -> None:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.7, 1))
        for name, label, style in (("dry", "clean", {"color": DRY}),
                                   ("target", "amp, recorded", {"color": TARGET, "linewidth": 2.6, "alpha": 0.55}),
                                   ("separated", "amp, modelled", {"color": TWIN, "linewidth": 1})):  # fmt: skip
            above.plot(*levels[name], label=label, **style)
        below.plot(frequencies, gains, color=NEAREST, label="cabinet")
        below.axhline(0, color=GRID, linewidth=0.8)
        top = max(float(level.max()) for _, level in levels.values())
        above.set_ylim(top - 90, top + 5)
        below.set_ylim(max(float(gains.min()), float(gains.max()) - DEEPEST_DB) - 3, float(gains.max()) + 3)
        log_hertz(below, sample_rate / 2)
        below.set_xlim(40, min(20_000, sample_rate / 2))
        above.set_ylabel("dB a band (1/12 octave)")
        below.set_ylabel("gain, dB")
        above.legend(ncols=3, **LEGEND)
        below.legend(**LEGEND)

    return Picture(
        "spectra",
        "Which frequencies are in it",
        "How loud each frequency is on average, deep notes at the left, treble at the right. An amp adds harmonics: "
        "frequencies the clean signal hardly holds. The cabinet (below) then takes most of the treble away, and its hills "
        "and valleys come back in the curve of the recording. The model is right where its thin line lies on the broad one.",
        "Spectra of the clean signal, the recorded amp and the model, and the cabinet's frequency response",
        draw,
        height=4.8,
    )


def cabinet(taps: np.ndarray, sample_rate: float) -> Picture:
    """Return the impulse of the cabinet and its frequency response."""
    times, impulse = impulse_of(taps, sample_rate)
    frequencies, gains = response_of(taps, sample_rate)

    def draw(figure: Any) -> None:
        left, right = figure.subplots(1, 2)
        left.plot(times, impulse, color=NEAREST, linewidth=0.9, label="cabinet's impulse")
        left.set_xlim(0, times[-1])
        left.set_xlabel("ms")
        left.set_ylabel("level, 1 is full scale")
        right.plot(frequencies, gains, color=NEAREST, label="cabinet's gain")
        right.axhline(0, color=GRID, linewidth=0.8)
        log_hertz(right, sample_rate / 2)
        right.set_xlim(20, min(20_000, sample_rate / 2))
        right.set_ylim(max(float(gains.min()), float(gains.max()) - DEEPEST_DB) - 3, float(gains.max()) + 3)
        right.set_ylabel("gain, dB")
        for axes in (left, right):
            axes.legend(**LEGEND)

    return Picture(
        "cabinet",
        "What the cabinet does",
        "Left: what loudspeaker, box and microphone answer to a single click: a knock that rings for some milliseconds. Right: "
        "the same as a tone control, how much of each frequency passes. It is always the same whatever is played, so it "
        "needs no learning: the model is the amp alone, and any other cabinet can follow it.",
        "The cabinet's impulse response over time, and its gain over frequency",
        draw,
    )


def impulse_of(taps: np.ndarray, sample_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return times in ms and the response up to where a 10,000th of its energy is left, 10 to 100 ms."""
    left = np.cumsum(np.square(taps[::-1], dtype=np.float64))[::-1]
    last = int(np.flatnonzero(left > IMPULSE_LEFT * left[0])[-1]) + 1
    length = round(np.clip(last / sample_rate, SHORTEST_IMPULSE_SECONDS, LONGEST_IMPULSE_SECONDS) * sample_rate)
    shown = np.pad(taps, (0, max(0, length - len(taps))))[:length]
    return 1000 * np.arange(length) / sample_rate, shown


def response_of(taps: np.ndarray, sample_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies in Hz, 20 to half the rate, and the gain of a response there in dB."""
    size = 1 << max(15, int(np.ceil(np.log2(len(taps)))))
    gains = 20 * np.log10(np.maximum(np.abs(np.fft.rfft(taps.astype(np.float64), size)), 1e-9))
    frequencies = np.fft.rfftfreq(size, 1 / sample_rate)
    return frequencies[frequencies >= 20], gains[frequencies >= 20]
