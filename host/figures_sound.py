"""Drawings of sound for the page: waveforms, spectra, test tones; target and twin over each other."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..models.metrics.gain import HOP_SECONDS, gain_trace_db
from .evaluation.summary import REDUCED_DB
from .figures import DRY, GRID, RESIDUAL, TARGET, TWIN, svg

ZOOM_SECONDS = 0.02


def waveform(target: np.ndarray, twin: np.ndarray, sample_rate: float, start_seconds: float) -> str:
    """Return 20 ms where the two differ most: target, twin and residual on one scale."""
    residual = target - twin
    length = min(round(ZOOM_SECONDS * sample_rate), target.size)
    energy = np.convolve(residual.astype(np.float64) ** 2, np.ones(length), "valid")
    first = int(np.argmax(energy))
    span = slice(first, first + length)
    times = (np.arange(length) / sample_rate) * 1000

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        axes.plot(times, target[span], color=TARGET, linewidth=2.4, alpha=0.55, label="target")
        axes.plot(times, twin[span], color=TWIN, linewidth=1, label="twin")
        axes.plot(times, residual[span], color=RESIDUAL, linewidth=0.9, label="residual")
        axes.set_xlim(0, times[-1])
        axes.set_xlabel(f"ms from {start_seconds + first / sample_rate:.3f} s of the recording, where the error is largest")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderpad=0, handlelength=1.2, columnspacing=1.2)

    return svg(draw, 5.2, 2.7, "Waveforms of target, twin and residual over 20 milliseconds")


def gain(tracks: dict[str, np.ndarray], sample_rate: float, start_seconds: float) -> str:
    """Return how far target and twin turn the dry recording down or up, over time; empty where 6 dB down is never reached."""
    target, twin = (gain_trace_db(tracks["dry"], tracks[name], sample_rate) for name in ("target", "twin"))
    if not np.any(target <= -REDUCED_DB):
        return ""
    times = start_seconds + np.arange(target.size) * HOP_SECONDS

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        axes.plot(times, target, color=TARGET, linewidth=2.4, alpha=0.55, label="target")
        axes.plot(times, twin, color=TWIN, linewidth=0.8, label="twin")
        axes.set_xlim(times[0], times[-1])
        axes.set_xlabel("s of the recording; nothing is drawn where it is silent")
        axes.set_ylabel("gain, dB")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderpad=0, handlelength=1.2, columnspacing=1.2)

    return svg(draw, 10.4, 2.2, "Gain of target and twin over time")


def spectrum(tracks: dict[str, np.ndarray], sample_rate: float) -> str:
    """Return long-term spectra in bands of a twelfth of an octave: dry, target, twin, residual."""
    colours = {"dry": DRY, "target": TARGET, "twin": TWIN, "residual": RESIDUAL}

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        top = -120.0
        for name, samples in tracks.items():
            frequencies, levels = band_levels(samples, sample_rate)
            wide = {"target": 2.6, "twin": 1.0}.get(name, 0.9)
            axes.plot(
                frequencies, levels, color=colours[name], linewidth=wide, alpha=0.55 if name == "target" else 1, label=name
            )
            top = max(top, float(levels.max()))
        axes.set_xscale("log")
        axes.set_xlim(40, min(20000, sample_rate / 2))
        axes.set_ylim(top - 100, top + 5)
        marks = (50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000)
        axes.set_xticks(marks, [f"{m // 1000}k" if m >= 1000 else str(m) for m in marks])
        axes.set_xticks([], minor=True)
        axes.set_xlabel("Hz")
        axes.set_ylabel("dB a band (1/12 octave)")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderpad=0, handlelength=1.2, columnspacing=1.2)

    return svg(draw, 5.2, 2.7, "Spectra of dry, target, twin and residual")


def band_levels(samples: np.ndarray, sample_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return centres in Hz and the mean power in dB of bands a twelfth of an octave wide, from 40 Hz up."""
    from scipy.signal import welch

    size = min(8192, samples.size)
    frequencies, power = welch(samples.astype(np.float64), sample_rate, nperseg=size, scaling="spectrum")
    edges = 40 * 2 ** (np.arange(0, 12 * np.log2(sample_rate / 2 / 40), 1) / 12)
    centres, levels = [], []
    for low, high in pairwise(edges):
        inside = (frequencies >= low) & (frequencies < high)
        centres.append(np.sqrt(low * high))
        total = power[inside].mean() if inside.any() else np.interp(centres[-1], frequencies, power)
        levels.append(10 * np.log10(max(total, 1e-16)))
    return np.array(centres), np.array(levels)


def transfer(probes: Sequence[dict[str, Any]], titles: Sequence[str]) -> str:
    """Return, for each probed setting, output over input level of a stepped sine, target and twin."""

    def draw(figure: Any) -> None:
        panels = figure.subplots(1, len(probes), squeeze=False, sharey=True)[0]
        for axes, found, title in zip(panels, probes, titles, strict=True):
            levels = found["levels_dbfs"]
            axes.plot(levels, levels, color=GRID, linewidth=0.9)
            axes.plot(levels, found["target"]["output_dbfs"], color=TARGET, linewidth=2.6, alpha=0.55, label="target")
            axes.plot(levels, found["twin"]["output_dbfs"], color=TWIN, linewidth=1, marker="o", markersize=1.8, label="twin")
            axes.set_title(title, fontweight="normal", fontsize=8)
            axes.set_xlabel("in, dBFS")
        panels[0].set_ylabel("out, dBFS")
        panels[-1].legend(loc="lower right", borderpad=0.2, handlelength=1.2)

    return svg(draw, 10.4, 2.8, "Transfer curves of target and twin")


def harmonics(probes: Sequence[dict[str, Any]], titles: Sequence[str], level_dbfs: float = -6.0) -> str:
    """Return, for each probed setting, the harmonics of a sine at `level_dbfs`, target and twin."""

    def draw(figure: Any) -> None:
        panels = figure.subplots(1, len(probes), squeeze=False, sharey=True)[0]
        for axes, found, title in zip(panels, probes, titles, strict=True):
            row = int(np.argmin(np.abs(np.array(found["levels_dbfs"]) - level_dbfs)))
            for who, colour, shift, wide in (("target", TARGET, -0.18, 0.34), ("twin", TWIN, 0.18, 0.34)):
                heights = [h if h is not None else -120 for h in found[who]["harmonics_dbfs"][row]]
                numbers = np.arange(1, len(heights) + 1) + shift
                axes.bar(
                    numbers, np.maximum(np.array(heights) + 120, 0), wide, bottom=-120, color=colour, alpha=0.85, label=who
                )
            axes.set_title(title, fontweight="normal", fontsize=8)
            axes.set_xticks(range(1, 11))
            axes.set_xlabel("harmonic")
            axes.set_ylim(-120, 6)
            axes.grid(False, axis="x")
        panels[0].set_ylabel(f"dBFS, for {level_dbfs:g} dBFS in")
        panels[-1].legend(loc="upper right", borderpad=0.2, handlelength=0.8)

    return svg(draw, 10.4, 2.8, "Harmonics of target and twin")


def outline(samples: np.ndarray, points: int = 480, scale: float = 1.0) -> str:
    """Return an SVG path of the waveform's upper and lower edge in a box 0 … points by -1 … 1 (peak of `scale` fills it)."""
    edges = np.linspace(0, samples.size, points + 1).astype(int)
    columns = [samples[a : max(b, a + 1)] / scale for a, b in pairwise(edges)]
    upper = [f"{x},{-float(c.max()):.3f}" for x, c in enumerate(columns)]
    lower = [f"{x},{-float(c.min()):.3f}" for x, c in reversed(list(enumerate(columns)))]
    return "M" + "L".join(upper + lower) + "Z"
