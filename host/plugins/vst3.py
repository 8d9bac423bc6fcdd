"""The bridge: a VST3 as a processor like any other of the house, over pedalboard's host."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...effects.call import check_call
from ...effects.layout import ChannelLayout
from ...effects.parameters import Parameters
from ...models.errors import InvalidValue, UnknownName
from .. import _pedalboard
from .knobs import PluginParameter, knobs_of
from .probe import PluginReport
from .state import PluginState

_OWN = {"raw_state", "raw_values"}  # settable, though no knobs


class Plugin(PluginState):
    """A hosted VST3: knobs as attributes, exact streaming, errors in place of dead processes.

    Differences from `pedalboard.VST3Plugin`, all on purpose: an unknown attribute raises, host parameters and
    meters are no knobs, a growing block does not wipe the state, a stream started without `reset()` is aligned,
    state and presets are never stale, NaN and infinity in the input count as 0, buffer_size below 1 raises.

    Attributes:
        native: the pedalboard object, for native containers. Turn knobs here, not there, while a stream runs.
        name, path, plugin_name: of the plugin.
        channels: channel counts it takes.
        report: what the probe found; None where it was skipped.
    """

    is_effect = True
    is_instrument = False

    def __init__(self, path: Path, plugin_name: str | None = None, report: PluginReport | None = None) -> None:
        own = self.__dict__  # past __setattr__, which only lets knobs through
        own["path"], own["plugin_name"], own["report"] = Path(path), plugin_name, report
        native = own["native"] = _pedalboard.load_vst3(Path(path), plugin_name, report.reload if report else None)
        own["name"] = native.name
        found, own["filtered"] = knobs_of(native)
        if report:
            own["filtered"] = dict(report.filtered)
        own["_foreign"] = dict(native.parameters)
        own["_table"] = {name: knob for name, knob in found.items() if name not in self.filtered}
        own["_layout"] = self._told_layout()
        own["_lock"] = threading.RLock()
        own["_stale"] = False  # a knob moved since audio last ran: the plugin would save its old state
        own["_prepared"] = None  # (rate, channels, block) of the running stream
        own["parameters"] = Parameters(self.name, {name: PluginParameter(self, knob) for name, knob in self._table.items()})

    # knobs

    def __getattr__(self, name: str) -> Any:
        if name in self.__dict__.get("_table", {}):
            return self._get(name)
        if name.startswith("__") or "_table" not in self.__dict__:
            raise AttributeError(name)
        raise self._unknown(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._table:
            self.parameters[name].value = value
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
        foreign = self._foreign[name]
        with self._lock:
            foreign.raw_value = raw
            if abs(float(foreign.raw_value) - raw) > 1e-6:  # knobs that depend on others want it twice
                foreign.raw_value = raw
            self.__dict__["_stale"] = True

    @property
    def raw_values(self) -> dict[str, float]:
        """Position 0..1 of every knob, by name; setting some turns those."""
        return {name: self.parameters[name].raw_value for name in self._table}

    @raw_values.setter
    def raw_values(self, positions: Mapping[str, float]) -> None:
        for _ in range(2):
            for name, raw in positions.items():
                self.parameters[name].raw_value = raw

    # sound

    def _told_layout(self) -> ChannelLayout:
        """A plugin that takes one channel count only need not guess it from the shape."""
        return ChannelLayout(self.channels[0] if len(self.channels) == 1 else None)

    @property
    def channels(self) -> tuple[int, ...]:
        """Channel counts the plugin takes."""
        return self.report.channels if self.report else (1, 2)

    @property
    def latency_samples(self) -> int:
        """Latency the plugin reports now; `process` compensates it."""
        return int(self.native.reported_latency_samples)

    @property
    def tail_seconds(self) -> float:
        """Seconds to -90 dB at the defaults, as probed (10 where it rings longer)."""
        if self.report is None:
            return 0.0
        return 10.0 if self.report.tail_seconds is None else self.report.tail_seconds

    def reset(self) -> None:
        """Clear the sound and the channel layout; the knobs stay."""
        with self._lock, _pedalboard.quiet_stderr(), _pedalboard.plain_errors(self.name):
            self.__dict__["_layout"] = self._told_layout()
            self.settle()
            self.native.reset()
            self.__dict__["_prepared"] = None

    def settle(self) -> None:
        """Make moved knobs stick before a reset, with a block of silence; does nothing where none has moved.

        A plugin that pedalboard re-instantiates at each reset comes back from its saved state, and the saved state
        is that of the last block played: without this, a knob moved to its default just before a reset stays where
        it was (ZamTube: tube_drive 5, then 0.1, then `process(reset=True)` still plays 5). Who resets `native`
        itself, in a container, calls this first. Audio in the plugin is lost, as in a reset.
        """
        with self._lock:
            if self._stale:
                rate, channels, _ = self._prepared or (48000.0, self.channels[0], 0)
                with _pedalboard.plain_errors(self.name):
                    self._native_call(np.zeros((channels, 512), np.float32), rate, 512, False)
                self.__dict__["_stale"] = False

    def process(self, input_array: np.ndarray, sample_rate: float, buffer_size: int = 8192, reset: bool = True) -> np.ndarray:
        """Run audio through the plugin; arguments, layouts and lengths as `Effect.process`.

        Streamed blocks larger than the first one after a reset are cut to its size: the plugin would lose its
        state otherwise. The result is the same; a first block of a few samples makes the stream slower.

        Raises:
            InvalidValue: a channel count the plugin does not take; a rate or buffer_size no one takes.
            InvalidType, LayoutError: dtype or shape.
            PluginError: the plugin has to be reloaded and this is not the thread it was loaded on.
        """
        rate, block = check_call(sample_rate, buffer_size), int(buffer_size)
        with self._lock:
            planar = self._layout.to_planar(input_array)
            if not np.isfinite(planar).all():
                planar[~np.isfinite(planar)] = 0.0
            channels, length = planar.shape
            if channels not in self.channels:
                takes = " or ".join(map(str, self.channels))
                raise InvalidValue(f"{self.name} takes {takes} channel(s), got {channels}: pass that many, or one plugin each")
            if length == 0:
                return self._layout.from_planar(planar, input_array)
            return self._layout.from_planar(self._run(planar, rate, block, reset), input_array)

    __call__ = process

    def _run(self, planar: np.ndarray, rate: float, block: int, reset: bool) -> np.ndarray:
        channels, length = planar.shape
        fresh = self._prepared is None or self._prepared[:2] != (rate, channels)
        if reset or fresh:
            self.settle()
        if not reset:
            if fresh:
                with _pedalboard.plain_errors(self.name):
                    self.native.reset()
                self.__dict__["_prepared"] = (rate, channels, min(block, length))
            block = min(block, self.__dict__["_prepared"][2])
        with _pedalboard.plain_errors(self.name):
            heard = self._native_call(planar, rate, block, reset)
        self.__dict__["_stale"] = False
        if reset:
            self.__dict__["_prepared"] = (rate, channels, min(block, length))
        return heard

    def _native_call(self, planar: np.ndarray, rate: float, block: int, reset: bool) -> np.ndarray:
        channels, length = planar.shape
        if channels == 1:
            return self.native.process(planar[0], rate, buffer_size=block, reset=reset)[None]
        if length > channels:
            return self.native.process(planar, rate, buffer_size=block, reset=reset)
        # Fewer samples than channels: pedalboard would guess the layout wrong, so a container that was told it before asks.
        board = _pedalboard.pedalboard().Pedalboard([])
        board.process(np.zeros((channels, 64), np.float32), rate)
        board.append(self.native)
        return board.process(planar, rate, buffer_size=block, reset=reset)

    # identity

    def __reduce__(self) -> Any:
        return _rebuild, (self.path, self.plugin_name, self.raw_values, self.raw_state)

    def __repr__(self) -> str:
        values = {name: self._get(name) for name in self._table if self._get(name) != self._table[name].parameter.default}
        return f"load_plugin({str(self.path)!r}, {self.plugin_name!r}, {values!r})"


def _rebuild(path: Path, plugin_name: str | None, positions: dict[str, float], state: bytes) -> Plugin:
    from .loading import load_plugin

    plugin = load_plugin(path, plugin_name)
    assert isinstance(plugin, Plugin)
    plugin.raw_state = state
    plugin.raw_values = positions
    return plugin
