"""What Chain and Mix share: a list of processors, played as one."""

from collections.abc import Iterable, Iterator, Mapping, MutableSequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..effects.effect import Effect
from ..effects.parameters import BoundParameter, Parameters
from ..models.errors import InvalidType, InvalidValue
from . import _pedalboard
from .native_knobs import native_parameters
from .playable import Playable
from .stages import NativeStage
from .whole_signal import FLUSH_SAMPLES, LONGEST_LATENCY_SECONDS

if TYPE_CHECKING:
    from .graph.plan import Plan


class Container(Playable, MutableSequence[Any]):
    """A list of processors: our effects, native pedalboard plugins, bridged plugins, other containers, or None (a wire).

    List-like with everything a list has (slices too); a processor may stand in it once only.
    """

    __slots__ = ("_processors",)

    def __init__(self, processors: Iterable[Any] | None = None) -> None:
        super().__init__()
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
            self._changed()

    def _inside(self) -> Iterator[Any]:
        return iter(self._processors)

    def _check_once(self) -> None:
        super()._check_once()
        for processor in self._processors:
            if isinstance(processor, Playable) and (reason := processor._why_not_in_series()):
                raise InvalidValue(reason)

    def _plan(self, sample_rate: float, channels: int) -> "Plan":
        from .graph.containers import plan_of

        return plan_of(self, sample_rate, channels)

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
        return Parameters(f"this {type(self).__name__}", bound_by_name)

    # identity

    def __repr__(self) -> str:
        return f"{type(self).__name__}([{', '.join(map(repr, self))}])"


def checked(processor: Any) -> Any:
    """Return `processor`, a native container as one of ours. Raises InvalidType for what cannot be played."""
    if processor is None or isinstance(processor, Playable | Effect):
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
