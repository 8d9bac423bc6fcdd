"""Instrument: a VST that makes sound of notes, in a process of its own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import InvalidType, InvalidValue, PluginCrashed
from .face import PluginFace
from .formats import check_path
from .installed import located
from .isolated_knobs import FarKnobs
from .isolated_process import IsolatedProcess
from .knobs import Knob

LAST_NOTE, LAST_VELOCITY = 127, 127


class Instrument(PluginFace):
    """A VST2 or VST3 instrument: knobs as attributes, one note at a time, from any thread.

    Its crash, or its not answering in time, raises PluginCrashed and costs nothing else: the next note starts it anew.

    Args:
        path: an installed plugin's name, or its file.
        parameter_values: knobs to set at once, in their units.
        timeout: seconds it may take to load, or for a note beyond the note's own length.

    Attributes:
        version: counts the turns of its knobs: notes rendered before sound otherwise.

    Raises:
        FileProblem, PluginError: nothing there, or nothing that plays notes; MissingExtra: DawDreamer is not installed.
    """

    is_effect, is_instrument = False, True

    _process: IsolatedProcess | None
    _positions: dict[str, float]

    def __init__(self, path: str | Path, parameter_values: Mapping[str, Any] | None = None, *, timeout: float = 60.0) -> None:
        own = self.__dict__  # past __setattr__, which only lets knobs through
        own["path"] = check_path(located(path)[0])
        own["_timeout"], own["_turned"], own["version"] = timeout, {}, 0
        own["_process"] = process = self._started()
        facts = process.facts
        own["_positions"], own["output_channels"] = dict(facts["raw_values"]), facts["channels"]
        table = {name: Knob.from_dict(knob) for name, knob in facts["knobs"].items()}
        self._take_knobs(facts["name"], table, facts["filtered"], {})
        for name, value in (parameter_values or {}).items():
            self.parameters[name].value = value

    def _started(self) -> IsolatedProcess:
        return IsolatedProcess(str(self.path), None, {"instrument": True}, self.path.name, self._timeout)

    def _ask(self, *question: Any) -> Any:
        with self._lock:
            process = self._process
            if process is None:
                process = self.__dict__["_process"] = self._started()
                for name, raw in self._turned.items():
                    process.ask("turn", name, raw)
            try:
                return process.ask(*question)
            except PluginCrashed as error:
                self.__dict__["_process"] = None
                raise PluginCrashed(f"{str(error).partition(': reset()')[0]}: the next note starts it anew") from None

    @property
    def _foreign(self) -> FarKnobs:  # pyright: ignore[reportIncompatibleVariableOverride]
        return FarKnobs(self)

    def _put(self, name: str, raw: float) -> None:
        with self._lock:
            self._turned[name] = self._positions[name] = raw
            self._positions[name] = self._ask("turn", name, raw)
            self.__dict__["version"] += 1

    @property
    def channels(self) -> tuple[int, ...]:
        """Channel counts it takes: none."""
        return ()

    @property
    def process_number(self) -> int | None:
        """Of the process it plays in, as the system says; None: it runs in none now."""
        return self._process.number if self._process is not None and self._process.alive else None

    def render(self, note: int, velocity: int = 100, seconds: float = 2.0, sample_rate: float = 48000.0) -> np.ndarray:
        """Return a note held for so long, float32 (output_channels, samples).

        Args:
            note: MIDI number, 0 to 127; 60 is middle C.
            velocity: 1 to 127.
            seconds: above 0.
            sample_rate: in Hz.

        Raises:
            InvalidValue: a note or velocity there is none of. PluginCrashed: it crashed or hung.
        """
        if not (0 <= note <= LAST_NOTE and 0 < velocity <= LAST_VELOCITY):
            raise InvalidValue(f"note {note!r}, velocity {velocity!r}: 0 to 127, and 1 to 127, are played")
        if not 0 < seconds <= 600:
            raise InvalidValue(f"seconds = {seconds!r}: a note is above 0 and at most 600 s long")
        answer = self._ask("render", int(note), int(velocity), float(seconds), float(sample_rate))
        return np.frombuffer(answer["samples"], np.float32).reshape(answer["channels"], -1)

    def process(self, *_: Any, **__: Any) -> np.ndarray:
        """Raise InvalidType: it changes no audio."""
        raise InvalidType(f"{self.name} is an instrument: render(note), or play it live by a generator")

    __call__ = process

    def reset(self) -> None:
        """Do nothing: every note begins anew."""

    def close(self) -> None:
        """End its process; the next note starts another one."""
        with self._lock:
            if self._process is not None:
                self._process.end()
                self.__dict__["_process"] = None

    def __repr__(self) -> str:
        return f"Instrument({str(self.path)!r}, {self.moved()!r})"
