"""The entries of a rig that are one processor each: effects by name, plugins, models, programs."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...effects import REGISTRY, Effect
from ...models.errors import InvalidType, InvalidValue, UnknownName, WetdryError
from .._pedalboard import is_native
from ..arguments import PLAIN, argument_names
from ..foreign import SUFFIXES
from ..native_knobs import native_parameters, sane_knobs
from ..recipe import build, describe, turn
from . import schema
from .files import (
    TRUST,
    found_file,
    found_model,
    found_plugin,
    why_no_model_of_a_stranger,
    why_no_plugin_of_a_stranger,
)
from .problems import Path as Place
from .problems import Problems
from .schema import checked

FILES: dict[str, Callable[[str, Path], Path]] = {  # arguments of effects that are files
    "model": found_model,
    "impulse_response": lambda text, folder: found_file(text, folder, "impulse response"),
    "cabinet": lambda text, folder: found_file(text, folder, "impulse response"),
}
MOST_FILE_BYTES = 1 << 26


class LeafReader:
    """Builds processors that hold no others, each through its kind of recipe.

    Args:
        folder: relative paths begin there.
        trusted: whether programs may be loaded: Faust, TorchScript, plugins from anywhere.
        problems: where what is wrong goes.
    """

    def __init__(self, folder: Path, trusted: bool, problems: Problems) -> None:
        self._folder, self._trusted, self._problems = folder, trusted, problems
        self._heads: dict[str, Callable[[Any, Place], Any]] = {
            "plugin": self._plugin,
            "model": self._model,
            "faust": self._faust,
        }

    def processor(self, entry: Any, place: Place) -> Any:
        """Return the processor that an entry describes."""
        raise NotImplementedError

    # effects by name

    def _named(self, name: str, values: Any, place: Place) -> Any:
        if not isinstance(values, Mapping):
            self._problems.add(place, f"knobs are a mapping (`{{drive_db: 18}}`), got {values!r:.60}")
            return None
        prefix, _, rest = name.partition(".")
        with self._problems.at(place):
            if prefix == "dawdreamer":
                return self._turned(build({"kind": "dawdreamer", "name": rest, "values": {}}), values, place)
            if prefix == "pedalboard":
                return self._native(rest, values, place)
            if name not in REGISTRY:
                raise UnknownName("effect", name, [*REGISTRY, *self._heads, *_natives()])
            return self._effect(name, values, place)
        return None

    def _native(self, name: str, values: Mapping[str, Any], place: Place) -> Any:
        response, values = values.get("impulse_response_filename"), dict(values)
        given = {}
        if name == "Convolution":
            with self._problems.at((*place, "impulse_response_filename")):
                if not isinstance(response, str):
                    raise InvalidType(f"the path of an audio file is needed, got {response!r:.60}")
                given["impulse_response_filename"] = str(_small(found_file(response, self._folder, "impulse response")))
            if not given:
                return None
            del values["impulse_response_filename"]
        return self._turned(build({"kind": "native", "name": name, "values": given}), values, place)

    def _effect(self, name: str, values: Mapping[str, Any], place: Place) -> Any:
        kind, before = REGISTRY[name], len(self._problems)
        arguments = {}
        for argument in argument_names(kind):
            if values.get(argument) is not None:
                with self._problems.at((*place, argument)):
                    arguments[argument] = self._argument(argument, values[argument], (*place, argument))
        if len(self._problems) > before:
            return None
        effect = build({"kind": "effect", "name": name, "values": {}, "arguments": arguments})
        knobs = {knob: value for knob, value in values.items() if knob not in (*argument_names(kind), "preset")}
        if "preset" in values:
            with self._problems.at((*place, "preset")):
                knobs = {**self._preset(kind, values["preset"]), **knobs}
        return self._turned(effect, knobs, place)

    def _preset(self, kind: type[Effect], name: Any) -> dict[str, Any]:
        presets = kind.presets()
        if not isinstance(name, str) or name not in presets:
            raise UnknownName(f"preset of {kind.__name__}", str(name), presets)
        return presets[name]

    def _argument(self, name: str, value: Any, place: Place) -> Any:
        if isinstance(value, Mapping):
            inner = self.processor(value, place)
            if not isinstance(inner, Effect):
                raise InvalidType(f"{name} takes one of wetdry's effects")
            return {"recipe": describe(inner)}
        if not isinstance(value, PLAIN):
            raise InvalidType(f"a number, a text, true or false is needed, got {value!r:.60}")
        return str(FILES[name](value, self._folder)) if name in FILES and isinstance(value, str) else value

    # plugins, models, programs

    def _plugin(self, entry: Any, place: Place) -> Any:
        sheet = checked(schema.PluginSheet, entry, place, self._problems)
        if sheet is None:
            return None
        with self._problems.at((*place, "plugin")):
            path, named = found_plugin(sheet.plugin, self._folder)
            if not self._trusted and (why := why_no_plugin_of_a_stranger(path)):
                raise InvalidType(why)
            hosted = {"host": sheet.host, "isolated": sheet.isolated}
            recipe = {"kind": "vst3", "path": str(path), "plugin_name": sheet.named or named, "raw": {}}
            plugin = build({**recipe, **{name: said for name, said in hosted.items() if said}})
            with self._problems.at((*place, "state")):
                self._put_state(plugin, sheet.state)
            return self._turned(self._positioned(plugin, sheet.positions, place), sheet.knobs, (*place, "knobs"))
        return None

    def _put_state(self, plugin: Any, state: str | bytes | None) -> None:
        if isinstance(state, bytes):
            plugin.raw_state = state
        elif state is not None:
            file = _small(found_file(state, self._folder, "state"))
            if file.suffix.lower() in (".vstpreset", ".fxp", ".fxb"):
                plugin.load_preset(file)
            else:
                plugin.raw_state = file.read_bytes()

    def _model(self, entry: Any, place: Place) -> Any:
        sheet = checked(schema.ModelSheet, entry, place, self._problems)
        if sheet is None:
            return None
        with self._problems.at((*place, "model")):
            path = found_model(sheet.model, self._folder)
            said = sheet.model_dump(exclude={"model", "knobs", "positions"}, exclude_none=True)
            if path.suffix.lower() not in SUFFIXES:
                if said:
                    raise InvalidType(f"{next(iter(said))} is for foreign models ({', '.join(SUFFIXES)}); leave it out")
                return self._turned(build({"kind": "model", "path": str(path), "values": {}}), sheet.knobs, (*place, "knobs"))
            if not self._trusted and (why := why_no_model_of_a_stranger(path)):
                raise InvalidType(why)
            arguments = {**said, "trusted": self._trusted}
            model = build({"kind": "foreign", "path": str(path), "arguments": arguments, "raw": {}})
            return self._turned(self._positioned(model, sheet.positions, place), sheet.knobs, (*place, "knobs"))
        return None

    def _faust(self, entry: Any, place: Place) -> Any:
        sheet = checked(schema.FaustSheet, entry, place, self._problems)
        if sheet is None:
            return None
        with self._problems.at((*place, "faust")):
            if not self._trusted:
                raise InvalidType(f"Faust can call anything: {TRUST}")
            file = "\n" not in sheet.faust and sheet.faust.strip().endswith(".dsp")
            source = {"path": found_file(sheet.faust, self._folder, "Faust program")} if file else {"source": sheet.faust}
            return self._turned(build({"kind": "faust", **source, "values": {}}), sheet.knobs, (*place, "knobs"))
        return None

    # knobs

    def _turned(self, processor: Any, knobs: Mapping[str, Any], place: Place) -> Any:
        natives = sane_knobs(native_parameters(processor)) if is_native(processor) else {}
        for name, value in knobs.items():
            with self._problems.at((*place, name)):
                if not isinstance(value, PLAIN):
                    raise InvalidType(f"a number, a text, true or false is needed, got {value!r:.60}")
                if name in natives:
                    natives[name].parameter.to_number(value)
                turn(processor, name, value)
        return processor

    def _positioned(self, plugin: Any, positions: Mapping[str, float], place: Place) -> Any:
        for _ in range(2):  # knobs that depend on others want it twice
            for name, raw in positions.items():
                with self._problems.at((*place, "positions", name)):
                    plugin.parameters[name].raw_value = raw
        return plugin


def _small(file: Path) -> Path:
    """Return a file that others read whole. Raises InvalidValue where it is larger than any state or response."""
    if file.stat().st_size > MOST_FILE_BYTES:
        raise InvalidValue(f"{file.name} has {file.stat().st_size} bytes; up to {MOST_FILE_BYTES} are read")
    return file


def _natives() -> list[str]:
    """Return the names of pedalboard's effects as a rig writes them; none where it is not installed."""
    from .. import _pedalboard

    try:
        return [f"pedalboard.{name}" for name in dir(_pedalboard.pedalboard()) if name[0].isupper()]
    except WetdryError:
        return []
