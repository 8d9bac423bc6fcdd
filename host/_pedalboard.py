"""The one file that imports pedalboard (GPLv3): lazily, and with the pip line where it is missing."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..models.errors import MissingExtra, PluginError


def pedalboard() -> Any:
    """Return the pedalboard module. Raises MissingExtra where it is not installed."""
    try:
        import pedalboard as module
    except ImportError:
        raise MissingExtra("hosting plugins", "host", "pedalboard") from None
    return module


def version() -> str:
    """Return pedalboard's version."""
    return str(pedalboard().__version__)


def is_native(processor: object) -> bool:
    """Tell whether `processor` is one of pedalboard's own objects, without importing pedalboard to find out."""
    module = sys.modules.get("pedalboard")
    return module is not None and isinstance(processor, module.Plugin)


def native_class(name: str) -> type:
    """Return pedalboard's built-in effect of that name (`Reverb`, `HighpassFilter`, …)."""
    module = pedalboard()
    found = getattr(module, name, None)
    if not (isinstance(found, type) and issubclass(found, module.Plugin)):
        raise PluginError(f"pedalboard {version()} has no plugin named {name!r}")
    return found


def load_vst3(path: Path, plugin_name: str | None) -> Any:
    """Load a VST3 in this process. Raises PluginError in one line; a plugin that crashes takes the process along."""
    module = pedalboard()
    with quiet_stderr():
        try:
            return module.VST3Plugin(str(path), plugin_name=plugin_name)
        except (ImportError, ValueError, RuntimeError, NotImplementedError) as error:
            reason = str(error).strip().splitlines()[-1].strip()
    if "plugin_name" in reason or "multiple plugins" in reason:
        names = ", ".join(module.VST3Plugin.get_plugin_names_for_file(str(path)))
        raise PluginError(f"{path} holds several plugins: pass plugin_name, one of: {names}")
    if "main thread" in reason:
        raise PluginError(f"{path}: plugins load on the thread that loaded the first one; call load_plugin there")
    raise PluginError(f"{path} is not a VST3 plugin that loads on this machine ({reason})")


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Keep what native code prints on stderr off the terminal (plugin frameworks warn at every load and unload)."""
    try:
        sys.stderr.flush()
        saved = os.dup(2)
    except (OSError, AttributeError, ValueError):
        yield
        return
    with tempfile.TemporaryFile() as sink:
        os.dup2(sink.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
