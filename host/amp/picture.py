"""A picture of a recorded amp, and what a beginner reads in it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..figures import svg

DEEPEST_DB = 70.0  # under a response's loudest frequency
LEGEND: dict[str, Any] = {
    "loc": "lower left",
    "bbox_to_anchor": (0, 1),
    "borderpad": 0,
    "handlelength": 1.2,
    "columnspacing": 1.2,
}


@dataclass(frozen=True)
class Picture:
    """A drawing: `draw` fills an empty matplotlib Figure; `words` say what is to be seen, `label` what a screen reader says."""

    name: str
    title: str
    words: str
    label: str
    draw: Callable[[Any], None]
    width: float = 10.4
    height: float = 3.4

    def svg(self) -> str:
        """Return it for the page."""
        return svg(self.draw, self.width, self.height, self.label)
