"""The files that a rig names: found from where the rig lies, and only those that may be opened."""

from pathlib import Path

from ...models.errors import InvalidValue, UnknownName, near_misses
from ...presets import clone_names, clone_path
from ..foreign.model import TORCH_SUFFIXES
from ..plugins.folders import plugin_folders, plugins_in
from ..plugins.installed import installed_names, is_name, located

MOST_LISTED = 2000
TRUST = "open the rig with trusted=True (--trusted) if you trust whom it comes from"


class Missing(InvalidValue):
    """A file that a rig names and this machine does not have; says which are near."""


def found_file(text: str, folder: Path, what: str) -> Path:
    """Return a file that a rig names, from the rig's folder. Raises Missing."""
    path = _path(text, folder)
    if path.is_file():
        return path
    if path.is_dir():
        raise Missing(f"{text} is a folder, and {what} is a file")
    raise Missing(f"no {what} at {text}; {_near(path.name, _beside(path))}")


def found_model(text: str, folder: Path) -> Path:
    """Return the file of a model: a factory clone by its name, or any file. Raises Missing."""
    path = _path(text, folder)
    if path.is_file():
        return path
    if text in clone_names():
        return clone_path(text)
    raise Missing(
        f"no model at {text}, and no factory clone has that name; {_near(path.name, [*clone_names(), *_beside(path)])}"
    )


def found_plugin(text: str, folder: Path) -> tuple[Path, str | None]:
    """Return (path, which plugin of the file) of a plugin: a file from the rig's folder, or an installed one by name.

    Raises:
        Missing: neither.
    """
    path = _path(text, folder)
    if path.exists():
        return path, None
    if is_name(text):
        try:
            return located(text)
        except OSError as error:
            raise Missing(str(error)) from None
    near = near_misses(path.stem, installed_names())
    raise Missing(f"no plugin at {text}; " + (f"installed here: {near}" if near.startswith("did") else
                                              "wetdry plugins lists those installed here"))  # fmt: skip


def why_no_plugin_of_a_stranger(path: Path) -> str:
    """Return why a plugin is not loaded untold: it lies where nobody has installed it; "" where it may be."""
    installed = {found.resolve() for found in plugins_in(plugin_folders())}
    if path.resolve() in installed:
        return ""
    return f"{path.name} is a program, and not among the installed plugins: install it, or {TRUST}"


def why_no_model_of_a_stranger(path: Path) -> str:
    """Return why a model is not loaded untold: a TorchScript is a program; "" where it may be."""
    return f"{path.name} is a TorchScript, and so a program: {TRUST}" if path.suffix.lower() in TORCH_SUFFIXES else ""


def _path(text: str, folder: Path) -> Path:
    try:
        path = folder / Path(text).expanduser()
        path.exists()
        return path
    except (OSError, RuntimeError, ValueError) as error:  # ~nobody, a name of 300 characters, a NUL
        raise Missing(f"{text[:60]!r} is no path: {error}") from None


def _beside(path: Path) -> list[str]:
    try:
        return [entry.name for entry, _ in zip(path.parent.iterdir(), range(MOST_LISTED), strict=False)]
    except OSError:
        return []


def _near(name: str, known: list[str]) -> str:
    near = UnknownName("file", name, known).near
    return near if near.startswith("did you mean") else "none is near"
