"""What a net learned of an amp, drawn: its transfer curve and its first filters."""

from typing import Any

import numpy as np

from ...models.model import Model
from ..effect_pages.plot import log_hertz
from ..effect_pages.probes import static_curve
from ..evaluation.playing import player
from ..figures import GRID, MUTED, RESIDUAL, TARGET, TWIN
from ..model_pages import tones
from ..model_pages.plot import draw_weights, first_weights
from .filters import first_filters
from .picture import DEEPEST_DB, LEGEND, Picture

CURVE_HZ, CURVES_DBFS = 200.0, (0.0, -12.0, -24.0)


def transfer(model: Model) -> Picture:
    """Return the curve that the model learned: out over in of a sine, at three levels."""
    rate, effect = float(model.spec.sample_rate), player(model)
    curves = [(level, *tones.transfer_curve(lambda x: effect(x, rate), rate, level, CURVE_HZ)) for level in CURVES_DBFS]

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        for (level, sine, out), colour in zip(curves, (TWIN, TARGET, RESIDUAL), strict=True):
            axes.plot(sine, out, color=colour, linewidth=0.9, alpha=0.4)
            axes.plot(*static_curve(sine, out), color=colour, linewidth=1.8, label=f"{level:g} dBFS")
        axes.axhline(0, color=GRID, linewidth=0.8)
        axes.axvline(0, color=GRID, linewidth=0.8)
        axes.set_xlabel("in, 1 is full scale")
        axes.set_ylabel("out")
        axes.legend(ncols=3, **LEGEND)

    return Picture(
        "transfer",
        "The curve the model learned",
        f"A sine of {CURVE_HZ:g} Hz goes into the model of the amp (no cabinet), at three levels. A straight line would be a "
        "clean amplifier; the more it bends at its ends, the more it distorts, and where its two ends bend differently it "
        "makes the even harmonics that are called warm. Where the faint lines open to a loop, the amp remembers: its tone "
        "controls and capacitors answer later than they are asked. A curve that falls: the amp turns the signal over.",
        "Output of the model over its input, for a sine at three levels",
        draw,
        width=5.4,
        height=4.2,
    )


def filters(model: Model) -> Picture:
    """Return the first layer's filters: their taps and what each lets through; the plain weights where it is no filter."""
    learned = first_filters(model)
    if learned is None:
        return _first_weights(model)
    frequencies, gains = learned.responses()
    order = np.argsort((10 ** (gains / 20) @ np.log(frequencies)) / (10 ** (gains / 20)).sum(1))
    times = 1e6 * np.arange(learned.taps.shape[1]) * learned.spacing / learned.sample_rate

    def draw(figure: Any) -> None:
        import matplotlib

        left, right = figure.subplots(1, 2)
        colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.9, len(order)))
        for colour, row in zip(colours, order, strict=True):
            left.plot(times, learned.taps[row], marker="o", markersize=3, color=colour, linewidth=0.8, label=f"filter {row}")
            right.plot(frequencies, gains[row], color=colour, linewidth=0.9, label=f"filter {row}")
        left.axhline(0, color=MUTED, linewidth=0.6)
        left.set_xlabel("µs before now")
        left.set_ylabel("weight")
        log_hertz(right, float(frequencies[-1]))
        right.set_ylabel("gain, dB")
        right.set_ylim(max(float(gains.min()), float(gains.max()) - DEEPEST_DB) - 3, float(gains.max()) + 3)

    return Picture(
        "filters",
        "The first filters the net learned",
        f"The first thing the net does is to listen through {len(order)} small filters, a line each, violet ones for the deep, "
        "yellow ones for the treble. Left: how each mixes the newest samples; right: what of the spectrum it lets through. "
        "All that follows bends and mixes what they pass on. Nobody drew them: training found them.",
        f"Weights and frequency responses of the {len(order)} filters of the first layer",
        draw,
    )


def _first_weights(model: Model) -> Picture:
    panels = first_weights(model)

    def draw(figure: Any) -> None:
        row = figure.subplots(1, max(len(panels), 1), squeeze=False)[0]
        for axes, panel in zip(row, panels, strict=False):
            draw_weights(figure, axes, panel)

    return Picture(
        "filters",
        "The first weights the net learned",
        "This net begins with gates rather than filters: each row says how much of each input a gate hears, red for more, blue "
        "for less than nothing. Nobody drew them: training found them.",
        "The first weights of the net",
        draw,
    )
