"""Processors as the entries of a rig file: each recipe, spelled as a person would write it."""

import base64
import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import InvalidValue, WetdryError
from ...presets import CLONES
from ..automation.samples import Samples
from ..automation.tempo import Tempo
from ..chain import Chain
from ..graph.graph import Graph
from ..plugins.installed import located
from ..recipe import build, describe, kind_of

MOST_INLINE_BYTES = 1 << 15
USUAL_RATE = 48000.0


@dataclass
class Writer:
    """Spells processors for a rig that will lie at `path`.

    Attributes:
        path: of the rig file; what lies beside or below it is named by a relative path.
        beside: files that have to lie beside it, by name: long states, impulse responses that have no file.
    """

    path: Path
    beside: dict[str, bytes] = field(default_factory=dict)

    def entry(self, processor: Any) -> Any:
        """Return the entry that `Reader.processor` reads back as an equal processor.

        Raises:
            InvalidType: it holds something that no file can say; names it.
        """
        return _ENTRIES[kind_of(processor)](self, processor)

    def named(self, file: str | Path) -> str:
        """Return how the rig names a file: relative where it lies beside the rig or below, else by its whole path."""
        full, folder = Path(file).resolve(), self.path.resolve().parent
        return full.relative_to(folder).as_posix() if full.is_relative_to(folder) else str(full)

    def kept(self, content: bytes, ending: str) -> str:
        """Keep content in a file beside the rig, and return its name: another content has another, so nothing is lost."""
        name = f"{self.path.stem}.{hashlib.sha256(content).hexdigest()[:8]}{ending}"
        self.beside[name] = content
        return name

    # effects

    def effect(self, effect: Any) -> Any:
        """Return `TubeSaturator: {drive_db: 18}`, what stands at its default left out."""
        recipe = describe(effect)
        arguments = {name: self._argument(value) for name, value in recipe.get("arguments", {}).items()}
        return _head(recipe["name"], {**arguments, **_moved(effect)})

    def _argument(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        if "recipe" in value:
            inner = self.entry(build(value["recipe"]))
            return {inner: None} if isinstance(inner, str) else inner
        if "file" in value:
            return self.model_name(value["file"])
        return self.kept(_response_wav(value), ".wav")

    def model_name(self, file: str) -> str:
        """Return how the rig names a model: a factory clone by its name."""
        return Path(file).stem if Path(file).parent == CLONES.resolve() else self.named(file)

    def native(self, plugin: Any) -> Any:
        """Return `pedalboard.Reverb: {room_size: 0.5}`."""
        recipe = describe(plugin)
        short = {**recipe, "values": {name: _short(value) for name, value in recipe["values"].items()}}
        values = (short if describe(build(short)) == recipe else recipe)["values"]
        values = {name: value["choice"] if isinstance(value, Mapping) else value for name, value in values.items()}
        if "impulse_response_filename" in values:
            values["impulse_response_filename"] = self.named(values["impulse_response_filename"])
        return _head(f"pedalboard.{recipe['name']}", values)

    def dawdreamer(self, processor: Any) -> Any:
        """Return `dawdreamer.filter: {mode: high}`."""
        return _head(f"dawdreamer.{processor.kind}", processor.moved())

    # plugins, models, programs

    def plugin(self, plugin: Any) -> dict[str, Any]:
        """Return `plugin`, what hosts it, its state where it holds one, and the knobs that have moved."""
        file = Path(plugin.path)
        entry: dict[str, Any] = {"plugin": file.name if _installed(file) else self.named(file)}
        if plugin.plugin_name is not None and located(file.name)[1] != plugin.plugin_name:
            entry["named"] = plugin.plugin_name
        entry |= plugin.hosted_as()
        if plugin.holds_state:
            state = plugin.raw_state
            entry["state"] = state if len(state) <= MOST_INLINE_BYTES else self.kept(state, ".state")
        knobs, positions = plugin.moved_exactly()
        return entry | _said(knobs=knobs, positions=positions)

    def model(self, effect: Any) -> dict[str, Any]:
        """Return `model`, and the knobs that have moved."""
        return {"model": self.model_name(describe(effect)["path"])} | _said(knobs=_moved(effect))

    def foreign(self, model: Any) -> dict[str, Any]:
        """Return `model`, what `load_plugin` was told of it, and the knobs that have moved; trust is not written."""
        told = {name: value for name, value in model.arguments().items() if name != "trusted"}
        return {"model": self.named(model.path), **told} | _said(knobs=_moved(model))

    def faust(self, faust: Any) -> dict[str, Any]:
        """Return `faust`, its file or its text, and the knobs that have moved."""
        return {"faust": self.named(faust.path) if faust.path else faust.source} | _said(knobs=faust.moved())

    # containers

    def chain(self, chain: Any) -> dict[str, Any]:
        """Return `chain: [...]`."""
        return {"chain": [self.entry(inside) for inside in chain]}

    def automated(self, automated: Any) -> dict[str, Any]:
        """Return `automated`, what plays, and the curves of its knobs."""
        entry = {"automated": self.entry(automated.processor), "automation": self.automation(automated.curves)}
        tempo = {} if automated.tempo == Tempo() else {"tempo": automated.tempo.to_data()}
        return entry | tempo | {"hold_error": automated.hold_error}

    def automation(self, curves: Mapping[str, Any], sample_rate: float | None = None) -> dict[str, Any]:
        """Return knob → curve as data; values a sample that have no file get one, at 48 kHz where nothing says their rate."""
        return {knob: self._curve(curve, sample_rate) for knob, curve in curves.items()}

    def _curve(self, curve: Any, sample_rate: float | None) -> dict[str, Any]:
        if not isinstance(curve, Samples):
            return curve.to_data()
        if curve.path is not None:
            return {"samples": self.named(curve.path)}
        if curve.values.dtype.kind == "O":
            raise InvalidValue("a file of automation holds numbers; give a switch's choices by their number, from 0")
        rate = curve.sample_rate or sample_rate or USUAL_RATE
        return {"samples": self.kept(_wav(curve.values[None], rate, "DOUBLE"), ".wav")}

    def mix(self, mix: Any) -> dict[str, Any]:
        """Return `mix: [...]`, a branch without a chain for the dry sound."""
        return {"mix": [self._branch(inside, level) for inside, level in zip(mix, mix.gains_db, strict=True)]}

    def _branch(self, inside: Any, level: float) -> dict[str, Any]:
        if inside is None:
            return {"gain_db": level}
        several = isinstance(inside, Chain) and len(inside) != 1
        return {"gain_db": level, "chain": [self.entry(each) for each in (inside if several else [inside])]}

    def graph(self, graph: Graph) -> dict[str, Any]:
        """Return `graph: {nodes, patch, inputs, outputs}`, the usual doors left out."""
        graph.check()
        doors = {name: list(given) for name, given, usual in (("inputs", graph.inputs, "in"), ("outputs", graph.outputs, "out"))
                 if given != (usual,)}  # fmt: skip
        nodes = {name: self.entry(inside) for name, inside in graph.items()}
        return {"graph": {"nodes": nodes, "patch": f"{graph.patch}\n", **doors}}


_ENTRIES: dict[str, Callable[[Writer, Any], Any]] = {
    "wire": lambda writer, wire: None,
    "mix": Writer.mix,
    "automated": Writer.automated,
    "chain": Writer.chain,
    "graph": Writer.graph,
    "model": Writer.model,
    "effect": Writer.effect,
    "vst2": Writer.plugin,
    "vst3": Writer.plugin,
    "faust": Writer.faust,
    "dawdreamer": Writer.dawdreamer,
    "foreign": Writer.foreign,
    "native": Writer.native,
}


def _head(name: str, values: Mapping[str, Any]) -> Any:
    return {name: dict(values)} if values else name


def _said(**fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: dict(values) for name, values in fields.items() if values}


def _moved(processor: Any) -> dict[str, Any]:
    return {name: knob.value for name, knob in processor.parameters.items() if knob.value != knob.parameter.default}


def _short(value: Any) -> Any:
    """Return the shortest number that is the same as float32, in which most native plugins keep theirs."""
    return float(str(np.float32(value))) if isinstance(value, float) else value


def _installed(file: Path) -> bool:
    """Tell whether a plugin's name alone leads to this file."""
    try:
        return located(file.name)[0].resolve() == file.resolve()
    except WetdryError:
        return False


def _response_wav(response: Mapping[str, Any]) -> bytes:
    samples = np.frombuffer(base64.b64decode(response["samples"]), "<f4").reshape(response["channels"], -1)
    return _wav(samples, response["sample_rate"], "FLOAT")


def _wav(rows: np.ndarray, sample_rate: float, subtype: str) -> bytes:
    import soundfile

    if sample_rate != int(sample_rate):
        raise InvalidValue(
            f"a WAV file has a whole number of samples a second, not {sample_rate:g}: resample what is to be saved"
        )
    content = io.BytesIO()
    soundfile.write(content, rows.T, int(sample_rate), subtype, format="WAV")
    return content.getvalue()
