"""IsolatedPlugin: a plugin that plays in a process of its own, and whose crash is an error."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import PluginCrashed, PluginError
from .face import PluginFace
from .isolated_knobs import FarKnobs
from .isolated_moves import FarMoves
from .isolated_process import IsolatedProcess
from .isolated_state import FarState
from .knobs import Knob
from .probe import PluginReport


class IsolatedPlugin(FarMoves, FarState, PluginFace):
    """A plugin on the main thread of its own process: audio through shared memory, knobs and state over a pipe.

    Plays the same samples as `load_plugin(path)` does here. When the plugin crashes, or does not answer in time, the
    call raises PluginCrashed and everything else goes on; `reset()`, or a whole call (`reset=True`), starts it anew with
    the knobs as they were turned. Unlike a plugin in this process it may be loaded and called from any thread. The
    process ends with the object, with `close()`, or with this process, however that ends.

    Args:
        path: the plugin.
        plugin_name: which plugin, where the file holds several.
        arguments: keywords of `load_plugin` besides (`host`, `probe`).
        timeout: seconds it may take to load, or to answer; a call that plays has ten times its audio's length besides.

    Attributes:
        path, plugin_name, name: of the plugin.
        report: what the probe found; None where it was skipped.
        process_number: of the process it plays in, as the system says; None: it runs in none now.
    """

    def __init__(
        self,
        path: Path,
        plugin_name: str | None,
        arguments: Mapping[str, Any],
        timeout: float,
        report: PluginReport | None = None,
    ) -> None:
        own = self.__dict__  # past __setattr__, which only lets knobs through
        own["path"], own["plugin_name"], own["timeout"], own["report"] = Path(path), plugin_name, timeout, report
        own["_arguments"] = dict(arguments)
        own["_state"] = None  # what the plugin was last told to be, as its own bytes
        own["_turned"] = {}  # knobs turned since, by name, the last one last
        own["_ended"] = ""  # why there is no process
        process = own["_process"] = self._started(self.path.name)
        own["_facts"] = facts = process.facts
        own["_latency"], own["_positions"] = facts["latency_samples"], dict(facts["raw_values"])
        table = {name: Knob.from_dict(knob) for name, knob in facts["knobs"].items()}
        self._take_knobs(facts["name"], table, facts["filtered"], {})
        for name in ("input_channels", "output_channels"):
            if facts[name] is not None:  # where they are fixed
                own[name] = facts[name]
        self._forget()

    def _started(self, name: str) -> IsolatedProcess:
        return IsolatedProcess(str(self.path), self.plugin_name, self._arguments, name, self.timeout)

    def _restart(self) -> None:
        own = self.__dict__
        process = self._started(self.name)
        if self._state is not None:
            process.ask("put", "raw_state", self._state)
        process.ask("put", "raw_values", self._turned)
        own["_process"], own["_ended"] = process, ""

    def _ask(self, *question: Any) -> Any:
        """Ask the process, if there is one that can answer; raises PluginCrashed."""
        with self._lock:
            if self._process is None:
                raise PluginCrashed(self._ended)
            try:
                return self._process.ask(*question)
            except PluginCrashed as error:
                self._lost(str(error))
                raise

    def _lost(self, why: str) -> None:
        self.__dict__["_process"], self.__dict__["_ended"] = None, why

    @property
    def process_number(self) -> int | None:
        return self._process.number if self._process is not None and self._process.alive else None

    def close(self) -> None:
        """End the process; `reset()`, or a whole call, starts another one."""
        with self._lock:
            if self._process is not None:
                self._process.end()
                self._lost(f"{self.name} was closed: reset() starts it anew, knobs kept")

    # knobs

    def _put(self, name: str, raw: float) -> None:
        with self._lock:
            self._turned.pop(name, None)
            self._turned[name] = self._positions[name] = raw
            if self._process is not None:
                self._positions[name] = self._ask("turn", name, raw)

    @property
    def _foreign(self) -> FarKnobs:  # pyright: ignore[reportIncompatibleVariableOverride]
        return FarKnobs(self)  # made anew: one that is kept would keep the plugin, and its process, alive

    @PluginFace.raw_values.getter
    def raw_values(self) -> dict[str, float]:
        """Position 0..1 of every knob, by name; setting some turns those."""
        with self._lock:
            if self._process is not None:
                self._positions.update(self._ask("get", "raw_values"))
            return dict(self._positions)

    # sound

    @property
    def channels(self) -> tuple[int, ...]:
        """Channel counts the plugin takes."""
        return tuple(self._facts["channels"])

    @property
    def latency_samples(self) -> int:
        """Latency the plugin reports now; `process` compensates it."""
        with self._lock:
            if self._process is not None:
                self.__dict__["_latency"] = int(self._ask("get", "latency_samples"))
            return self._latency

    @property
    def tail_seconds(self) -> float:
        """Seconds to -90 dB at the defaults, as probed (10 where it rings longer)."""
        return self._facts["tail_seconds"]

    @property
    def key_channels(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Channels of its side-chain input; 0: it has none."""
        return self._facts["key_channels"]

    @property
    def offline_reason(self) -> str:
        """Why it cannot stream, and what to do instead; "" where it can."""
        return self._facts["offline_reason"]

    def reset(self) -> None:
        """Clear the sound and the channel layout; the knobs stay. Starts a plugin anew that has crashed or was closed."""
        with self._lock:
            self._forget()
            if not self._awake():
                self._ask("call", "reset")

    def _awake(self) -> bool:
        """Start the plugin anew if it does not run; return whether it had to be."""
        if self._process is not None and self._process.alive:
            return False
        self._restart()
        return True

    def play_planar(
        self, planar: np.ndarray, sample_rate: float, buffer_size: int = 8192, reset: bool = True, key: np.ndarray | None = None
    ) -> np.ndarray:
        """Play float32 (channels, samples) of a layout that is no question; otherwise as `process`."""
        with self._lock:
            self._check_channels(planar)
            if self.offline_reason and not reset:
                raise PluginError(self.offline_reason)
            if planar.shape[1] == 0:
                return planar
            if self._process is None or not self._process.ours:  # an interrupted call ended it; one that died says so itself
                if not reset:
                    raise PluginCrashed(self._ended or f"{self.name} has no process here: reset() starts one, knobs kept")
                self._restart()
            process: Any = self._process
            try:
                heard, latency, bad = process.play(planar, sample_rate, buffer_size, reset, key)
            except PluginCrashed as error:
                self._lost(str(error))
                raise
            self.__dict__["_latency"], self.__dict__["non_finite_samples"] = latency, bad
            return heard

    # identity

    def hosted_as(self) -> dict[str, Any]:
        """Return the keywords of `load_plugin` by which it is hosted like this."""
        return {name: value for name, value in self._arguments.items() if name == "host"} | {"isolated": True}

    def __reduce__(self) -> Any:
        state = self._state if self._process is None else self.raw_state
        return _rebuild, (self.path, self.plugin_name, self._arguments, self.timeout, state, self.raw_values)

    def __repr__(self) -> str:
        rest = "".join(f", {name}={value!r}" for name, value in self.hosted_as().items())
        return f"load_plugin({str(self.path)!r}, {self.plugin_name!r}, {self.moved()!r}{rest})"


def _rebuild(
    path: Path,
    plugin_name: str | None,
    arguments: dict[str, Any],
    timeout: float,
    state: bytes | None,
    positions: dict[str, float],
) -> IsolatedPlugin:
    plugin = IsolatedPlugin(path, plugin_name, arguments, timeout)
    if state is not None:
        plugin.raw_state = state
    plugin.raw_values = positions
    return plugin
