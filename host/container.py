"""What Chain and Mix share: a list of processors, played as one."""

import threading
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, MutableSequence
from typing import Any

import numpy as np

from ..effects.call import check_call
from ..effects.effect import Effect
from ..effects.layout import ChannelLayout
from ..effects.parameters import BoundParameter, Parameters
from ..models.errors import InvalidType, InvalidValue, PluginError
from . import _pedalboard
from .native_knobs import native_parameters
from .stages import NativeStage, Stage, push_through

FLUSH_SAMPLES = 4096
LONGEST_LATENCY_SECONDS = 30.0


class Container(MutableSequence[Any]):
    """A list of processors: our effects, native pedalboard plugins, bridged plugins, other containers, or None (a wire).

    List-like with everything a list has (slices too); a processor may stand in it once only.
    """

    __slots__ = ("_layout", "_lock", "_processors", "_running", "_stages")

    is_effect = True
    is_instrument = False

    def __init__(self, processors: Iterable[Any] | None = None) -> None:
        self._lock = threading.RLock()
        self._layout = ChannelLayout()
        self._stages: list[Stage] | None = None
        self._running: tuple[float, int] | None = None  # sample rate and channels of the stream under way
        self._processors = [checked(p) for p in processors or ()]
        self._check_once()

    # list

    def __len__(self) -> int:
        return len(self._processors)

    def __getitem__(self, index: Any) -> Any:
        return self._processors[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        changed = list(self._processors)
        changed[index] = [checked(v) for v in value] if isinstance(index, slice) else checked(value)
        self._change(changed)

    def __delitem__(self, index: Any) -> None:
        changed = list(self._processors)
        del changed[index]
        self._change(changed)

    def insert(self, index: int, value: Any) -> None:
        """Insert before `index`."""
        changed = list(self._processors)
        changed.insert(index, checked(value))
        self._change(changed)

    def _change(self, processors: list[Any]) -> None:
        with self._lock:
            before, self._processors = self._processors, processors
            try:
                self._check_once()
            except InvalidValue:
                self._processors = before
                raise
            self._stages = self._running = None

    def _check_once(self) -> None:
        seen: set[int] = set()
        for processor in leaves(self):
            if id(processor) in seen:
                raise InvalidValue(f"{processor!r} stands twice; a processor has one state: add a copy instead")
            seen.add(id(processor))

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    # sound

    @abstractmethod
    def _build(self) -> list[Stage]:
        """Return the stages that play the container."""

    @property
    def latency_samples(self) -> int:
        """Samples by which the sound lags before compensation."""
        raise NotImplementedError

    def reset(self) -> None:
        """Clear the sound and the channel layout."""
        with self._lock:
            self._layout.forget()
            self._running = None

    def process(self, input_array: np.ndarray, sample_rate: float, buffer_size: int = 8192, reset: bool = True) -> np.ndarray:
        """Run audio through the container; arguments, layouts, lengths and errors as `Effect.process`.

        With `reset=False` the first blocks of a stream are shorter by the latency. Push zeros to hear the tail.

        Raises:
            PluginError: a plugin keeps swallowing samples.
        """
        rate = check_call(sample_rate, buffer_size)
        with self._lock:
            planar = self._layout.to_planar(input_array)
            played = self._whole(planar, rate) if reset else self._next(planar, rate)
            return self._layout.from_planar(np.ascontiguousarray(played), input_array)

    __call__ = process

    def _next(self, planar: np.ndarray, rate: float) -> np.ndarray:
        if self._stages is None:
            self._stages = self._build()
        if self._running != (rate, planar.shape[0]):
            for stage in self._stages:
                stage.start()
            self._running = rate, planar.shape[0]
        return push_through(self._stages, planar, rate)

    def _whole(self, planar: np.ndarray, rate: float) -> np.ndarray:
        self._running = None
        channels, samples = planar.shape
        played = [self._next(planar, rate)]
        missing, pushed = samples - played[0].shape[1], 0
        while missing > 0:
            if pushed > LONGEST_LATENCY_SECONDS * rate:
                raise PluginError(f"{missing} samples have not come out after {pushed} more went in; "
                                  f"one of {self!r} swallows audio")  # fmt: skip
            played.append(self._next(np.zeros((channels, FLUSH_SAMPLES), np.float32), rate))
            missing, pushed = missing - played[-1].shape[1], pushed + FLUSH_SAMPLES
        if pushed:
            self._running = None  # silence went in: the next block starts a stream
        return np.concatenate(played, axis=1)[:, :samples] if pushed else played[0]

    # knobs

    @property
    def parameters(self) -> Parameters:
        """Every knob inside: by its name where only one processor has it, else as `position.name`."""
        named: list[tuple[str, str, BoundParameter]] = []
        for i, processor in enumerate(self):
            for name, bound in knobs_of(processor).items():
                named.append((name, f"{i}.{name}", bound))
        counts = [name for name, _, _ in named]
        bound_by_name = {(name if counts.count(name) == 1 else path): bound for name, path, bound in named}
        return Parameters(repr(self), bound_by_name)

    # identity

    def __reduce__(self) -> Any:
        from .recipe import build, describe

        return build, (describe(self),)

    def __repr__(self) -> str:
        return f"{type(self).__name__}([{', '.join(map(repr, self))}])"


def checked(processor: Any) -> Any:
    """Return `processor`, a native container as one of ours. Raises InvalidType for what cannot be played."""
    if processor is None or isinstance(processor, Container | Effect):
        return processor
    if _pedalboard.is_native(processor):
        from .chain import Chain
        from .mix import Mix

        module = _pedalboard.pedalboard()
        if isinstance(processor, module.Mix):  # streamed natively, unequal latencies drift apart
            return Mix(processor)
        if isinstance(processor, module.Chain | module.Pedalboard):
            return Chain(processor)
        return processor
    if (
        not isinstance(processor, type)
        and callable(getattr(processor, "process", None))
        and callable(getattr(processor, "reset", None))
    ):
        return processor
    raise InvalidType(f"{processor!r:.80} is no processor: add an effect, a pedalboard plugin, load_plugin(path), "
                      "a Chain, a Mix or None")  # fmt: skip


def knobs_of(processor: Any) -> Mapping[str, BoundParameter]:
    """Return a processor's knobs by name; a native plugin's have no known range."""
    return native_parameters(processor) if _pedalboard.is_native(processor) else getattr(processor, "parameters", {})


def leaves(container: Iterable[Any]) -> Iterator[Any]:
    """Yield every processor inside, containers opened."""
    for processor in container:
        if isinstance(processor, Container):
            yield from leaves(processor)
        elif processor is not None:
            yield processor


def latency_of(processor: Any) -> int:
    """Return a processor's latency in samples; a native plugin's is measured on a copy of it, at 48 kHz."""
    if processor is None:
        return 0
    if not _pedalboard.is_native(processor):
        return int(getattr(processor, "latency_samples", 0))
    if hasattr(processor, "reported_latency_samples"):
        return int(processor.reported_latency_samples)
    from .recipe import build, describe

    stage = NativeStage([build(describe(processor))])
    stage.start()
    fed = got = 0
    while got == 0 and fed < LONGEST_LATENCY_SECONDS * 48000:
        got += stage.push(np.zeros((1, FLUSH_SAMPLES), np.float32), 48000).shape[1]
        fed += FLUSH_SAMPLES
    return fed - got
