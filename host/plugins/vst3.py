"""The bridge: a VST3 as a processor like any other of the house, over pedalboard's host."""

from pathlib import Path
from typing import Any

import numpy as np

from .. import _pedalboard
from ..quiet import quiet_stderr
from .face import PluginFace
from .knobs import knobs_of
from .probe import PluginReport
from .state import PluginState


class Plugin(PluginFace, PluginState):
    """A hosted VST3: knobs as attributes, exact streaming, errors in place of dead processes.

    Differences from `pedalboard.VST3Plugin`, all on purpose: an unknown attribute raises, host parameters and
    meters are no knobs, a growing block does not wipe the state, a stream started without `reset()` is aligned,
    state and presets are never stale, NaN and infinity in the input count as 0, buffer_size below 1 raises.

    Attributes:
        native: the pedalboard object, for native containers. Turn knobs here, not there, while a stream runs.
        name, path, plugin_name: of the plugin.
        channels: channel counts it takes.
        report: what the probe found; None where it was skipped.
        holds_state: whether a state or preset was loaded into it: its knobs alone may then not say what it is.
    """

    def __init__(self, path: Path, plugin_name: str | None = None, report: PluginReport | None = None) -> None:
        own = self.__dict__  # past __setattr__, which only lets knobs through
        own["path"], own["plugin_name"], own["report"] = Path(path), plugin_name, report
        native = own["native"] = _pedalboard.load_vst3(Path(path), plugin_name, report.reload if report else None)
        found, filtered = knobs_of(native.parameters)
        if report:
            filtered = report.filtered
        table = {name: knob for name, knob in found.items() if name not in filtered}
        own["_accepted"] = report.channels if report else _pedalboard.accepted_channels(native) or (1, 2)
        self._take_knobs(native.name, table, filtered, dict(native.parameters))
        self._forget()
        own["holds_state"] = False  # a state or preset was loaded: the knobs alone may not say what it is
        own["_stale"] = False  # a knob moved since audio last ran: the plugin would save its old state
        own["_prepared"] = None  # (rate, channels, block) of the running stream
        own["_cleared"] = False  # nothing has been played since a reset: a stream may begin on a thread that may not reset

    def _put(self, name: str, raw: float) -> None:
        foreign = self._foreign[name]
        with self._lock:
            foreign.raw_value = raw
            if abs(float(foreign.raw_value) - raw) > 1e-6:  # knobs that depend on others want it twice
                foreign.raw_value = raw
            self.__dict__["_stale"] = True

    # sound

    @property
    def channels(self) -> tuple[int, ...]:
        """Channel counts the plugin takes."""
        return self._accepted

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
        with self._lock, quiet_stderr(), _pedalboard.plain_errors(self.name):
            self._forget()
            self.settle()
            self.native.reset()
            self.__dict__["_prepared"], self.__dict__["_cleared"] = None, True

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

    def _run(self, planar: np.ndarray, rate: float, block: int, reset: bool, key: np.ndarray | None) -> np.ndarray:
        channels, length = planar.shape
        fresh = self._prepared is None or self._prepared[:2] != (rate, channels)
        if reset or fresh:
            self.settle()
        if not reset:
            if fresh:
                if not self._cleared:
                    with quiet_stderr(), _pedalboard.plain_errors(self.name):
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
        self.__dict__["_cleared"] = False
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

    def hosted_as(self) -> dict[str, Any]:
        """Return the keywords of `load_plugin` by which it is hosted like this."""
        return {}

    def __reduce__(self) -> Any:
        return _rebuild, (self.path, self.plugin_name, self.raw_values, self.raw_state)

    def __repr__(self) -> str:
        return f"load_plugin({str(self.path)!r}, {self.plugin_name!r}, {self.moved()!r})"


def _rebuild(path: Path, plugin_name: str | None, positions: dict[str, float], state: bytes) -> Plugin:
    from .loading import load_plugin

    plugin = load_plugin(path, plugin_name)
    assert isinstance(plugin, Plugin)
    plugin.raw_state = state
    plugin.raw_values = positions
    return plugin
