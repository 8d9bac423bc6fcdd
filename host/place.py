"""A place in a chain, a mix or a graph: what arrives there, and what is heard with another processor in it."""

from typing import Any

import numpy as np

from ..models.errors import InvalidType, InvalidValue
from .capture.target import Target
from .chain import Chain
from .graph.cables import KEY
from .graph.graph import Graph
from .mix import Mix

SAME_DB = -80.0  # what two channels may differ by and still count as one


class Place:
    """Where a processor stands among others, and can give way to its twin.

    Args:
        whole: a Chain, a Mix or a Graph.
        name: an index in the chain or mix, or the name of a node of the graph; further in, both with dots: "rig.amp", "2.0".

    Raises:
        InvalidType: `whole` has no places. InvalidValue, UnknownName: no such place; one with nothing in it; one whose
            processor listens to a side-chain, which no twin does; one that the first input does not reach.
    """

    def __init__(self, whole: Any, name: int | str) -> None:
        self.whole, self.name = whole, name
        self._path = _path(whole, name)  # the holders, outermost first, each with the place in it
        holder, inside = self._path[-1]
        self.processor = holder[inside]
        if self.processor is None:
            raise InvalidValue(f"nothing stands at place {name!r}, which is a wire; name one with a processor")

    def __str__(self) -> str:
        return f"place {self.name} of a {type(self.whole).__name__}"

    @property
    def before(self) -> Any:
        """What lies between the input of the whole and this place: a processor that gives what arrives here."""
        before = [_before(holder, inside) for holder, inside in self._path]
        return before[0] if len(before) == 1 else Chain(before)  # a graph with a second input stands in no chain

    @property
    def in_loop(self) -> bool:
        """Whether what arrives here depends on what the processor here makes of it."""
        return any(isinstance(holder, Graph) and inside in holder.before(inside) for holder, inside in self._path)

    def put(self, processor: Any) -> None:
        """Let another processor stand here; None: a wire."""
        holder, inside = self._path[-1]
        holder[inside] = processor

    def put_back(self) -> None:
        """Let the processor stand here that did at first."""
        self.put(self.processor)


def _path(whole: Any, name: Any) -> list[tuple[Any, Any]]:
    if not isinstance(whole, Chain | Mix | Graph):
        raise InvalidType(f"{whole!r:.80} has no places: pass a Chain, a Mix or a Graph, or leave place out")
    first, dot, rest = name.partition(".") if isinstance(name, str) else (name, "", "")
    inside = _checked(whole, first)
    return [(whole, inside), *(_path(whole[inside], rest) if dot else [])]


def _checked(whole: Any, name: Any) -> Any:
    """Return the place in a holder as it is counted or named there."""
    if isinstance(whole, Graph):
        whole[name]
        keyed = [c for c in whole.cables if c.target.node == name and c.target.port == KEY]
        if keyed:
            raise InvalidValue(f"{name} listens to a side-chain ({keyed[0]}), and a net hears one signal: "
                               f"disconnect it, or choose another place")  # fmt: skip
        reaching, first = whole.before(name).inputs, whole.inputs[0]
        if first not in reaching:
            raise InvalidValue(f"recordings play into the first input, {first}, and {name} hears {', '.join(reaching)}: "
                               f"name that first in inputs=")  # fmt: skip
        return name
    number = int(name) if isinstance(name, str) and name.isdecimal() else name
    if isinstance(number, bool) or not isinstance(number, int):
        raise InvalidType(f"place = {name!r}: in a {type(whole).__name__} it is an index, from 0")
    if not -len(whole) <= number < len(whole):
        raise InvalidValue(f"place = {name} is not in the chain; it has {len(whole)} places, counted from 0")
    return number % len(whole)


def _before(whole: Any, inside: Any) -> Any:
    if isinstance(whole, Mix):
        return Chain()
    return Chain(whole[:inside]) if isinstance(whole, Chain) else whole.before(inside)


class Arriving:
    """Plays recordings up to a place.

    Attributes:
        stereo: whether what arrived had channels that differ; their mean is taken, as of a stereo recording.
    """

    def __init__(self, place: Place, sample_rate: float) -> None:
        self._before, self.stereo = Target(place.before, sample_rate), False

    def hear(self, audio: np.ndarray) -> np.ndarray:
        """Return what arrives of a recording, played from silence: mono float32, as long, latency taken out."""
        heard = self._before.play_all(audio)
        apart = float(np.abs(heard - heard[:1]).max(initial=0.0))
        self.stereo |= apart > 10 ** (SAME_DB / 20) * float(np.abs(heard).max(initial=0.0))
        return heard.mean(axis=0, dtype=np.float64).astype(np.float32)


class Late:
    """Holds audio back by a number of samples, and reports none: as a plugin does that does not say how late it is."""

    def __init__(self, samples: int) -> None:
        self.samples = samples
        self.reset()

    def reset(self) -> None:
        """Drop what is held."""
        self._held: np.ndarray | None = None

    def process(self, input_array: np.ndarray, sample_rate: float, buffer_size: int = 8192, reset: bool = True) -> np.ndarray:
        """Return as many samples, `samples` later; channels are rows."""
        if reset or self._held is None:
            self._held = np.zeros((*input_array.shape[:-1], self.samples), np.float32)
        whole = np.concatenate([self._held, input_array], axis=-1)
        self._held = whole[..., whole.shape[-1] - self.samples :]
        return whole[..., : input_array.shape[-1]].astype(np.float32)


def held_back(processor: Any, samples: int) -> Any:
    """Return a processor that answers as much later; the same one for 0 samples or fewer."""
    return processor if samples <= 0 else Chain([processor, Late(samples)])
