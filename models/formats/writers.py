"""Which module writes which format, each imported when it is needed.

A writer is a function `write(model: Model, path: Path) -> None` in the module of its format. It writes atomically
(`models.files`), and raises CannotHold before anything is written where the format has no room for the model.
"""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from ..errors import InvalidValue, UnknownName
from ..model import Model

JSON_SUFFIX = ".json"


@dataclass(frozen=True)
class Writer:
    """Who writes a format.

    Attributes:
        module: seen from this package.
        suffixes: of file names, lower case, that say the format; empty: it is asked for by name.
        json: whether its files may also end in `.json`, which several formats share.
    """

    module: str
    suffixes: tuple[str, ...] = ()
    json: bool = False


WRITERS = {
    "safetensors": Writer(".safetensors", (".safetensors",)),
    "nam": Writer(".nam_writing", (".nam",)),
    "rtneural": Writer(".rtneural_writing", json=True),
    "aidax": Writer(".aidax_writing", (".aidax",), json=True),
    "guitarml": Writer(".guitarml_writing", json=True),
    "onnx": Writer(".onnx_writing", (".onnx",)),
    "torchscript": Writer("..nets.torchscript", (".ts",)),
    "header": Writer(".header", (".h", ".hpp")),
}


def write(model: Model, path: Path, format: str | None = None) -> None:
    """Write `model` to `path` in the format of that name, or of the suffix. Raises as `Model.save` says."""
    writer = WRITERS[format_of(path, format)]
    import_module(writer.module, __package__).write(model, path)


def format_of(path: Path, format: str | None = None) -> str:
    """Return the name of the format that `path` is to have; raises InvalidValue or UnknownName."""
    if format is not None:
        if format not in WRITERS:
            raise UnknownName("format", format, WRITERS)
        return format
    suffix = path.suffix.lower()
    for name, writer in WRITERS.items():
        if suffix in writer.suffixes:
            return name
    if suffix == JSON_SUFFIX:
        shared = " or ".join(name for name, writer in WRITERS.items() if writer.json)
        raise InvalidValue(f"{path.name}: .json may be {shared}; say which: format='aidax', on the command line --format aidax")
    known = ", ".join(suffix for writer in WRITERS.values() for suffix in writer.suffixes)
    raise InvalidValue(
        f"{path.name}: the suffix names no format wetdry writes ({known}); end the name in one, or give the format"
    )
