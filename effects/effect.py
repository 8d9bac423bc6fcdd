"""Effect: what a user of pedalboard expects of a plugin, as a Python class over one compiled kernel."""

import bisect
import threading
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np

from ..models.errors import InvalidType, InvalidValue, UnknownName
from ..models.parameter import Parameter
from ..presets import effect_presets
from .call import check_call
from .kernels.program import Knob, Part
from .lane import Lane
from .layout import ChannelLayout
from .parameters import BoundParameter, Parameters
from .player import Player
from .repeated_block import RepeatedBlock

USUAL_RATE = 48000.0


class Effect:
    """Base of every effect: a table of knobs, and the kernels that play it in series.

    A subclass gives `parameters_table` and `_parts`; it gets from here: construction by keyword, knobs as
    attributes, presets, `process` with pedalboard's signature and layouts, exact streaming, pickling and printing.

    Differences from a native pedalboard plugin, all on purpose: a growing block never wipes the state,
    knob moves are smoothed, `buffer_size` below 1 and a bad sample rate raise, unknown attributes raise,
    a NaN or infinity in the input counts as 0, effects pickle and copy.
    """

    parameters_table: ClassVar[tuple[Parameter, ...]] = ()
    is_effect: ClassVar[bool] = True
    is_instrument: ClassVar[bool] = False

    def __init__(self, **values: Any) -> None:
        self._set_up(self.parameters_table, values)

    def _set_up(self, table: Sequence[Parameter], values: dict[str, Any]) -> None:
        own = self.__dict__  # past __setattr__, which only lets knobs through
        own["_table"] = {p.name: p for p in table}
        own["_values"] = {p.name: p.default for p in table}
        own["_places"] = {p.name: i for i, p in enumerate(p for p in table if p.automatable)}  # of the kernels' knobs
        own["_numbers"] = [self._kernel_number(p, p.default) for p in table if p.automatable]
        own["_lock"] = threading.RLock()
        own["_layout"] = ChannelLayout()
        own["_player"] = Player([self])
        own["_repeated"] = RepeatedBlock()
        own["_scheduled"] = []
        own["_lanes"] = dict[str, Lane]()  # that turn knobs at the moment, by name
        own["_moves"] = own["_version"] = 0
        own["_rate"] = USUAL_RATE
        own["_played_by"] = own["_follower"] = None  # the follower: who plays it live, and is told of each move
        for name, value in values.items():
            if name not in self._table:
                raise InvalidType(f"{type(self).__name__}(): {UnknownName('knob', name, self._table)}")
            self._put(name, value)

    def _parts(self, sample_rate: float, channels: int) -> Sequence[Part]:
        """Return the kernels in series, with their arenas, for this rate and channel count.

        Their knobs, joined, are the automatable knobs of the table, in its order.
        """
        raise NotImplementedError

    def _latency(self, sample_rate: float) -> int:
        """Return the samples by which the kernels' output lags; may change only with `_changed`."""
        return 0

    def _changed(self) -> None:
        """Have the parts built anew; a stream under way fades over to them, or starts anew where the latency changed."""
        self.__dict__["_version"] += 1
        self.__dict__["_moves"] += 1
        if self._follower:
            self._follower.rebuilt(self)

    def _plays_in(self, player: Player, sample_rate: float) -> None:
        """Note where a stream has begun."""
        self.__dict__["_played_by"], self.__dict__["_rate"] = player, sample_rate

    def _memory_of(self, part: int) -> np.ndarray | None:
        """Return the float64 memory of a part in the stream under way, live; None before the first block."""
        return self._played_by.memory_of(self, part) if self._played_by else None

    def _kernel_numbers(self, parameter: Parameter, numbers: np.ndarray) -> np.ndarray:
        """Return what the kernel reads for a knob's numbers, float64: the numbers, unless a subclass says otherwise."""
        return numbers

    def _kernel_number(self, parameter: Parameter, value: Any) -> float:
        """Return what the kernel reads for a knob's value; as for many values at once, to the last bit."""
        return float(self._kernel_numbers(parameter, np.array([parameter.to_number(value)]))[0])

    def _knobs(self) -> tuple[Knob, ...]:
        return tuple(Knob(p.smoothing_ms, p.maximum - p.minimum) for p in self._table.values() if p.automatable)

    # presets

    @classmethod
    def presets(cls) -> dict[str, dict[str, Any]]:
        """Return the factory presets: name → knob values."""
        return effect_presets(cls.__name__)

    @classmethod
    def preset(cls, name: str, *arguments: Any, **values: Any) -> Self:
        """Return a new effect at a factory preset; `arguments` and further knobs as the constructor takes them.

        Raises:
            UnknownName: there is no such preset; names the near ones.
        """
        presets = cls.presets()
        if name not in presets:
            raise UnknownName(f"preset of {cls.__name__}", name, presets)
        return cls(*arguments, **{**presets[name], **values})

    # knobs

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("_values", {})
        if name in values:
            return values[name]
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnknownName(f"attribute of {type(self).__name__}", name, values)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._table:
            self._put(name, value)
        elif isinstance(getattr(type(self), name, None), property):
            object.__setattr__(self, name, value)
        else:
            raise UnknownName(f"knob of {type(self).__name__}", name, self._table)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._table]

    def _put(self, name: str, value: Any) -> None:
        parameter = self._table[name]
        kept = parameter.from_number(parameter.to_number(value))
        number = self._kernel_number(parameter, value) if parameter.automatable else None
        with self._lock:
            before, self._values[name] = self._values[name], kept
            if number is not None:
                self._numbers[self._places[name]] = number
                self.__dict__["_moves"] += 1
                if self._follower:
                    self._follower.turned(self, name, number)
            elif kept != before:
                self._changed()

    @property
    def parameters(self) -> Parameters:
        """The knobs by name, with pedalboard's attribute names (`range`, `raw_value`, …)."""
        return Parameters(type(self).__name__, {
            name: BoundParameter(p, self, lambda n=name: self._values[n], lambda v, n=name: self._put(n, v))
            for name, p in self._table.items()
        })  # fmt: skip

    def schedule(self, sample: int, name: str, value: Any) -> None:
        """Turn a knob at a sample of the stream, counted from the last reset (or from the next call with reset=True).

        The knob moves there through its smoothing, whatever the blocks. A sample already played counts as now. Behind
        other effects in a chain it moves with that sample of the sound, by however much they lag. For moves known
        beforehand there is `Automated`, whose lanes go before moves scheduled for the same knob.

        Raises:
            InvalidValue: the knob rebuilds the effect and so cannot be automated.
        """
        if name not in self._table:
            raise UnknownName(f"knob of {type(self).__name__}", name, self._table)
        parameter = self._table[name]
        if not parameter.automatable:
            raise InvalidValue(f"{name} rebuilds the effect and cannot be automated; set it between two blocks")
        number = self._kernel_number(parameter, value)
        event = (float(sample), self._places[name], number, parameter.from_number(parameter.to_number(value)))
        with self._lock:
            bisect.insort(self._scheduled, event, key=lambda e: e[0])
            self.__dict__["_moves"] += 1

    # sound

    @property
    def latency_samples(self) -> int:
        """Samples by which the output lags, at the rate last played (before that, 48 kHz); `process` compensates it."""
        return self._latency(self._rate)

    @property
    def tail_seconds(self) -> float:
        """Seconds until the output after the end of the input has fallen by 90 dB."""
        return 0.0

    def reset(self) -> None:
        """Clear the sound, the channel layout and scheduled moves; the knobs stay."""
        with self._lock:
            self._layout.forget()
            self._scheduled.clear()
            self._player.forget()

    def process(self, input_array: np.ndarray, sample_rate: float, buffer_size: int = 8192, reset: bool = True) -> np.ndarray:
        """Run audio through the effect.

        Args:
            input_array: float32 or float64, (samples,), (channels, samples) or (samples, channels); never changed.
            sample_rate: in Hz; a new rate or channel count clears the state.
            buffer_size: taken for compatibility; the result does not depend on it.
            reset: True: a whole signal, latency compensated, same length out. False: the next block of a stream;
                the first `latency_samples` of the stream are left out, later blocks are full.

        Returns:
            A new float32 array in the input's layout.

        Raises:
            InvalidType, InvalidValue, LayoutError: as pedalboard, for dtype, rate, buffer_size and shape.
        """
        own = self.__dict__  # for the usual block: `__getattr__` makes each attribute take three times as long
        with own["_lock"]:
            player, repeated = own["_player"], own["_repeated"]
            usual = not reset and player.seen == own["_moves"] and input_array.__class__ is np.ndarray
            if usual and (input_array.shape, input_array.dtype, sample_rate, buffer_size) == repeated.call:
                return repeated.play(input_array)
            rate = check_call(sample_rate, buffer_size)
            played = player.play(self._layout.to_planar(input_array), rate, reset)
            call = (input_array.shape, input_array.dtype, sample_rate, buffer_size)
            own["_repeated"] = RepeatedBlock(call, player.settled(), self._layout.rows)
            return self._layout.from_planar(played, input_array)

    __call__ = process

    @property
    def state(self) -> dict[str, np.ndarray]:
        """Everything a stream left behind, as arrays; setting it on an equal effect replays the same samples."""
        with self._lock:
            return self._player.state

    @state.setter
    def state(self, arrays: dict[str, np.ndarray]) -> None:
        with self._lock:
            self._player.state = arrays

    # identity

    def _arguments(self) -> tuple[Any, ...]:
        """Positional arguments that rebuild this effect, before the knobs."""
        return ()

    def __reduce__(self) -> Any:
        return _rebuild, (type(self), self._arguments(), dict(self._values))

    def __copy__(self) -> "Effect":
        return _rebuild(type(self), self._arguments(), dict(self._values))

    def __repr__(self) -> str:
        arguments = [repr(a) for a in self._arguments()]
        knobs = [f"{name}={value!r}" for name, value in self._values.items() if name.isidentifier()]
        return f"{type(self).__name__}({', '.join(arguments + knobs)})"


def _rebuild(kind: type[Effect], arguments: tuple[Any, ...], values: dict[str, Any]) -> Effect:
    return kind(*arguments, **values)
