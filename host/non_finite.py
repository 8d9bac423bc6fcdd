"""Plugins that give NaN or infinity: streams hold 0 there and count it, whole signals are refused."""

from collections.abc import Iterable
from typing import Any

from ..models.errors import PluginError
from .playable import Playable, leaves


def non_finite_samples(processor: Any) -> int:
    """Return how many samples that were NaN or infinite the plugins of a processor gave since they were last reset."""
    inside = leaves(processor) if isinstance(processor, Playable) else [processor]
    return sum(_lost(one) for one in inside)


def refuse_non_finite(processors: Iterable[Any]) -> None:
    """Raise PluginError where one of them, played as a stream just now, gave NaN or infinity; names it."""
    for processor in processors:
        for one in leaves(processor) if isinstance(processor, Playable) else [processor]:
            if lost := _lost(one):
                raise PluginError(f"{one.name} gave {lost} samples that are NaN or infinite: turn its knobs, or play it "
                                  "another input")  # fmt: skip


def _lost(processor: Any) -> int:
    return getattr(processor, "non_finite_samples", 0)
