"""What every bridged plugin is to its user, whichever host plays it: knobs as attributes, and one way to call it."""

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...effects.call import check_call
from ...effects.layout import ChannelLayout
from ...effects.parameters import Parameters
from ...models.errors import InvalidType, InvalidValue, LayoutError, PluginError, UnknownName
from .knobs import Knob, PluginParameter

_OWN = {"raw_state", "raw_values"}  # settable, though no knobs


class PluginFace:
    """A bridged plugin without its host.

    A subclass calls `_take_knobs`, then `_forget` (at each reset too), and gives `channels`, `_put` (turn a knob), `_run`
    (play) and `reset`; what `_foreign[name]` holds has `raw_value` (position 0..1) and `string_value` (the plugin's own text).

    Attributes:
        name: of the plugin.
        filtered: parameters that are no knobs, and why.
        key_channels: channels of its side-chain input; 0: it has none.
        non_finite_samples: samples (of any channel) since the last reset that the plugin gave as NaN or infinity; a
            stream holds 0 in their place, a whole call raises.
    """

    is_effect = True
    is_instrument = False
    key_channels = 0

    name: str
    filtered: dict[str, str]
    non_finite_samples: int
    _table: dict[str, Knob]
    _foreign: Mapping[str, Any]
    _layout: ChannelLayout
    _lock: Any

    def _take_knobs(
        self, name: str, table: Mapping[str, Knob], filtered: Mapping[str, str], foreign: Mapping[str, Any]
    ) -> None:
        own = self.__dict__  # past __setattr__, which only lets knobs through
        own["name"], own["filtered"], own["_foreign"] = name, dict(filtered), foreign
        own["_table"] = dict(table)
        own["_lock"] = threading.RLock()

    # knobs

    def __getattr__(self, name: str) -> Any:
        if name in self.__dict__.get("_table", {}):
            return self._get(name)
        if name.startswith("__") or "_table" not in self.__dict__:
            raise AttributeError(name)
        raise self._unknown(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._table:
            PluginParameter(self, self._table[name]).value = value
        elif name in _OWN:
            object.__setattr__(self, name, value)
        else:
            raise self._unknown(name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._table]

    def _unknown(self, name: str) -> UnknownName:
        error = UnknownName(f"knob of {self.name}", name, self._table)
        if name in self.filtered:
            error.args = (f"{name} of {self.name} is {self.filtered[name]}",)
        return error

    def _get(self, name: str) -> Any:
        return self._table[name].from_raw(float(self._foreign[name].raw_value))

    def _put(self, name: str, raw: float) -> None:
        raise NotImplementedError

    @property
    def parameters(self) -> Parameters:
        """The knobs, by name."""
        return Parameters(self.name, {name: PluginParameter(self, knob) for name, knob in self._table.items()})

    @property
    def raw_values(self) -> dict[str, float]:
        """Position 0..1 of every knob, by name; setting some turns those."""
        return {name: knob.raw_value for name, knob in self.parameters.items()}

    @raw_values.setter
    def raw_values(self, positions: Mapping[str, float]) -> None:
        knobs = self.parameters
        for _ in range(2):  # knobs that depend on others want it twice
            for name, raw in positions.items():
                knobs[name].raw_value = raw

    def moved(self) -> dict[str, Any]:
        """Return the knobs that stand elsewhere than after loading, by name, in their units."""
        values = {name: self._table[name].from_raw(raw) for name, raw in self.raw_values.items()}
        return {name: value for name, value in values.items() if value != self._table[name].parameter.default}

    def moved_exactly(self) -> tuple[dict[str, Any], dict[str, float]]:
        """Return `moved()`, and apart, by position 0..1, those of them whose unit does not say exactly where they stand."""
        values, positions = self.moved(), self.raw_values
        rounded = [name for name, value in values.items() if not _same(self._table[name].to_raw(value), positions[name])]
        return {name: value for name, value in values.items() if name not in rounded}, {n: positions[n] for n in rounded}

    # sound

    @property
    def channels(self) -> tuple[int, ...]:
        """Channel counts the plugin takes."""
        raise NotImplementedError

    def reset(self) -> None:
        """Clear the sound; the knobs stay."""
        raise NotImplementedError

    def _forget(self) -> None:
        """Begin anew: a plugin that takes one channel count only need not guess it from the shape."""
        self.__dict__["_layout"] = ChannelLayout(self.channels[0] if len(self.channels) == 1 else None)
        self.__dict__["non_finite_samples"] = 0

    def process(
        self,
        input_array: np.ndarray,
        sample_rate: float,
        buffer_size: int = 8192,
        reset: bool = True,
        *,
        key: np.ndarray | None = None,
    ) -> np.ndarray:
        """Run audio through the plugin; arguments, layouts and lengths as `Effect.process`.

        Streamed blocks larger than the first one after a reset are cut to its size: a plugin may lose its state
        otherwise. The result is the same; a first block of a few samples makes the stream slower.

        Args:
            input_array: float32 or float64, (samples,) or (channels, samples).
            sample_rate: in Hz.
            buffer_size: samples the plugin is given at a time.
            reset: clear, play and keep the length (True), or stream (False).
            key: side-chain input, as long as the audio: (samples,) or (key_channels, samples); None: silence.

        Raises:
            InvalidValue: a channel count the plugin does not take; a rate or buffer_size no one takes; a key for a
                plugin without a side-chain.
            InvalidType, LayoutError: dtype or shape.
            PluginError: NaN or infinity came out (whole calls); it has to be reloaded and this is not the thread it
                was loaded on.
        """
        rate, block = check_call(sample_rate, buffer_size), int(buffer_size)
        with self._lock:
            planar = self._layout.to_planar(input_array)
            keyed = key_rows(key, self.key_channels, planar.shape[1], self.name)
            heard = self.play_planar(planar, rate, block, reset, keyed)
            spread = input_array.ndim == 1 and len(heard) > 1  # mono in, stereo out
            return heard if spread else self._layout.from_planar(heard, input_array)

    __call__ = process

    def play_planar(
        self, planar: np.ndarray, sample_rate: float, buffer_size: int = 8192, reset: bool = True, key: np.ndarray | None = None
    ) -> np.ndarray:
        """Play float32 (channels, samples), which may be changed, of a layout that is no question; otherwise as `process`."""
        with self._lock:
            self._check_channels(planar)
            for audio in (planar,) if key is None else (planar, key):
                if not np.isfinite(audio).all():
                    audio[~np.isfinite(audio)] = 0.0
            if planar.shape[1] == 0:
                return planar
            if reset:
                self.__dict__["non_finite_samples"] = 0
            return self._finite(self._run(planar, sample_rate, buffer_size, reset, key), reset)

    def _check_channels(self, planar: np.ndarray) -> None:
        if len(planar) not in self.channels:
            takes = " or ".join(map(str, self.channels))
            raise InvalidValue(f"{self.name} takes {takes} channel(s), got {len(planar)}: pass that many, or one plugin each")

    def _run(self, planar: np.ndarray, rate: float, block: int, reset: bool, key: np.ndarray | None) -> np.ndarray:
        raise NotImplementedError

    def _finite(self, heard: np.ndarray, whole: bool) -> np.ndarray:
        good = np.isfinite(heard)
        if good.all():
            return heard
        bad = int(good.size - good.sum())
        self.__dict__["non_finite_samples"] += bad
        if whole:
            first = int(np.flatnonzero(~good.all(axis=0))[0])
            raise PluginError(f"{self.name} gave {bad} samples that are NaN or infinite, the first at sample {first}: "
                              "turn its knobs, or play it another input")  # fmt: skip
        return np.where(good, heard, np.float32(0))


def _same(raw: float, other: float) -> bool:
    """Tell whether a plugin, which takes positions as float32, cannot tell two of them apart."""
    return np.float32(raw) == np.float32(other)


def key_rows(key: Any, channels: int, samples: int, name: str) -> np.ndarray | None:
    """Return a side-chain signal as a fresh float32 array (channels, samples); None stays None.

    Raises:
        InvalidValue: a plugin without a side-chain was given one. InvalidType, LayoutError: dtype or shape.
    """
    if key is None:
        return None
    if not channels:
        raise InvalidValue(f"{name} has no side-chain input: leave key out")
    if not isinstance(key, np.ndarray) or key.dtype.kind != "f" or key.dtype.itemsize not in (4, 8):
        raise InvalidType(f"key is a numpy array of float32 or float64, got {getattr(key, 'dtype', type(key).__name__)}")
    rows = key[None] if key.ndim == 1 else key
    if rows.ndim != 2 or rows.shape[1] != samples or rows.shape[0] not in (1, channels):
        raise LayoutError(
            f"the key of {name} is ({samples},) or ({channels}, {samples}), as long as the audio, got {key.shape}"
        )
    return np.array(np.broadcast_to(rows, (channels, samples)), np.float32, order="C")
