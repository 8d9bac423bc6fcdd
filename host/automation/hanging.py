"""Lanes hung on processors while they are played, for whoever plays them to ask."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from ...effects.effect import Effect
from ...effects.lane import Lane
from ...models.errors import InvalidValue

NONE: dict[str, Lane] = {}
_HUNG: WeakKeyDictionary[Any, dict[str, Lane]] = WeakKeyDictionary()  # on what is none of our effects, which hold their own


def lanes_of(processor: Any) -> Mapping[str, Lane]:
    """Return the lanes that turn a processor's knobs at the moment, by the knobs' names there."""
    if isinstance(processor, Effect):
        return processor._lanes
    return _HUNG.get(processor, NONE) if _HUNG else NONE


@contextmanager
def hanging(lanes: Iterable[tuple[Any, str, Lane]]) -> Iterator[None]:
    """Hang lanes, (processor, knob's name there, lane) each, on processors for as long as the block runs.

    Raises:
        InvalidValue: a knob is turned by another lane already.
    """
    hung: list[tuple[Any, str]] = []
    try:
        for processor, knob, lane in lanes:
            place = _place(processor)
            if knob in place:
                raise InvalidValue(f"{knob} of {processor!r:.60} is turned by two lanes; leave it out of one")
            place[knob] = lane
            hung.append((processor, knob))
        yield
    finally:
        for processor, knob in hung:
            place = _place(processor)
            del place[knob]
            if not place:
                _HUNG.pop(processor, None)


def _place(processor: Any) -> dict[str, Lane]:
    if isinstance(processor, Effect):
        processor.__dict__["_moves"] += 1  # a stream under way looks again
        return processor._lanes
    return _HUNG.setdefault(processor, {})
