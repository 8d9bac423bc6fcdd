"""Rig: a whole setup, played as one processor and kept in one file."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...effects.parameters import Parameters
from ...models.errors import InvalidType, InvalidValue, PluginError, UnknownName
from ..automation.automated import Automated
from ..automation.tempo import Tempo
from ..chain import Chain
from ..container import checked, knobs_of, latency_of
from ..midi.map import MidiMap
from ..recipe import build, describe

if TYPE_CHECKING:
    from ..midi.performance import Performance


class Rig:
    """A board (any processor) with what belongs to it, in one YAML file that holds no code.

    Knobs are named as in `board.parameters`. A Rig plays as its board does; `rig.board` is what goes into a Chain or a Graph.

    Args:
        board: what plays: an effect, a plugin, a Chain, a Mix, a Graph; None: a wire.
        automation: knob → curve, as `Automated` takes them; each whole call, and each stream, begins it anew.
        midi: which control turns which knob: for `played_by` and `performance`.
        tempo: of curves that count in beats, as `Automated` takes it; 120 beats a minute where it is left out.
        name, about: for people.
        sample_rate: in Hz, where the board is for that alone; None: any.
        presets: name → {knob: value}.

    Raises:
        UnknownName, InvalidValue, InvalidType: a knob is not there, cannot stand or move there, or has automation and a
            controller at once.

    Example:
        >>> import numpy as np
        >>> from wetdry import Chain, MidiMap, Rig, TubeSaturator
        >>> rig = Rig(Chain([TubeSaturator(drive_db=18)]), automation={"bias": [(0, 0.0), (1, 0.3)]},
        ...           midi=MidiMap({"cc 74": "drive_db"}), presets={"Soft": {"drive_db": 6}}, name="Crunch")
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
        automation: Mapping[str, Any] | None = None,
        midi: MidiMap | None = None,
        tempo: Any = None,
        name: str = "",
        about: str = "",
        sample_rate: float | None = None,
        presets: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self._board = Chain() if board is None else checked(board)
        moving = Automated(self._board, automation or {}, tempo)
        self.automation, self.tempo = moving.curves, moving.tempo
        self._player = moving if automation else self._board
        self.midi, self.name, self.about, self.sample_rate = midi or MidiMap(), name, about, sample_rate
        self.midi.check(self.parameters)
        check_one_hand(self.midi.paths, self.automation)
        self.presets = {preset: dict(values) for preset, values in (presets or {}).items()}
        for preset, values in self.presets.items():
            for knob, value in values.items():
                try:
                    self.parameters[knob].parameter.to_number(value)
                except (InvalidType, InvalidValue, UnknownName) as error:
                    error.args = (f"preset {preset!r}: {error}",)
                    raise

    @property
    def board(self) -> Any:
        """What plays."""
        return self._board

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
        """Write the rig to a .yaml file; what is too long for it goes into files beside it (`crunch.1f0a83c2.state`).

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
        return Parameters("the rig", knobs_of(self._board))

    def recall(self, preset: str) -> None:
        """Turn the knobs as a preset says. Raises UnknownName where there is none of that name."""
        if preset not in self.presets:
            raise UnknownName("preset of the rig", preset, self.presets)
        for knob, value in self.presets[preset].items():
            self.parameters[knob].value = value

    def played_by(self, messages: Any) -> "Rig":
        """Return this rig with MIDI at its knobs, as its map says, for its automation besides its own; the board is the same.

        Args:
            messages: path of a MIDI file, a `Take`, or (seconds, message) in order.

        Raises:
            FileProblem, InvalidValue: the file cannot be read. MissingExtra: mido is not installed.
        """
        moved = {**self.automation, **self.midi.curves(messages, self.parameters)}
        return Rig(self._board, **{**self._said(), "automation": moved, "midi": None})

    def performance(self, port: Any = None, **options: Any) -> "Performance":
        """Return the board played live, with its automation, by a controller; arguments as `Performance`."""
        from ..midi.performance import Performance

        return Performance(self._board, self.midi, port, automation=dict(self.automation), tempo=self.tempo, **options)

    # sound

    @property
    def latency_samples(self) -> int:
        """Samples by which the sound lags; `process` compensates it."""
        return latency_of(self._board)

    @property
    def tail_seconds(self) -> float:
        """Seconds it rings on, as far as the board says."""
        return float(getattr(self._board, "tail_seconds", 0.0) or 0.0)

    def reset(self) -> None:
        """Clear the sound; the automation begins anew, the knobs stay."""
        self._player.reset()

    def process(self, input_array: Any, sample_rate: float, buffer_size: int = 8192, reset: bool = True) -> Any:
        """Run audio through it, its knobs moving as its automation says; arguments, layouts and errors as the board's.

        A NaN or infinity that comes out raises in a whole call (PluginError), and is 0 in a stream.

        Raises:
            InvalidValue: the rig is for another sample rate.
        """
        self._check_rate(sample_rate)
        return self._finite(self._player.process(input_array, sample_rate, buffer_size, reset), reset)

    __call__ = process

    def render(self, audio: Any, sample_rate: float) -> tuple[Any, dict[str, np.ndarray]]:
        """Play a whole signal; return it, and where each automated knob stood, as `Automated.render`."""
        self._check_rate(sample_rate)
        wet, courses = Automated(self._board, self.automation, self.tempo).render(audio, sample_rate)
        return self._finite(wet, True), courses

    def _finite(self, wet: Any, whole: bool) -> Any:
        heard = list(wet.values()) if isinstance(wet, dict) else [wet]  # a graph may have several outputs
        if all(np.isfinite(rows).all() for rows in heard):
            return wet
        if whole:
            raise PluginError("the rig gave NaN or infinity: turn back a native effect's knob that stands where it cannot play")
        for rows in heard:
            np.nan_to_num(rows, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        return wet

    def _check_rate(self, sample_rate: float) -> None:
        if self.sample_rate is not None and sample_rate != self.sample_rate:
            raise InvalidValue(f"this rig plays at {self.sample_rate:g} Hz, the audio is at {sample_rate:g} Hz; resample the "
                               "audio first (wetdry render does)")  # fmt: skip

    # identity

    def _said(self) -> dict[str, Any]:
        tempo = None if self.tempo == Tempo() else self.tempo
        midi = self.midi if self.midi.paths else None
        said = {"automation": dict(self.automation), "midi": midi, "tempo": tempo, "name": self.name, "about": self.about,
                "sample_rate": self.sample_rate, "presets": self.presets}  # fmt: skip
        return {name: value for name, value in said.items() if value}

    def __reduce__(self) -> Any:
        return _rebuild, (describe(self._board), self._said())

    def __repr__(self) -> str:
        return f"Rig({self._board!r}{''.join(f', {name}={value!r}' for name, value in self._said().items())})"


def check_one_hand(paths: Iterable[str], automation: Mapping[str, Any]) -> None:
    """Raise InvalidValue where a knob that MIDI turns is automated too."""
    both = next((path for path in paths if path in automation), None)
    if both is not None:
        raise InvalidValue(f"{both} follows its automation and is turned by MIDI too: leave it out of one")


def _rebuild(recipe: dict[str, Any], said: dict[str, Any]) -> Rig:
    return Rig(build(recipe), **said)
