"""From what knobs say, in their units, to positions 0..1: `Parameter.to_raw` as a scriptable module."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ...parameter import Parameter


class Positions(nn.Module):
    """Piecewise linear through evenly spaced points of each knob, in double precision; a log scale of the value's logarithm."""

    minimum: list[float]  # TorchScript cannot tell the type of an empty list
    maximum: list[float]
    logarithmic: list[bool]
    counts: list[int]

    def __init__(self, knobs: Sequence[Parameter]) -> None:
        super().__init__()
        self.minimum = [float(k.minimum) for k in knobs]
        self.maximum = [float(k.maximum) for k in knobs]
        self.logarithmic = [k.scale == "log" for k in knobs]
        points = [_points(k) for k in knobs]
        self.counts = [len(p) for p in points]
        table = torch.zeros(len(knobs), max(self.counts, default=2), dtype=torch.float64)
        for row, values in zip(table, points, strict=True):
            row[: len(values)] = torch.tensor(values, dtype=torch.float64)
        self.points: Tensor
        self.register_buffer("points", table, persistent=False)

    def forward(self, values: Tensor) -> Tensor:
        """Return (1, knobs) float32 for values (knobs,), which count as the nearest end of the range outside it."""
        raw = torch.zeros(1, len(self.counts), dtype=torch.float64)
        for k in range(len(self.counts)):
            count, value = self.counts[k], values[k].double().clamp(self.minimum[k], self.maximum[k])
            if self.logarithmic[k]:
                value = value.log()
            row = self.points[k, :count]
            i = int((row <= value).sum().clamp(1, count - 1)) - 1
            raw[0, k] = (i + (value - row[i]) / (row[i + 1] - row[i])) / (count - 1)
        return raw.float()


def _points(knob: Parameter) -> list[float]:
    if knob.scale == "points":
        return list(knob.points)
    low, high = float(knob.minimum), float(knob.maximum)
    if knob.scale == "log":
        return [math.log(low), math.log(high)]
    return [low, high if high > low else low + 1.0]  # a switch of one choice
