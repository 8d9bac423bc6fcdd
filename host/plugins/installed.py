"""Where plugins are installed."""

from pathlib import Path

from ...models.errors import FileProblem, UnknownName

PLUGIN_FOLDERS = (
    "~/.vst3",
    "/usr/local/lib/vst3",
    "/usr/lib/vst3",
    "/Library/Audio/Plug-Ins/VST3",
    "C:/Program Files/Common Files/VST3",
)


def plugin_path(text: str) -> Path:
    """Return the path of a .vst3 given by path, or by name in the folders where plugins are installed."""
    path = Path(text).expanduser()
    if path.exists() or len(path.parts) > 1:
        return path
    folders = [Path(folder).expanduser() for folder in PLUGIN_FOLDERS]
    for folder in folders:
        if (folder / path).exists():
            return folder / path
    installed = sorted(file.name for folder in folders if folder.is_dir() for file in folder.glob("*.vst3"))
    raise FileProblem(str(UnknownName("plugin file", text, installed)))
