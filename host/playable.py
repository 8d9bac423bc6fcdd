"""What Chain, Mix and Graph share: stages played as one processor, in streams and whole signals."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import numpy as np
from numpy import ndarray

from ..effects.call import check_call
from ..effects.effect import Effect
from ..effects.parameters import Parameters
from ..models.errors import InvalidValue, PluginError
from .foreign import ForeignModel
from .repeated import NEVER, Call, Repeated
from .stages import CompiledStage, NativeStage, Stage, push_through
from .uncopied import UncopiedLayout
from .whole_signal import in_step, whole_signal

if TYPE_CHECKING:
    from .graph.plan import Plan

SAID_BY_PLUGINS = ("non_finite_samples", "latency_samples", "reported_latency_samples")


class Playable(ABC):
    """A processor made of processors; a subclass says which, and cuts them into stages.

    Blocks of one shape that one stage plays skip what has been looked at before (`host/repeated.py`).
    """

    __slots__ = ("__weakref__", "_around", "_hosted", "_layout", "_lock", "_repeated", "_running", "_stages")

    is_effect = True
    is_instrument = False

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._layout = UncopiedLayout()
        self._stages: list[Stage] | None = None
        self._running: tuple[float, int] | None = None  # sample rate and channels of the stream under way
        self._repeated: Repeated = NEVER
        self._hosted: list[Any] | None = None
        self._around: WeakSet[Playable] = WeakSet()  # what this one is played in, and whose stages hold its processors

    @abstractmethod
    def _inside(self) -> Iterator[Any]:
        """Yield the processors directly inside, None left in."""

    @abstractmethod
    def _build(self) -> list[Stage]:
        """Return the stages that play it, for any rate and channel count."""

    def _plan(self, sample_rate: float, channels: int) -> "Plan":
        """Return what the offline executor plays where something inside cannot stream; `channels`: of all inputs together."""
        raise NotImplementedError

    @property
    @abstractmethod
    def parameters(self) -> Parameters:
        """Every knob inside."""

    @property
    @abstractmethod
    def latency_samples(self) -> int:
        """Samples by which the sound lags before compensation."""

    def _changed(self) -> None:
        """Forget the stages, here and in what this one is played in: the next block starts a stream."""
        self._stages = self._running = self._hosted = None
        self._repeated = NEVER
        around, self._around = list(self._around), WeakSet()
        for playable in around:
            playable._changed()

    def _check_once(self) -> None:
        seen = {id(self)}
        for processor in everything(self):
            if processor is self:
                raise InvalidValue(f"a {type(self).__name__} cannot stand in itself")
            if id(processor) in seen:
                raise InvalidValue(f"{processor!r} stands twice; a processor has one state: add a copy instead")
            seen.add(id(processor))

    def _why_not_in_series(self) -> str:
        """Return why it cannot stand in a chain: it has more than one input and one output; "" where it can."""
        return ""

    # sound

    def reset(self) -> None:
        """Clear the sound and the channel layout."""
        with self._lock:
            self._layout.forget()
            self._running = None
            self._repeated = NEVER

    def process(self, input_array: np.ndarray, sample_rate: float, buffer_size: int = 8192, reset: bool = True) -> np.ndarray:
        """Run audio through it; arguments, layouts, lengths and errors as `Effect.process`.

        With `reset=False` the first blocks of a stream are shorter by the latency. Push zeros to hear the tail.

        Raises:
            PluginError: a plugin keeps swallowing samples, or gives NaN in a whole call.
        """
        shape, dtype, sample_rate_before, buffer_size_before, again = self._repeated
        if (
            not reset
            and input_array.__class__ is ndarray
            and input_array.shape == shape
            and input_array.dtype is dtype
            and sample_rate == sample_rate_before
            and buffer_size == buffer_size_before
        ):
            played = again(input_array)
            if played is not None:
                return played
        rate = check_call(sample_rate, buffer_size)
        with self._lock:
            planar = self._to_planar(input_array)
            played = self._whole(planar, rate) if reset else self._next(planar, rate)
            if not reset and input_array.__class__ is ndarray:
                self._repeated = self._repeats((input_array.shape, input_array.dtype, sample_rate, buffer_size))
            return self._from_planar(played, input_array)

    __call__ = process

    def _to_planar(self, given: np.ndarray) -> np.ndarray:
        """Return what came in as float32 (channels, samples)."""
        return self._layout.to_planar(given, copy=self._changes_input())

    def _changes_input(self) -> bool:
        """Tell whether what comes in is changed in place: not where native plugins are the first to get it."""
        return not (self._stages and isinstance(self._stages[0], NativeStage))

    def _from_planar(self, played: np.ndarray, like: np.ndarray) -> np.ndarray:
        """Return what was played as its caller lays audio out; several channels made of one are rows."""
        played = np.ascontiguousarray(played)
        return played if like.ndim == 1 and len(played) > 1 else self._layout.from_planar(played, like)

    def _next(self, planar: np.ndarray, rate: float) -> np.ndarray:
        if self._stages is None:
            self._check_streams()
            self._stages = self._built()
        if self._running != (rate, planar.shape[0]):
            for stage in self._stages:
                stage.start()
            self._running = rate, planar.shape[0]
        return push_through(self._stages, planar, rate)

    def _repeats(self, call: Call) -> Repeated:
        """Return how blocks that come with the same call play on."""
        stage = self._stages[0] if self._stages and len(self._stages) == 1 else None
        if isinstance(stage, CompiledStage | NativeStage):
            return stage.repeated(call, self._layout.rows, self._lock)
        return NEVER

    def _check_streams(self) -> None:
        from .offline import offline_reason

        if reason := offline_reason(self):
            raise PluginError(reason)

    def _built(self) -> list[Stage]:
        self._check_once()  # what stands inside may have been changed there
        for processor in everything(self):
            if isinstance(processor, Playable):
                processor._around.add(self)
        return self._build()

    def _whole(self, planar: np.ndarray, rate: float) -> np.ndarray:
        from .non_finite import refuse_non_finite
        from .offline import offline_reason

        self._running, self._repeated = None, NEVER
        if self._stages is None and offline_reason(self):  # there are stages only where all inside can stream
            from .graph.offline import play_offline

            plan = self._plan(rate, len(planar))
            return plan.stack(play_offline(plan, plan.split(planar)))
        hosted = self._hosted_inside()
        if hosted:
            played, flushed = in_step(lambda: self._from_silence(planar.copy(), rate), hosted)
        else:
            played, flushed = self._from_silence(planar, rate)
        if flushed:
            self._running = None  # silence went in: the next block starts a stream
        refuse_non_finite(hosted)
        return played

    def _hosted_inside(self) -> list[Any]:
        """Return the plugins of others inside, which may give NaN and change their latency while they play."""
        if self._hosted is None:
            others = (p for p in leaves(self) if not isinstance(p, Effect | ForeignModel))
            self._hosted = [p for p in others if any(hasattr(p, name) for name in SAID_BY_PLUGINS)]
        return self._hosted

    def _from_silence(self, planar: np.ndarray, rate: float) -> tuple[np.ndarray, bool]:
        self._running = None
        return whole_signal(lambda block: self._next(block, rate), planar, rate, self)

    # identity

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    def __reduce__(self) -> Any:
        from .recipe import build, describe

        return build, (describe(self),)


def everything(playable: Playable) -> Iterator[Any]:
    """Yield every processor inside, each one made of processors before what is inside it."""
    for processor in playable._inside():
        if processor is not None:
            yield processor
        if isinstance(processor, Playable):
            yield from everything(processor)


def leaves(playable: Playable) -> Iterator[Any]:
    """Yield every processor inside, whatever it stands in opened."""
    return (processor for processor in everything(playable) if not isinstance(processor, Playable))
