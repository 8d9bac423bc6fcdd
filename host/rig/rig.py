"""Rig: a whole setup, played as one processor and kept in one file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...effects.parameters import Parameters
from ...models.errors import InvalidValue, UnknownName
from ..container import checked


class Rig:
    """A board (any processor) with what belongs to it, in one YAML file that holds no code.

    Args:
        board: what plays: an effect, a plugin, a Chain, a Mix, a Graph.
        name, about: for people.
        sample_rate: in Hz, where the board is for that alone; None: any.
        presets: name → {knob: value}, knobs as `board.parameters` names them.

    Raises:
        UnknownName, InvalidValue, InvalidType: a preset turns a knob that is not there, or to where it cannot stand.

    Example:
        >>> import numpy as np
        >>> from wetdry import Chain, Rig, TubeSaturator
        >>> rig = Rig(Chain([TubeSaturator(drive_db=18)]), name="Crunch", presets={"Soft": {"drive_db": 6}})
        >>> rig.recall("Soft")
        >>> rig(np.zeros(480, "float32"), 48000).shape
        (480,)
    """

    is_effect = True
    is_instrument = False

    def __init__(
        self,
        board: Any,
        *,
        name: str = "",
        about: str = "",
        sample_rate: float | None = None,
        presets: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.board, self.name, self.about = checked(board), name, about
        self.sample_rate = sample_rate
        self.presets = {preset: dict(values) for preset, values in (presets or {}).items()}
        for preset, values in self.presets.items():
            for knob, value in values.items():
                try:
                    self.parameters[knob].parameter.to_number(value)
                except (InvalidValue, UnknownName) as error:
                    error.args = (f"preset {preset!r}: {error}",)
                    raise

    @classmethod
    def load(cls, path: str | Path, trusted: bool = False) -> "Rig":
        """Read a rig from its file.

        Args:
            path: of the .yaml; what it names by relative paths lies beside it.
            trusted: load programs too, if you trust whom the rig comes from: Faust, TorchScript, plugins from anywhere.

        Raises:
            FileProblem: there is no such file. RigFileError: it is no rig, or names what is not on this machine; says all
                that is wrong, each with its line and field.
        """
        from .opening import read_rig

        return cls(**read_rig(Path(path), trusted))

    def save(self, path: str | Path) -> None:
        """Write the rig to a .yaml file; what is too long for it goes into files beside it (`crunch.1.state`).

        Files that the board plays (models, impulse responses) are named, not copied; by a relative path where they lie
        beside the rig or below. A plugin that is installed is named without its folder.

        Raises:
            InvalidValue: another suffix. InvalidType: the board holds what no file can say. FileProblem: it cannot be written.
        """
        from .saving import write_rig

        write_rig(self, Path(path).expanduser())

    # knobs

    @property
    def parameters(self) -> Parameters:
        """Every knob of the board, by name."""
        return Parameters("the rig", getattr(self.board, "parameters", {}))

    def recall(self, preset: str) -> None:
        """Turn the knobs as a preset says. Raises UnknownName where there is none of that name."""
        if preset not in self.presets:
            raise UnknownName("preset of the rig", preset, self.presets)
        for knob, value in self.presets[preset].items():
            self.parameters[knob].value = value

    # sound

    @property
    def latency_samples(self) -> int:
        """Samples by which the sound lags; `process` compensates it."""
        return int(getattr(self.board, "latency_samples", 0))

    @property
    def tail_seconds(self) -> float:
        """Seconds it rings on, as far as the board says."""
        return float(getattr(self.board, "tail_seconds", 0.0))

    def reset(self) -> None:
        """Clear the sound; the knobs stay."""
        if self.board is not None:
            self.board.reset()

    def process(self, input_array: np.ndarray, sample_rate: float, buffer_size: int = 8192, reset: bool = True) -> np.ndarray:
        """Run audio through it; arguments, layouts, lengths and errors as the board's.

        Raises:
            InvalidValue: the rig is for another sample rate.
        """
        if self.sample_rate is not None and sample_rate != self.sample_rate:
            raise InvalidValue(f"this rig plays at {self.sample_rate:g} Hz, the audio is at {sample_rate:g} Hz; resample the "
                               "audio first (wetdry render does)")  # fmt: skip
        return self.board.process(input_array, sample_rate, buffer_size, reset)

    __call__ = process

    def __repr__(self) -> str:
        said = {"name": self.name, "about": self.about, "sample_rate": self.sample_rate, "presets": self.presets}
        return f"Rig({self.board!r}{''.join(f', {name}={value!r}' for name, value in said.items() if value)})"
