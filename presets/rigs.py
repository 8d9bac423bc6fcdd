"""The factory rigs: whole setups that come with wetdry, one YAML file each; `wetdry.Rig` plays them."""

from pathlib import Path

from ..models.errors import UnknownName

RIGS = Path(__file__).parent / "rigs"


def rig_names() -> list[str]:
    """Return the names of the factory rigs, sorted."""
    return sorted(path.stem for path in RIGS.glob("*.yaml"))


def rig_path(name: str) -> Path:
    """Return the file of a factory rig, for `wetdry.Rig.load`. Raises UnknownName listing near misses."""
    path = RIGS / f"{name}.yaml"
    if not name.isidentifier() or not path.is_file():
        raise UnknownName("factory rig", name, rig_names())
    return path
