"""The plot of a model: transfer curve, frequency response quiet and loud, and what its first layers learned."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...effects import NeuralEffect
from ...models.errors import InvalidValue
from ...models.model import Model
from ..figures_file import BLUE, GREY, INK, ORANGE, VIOLET, write_figure
from . import tones

PANELS = 4
LEAST_WEIGHTS = 8  # fewer are not worth a panel


def write_model_plot(effect: NeuralEffect, path: Path, title: str) -> None:
    """Draw a model at the knobs its effect stands at. Raises InvalidValue (suffix, channels), FileProblem."""
    model = effect.model
    if model is None or (model.spec.input_channels, model.spec.output_channels) != (1, 1):
        raise InvalidValue("plot draws models of one channel in and one out")
    rate = model.spec.sample_rate

    def play(audio: np.ndarray) -> np.ndarray:
        return effect(audio, rate)

    curves = [(level, *tones.transfer_curve(play, rate, level)) for level in tones.LEVELS_DBFS]
    gains = [(level, *tones.fundamental_gains(play, rate, level)) for level in (tones.QUIET_DBFS, tones.LOUD_DBFS)]
    learned = first_weights(model)

    def draw(figure: Any) -> None:
        grid = figure.add_gridspec(2, 1, height_ratios=(1.25, 1))
        top = grid[0].subgridspec(1, 2)
        _transfer(figure.add_subplot(top[0]), curves)
        _response(figure.add_subplot(top[1]), gains)
        bottom = grid[1].subgridspec(1, max(len(learned), 1))
        for place, panel in enumerate(learned):
            draw_weights(figure, figure.add_subplot(bottom[place]), panel)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")

    write_figure(path, draw, 10, 6.8)


@dataclass(frozen=True)
class Panel:
    """Weights as rows and columns; `taps` groups of columns, the oldest first."""

    name: str
    weights: np.ndarray
    taps: int


def first_weights(model: Model) -> list[Panel]:
    """Return up to four of the first weights that hold something to see.

    A convolution (outputs, inputs, taps) has a row an output; its columns are the inputs of the oldest tap, then
    those of the next, so that the newest stands at the right.
    """
    found = []
    for name in model.spec.weight_shapes:
        weights = model.weights[name]
        if name.startswith("conditioning") or weights.ndim < 2 or weights.size < LEAST_WEIGHTS:
            continue
        taps = weights.shape[2] if weights.ndim == 3 else 1
        if taps > 1:
            weights = np.moveaxis(weights, 1, 2)
        prefix = "layers.0." if len(model.spec.layers) == 1 else ""
        found.append(Panel(name.removeprefix(prefix), weights.reshape(weights.shape[0], -1), taps))
    wide = [panel for panel in found if min(panel.weights.shape) > 1]
    return (wide or found)[:PANELS]


def _transfer(axes: Any, curves: list[Any]) -> None:
    for (level, sine, out), colour in zip(reversed(curves), (ORANGE, BLUE, VIOLET), strict=True):
        axes.plot(sine, out, color=colour, label=f"{level:g} dBFS")
    axes.set_title(f"transfer curve, {tones.SLOW_HZ:g} Hz")
    axes.set_xlabel("in")
    axes.set_ylabel("out")
    axes.legend(loc="best", handlelength=1.2, borderpad=0.2)


def _response(axes: Any, gains: list[Any]) -> None:
    for (level, frequencies, gain), colour in zip(gains, (BLUE, ORANGE), strict=True):
        axes.plot(frequencies, gain, color=colour, label=f"{level:g} dBFS")
    axes.axhline(0, color=GREY, linewidth=0.7)
    axes.set_xscale("log")
    marks = [m for m in (20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000) if m <= gains[0][1][-1] * 1.01]
    axes.set_xticks(marks, [f"{m // 1000}k" if m >= 1000 else str(m) for m in marks])
    axes.set_xticks([], minor=True)
    top = max(float(gain.max()) for _, _, gain in gains)
    bottom = min(float(gain.min()) for _, _, gain in gains)
    axes.set_ylim(max(bottom - 3, top - 80), top + 3)
    axes.set_title("gain of a sine's fundamental")
    axes.set_xlabel("Hz")
    axes.set_ylabel("dB")
    axes.legend(loc="best", handlelength=1.2, borderpad=0.2)


def draw_weights(figure: Any, axes: Any, panel: Panel) -> None:
    """Draw one panel: a row an output, or, of a single one, its course over the samples before now."""
    from matplotlib.ticker import MaxNLocator

    axes.set_title(panel.name, fontweight="normal", fontsize=8)
    rows, columns = panel.weights.shape
    if rows == 1:
        axes.plot(np.arange(columns - 1, -1, -1), panel.weights[0], color=BLUE, linewidth=0.8)
        axes.set_xlabel("samples before now")
        return
    most = float(np.abs(panel.weights).max()) or 1.0
    image = axes.imshow(panel.weights, cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto", interpolation="nearest")
    axes.grid(False)
    if columns > panel.taps > 1:
        axes.vlines(np.arange(1, panel.taps) * (columns / panel.taps) - 0.5, -0.5, rows - 0.5, color=INK, linewidth=0.8)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.set_xlabel("input, oldest tap to newest" if panel.taps > 1 else "input")
    axes.set_ylabel("output")
    bar = figure.colorbar(image, ax=axes, shrink=0.9, aspect=18, pad=0.03)
    bar.outline.set_visible(False)
