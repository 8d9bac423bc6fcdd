"""Which files are plugins, and who hosts them."""

from pathlib import Path

from ...models.errors import FileProblem, InvalidValue, PluginError

HOSTS = ("pedalboard", "dawdreamer")
VST2_SUFFIXES = (".so", ".dll", ".dylib", ".vst")
OTHERS = {".lv2": "an LV2", ".clap": "a CLAP", ".component": "an Audio Unit"}


def check_path(path: str | Path) -> Path:
    """Return `path` as a Path where it can be a VST3 or a VST2; raises FileProblem or PluginError in one line."""
    file = Path(path).expanduser()
    suffix = file.suffix.lower()
    if not file.exists():
        raise FileProblem(f"no plugin at {file}: check the path (VST3s usually lie in /usr/lib/vst3 or ~/.vst3, "
                          "VST2s in /usr/lib/vst or ~/.vst)")  # fmt: skip
    if suffix in OTHERS:
        raise PluginError(f"{file} is {OTHERS[suffix]}; wetdry loads VST3 and VST2: pass the one of the same plugin")
    if not is_plugin_file(file):
        raise PluginError(f"{file} is not a plugin: pass a .vst3 file or folder, or a VST2 ({', '.join(VST2_SUFFIXES)})")
    return file


def is_vst3(file: Path) -> bool:
    """Tell whether `file` is a VST3 by its name."""
    return file.suffix.lower() == ".vst3"


def is_vst2(file: Path) -> bool:
    """Tell whether `file` is a VST2 by its name."""
    return file.suffix.lower() in VST2_SUFFIXES


def is_plugin_file(file: Path) -> bool:
    """Tell whether `file` is a plugin by its name."""
    return is_vst3(file) or is_vst2(file)


def host_of(file: Path, host: str | None = None) -> str:
    """Return who hosts `file`: `host`, or "pedalboard" for a VST3 and "dawdreamer" for a VST2. Raises InvalidValue."""
    if host is not None and host not in HOSTS:
        raise InvalidValue(f"host = {host!r} is not one of {', '.join(map(repr, HOSTS))}")
    if host == "pedalboard" and is_vst2(file):
        raise InvalidValue(f"{file.name} is a VST2, which pedalboard does not load: leave host out")
    return host or ("dawdreamer" if is_vst2(file) else "pedalboard")
