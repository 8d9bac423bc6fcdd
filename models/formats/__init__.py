"""Model files: one module a format, each turning a file into a Model; told apart by content.

A module for a JSON format has `NAME`, `recognises(node) -> bool` (which never raises) and
`read(node, options) -> Model`; `node` is the whole file as `json_file.Node`. `options.activation` is not theirs to
follow: `read` below swaps the curves of whatever they return. A format whose files may hold several sizes has
`slimmable(node) -> bool` and follows `options.slim`; for every other file `read` refuses that option.

Who writes which format stands in `writers`; `write` below is its entry.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from ..errors import InvalidValue, ModelFileError
from ..model import Model
from . import aidax, guitarml, json_file, nam, rtneural, safetensors, smart_amp, state_dict
from .fast import with_fast_curves
from .json_file import Node
from .options import ReadOptions
from .writers import write

__all__ = ["JSON_FORMATS", "read", "write"]

JSON_FORMATS: tuple[ModuleType, ...] = (
    nam,
    aidax,
    rtneural,
    guitarml,
    smart_amp,
    state_dict,
)  # aidax before rtneural: it is one with more


def read(path: Path, head: bytes, size: int, options: ReadOptions) -> Model:
    """Read `path` with the format that recognises it; `head` is its first bytes, `size` in bytes."""
    if safetensors.recognises(head, size):
        _check_slim(path, options, slimmable=False)
        model = _reading(path, safetensors.read, path)
    elif head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        model = _read_json(json_file.read(path), options)
    else:
        raise ModelFileError(path, "content", f"not a model file wetdry reads ({_known()})")
    return replace(model, spec=with_fast_curves(model.spec)) if options.activation == "fast" else model


def _read_json(node: Node, options: ReadOptions) -> Model:
    for module in JSON_FORMATS:
        if module.recognises(node):
            slimmable = getattr(module, "slimmable", None)
            _check_slim(node.path, options, slimmable=slimmable is not None and slimmable(node))
            return _reading(node.path, module.read, node, options)
    raise node.problem(f"JSON, but not of a model file wetdry reads ({_known()})")


def _reading(path: Path, read: Callable[..., Model], *arguments: Any) -> Model:
    try:
        return read(*arguments)
    except InvalidValue as error:  # what the spec or the model refuses: "field: reason"
        field, _, reason = str(error).partition(": ")
        raise ModelFileError(path, field, reason) from None


def _check_slim(path: Path, options: ReadOptions, slimmable: bool) -> None:
    if options.slim is not None and not slimmable:
        raise InvalidValue(f"slim = {options.slim:g}: {path} holds one size; leave slim out")


def _known() -> str:
    return ", ".join(module.NAME for module in (safetensors, *JSON_FORMATS))
