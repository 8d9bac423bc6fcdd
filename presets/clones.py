"""The factory clones: model files that come with wetdry; `wetdry factory` makes them anew."""

from pathlib import Path

from ..models.errors import UnknownName

CLONES = Path(__file__).parent / "clones"


def clone_names() -> list[str]:
    """Return the names of the factory clones, sorted."""
    return sorted(path.stem for path in CLONES.glob("*.safetensors"))


def clone_path(name: str) -> Path:
    """Return the file of a factory clone, for `wetdry.models.load`. Raises UnknownName listing near misses."""
    path = CLONES / f"{name}.safetensors"
    if not name.isidentifier() or not path.is_file():
        raise UnknownName("factory clone", name, clone_names())
    return path
