"""The target of a capture: any processor, its knobs turned and checked, played from silence, timed.

What streams is streamed, block after block; what cannot (a VST2, Faust) plays each signal whole.
"""

import hashlib
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import CaptureError, InvalidType, InvalidValue
from ...models.files import sha256_of
from ...models.parameter import Parameter
from .. import _pedalboard
from ..chain import Chain
from ..dawdreamer.faust import Faust
from ..foreign import ForeignModel
from ..native_knobs import range_is_unknown
from ..offline import offline_reason
from ..plugins import load_plugin
from ..plugins.face import PluginFace
from ..plugins.formats import is_vst3

BLOCK = 8192
GIVEN_SCALES = ("linear", "log")
Ranges = Mapping[str, tuple[float, float] | tuple[float, float, str] | None]


def as_processor(target: Any) -> Any:
    """Return what to describe and play: a path loaded, everything else as it is."""
    if isinstance(target, str | Path):
        return load_plugin(target)
    if not callable(getattr(target, "process", None)):
        raise InvalidType(
            f"target {target!r:.80} is no processor: pass a .vst3, VST2 or .onnx path, an effect, a pedalboard plugin, "
            "a Chain or a Graph"
        )
    return target


class Target:
    """A processor under capture.

    Attributes:
        processor: what was built; a native plugin stands in a Chain of its own, which streams it exactly.
        seconds: time spent inside its process calls so far.
        channels: how many equal channels it is fed (1, or 2 where it takes no less).
        answers: how many channels come of them; the first is captured.

    Of a graph with several inputs the first one is fed, the others stay silent; its first output is heard.
    """

    def __init__(self, processor: Any, sample_rate: float) -> None:
        self.processor, self.sample_rate, self.seconds = _with_knobs(processor), sample_rate, 0.0
        self.channels, self.answers = self._channels()

    def _channels(self) -> tuple[int, int]:
        for count in (1, 2):
            try:
                self.channels = count
                return count, len(self._call(np.zeros(512, np.float32), BLOCK, reset=True))
            except (InvalidValue, ValueError):
                if count == 2:
                    raise
        raise AssertionError

    def turn(self, values: Mapping[str, Any]) -> None:
        """Set the knobs, read them back, set them again (for knobs that depend on others), and check."""
        for last in (False, True):
            for name, value in values.items():
                self.processor.parameters[name].value = value
            wrong = [name for name, value in values.items() if not _alike(self._get(name), value)]
            if wrong and last:
                name = wrong[0]
                raise CaptureError(f"knob {name} was set to {values[name]!r} but reads {self._get(name)!r}: capture without it")

    def _get(self, name: str) -> Any:
        return self.processor.parameters[name].value

    def play(self, audio: np.ndarray, lead: int = 0, shift: int = 0, block: int = BLOCK) -> np.ndarray:
        """Play mono audio after a reset and `lead` samples of silence; return as many samples, `shift` later.

        What the processor reports as latency is already taken out; `shift` takes out what it does not report.
        Of several channels the first is returned.
        """
        return np.ascontiguousarray(self.play_all(audio, lead, shift, block)[0])

    def play_all(self, audio: np.ndarray, lead: int = 0, shift: int = 0, block: int = BLOCK) -> np.ndarray:
        """Return what `play` does, all channels of it: (channels, samples)."""
        after = np.zeros(max(shift, 0), np.float32)
        padded = np.concatenate([np.zeros(lead, np.float32), audio, after])
        self.processor.reset()
        if offline_reason(self.processor) is None:
            whole = self._streamed(padded, lead + shift + len(audio), block)
        else:
            whole = self._call(padded, block, reset=True)
        start = lead + shift
        if start < 0:
            whole, start = np.pad(whole, ((0, 0), (-start, 0))), 0
        return whole[:, start : start + len(audio)]

    def _streamed(self, padded: np.ndarray, wanted: int, block: int) -> np.ndarray:
        heard: list[np.ndarray] = []
        got = at = 0
        while got < wanted or not heard:
            piece = padded[at : at + block]
            if len(piece) < block:
                piece = np.concatenate([piece, np.zeros(block - len(piece), np.float32)])
            if at > len(padded) + 30 * self.sample_rate:
                raise CaptureError(f"{self.processor!r:.80} swallows audio: {wanted - got} samples have not come out")
            heard.append(self._call(piece, BLOCK, reset=False))
            got += heard[-1].shape[1]
            at += block
        return np.concatenate(heard, axis=1)

    def play_automated(self, automated: Any, audio: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Play mono audio, whole and from a reset, through the processor with its automation; its time counts.

        Returns:
            (what comes of it, float32 (samples,), of several channels the first; knob → where it was, float64 (samples,)).
        """
        fed = self._fed(audio)
        begun = time.perf_counter()
        answer, courses = automated.render(fed, self.sample_rate)
        self.seconds += time.perf_counter() - begun
        return np.ascontiguousarray(_first(answer)[0]), courses

    def _call(self, piece: np.ndarray, buffer_size: int, reset: bool) -> np.ndarray:
        """Return what comes of a piece, (channels, samples); its time counts."""
        fed = self._fed(piece)
        begun = time.perf_counter()
        answer = self.processor.process(fed, self.sample_rate, buffer_size, reset)
        self.seconds += time.perf_counter() - begun
        return _first(answer)

    def _fed(self, piece: np.ndarray) -> Any:
        fed = piece if self.channels == 1 else np.tile(piece, (self.channels, 1))
        inputs = getattr(self.processor, "inputs", ("in",))
        return fed if len(inputs) < 2 else {name: np.zeros_like(fed) if i else fed for i, name in enumerate(inputs)}


def _first(answer: Any) -> np.ndarray:
    """Return the first output, (channels, samples)."""
    return np.atleast_2d(next(iter(answer.values())) if isinstance(answer, dict) else answer)


def _alike(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, bool | str) or not isinstance(wanted, int | float):
        return found == wanted
    return abs(float(found) - float(wanted)) <= 1e-3 * max(abs(float(wanted)), 1e-2)


def rows_of(processor: Any, knobs: Ranges | Iterable[str]) -> tuple[Parameter, ...]:
    """Return the row of every captured knob: the target's own, narrowed (and rescaled) where a range is given.

    Raises:
        UnknownName: no such knob. InvalidValue, InvalidType: a range outside the knob's, or missing (native plugins).
    """
    if isinstance(knobs, str):
        raise InvalidType(f"knobs is a list of names, got {knobs!r}: pass [{knobs!r}]")
    ranges = dict(knobs) if isinstance(knobs, Mapping) else dict.fromkeys(knobs)
    found = _with_knobs(processor).parameters
    return tuple(_narrowed(found[name].parameter, name, limits) for name, limits in ranges.items())


def _with_knobs(processor: Any) -> Any:
    """Return a processor with knobs that streams exactly: a native plugin gets a Chain of its own."""
    return Chain([processor]) if _pedalboard.is_native(processor) else processor


def _narrowed(row: Parameter, name: str, limits: Any) -> Parameter:
    whole = {**row.to_dict(), "name": name}
    if limits is None:
        if range_is_unknown(row):
            raise InvalidValue(f"the range of {name} is not known: pass {{'{name}': (minimum, maximum)}} ({name}=LOW:HIGH)")
        return Parameter.from_dict(whole)
    if row.choices:
        for choice in limits:
            row.to_number(choice)
        default = row.default if row.default in limits else limits[0]
        return Parameter.from_dict({**whole, "choices": list(limits), "default": default, "minimum": 0.0, "maximum": 0.0})
    if not isinstance(limits, tuple | list) or len(limits) not in (2, 3):
        raise InvalidType(f"the range of {name} is (minimum, maximum), or with a scale as third, got {limits!r}")
    low, high = row.to_number(limits[0]), row.to_number(limits[1])
    if not low < high:
        raise InvalidValue(f"the range of {name}, {low:g} to {high:g}, is empty")
    whole |= {"minimum": low, "maximum": high, "default": min(max(row.to_number(row.default), low), high)}
    if len(limits) == 3:
        if limits[2] not in GIVEN_SCALES:
            raise InvalidValue(f"the scale of {name}, {limits[2]!r}, is not one of {', '.join(GIVEN_SCALES)}")
        return Parameter.from_dict({**whole, "scale": limits[2], "points": []})
    if row.scale == "points":
        raws = np.linspace(row.to_raw(low), row.to_raw(high), 41)
        whole["points"] = [low, *(row.from_raw(float(r)) for r in raws[1:-1]), high]
    return Parameter.from_dict(whole)


def identity_of(processor: Any) -> dict[str, Any]:
    """Return what the target is: name, maker, version, format, and the hash of a plugin's files."""
    from ... import __version__
    from ..plugins.cache import plugin_sha256

    if isinstance(processor, Chain) and len(processor) == 1:
        return identity_of(processor[0])
    if isinstance(processor, Faust):
        return {"name": processor.name, "manufacturer": "", "version": "", "format": "Faust",
                "sha256": hashlib.sha256(processor.source.encode()).hexdigest()}  # fmt: skip
    if isinstance(processor, PluginFace) and hasattr(processor, "path"):
        path, report = Path(processor.path), getattr(processor, "report", None)
        kind = "VST3" if is_vst3(path) else "VST2"
        told = {key: getattr(report, key) for key in ("manufacturer", "version", "format", "identifier")} if report else {}
        return {"name": processor.name, "manufacturer": "", "version": "", "format": kind, **told,
                "file": path.name, "sha256": plugin_sha256(path),
                "parameters": {n: [p.raw_value, p.string_value] for n, p in processor.parameters.items()}}  # fmt: skip
    if isinstance(processor, ForeignModel):
        return {"name": processor.name, "manufacturer": "", "version": "", "format": processor.kind,
                "file": processor.path.name, "sha256": sha256_of(processor.path)}  # fmt: skip
    if isinstance(processor, PluginFace):
        return {"name": processor.name, "manufacturer": "", "version": "", "format": "DawDreamer"}
    if _pedalboard.is_native(processor):
        return {
            "name": type(processor).__name__,
            "manufacturer": "Spotify",
            "version": _pedalboard.version(),
            "format": "pedalboard",
        }
    return {"name": type(processor).__name__, "manufacturer": "wetdry", "version": __version__, "format": "wetdry"}
