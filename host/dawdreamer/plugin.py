"""The bridge: a VST2, or a VST3, over DawDreamer's host."""

from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import PluginError
from .._dawdreamer import Engine
from ..plugins.formats import is_vst2
from ..plugins.knobs import knobs_of
from ..plugins.probe import PluginReport
from .node import DawDreamerNode
from .plugin_parameters import parameters_of
from .plugin_state import DawDreamerState

FIRST_RATE = 48000.0


class DawDreamerPlugin(DawDreamerState, DawDreamerNode):
    """A VST2 or VST3 hosted by DawDreamer: the same knobs as in the other host, whole signals only.

    Inputs beyond the outputs are its side-chain (`key_channels`). Every call plays a new instance, because DawDreamer
    keeps what a plugin does not clear by itself (ZamTube, reverbs).

    Attributes:
        path: of the plugin.
        native: the instance that holds the knobs; what plays are copies of it.
        report: what the probe found; None where it was skipped.
    """

    plugin_name = None  # DawDreamer loads the first plugin of a file

    def __init__(self, path: Path, report: PluginReport | None = None) -> None:
        own = self.__dict__  # past __setattr__, which only lets knobs through
        own["path"], own["report"] = Path(path), report
        own["_loaded"] = None  # the preset last loaded, as bytes
        own["_moved"] = {}  # positions turned by hand, since then, by name; what is not here stands as the plugin made it
        own["_latency"], own["_engine"] = 0, Engine(FIRST_RATE)
        native = own["native"] = own["_engine"].plugin("held", self.path)
        inputs, outputs = native.get_num_input_channels(), native.get_num_output_channels()
        name = report.name if report else self.path.stem
        if not inputs or not outputs:
            raise PluginError(f"{name} has {inputs} inputs and {outputs} outputs: wetdry hosts effects, pass one")
        own["input_channels"], own["output_channels"] = min(inputs, outputs), outputs
        own["key_channels"] = max(0, inputs - outputs)
        foreign = parameters_of(lambda: own["native"])
        table, filtered = (report.knobs, report.filtered) if report else knobs_of(foreign)
        self._take_knobs(name, table, filtered, foreign)
        self._forget()
        self.settle()

    def _put(self, name: str, raw: float) -> None:
        foreign = self._foreign[name]
        with self._lock:
            if raw != foreign.raw_value:
                foreign.raw_value = raw
                self._moved.pop(name, None)  # the order of turning counts where knobs depend on each other
                self._moved[name] = raw

    def settle(self) -> None:
        """Play a sample of silence: what a plugin says of its latency and its state is that of the last block."""
        self.play_held(np.zeros((self.input_channels + self.key_channels, 1), np.float32))

    def play_held(self, fed: np.ndarray) -> np.ndarray:
        """Play (input and key channels, samples) through the instance that holds the knobs, so that it knows of them."""
        with self._lock:
            heard = self._play_in(self._engine, self.native, fed)
            self._engine.remove("input")
            return heard

    # sound

    @property
    def latency_samples(self) -> int:
        """Samples the plugin says it lags, at the rate last played (before that, 48 kHz); `process` compensates them."""
        return self._latency

    @property
    def tail_seconds(self) -> float:
        """Seconds to -90 dB at the defaults, as probed (10 where it rings longer)."""
        if self.report is None:
            return 0.0
        return 10.0 if self.report.tail_seconds is None else self.report.tail_seconds

    def add_to(self, engine: Engine, name: str) -> Any:
        """Load a new instance into `engine`, the knobs as they stand, and return the PluginProcessor."""
        with self._lock:
            native = engine.plugin(name, self.path)
            if self._loaded is not None:
                self.load_into(native, self._loaded)
            for _ in range(2 if self._moved else 0):  # knobs that depend on others want it twice
                for knob in self._moved:
                    foreign = self._foreign[knob]
                    if native.get_parameter(foreign.index) != foreign.raw_value:
                        native.set_parameter(foreign.index, foreign.raw_value)
            return native

    def automate(self, native: Any, name: str, numbers: np.ndarray) -> None:
        """Have a knob of an instance move; see `DawDreamerNode.automate`."""
        native.set_automation(self._foreign[name].index, self._table[name].positions(numbers).astype(np.float32))

    def after_render(self, native: Any, sample_rate: float) -> int:
        """Return the latency of an instance that has just rendered, and remember it."""
        self.__dict__["_latency"] = max(0, int(native.get_latency_samples()))
        return self._latency

    # identity

    def hosted_as(self) -> dict[str, Any]:
        """Return the keywords of `load_plugin` by which it is hosted like this."""
        return {} if is_vst2(self.path) else {"host": "dawdreamer"}

    @property
    def holds_state(self) -> bool:
        """Whether a state or preset was loaded into it: its knobs alone may then not say what it is."""
        return self._loaded is not None

    def __reduce__(self) -> Any:
        return _rebuild, (self.path, self.report, self._loaded, dict(self._moved))

    def __repr__(self) -> str:
        host = "".join(f", {name}={value!r}" for name, value in self.hosted_as().items())
        return f"load_plugin({str(self.path)!r}, None, {self.moved()!r}{host})"


def _rebuild(path: Path, report: PluginReport | None, loaded: bytes | None, moved: dict[str, float]) -> DawDreamerPlugin:
    plugin = DawDreamerPlugin(path, report)
    if loaded is not None:
        plugin.put_preset(loaded)
    plugin.raw_values = moved
    return plugin
