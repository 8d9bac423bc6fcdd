"""A graph as a picture: boxes, cables, levels, delays."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from ...effects.effect import Effect
from .. import _pedalboard
from ..container import Container
from ..figures_file import BLUE, GOLD, GREY, INK, MUTED, ORANGE, VIOLET, check_suffix, write_figure
from ..offline import offline_reason
from ..playable import Playable
from .cables import KEY, Cable
from .columns import Columns, columns_of
from .ordering import closing_pairs, playing_order
from .wiring import Wiring

COLUMN, ROW, HALF_WIDTH, HALF_HEIGHT, LANE = 2.1, 0.85, 0.68, 0.27, 0.3  # inches
LONGEST_TEXT = 18
KINDS = {"effect": BLUE, "pedalboard": GOLD, "plugin": ORANGE, "plays whole signals only": VIOLET, "made of others": GREY}


def write_plot(wiring: Wiring, path: Path, stereo: set[Cable]) -> None:
    """Draw a wiring, connected or not yet, into a .png, .svg or .pdf; cables in `stereo` are thick.

    Raises:
        InvalidValue: another suffix. FileProblem: the folder cannot be written.
    """
    check_suffix(path)
    drawing = _Drawing(wiring, stereo)
    write_figure(path, drawing.draw, *drawing.size)


class _Drawing:
    def __init__(self, wiring: Wiring, stereo: set[Cable]) -> None:
        self._wiring, self._stereo = wiring, stereo
        delays = {(c.source.node, c.target.node): int(bool(c.delay)) for c in wiring.cables}
        self._back = closing_pairs(wiring.names, delays)
        order = playing_order(wiring.names, delays, self._back)
        self._places: Columns = columns_of(order, [p for p in delays if p not in self._back], wiring.inputs, wiring.outputs)
        self._bottom = min(self._places.height.values()) * ROW - HALF_HEIGHT
        self._lanes = len(self._back)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in inches."""
        high = (max(self._places.height.values()) - min(self._places.height.values())) * ROW + 1.5 + LANE * self._lanes
        return (max(self._places.column.values()) + 1) * COLUMN + 0.2, high

    def draw(self, figure: Any) -> None:
        """Draw into an empty figure."""
        axes = figure.add_subplot()
        axes.set_axis_off()
        axes.set_aspect("equal")
        back = [c for c in self._wiring.cables if (c.source.node, c.target.node) in self._back]
        for cable in self._wiring.cables:
            if cable not in back:
                self._draw_cable(axes, cable, self._way(cable))
        for i, cable in enumerate(back):
            self._draw_cable(axes, cable, self._way_back(cable, self._bottom - LANE * (i + 0.7)))
        for name in self._wiring.names:
            self._draw_node(axes, name)
        self._draw_legend(axes)
        width, height = self.size
        axes.set_xlim(-COLUMN / 2, width - COLUMN / 2)
        axes.set_ylim(self._bottom - LANE * self._lanes - 0.55, self._bottom - LANE * self._lanes - 0.55 + height)

    def _at(self, name: str) -> tuple[float, float]:
        return self._places.column[name] * COLUMN, self._places.height[name] * ROW

    # cables

    def _half_width(self, name: str) -> float:
        return 0.09 if name in self._wiring.nodes and self._wiring.nodes[name] is None else HALF_WIDTH

    def _ends(self, cable: Cable) -> tuple[tuple[float, float], tuple[float, float]]:
        (x, y), (tx, ty) = self._at(cable.source.node), self._at(cable.target.node)
        aside = 0.0 if cable.target.port != KEY else 0.14 if y > ty else -0.14
        return (x + self._half_width(cable.source.node), y), (tx - self._half_width(cable.target.node), ty + aside)

    def _way(self, cable: Cable) -> list[tuple[float, float]]:
        """Return the corners of a cable, level from one to the next but the odd steps."""
        start, end = self._ends(cable)
        points = [start]
        first = self._places.column[cable.source.node] + 1
        for i, height in enumerate(self._places.crossings[cable.source.node, cable.target.node]):
            x, y = (first + i) * COLUMN, height * ROW
            points += [(x - HALF_WIDTH, y), (x + HALF_WIDTH, y)]
        return [*points, end]

    def _way_back(self, cable: Cable, lane: float) -> list[tuple[float, float]]:
        (x, y), (tx, ty) = self._ends(cable)
        return [(x, y), (x, lane), (tx, lane), (tx, ty)]

    def _draw_cable(self, axes: Any, cable: Cable, points: Sequence[tuple[float, float]]) -> None:
        from matplotlib.patches import FancyArrowPatch
        from matplotlib.path import Path as Outline

        closes = (cable.source.node, cable.target.node) in self._back
        vertices, codes = [points[0]], [Outline.MOVETO]
        for i, ((x, y), (tx, ty)) in enumerate(pairwise(points)):
            out, back = ((0.45, 0.45) if i == 0 else (-0.45, -0.45)) if closes else ((tx - x) / 2, -(tx - x) / 2)
            if i % 2:
                vertices, codes = [*vertices, (tx, ty)], [*codes, Outline.LINETO]
            else:
                vertices, codes = [*vertices, (x + out, y), (tx + back, ty), (tx, ty)], [*codes, *[Outline.CURVE4] * 3]
        axes.add_patch(FancyArrowPatch(
            path=Outline(vertices, codes), arrowstyle="-|>,head_length=3.5,head_width=2", fill=False, shrinkA=0, shrinkB=0,
            color=ORANGE if cable.target.port == KEY else INK, linestyle=(0, (4, 2)) if closes else "-",
            linewidth=2.0 if cable in self._stereo else 1.1, zorder=1,
        ))  # fmt: skip
        (x, y), (tx, ty) = points[1:3] if closes else points[:2]
        self._draw_label(axes, cable, ((x + tx) / 2, (y + ty) / 2))

    def _draw_label(self, axes: Any, cable: Cable, at: tuple[float, float]) -> None:
        level = f"{cable.gain.gain_db:g} dB" if cable.gain else ""
        ports = [f"[{','.join(map(str, end.channels))}]" if end.channels else "" for end in (cable.source, cable.target)]
        ports[0] = (f".{cable.source.port}" if cable.source.port else "") + ports[0]
        ports[1] = (f".{cable.target.port}" if cable.target.port else "") + ports[1]
        channels = f"{ports[0]} → {ports[1]}".strip() if all(ports) else "".join(ports)
        text = "\n".join(filter(None, (level, str(cable.delay) if cable.delay else "", channels)))
        if text:
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
            axes.text(*at, text, ha="center", va="center", fontsize=7, color=MUTED, bbox=box, zorder=4, linespacing=1.1)

    # nodes

    def _draw_node(self, axes: Any, name: str) -> None:
        from matplotlib.patches import Circle, FancyBboxPatch

        x, y = self._at(name)
        processor = self._wiring.nodes.get(name)
        if processor is None and name in self._wiring.nodes:
            axes.add_patch(Circle((x, y), 0.09, facecolor=INK, edgecolor="none", zorder=3))
            axes.text(x, y + 0.16, _short(name), ha="center", va="bottom", fontsize=8, color=INK, zorder=4)
            return
        door = processor is None
        colour = INK if door else KINDS[kind_of(processor)]
        corner = HALF_HEIGHT if door else 0.06
        axes.add_patch(FancyBboxPatch(
            (x - HALF_WIDTH + corner, y - HALF_HEIGHT + corner), 2 * (HALF_WIDTH - corner), 2 * (HALF_HEIGHT - corner),
            boxstyle=f"round,pad={corner}", facecolor="#f3f1ec" if door else "white", edgecolor=colour, linewidth=1.4, zorder=3,
        ))  # fmt: skip
        axes.text(x, y + (0 if door else 0.09), _short(name), ha="center", va="center", fontsize=9, fontweight="bold",
                  color=INK, zorder=4)  # fmt: skip
        if not door:
            axes.text(x, y - 0.11, _short(title_of(processor)), ha="center", va="center", fontsize=7, color=colour, zorder=4)

    def _draw_legend(self, axes: Any) -> None:
        kinds = [kind_of(processor) for processor in self._wiring.nodes.values() if processor is not None]
        x = -HALF_WIDTH
        for kind, colour in KINDS.items():
            if kind in kinds:
                axes.text(x, self._bottom - LANE * self._lanes - 0.35, f"■ {kind}", fontsize=7, color=colour, va="center")
                x += 0.35 + 0.055 * len(kind)


def kind_of(processor: Any) -> str:
    """Return which of `KINDS` a processor is."""
    if offline_reason(processor):
        return "plays whole signals only"
    if isinstance(processor, Playable):
        return "made of others"
    if isinstance(processor, Effect):
        return "effect"
    return "pedalboard" if _pedalboard.is_native(processor) and not hasattr(processor, "raw_state") else "plugin"


def title_of(processor: Any) -> str:
    """Return what a node's second line says: what the processor is."""
    kind = type(processor).__name__
    if isinstance(processor, Container):
        return f"{kind} of {len(processor)}"
    if isinstance(processor, Playable):
        return f"{kind} of {len(list(processor._inside()))}"
    if isinstance(processor, Effect) or _pedalboard.is_native(processor):
        return kind
    return str(getattr(processor, "name", kind) or kind)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
