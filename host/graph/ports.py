"""How many channels go into a processor, and how many come out."""

from typing import Any

from ...effects.effect import Effect
from .. import _pedalboard
from ..chain import Chain
from ..foreign import ForeignModel
from ..mix import Mix
from ..playable import Playable

MOST_CHANNELS = 256


def channels_out(processor: Any, channels_in: int) -> int | None:
    """Return how many channels leave a processor when `channels_in` arrive; None: it does not take that many."""
    if isinstance(processor, Chain):
        passing: int | None = channels_in
        for inner in processor:
            passing = None if passing is None else channels_out(inner, passing)
        return passing
    if isinstance(processor, Mix):
        found = {channels_out(branch, channels_in) for branch in processor} or {channels_in}
        return found.pop() if len(found) == 1 else None
    if isinstance(processor, Playable):
        return processor.channels_out(channels_in)  # type: ignore[attr-defined]  # a Graph
    if isinstance(processor, ForeignModel):
        inputs, outputs = processor.facts.input_channels, processor.facts.output_channels
        return channels_in if (inputs, outputs) == (1, 1) else outputs if channels_in == inputs else None
    if processor is None or _pedalboard.is_native(processor):
        return channels_in
    taken = _counts(processor)
    if taken and channels_in not in taken:
        return None
    leaving = getattr(processor, "output_channels", None)
    return leaving if isinstance(leaving, int) else channels_in


def key_channels(processor: Any) -> int:
    """Return how many channels a processor's side-chain has; 0: it has none."""
    keyed = processor is not None and not isinstance(processor, Playable) and not _pedalboard.is_native(processor)
    return int(getattr(processor, "key_channels", 0) or 0) if keyed else 0


def is_source(processor: Any) -> bool:
    """Tell whether a processor takes no sound at all and makes its own, as a Faust program without inputs does."""
    never = processor is None or isinstance(processor, Playable | Effect) or _pedalboard.is_native(processor)
    return not never and getattr(processor, "input_channels", None) == 0


def widened(processor: Any, channels: int) -> int | None:
    """Return the least count above `channels` that a processor takes, for a mono cable to go to each; None: there is none."""
    return next((n for n in range(channels + 1, min(channels + 65, MOST_CHANNELS)) if channels_out(processor, n)), None)


def taken_text(processor: Any) -> str:
    """Return the channel counts a processor takes, as an error says them: "1 or 2"."""
    return " or ".join(str(n) for n in range(1, 65) if channels_out(processor, n)) or "no count"


def _counts(processor: Any) -> tuple[int, ...]:
    counts = getattr(processor, "channels", None)
    if isinstance(counts, tuple):
        return counts
    fixed = getattr(processor, "input_channels", None)
    return (fixed,) if isinstance(fixed, int) else ()
