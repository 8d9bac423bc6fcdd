"""Layers with their weights, on the way from a file to a spec."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..spec import Gain, KnobInputs, Layer, Residual

Weighted = tuple[Layer, dict[str, np.ndarray]]  # a layer and its weights, by the last part of their names


@dataclass(frozen=True)
class Series:
    """Layers in series, as a spec wants them.

    Attributes:
        layers: of the spec.
        weights: all of theirs, by full name.
    """

    layers: tuple[Layer, ...]
    weights: dict[str, np.ndarray]


def series(net: Sequence[Weighted], *, knobs: int = 0, skip: bool = False, before: Sequence[Gain] = (),
           after: Sequence[Gain] = ()) -> Series:  # fmt: skip
    """Return a net with what stands around it.

    Args:
        net: the layers, in order.
        knobs: how many enter the net as channels beside the audio.
        skip: whether the audio is added to the net's output.
        before, after: gains at both ends, outside the skip.
    """
    inner: tuple[Layer, ...] = (*((KnobInputs(knobs=knobs),) if knobs else ()), *(layer for layer, _ in net))
    prefix = f"layers.{len(before)}.body." if skip else "layers."
    first = bool(knobs) + (0 if skip else len(before))
    weights = {
        f"{prefix}{first + i}.{name}": np.ascontiguousarray(array)
        for i, (_, arrays) in enumerate(net)
        for name, array in arrays.items()
    }
    return Series((*before, *((Residual(body=inner),) if skip else inner), *after), weights)
