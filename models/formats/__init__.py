"""Model files: one module a format, each turning a file into a Model; told apart by content."""

from pathlib import Path

from ..errors import ModelFileError
from ..model import Model
from . import safetensors

FORMATS = (safetensors,)


def read(path: Path, head: bytes, size: int) -> Model:
    """Read `path` with the format that recognises its first bytes (`head`) and `size` in bytes."""
    for module in FORMATS:
        if module.recognises(head, size):
            return module.read(path)
    known = ", ".join(module.NAME for module in FORMATS)
    raise ModelFileError(path, "content", f"not a model file wetdry reads ({known})")
