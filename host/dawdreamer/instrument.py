"""A VST instrument in DawDreamer, a note at a time, for the main thread of a process of its own."""

from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import PluginError
from .._dawdreamer import Engine
from ..plugins.formats import is_vst2
from ..plugins.knobs import knobs_of
from ..plugins.vst2_identity import read_identity
from .plugin_parameters import parameters_of

BLOCK_SIZE = 512  # an instrument hears of a note at a block's start at the latest
FIRST_RATE = 48000.0


class HeldInstrument:
    """A VST2 or VST3 that makes sound of notes; what `plugins.instrument` asks of it, from another process.

    Raises:
        PluginError: it does not load, or takes sound in.
    """

    def __init__(self, start: dict[str, Any]) -> None:
        self._path = Path(start["path"])
        self._engine, self._native = self._loaded(FIRST_RATE)
        if self._native.get_num_input_channels() and not (is_vst2(self._path) and read_identity(self._path).instrument):
            raise PluginError(f"{self._path.name} takes sound in, so it is an effect: load_plugin plays those")
        self._foreign = parameters_of(lambda: self._native)
        self._table, self._filtered = knobs_of(self._foreign)
        self._turned: dict[str, float] = {}
        self._asked = {"turn": self.turn, "raw": lambda name: self._foreign[name].raw_value, "render": self.render,
                       "text": lambda name: self._foreign[name].string_value}  # fmt: skip

    def _loaded(self, rate: float) -> tuple[Engine, Any]:
        engine = Engine(rate, BLOCK_SIZE)
        return engine, engine.plugin("instrument", self._path)

    def facts(self) -> dict[str, Any]:
        """Return its name, and every knob's row and position."""
        return {
            "name": self._path.stem,
            "knobs": {name: knob.to_dict() for name, knob in self._table.items()},
            "filtered": self._filtered,
            "raw_values": {name: self._foreign[name].raw_value for name in self._table},
            "channels": self._native.get_num_output_channels(),
        }

    def ask(self, what: str, *arguments: Any) -> Any:
        """Answer a question."""
        return self._asked[what](*arguments)

    def play(self, request: Any) -> Any:
        """Refuse to change audio."""
        raise PluginError(f"{self._path.name} is an instrument: it plays notes")

    def turn(self, name: str, raw: float) -> float:
        """Turn a knob and return where it stands."""
        self._foreign[name].raw_value = raw
        self._turned.pop(name, None)  # the order of turning counts where knobs depend on each other
        self._turned[name] = raw
        return self._foreign[name].raw_value

    def render(self, note: int, velocity: int, seconds: float, rate: float) -> dict[str, Any]:
        """Return {"channels", "samples"}: float32 (channels, samples), as bytes, of a note held all the time.

        A new instance plays it: one that has played remembers, as a synthesiser that glides does, and the note before
        would be whichever happened to be rendered last.
        """
        engine, native = self._loaded(rate)
        for name, raw in [*self._turned.items()] * 2:  # knobs that depend on others want it twice
            native.set_parameter(self._foreign[name].index, raw)
        native.add_midi_note(note, velocity, 0.0, seconds)
        lag, samples = max(0, int(native.get_latency_samples())), max(1, round(seconds * rate))
        heard = engine.render([(native, [])], samples + lag)["instrument"][:, lag:]
        return {"channels": len(heard), "samples": np.ascontiguousarray(heard, np.float32).tobytes()}
