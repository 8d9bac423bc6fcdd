"""The one file that imports pedalboard (GPLv3): lazily, and with the pip line where it is missing."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..models.errors import InvalidValue, MissingExtra, PluginError
from .float_mode import kept_float_mode
from .quiet import quiet_stderr
from .shared_library import keep_for_both


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


def plugin_names(path: Path) -> list[str]:
    """Return the names of the plugins in a VST3 file; [] where it cannot be read."""
    with quiet_stderr():
        try:
            return [str(name) for name in pedalboard().VST3Plugin.get_plugin_names_for_file(str(path))]
        except (ImportError, ValueError, RuntimeError):
            return []


def load_vst3(path: Path, plugin_name: str | None, reload: str | None = None) -> Any:
    """Load a VST3 in this process. Raises PluginError in one line; a plugin that crashes takes the process along.

    pedalboard finds out at load, with random noise, whether `reset()` clears the plugin's audio, and gets it wrong
    now and then (ZamTube: 11 of 100 loads; audio then leaks from one render into the next). So a load is tried
    again until it is as `reload` ("clears", "persists") says, or, where that is not known, until nothing leaks.
    """
    native = None
    with kept_float_mode():
        for _ in range(12):
            native = _load_once(path, plugin_name)
            if reload_type(native) == "persists" or reload == "clears" or (reload is None and not _leaks(native)):
                break
    return native


def reload_type(native: Any) -> str:
    """Return "clears" or "persists": what pedalboard took the plugin for at this load."""
    return "persists" if "Persists" in str(native._reload_type) else "clears"


def _leaks(native: Any) -> bool:
    rng = np.random.default_rng(0)
    try:
        audio, other = (rng.uniform(-1, 1, (_first_channels(native), 9600)).astype(np.float32) for _ in range(2))
        native.process(other, 48000, reset=False)
        first = native.process(audio, 48000)
        native.process(other, 48000, reset=False)
        return not np.array_equal(first, native.process(audio, 48000))
    except (ValueError, RuntimeError):
        return False  # an instrument, or a layout that cannot be played: the caller says so


def _first_channels(native: Any) -> int:
    return next((count for count in (1, 2) if _accepts(native, count)), 1)


def accepted_channels(native: Any) -> tuple[int, ...]:
    """Return the channel counts (of 1 and 2) that a plugin takes; what it played before is cleared."""
    return tuple(count for count in (1, 2) if _accepts(native, count))


def _accepts(native: Any, channels: int) -> bool:
    try:
        native.process(np.zeros((channels, 512), np.float32), 48000)
    except ValueError:
        return False
    return True


def _load_once(path: Path, plugin_name: str | None) -> Any:
    module = pedalboard()
    with quiet_stderr():
        try:
            native = module.VST3Plugin(str(path), plugin_name=plugin_name)
            keep_for_both(path, "pedalboard", native)
            return native
        except (ImportError, ValueError, RuntimeError, NotImplementedError) as error:
            reason = str(error).strip().splitlines()[-1].strip()
    if "plugin_name" in reason or "multiple plugins" in reason:
        names = ", ".join(module.VST3Plugin.get_plugin_names_for_file(str(path)))
        raise PluginError(f"{path} holds several plugins: pass plugin_name, one of: {names}")
    if "main thread" in reason:
        raise PluginError(f"{path}: plugins load on the thread that loaded the first one; call load_plugin there")
    raise PluginError(f"{path} is not a VST3 plugin that loads on this machine ({reason})")


@contextmanager
def plain_errors(name: str) -> Iterator[None]:
    """Turn what pedalboard raises while the plugin `name` processes into our errors; keep the float mode."""
    try:
        with kept_float_mode():
            yield
    except RuntimeError as error:
        if "main thread" not in str(error):
            raise
        raise PluginError(f"{name} is reloaded at every reset, which only its loading thread may do: "
                          "pass reset=False here, or call from that thread") from None  # fmt: skip
    except ValueError as error:
        if "channel" not in str(error):
            raise
        raise InvalidValue(f"{name}: {str(error).splitlines()[0]}") from None
