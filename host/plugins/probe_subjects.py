"""What the probe measures: a plugin in one of the two hosts, with one face for both."""

from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import PluginError
from .. import _pedalboard
from ..dawdreamer.plugin import DawDreamerPlugin
from ..measure import noise
from .formats import is_vst2
from .knobs import Knob, knobs_of
from .vst2_identity import read_identity

SAMPLE_RATE = 48_000


class PedalboardSubject:
    """A VST3 in pedalboard.

    Attributes:
        knobs, filtered: as `knobs_of` says.
        channels: counts it takes, of 1 and 2; known after `find_channels`.
        key_channels: of its side-chain, which pedalboard leaves silent.
    """

    key_channels = 0

    def __init__(self, path: Path, plugin_name: str | None, reload: str | None = None) -> None:
        self.path, self.plugin_name = path, plugin_name
        self.native = _pedalboard.load_vst3(path, plugin_name, reload)
        if not self.native.is_effect:
            raise PluginError(
                f"{self.native.name} is an instrument: load_plugin plays effects, a live Generator plays instruments"
            )
        self.channels: tuple[int, ...] = (1,)

    def read_knobs(self) -> tuple[dict[str, Knob], dict[str, str]]:
        """Return knobs and what is none, with the reason."""
        return knobs_of(self.native.parameters)

    def find_channels(self) -> None:
        """Find out which channel counts it takes. Raises PluginError."""
        self.channels = _pedalboard.accepted_channels(self.native)
        if not self.channels:
            raise PluginError(f"{self.native.name} takes neither 1 nor 2 channels; wetdry hosts mono and stereo effects")

    @property
    def output_channels(self) -> int | None:
        """Channels that come out, where that is not as many as go in."""
        return None

    def raw_value(self, name: str) -> float:
        """Return where a parameter stands."""
        return float(self.native.parameters[name].raw_value)

    def render(self, audio: np.ndarray) -> np.ndarray:
        """Play mono on every channel from a reset state; return the first one, latency taken out."""
        return self.native.process(np.tile(audio, (self.channels[0], 1)), SAMPLE_RATE)[0]

    def play_on(self, audio: np.ndarray) -> None:
        """Play through the instance whose knobs are read, so that meters move."""
        self.render(audio)

    def uncompensated(self, audio: np.ndarray) -> np.ndarray:
        """As `render`, latency left in: what pedalboard drops from the front is put back."""
        self.native.reset()
        heard = self.native.process(np.tile(audio, (self.channels[0], 1)), SAMPLE_RATE, reset=False)[0]
        return np.concatenate([np.zeros(len(audio) - len(heard), np.float32), heard])

    def fresh(self) -> "PedalboardSubject":
        """Return another instance."""
        other = PedalboardSubject(self.path, self.plugin_name, self.reload)
        other.channels = self.channels
        return other

    @property
    def latency_samples(self) -> int:
        """Latency it reports."""
        return int(self.native.reported_latency_samples)

    @property
    def reload(self) -> str:
        """Whether a reset clears its audio ("clears") or it has to be loaded anew ("persists")."""
        return _pedalboard.reload_type(self.native)

    def identity(self) -> dict[str, Any]:
        """Return what it says of itself."""
        native = self.native
        return {"name": native.name, "manufacturer": native.manufacturer_name, "version": native.version,
                "category": native.category, "format": "VST3", "identifier": native.identifier}  # fmt: skip


class DawDreamerSubject:
    """A VST2 or VST3 in DawDreamer; attributes and methods as `PedalboardSubject`."""

    def __init__(self, path: Path, plugin_name: str | None, reload: str | None = None) -> None:
        self.plugin = DawDreamerPlugin(path)
        self.channels, self.key_channels = self.plugin.channels, self.plugin.key_channels
        self.reload = reload or self._find_reload()

    def _find_reload(self) -> str:
        audio, other = (self._rows(noise(SAMPLE_RATE // 5, seed)) for seed in (0, 1))
        self.plugin.play_held(other)
        again = self.plugin.play_held(audio)
        return "clears" if np.array_equal(again, self.plugin.play_new(audio, SAMPLE_RATE)) else "persists"

    def read_knobs(self) -> tuple[dict[str, Knob], dict[str, str]]:
        return self.plugin.knobs, dict(self.plugin.filtered)

    def find_channels(self) -> None:
        inputs, outputs = self.plugin.input_channels, self.plugin.output_channels
        if max(inputs, outputs) > 2:
            raise PluginError(
                f"{self.plugin.name} has {inputs} inputs and {outputs} outputs; wetdry hosts mono and stereo effects"
            )

    @property
    def output_channels(self) -> int | None:
        return self.plugin.output_channels

    def raw_value(self, name: str) -> float:
        return self.plugin.parameters[name].raw_value

    def render(self, audio: np.ndarray) -> np.ndarray:
        latency = self.latency_samples
        return self.uncompensated(np.concatenate([audio, np.zeros(latency, np.float32)]))[latency:]

    def play_on(self, audio: np.ndarray) -> None:
        self.plugin.play_held(self._rows(audio))

    def uncompensated(self, audio: np.ndarray) -> np.ndarray:
        rows = self._rows(audio)
        heard = self.plugin.play_held(rows) if self.reload == "clears" else self.plugin.play_new(rows, SAMPLE_RATE)
        return heard[0]

    def _rows(self, audio: np.ndarray) -> np.ndarray:
        rows = np.zeros((self.channels[0] + self.key_channels, len(audio)), np.float32)
        rows[: self.channels[0]] = audio
        return rows

    def fresh(self) -> "DawDreamerSubject":
        return DawDreamerSubject(self.plugin.path, None, self.reload)

    @property
    def latency_samples(self) -> int:
        return self.plugin.latency_samples

    def identity(self) -> dict[str, Any]:
        path = self.plugin.path
        if not is_vst2(path):
            return {"name": path.stem, "manufacturer": "", "version": "", "category": "", "format": "VST3", "identifier": ""}
        said = read_identity(path)
        if said.instrument:
            raise PluginError(f"{said.name} is an instrument: load_plugin plays effects, a live Generator plays instruments")
        return {"name": said.name, "manufacturer": said.maker, "version": said.version, "category": said.category,
                "format": "VST2", "identifier": f"{said.unique_id:08x}"}  # fmt: skip


SUBJECTS = {"pedalboard": PedalboardSubject, "dawdreamer": DawDreamerSubject}
