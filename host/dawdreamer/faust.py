"""Faust programs as effects."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import FileProblem, InvalidType, PluginError
from .._dawdreamer import Engine, faust_to_cpp
from .faust_knobs import knob_of, menu_of, names_of, number_of, widgets_of
from .held_knob import HeldKnob
from .node import DawDreamerNode


class Faust(DawDreamerNode):
    """A program in Faust (faust.grame.fr), compiled as it is loaded; whole signals only.

    Its sliders, number entries, check boxes and buttons are knobs: `hslider("cutoff [unit:Hz]", …)` is `cutoff_hz`.
    The standard library is there without an import. A program without inputs is a source, for a `Graph`.

    Args:
        source: the program's text, or the path of a .dsp file (what it imports may lie beside it).
        **knobs: values at construction.

    Raises:
        PluginError: Faust does not compile it; says where.
        FileProblem: no such .dsp file.
        MissingExtra: dawdreamer is not installed.

    Example:
        >>> import numpy as np
        >>> from wetdry import Faust
        >>> tremolo = Faust('process = *(1 - depth * (0.5 + 0.5 * os.osc(5))); depth = hslider("depth", 0.5, 0, 1, 0.01);')
        >>> tremolo.depth = 0.9
        >>> tremolo(np.zeros(480, "float32"), 48000).shape
        (480,)
    """

    def __init__(self, source: str | Path, **knobs: Any) -> None:
        own = self.__dict__  # past __setattr__, which only lets knobs through
        own["path"], own["source"] = _read(source)
        own["name"] = self.path.stem if self.path else _declared_name(self.source)
        engine = Engine(48000)
        native = self._compiled(engine, "probe")
        own["input_channels"], own["output_channels"] = native.get_num_input_channels(), native.get_num_output_channels()
        if not self.output_channels:
            raise PluginError(f"{self.name} has no output: it cannot be an effect")
        widgets = widgets_of(faust_to_cpp(native.auto_import + self.source, self._folder))
        named = dict(zip(names_of(widgets, {*dir(type(self)), *own}), widgets, strict=True))
        filtered = {name: widget.why_no_knob for name, widget in named.items() if widget.why_no_knob}
        own["_widgets"] = {name: widget for name, widget in named.items() if name not in filtered}
        table = {name: knob_of(widget, name) for name, widget in self._widgets.items()}
        told = {_path_key(told["name"].split("/")[2:]): told for told in native.get_parameters_description()}
        own["_told"] = {name: told[_path_key(widget.path)] for name, widget in self._widgets.items()}
        self._take_knobs(self.name, table, filtered, {name: HeldKnob(knob) for name, knob in table.items()})
        self._forget()
        for name, value in knobs.items():
            self.parameters[name].value = value

    @property
    def _folder(self) -> str:
        return str(self.path.resolve().parent) if self.path else ""

    def _compiled(self, engine: Engine, name: str) -> Any:
        native = engine.faust(name)
        if self._folder:
            native.faust_libraries_path = self._folder
        try:
            native.set_dsp_string(self.source)
            native.compile()
        except RuntimeError as error:
            before = native.auto_import.count("\n") + 1
            raise PluginError(f"{self.name} does not compile: {_reason(error, before)}") from None
        return native

    def add_to(self, engine: Engine, name: str) -> Any:
        """Compile the program in `engine`, the knobs as they stand, and return the FaustProcessor."""
        with self._lock:
            native = self._compiled(engine, name)
            for knob, widget in self._widgets.items():
                native.set_parameter(self._told[knob]["index"], number_of(widget, self._get(knob)))
            return native

    def automate(self, native: Any, name: str, numbers: np.ndarray) -> None:
        """Have a knob of an instance move; see `DawDreamerNode.automate`."""
        menu = np.array([number for _, number in menu_of(self._widgets[name])])
        told = menu[np.rint(numbers).astype(int)] if len(menu) else numbers
        native.set_automation(self._told[name]["name"], told.astype(np.float32))

    # identity

    def __reduce__(self) -> Any:
        return _rebuild, (self._written, self.values())

    @property
    def _written(self) -> str:
        return str(self.path) if self.path else self.source

    def __repr__(self) -> str:
        return f"Faust({self._written!r}{''.join(f', {name}={value!r}' for name, value in self.moved().items())})"


def _rebuild(source: str, values: dict[str, Any]) -> Faust:
    return Faust(source, **values)


def _read(source: str | Path) -> tuple[Path | None, str]:
    """Return (file or None, text)."""
    if not isinstance(source, str | Path):
        raise InvalidType(f"Faust takes a program's text or the path of a .dsp file, got {type(source).__name__}")
    if isinstance(source, str) and ("\n" in source or not source.strip().endswith(".dsp")):
        return None, source
    path = Path(source).expanduser()
    try:
        return path, path.read_text()
    except OSError as error:
        raise FileProblem(f"cannot read {path}: {error.strerror or error}") from None


def _declared_name(source: str) -> str:
    found = re.search(r'declare\s+name\s+"([^"]+)"', source)
    return found[1] if found else "Faust"


def _path_key(path: Sequence[str]) -> tuple[str, ...]:
    """Return what tells one widget from another, in plain characters: its groups and label."""
    return tuple(re.sub(r"[^A-Za-z0-9]+", "_", part) for part in path)


def _reason(error: BaseException, lines_before: int) -> str:
    """Return Faust's words on one line, lines counted as the program's writer does."""
    text = str(error).split(". Check the faustlibraries path")[0].replace("FaustProcessor::compile(): ", "")
    text = re.sub(r"\bdawdreamer:(\d+)", lambda found: f"line {int(found[1]) - lines_before}", text.replace("ERROR : ", ""))
    return " ".join(text.split()) or "no reason given"
