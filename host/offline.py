"""Which processors cannot stream, and why: they play whole signals only."""

from typing import Any

from ..effects.effect import Effect
from . import _pedalboard
from .playable import Playable, leaves


def offline_reason(processor: Any) -> str | None:
    """Return one line on why a processor cannot stream and what to do instead; None where it can.

    A processor says so itself, with an `offline_reason` (VST2, Faust and DawDreamer's processors do); of a Chain, a Mix
    or a Graph the first inside that cannot stream counts.
    """
    if isinstance(processor, Playable):
        return next(filter(None, map(offline_reason, leaves(processor))), None)
    if processor is None or isinstance(processor, Effect) or _pedalboard.is_native(processor):
        return None
    return getattr(processor, "offline_reason", None) or None
