"""Drawing for the page: matplotlib figures as inline SVG whose colours follow the page's light and dark theme."""

import io
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..models.parameter import Parameter

# A colour here is a placeholder: it turns into the CSS variable of that name.
INK, MUTED, GRID, PANEL = "#010101", "#020202", "#030303", "#040404"
DRY, TARGET, TWIN, RESIDUAL, NEAREST = "#050505", "#060606", "#070707", "#080808", "#090909"
_VARIABLES = {
    INK: "ink", MUTED: "muted", GRID: "grid", PANEL: "panel", DRY: "dry",
    TARGET: "target", TWIN: "twin", RESIDUAL: "residual", NEAREST: "nearest",
}  # fmt: skip
_STYLE: Any = {
    "svg.fonttype": "none", "svg.hashsalt": "wetdry", "text.parse_math": False, "font.family": "sans-serif", "font.size": 8.5,
    "axes.edgecolor": GRID, "axes.labelcolor": MUTED, "axes.titlecolor": INK, "axes.titlesize": 9, "axes.titleweight": "bold",
    "axes.titlelocation": "left", "axes.facecolor": "none", "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "axes.axisbelow": True, "grid.color": GRID, "grid.linewidth": 0.6, "text.color": INK,
    "xtick.color": GRID, "ytick.color": GRID, "xtick.labelcolor": MUTED, "ytick.labelcolor": MUTED, "lines.linewidth": 1.3,
    "legend.frameon": False, "legend.labelcolor": INK, "legend.fontsize": 8, "figure.facecolor": "none",
    "xtick.major.size": 0, "ytick.major.size": 0, "xtick.minor.size": 0, "ytick.minor.size": 0,
}  # fmt: skip
LEAST_ESR = 1e-7


def svg(draw: Callable[[Any], None], width: float, height: float, label: str) -> str:
    """Return an inline SVG of what `draw(figure)` draws; `label` is what a screen reader says.

    Args:
        draw: called with an empty matplotlib Figure.
        width, height: in inches; the page scales it to its column.
        label: one sentence.
    """
    import html

    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        draw(figure)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r' id="[A-Za-z0-9]+_\d+"', "", text)  # figure_1, axes_1, …: the same in every figure, and never referred to
    text = re.sub(r"font: ?([\d.]+px) [^;\"]+", r"font-size: \1", text)
    text = re.sub(r"font: bold ([\d.]+px) [^;\"]+", r"font-size: \1; font-weight: 600", text)
    text = re.sub(r"font: (\d+) ([\d.]+px) [^;\"]+", r"font-size: \2; font-weight: \1", text)
    for colour, name in _VARIABLES.items():
        text = text.replace(colour, f"var(--{name})")
    box = re.search(r'viewBox="[^"]+"', text)
    head = f'<svg {box.group(0) if box else ""} role="img" aria-label="{html.escape(label)}" xmlns:xlink="http://www.w3.org/1999/xlink">'
    return re.sub(r"<svg[^>]*>", lambda _: head, text, count=1)


def spread(cells: Sequence[dict[str, Any]]) -> str:
    """Return dots of every cell's ESR, a row each for twin, nearest capture, dry and the replicate floor."""
    rows: list[tuple[str, str, list[float]]] = [
        ("twin", TWIN, [c["twin"]["esr"] for c in cells]),
        ("nearest\ncapture", NEAREST, [c["nearest"]["esr"] for c in cells if c["distance"] > 0]),
        ("dry", DRY, [c["dry"]["esr"] for c in cells]),
    ]
    floor = [c["replicate_esr"] for c in cells if c["replicate_esr"] is not None]
    if max(floor, default=0.0) > LEAST_ESR:
        rows.insert(0, ("target,\nplayed twice", TARGET, floor))
    rows = [row for row in rows if row[2]]

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        generator = np.random.default_rng(0)
        for place, (_, colour, values) in enumerate(rows):
            shown = np.maximum(values, LEAST_ESR)
            axes.scatter(shown, place + generator.uniform(-0.2, 0.2, shown.size), s=16, color=colour, alpha=0.65, linewidths=0)
            median = float(np.median(shown))
            axes.plot([median, median], [place - 0.36, place + 0.36], color=INK, linewidth=1.6)
        _log(axes, "x")
        axes.set_yticks(range(len(rows)), [name for name, _, _ in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.grid(False, axis="y")
        axes.set_xlabel("ESR of each cell, bar: median (left is closer)")

    return svg(draw, 5.2, 0.75 + 0.62 * len(rows), "ESR of every cell: twin, nearest capture and dry")


def distance(cells: Sequence[dict[str, Any]]) -> str:
    """Return the ESR of twin and nearest capture over the distance to the nearest captured setting."""

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        for who, colour, name in (("nearest", NEAREST, "nearest capture"), ("twin", TWIN, "twin")):
            kept = [c for c in cells if who == "twin" or c["distance"] > 0]
            values = np.maximum([c[who]["esr"] for c in kept], LEAST_ESR)
            where = [100 * c["distance"] for c in kept]
            axes.scatter(where, values, s=16, color=colour, alpha=0.7, linewidths=0, label=name)
        axes.axvline(5, color=MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
        _log(axes, "y")
        axes.set_xlabel("distance to the nearest captured setting, % of a knob's range")
        axes.set_ylabel("ESR")
        axes.legend(loc="lower right", handletextpad=0.1, borderpad=0.2)

    return svg(draw, 5.2, 2.8, "ESR over the distance to the nearest captured setting")


def knob_map(knobs: Sequence[Parameter], settings: Sequence[dict[str, Any]], esr: Sequence[float], captured: Any) -> str:
    """Return the ESR over the knobs: a curve for one, a map for two, a map of each pair up to four, else one row each.

    Args:
        knobs: the knobs, one at least.
        settings: `Setting.to_dict` of each visited setting.
        esr: of each setting, over its recordings.
        captured: captured positions, each knob → 0..1.
    """
    import itertools

    values = np.maximum(np.array(esr), LEAST_ESR)
    at = np.array([[s["raw"][k.name] for k in knobs] for s in settings])
    known = np.array([[c[k.name] for k in knobs] for c in captured]).reshape(-1, len(knobs))
    pairs = list(itertools.combinations(range(len(knobs)), 2)) if 2 <= len(knobs) <= 4 else []
    limits = _log_limits(values)

    def draw(figure: Any) -> None:
        if not pairs:
            panels = figure.subplots(len(knobs), 1, squeeze=False)[:, 0]
            for i, axes in enumerate(panels):
                _curve(axes, knobs[i], at[:, i], values, known[:, i], joined=len(knobs) == 1)
            return
        columns = 1 if len(pairs) == 1 else 3
        panels = figure.subplots(-(-len(pairs) // columns), columns, squeeze=False).ravel()
        mesh = None
        for axes, (i, j) in zip(panels, pairs, strict=False):
            mesh = _map(axes, knobs[i], knobs[j], at[:, [i, j]], values, known[:, [i, j]], limits, len(knobs) == 2)
        bar = figure.colorbar(mesh, ax=list(panels), shrink=0.9, aspect=30, pad=0.02)
        _few_numbers(bar.ax.yaxis, *limits)
        bar.outline.set_visible(False)
        bar.set_label("ESR", color=MUTED)

    size = (5.4, 4.2) if len(pairs) == 1 else (10.4, 3.4 * -(-len(pairs) // 3)) if pairs else (5.4, max(2.8, 1.7 * len(knobs)))
    return svg(draw, *size, "ESR over the knobs, captured settings marked")


def _map(
    axes: Any, x: Parameter, y: Parameter, at: np.ndarray, values: np.ndarray, known: np.ndarray, limits: tuple, filled: bool
) -> Any:
    from matplotlib.colors import LogNorm

    norm = LogNorm(*limits)
    if filled and len(values) >= 6:
        from scipy.interpolate import RBFInterpolator

        grid = np.stack(np.meshgrid(np.linspace(0, 1, 96), np.linspace(0, 1, 96)), axis=-1).reshape(-1, 2)
        surface = RBFInterpolator(at, np.log(values), kernel="thin_plate_spline", smoothing=1e-3)(grid)
        surface = np.exp(np.clip(surface, *np.log([values.min(), values.max()]))).reshape(96, 96)
        axes.imshow(surface, origin="lower", extent=(0, 1, 0, 1), aspect="auto", norm=norm, cmap="viridis_r", alpha=0.85)
    for width, colour in ((2.6, "#ffffff"), (1.1, "#000000")):  # a light rim: legible on every ground
        axes.plot(known[:, 0], known[:, 1], "x", color=colour, markersize=5, markeredgewidth=width, clip_on=False)
    style = {"s": 58, "edgecolors": "#ffffff", "linewidths": 1.3, "clip_on": False, "zorder": 3}
    dots = axes.scatter(at[:, 0], at[:, 1], c=values, norm=norm, cmap="viridis_r", **style)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.grid(False)
    _knob_ticks(axes.xaxis, x)
    _knob_ticks(axes.yaxis, y)
    return dots


def _curve(axes: Any, knob: Parameter, at: np.ndarray, values: np.ndarray, known: np.ndarray, joined: bool) -> None:
    order = np.argsort(at)
    style = "-" if joined else ""
    axes.plot(at[order], values[order], style, marker="o", markersize=4.5, color=TWIN, linewidth=1)
    _log(axes, "y")
    axes.set_ylabel("ESR")
    low = axes.get_ylim()[0]
    axes.plot(known, np.full(known.size, low), "x", color=INK, markersize=4.5, markeredgewidth=0.9, clip_on=False)
    axes.set_ylim(bottom=low)
    axes.set_xlim(-0.02, 1.02)
    _knob_ticks(axes.xaxis, knob)


def _knob_ticks(axis: Any, knob: Parameter) -> None:
    if knob.choices:
        positions, texts = np.linspace(0, 1, len(knob.choices)).tolist(), [str(c) for c in knob.choices]
    elif knob.scale == "linear":
        from matplotlib.ticker import MaxNLocator

        values = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(knob.minimum, knob.maximum)
        values = [float(v) for v in values if knob.minimum <= v <= knob.maximum]
        positions, texts = [knob.to_raw(v) for v in values], [f"{v:.4g}" for v in values]
    else:
        positions = np.linspace(0, 1, 5).tolist()
        texts = [f"{knob.from_raw(p):.3g}" for p in positions]
    axis.set_ticks(positions, texts)
    axis.set_label_text(f"{knob.name}{f' ({knob.unit})' if knob.unit else ''}")


def _log(axes: Any, which: str) -> None:
    """Make an axis logarithmic, its labels plain numbers."""
    axes.set(**{f"{which}scale": "log"})
    axis = axes.xaxis if which == "x" else axes.yaxis
    _few_numbers(axis, *(axes.get_xlim() if which == "x" else axes.get_ylim()))


def _few_numbers(axis: Any, low: float, high: float) -> None:
    """Label a logarithmic axis with plain numbers: the decades, or 1, 2 and 5 of each where it spans few."""
    from matplotlib.ticker import LogLocator

    axis.set_major_locator(LogLocator(subs=(1.0,) if high / low > 300 else (1.0, 2.0, 5.0)))
    axis.set_major_formatter(_plain_number)
    axis.set_minor_formatter("")


def _plain_number(value: float, place: int) -> str:
    return f"{value:g}"


def _log_limits(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    return (low / 1.5, high * 1.5) if high / low < 2 else (low, high)
