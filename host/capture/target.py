"""The target of a capture: any processor, its knobs turned and checked, played from silence, timed."""

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
from ..foreign import ForeignModel
from ..native_knobs import range_is_unknown
from ..plugins import Plugin, load_plugin

BLOCK = 8192
GIVEN_SCALES = ("linear", "log")
Ranges = Mapping[str, tuple[float, float] | tuple[float, float, str] | None]


def as_processor(target: Any) -> Any:
    """Return what to describe and play: a path loaded, everything else as it is."""
    if isinstance(target, str | Path):
        return load_plugin(target)
    if not callable(getattr(target, "process", None)):
        raise InvalidType(
            f"target {target!r:.80} is no processor: pass a .vst3 or .onnx path, an effect, a pedalboard plugin or a Chain"
        )
    return target


class Target:
    """A processor under capture.

    Attributes:
        processor: what was built; a native plugin stands in a Chain of its own, which streams it exactly.
        seconds: time spent inside its process calls so far.
        channels: how many equal channels it is fed (1, or 2 where it takes no less; the first is captured).
    """

    def __init__(self, processor: Any, sample_rate: float) -> None:
        self.processor, self.sample_rate, self.seconds = _with_knobs(processor), sample_rate, 0.0
        self.channels = self._channels()

    def _channels(self) -> int:
        for count in (1, 2):
            try:
                self.processor.process(np.zeros((count, 512), np.float32), self.sample_rate)
                return count
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
        """
        wanted = lead + shift + len(audio)
        padded = np.concatenate([np.zeros(lead, np.float32), audio, np.zeros(max(shift, 0), np.float32)])
        self.processor.reset()
        heard: list[np.ndarray] = []
        got = at = 0
        while got < wanted:
            piece = padded[at : at + block]
            if len(piece) < block:
                piece = np.concatenate([piece, np.zeros(block - len(piece), np.float32)])
            if at > len(padded) + 30 * self.sample_rate:
                raise CaptureError(f"{self.processor!r:.80} swallows audio: {wanted - got} samples have not come out")
            fed = piece if self.channels == 1 else np.tile(piece, (self.channels, 1))
            begun = time.perf_counter()
            answer = self.processor.process(fed, self.sample_rate, BLOCK, False)
            self.seconds += time.perf_counter() - begun
            answer = answer if self.channels == 1 else answer[0]
            heard.append(answer)
            got += len(answer)
            at += block
        start = lead + shift
        whole = np.concatenate(heard)
        if start < 0:
            return np.concatenate([np.zeros(-start, np.float32), whole])[: len(audio)]
        return np.ascontiguousarray(whole[start : start + len(audio)])


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
    if isinstance(processor, Plugin):
        native = processor.native
        return {"name": processor.name, "manufacturer": native.manufacturer_name, "version": native.version,
                "format": "VST3", "identifier": native.identifier, "file": processor.path.name,
                "sha256": plugin_sha256(processor.path),
                "parameters": {n: [p.raw_value, p.string_value] for n, p in processor.parameters.items()}}  # fmt: skip
    if isinstance(processor, ForeignModel):
        return {"name": processor.name, "manufacturer": "", "version": "", "format": processor.kind,
                "file": processor.path.name, "sha256": sha256_of(processor.path)}  # fmt: skip
    if _pedalboard.is_native(processor):
        return {
            "name": type(processor).__name__,
            "manufacturer": "Spotify",
            "version": _pedalboard.version(),
            "format": "pedalboard",
        }
    return {"name": type(processor).__name__, "manufacturer": "wetdry", "version": __version__, "format": "wetdry"}
