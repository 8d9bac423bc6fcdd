"""Figures as files of their own (PNG, SVG, PDF): the page's style in its light colours."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..models.errors import InvalidValue
from ..models.files import write_atomically
from . import figures

INK, MUTED, GRID = "#1b1d21", "#636973", "#dedbd3"
BLUE, ORANGE, VIOLET, GOLD, GREY = "#14708f", "#d9480f", "#8a3ffc", "#b08900", "#8b9099"
SUFFIXES = (".png", ".svg", ".pdf")
DOTS_PER_INCH = 150
_LIGHT = {figures.INK: INK, figures.MUTED: MUTED, figures.GRID: GRID}


def light_style() -> Any:
    """Return matplotlib's settings of a figure on white ground."""
    style = {name: _LIGHT.get(value, value) if isinstance(value, str) else value for name, value in figures._STYLE.items()}
    return style | {"figure.facecolor": "#ffffff", "savefig.dpi": DOTS_PER_INCH}


def check_suffix(path: Path) -> None:
    """Raise InvalidValue where a figure cannot be written under this name."""
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidValue(f"{path} has no suffix a figure is written with: {', '.join(SUFFIXES)}")


def write_figure(path: Path, draw: Callable[[Any], None], width: float, height: float) -> None:
    """Write what `draw(figure)` draws; `path` is never half a file.

    Args:
        path: its suffix tells the format.
        draw: called with an empty matplotlib Figure.
        width, height: in inches.

    Raises:
        InvalidValue: another suffix. FileProblem: the folder cannot be written.
    """
    import matplotlib
    from matplotlib.figure import Figure

    check_suffix(path)
    with matplotlib.rc_context(light_style()):
        figure = Figure(figsize=(width, height), layout="constrained")
        draw(figure)
        content = io.BytesIO()
        figure.savefig(content, format=path.suffix[1:].lower())
    write_atomically(path, content.getvalue())
