"""The door for what is foreign: VST3 and VST2 plugins and foreign models, loaded by their path."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ...models.errors import InvalidValue
from ..foreign import SUFFIXES, ForeignModel, Given
from .formats import check_path, host_of
from .installed import located
from .isolated import IsolatedPlugin
from .probe import inspect
from .quarantine import host_that_plays
from .vst3 import Plugin

if TYPE_CHECKING:
    from ..dawdreamer.plugin import DawDreamerPlugin

__all__ = ["ForeignModel", "IsolatedPlugin", "Plugin", "load_plugin"]

Turned = TypeVar("Turned", Plugin, "DawDreamerPlugin", IsolatedPlugin, ForeignModel)


def load_plugin(
    path: str | Path,
    plugin_name: str | None = None,
    parameter_values: Mapping[str, Any] | None = None,
    *,
    probe: bool = True,
    timeout: float = 60.0,
    host: str | None = None,
    isolated: bool = False,
    trusted: bool = False,
    sample_rate: float | None = None,
    block_size: int | None = None,
    look_behind: int | None = None,
    delay_samples: int | None = None,
    buffer_size: int | None = None,
) -> "Plugin | DawDreamerPlugin | IsolatedPlugin | ForeignModel":
    """Load a VST3 or VST2 effect, or a foreign model: ONNX, or TorchScript (plain, Neutone's, nn~'s and RAVE's).

    Args:
        path: the name of an installed plugin (`wetdry plugins` lists them), a .vst3 file or bundle folder, a VST2 (.so, .dll,
            .dylib, .vst), an .onnx file, or a TorchScript file (.ts, .nm, .pt).
        plugin_name: which plugin, where the file holds several.
        parameter_values: knobs to set at once, in their units.
        probe: load it in a child process first (once per file and version; remembered), so that a plugin that
            hangs or crashes raises instead of taking this process along. False: trust it.
        timeout: seconds the probe may take; in a process of its own, any later answer too.
        host: "pedalboard", which streams and is the one for a VST3 unless told otherwise, or "dawdreamer", which plays whole
            signals only and is the one for a VST2, and for a VST3 that in the last scan no other host could load.
        isolated: play it in a process of its own (VST3 and VST2): its crash, or its not answering in time, raises
            PluginCrashed there and then and costs nothing else; `reset()` starts it anew with the same knobs. A call costs
            some 0.1 ms more (`wetdry bench --isolation`).

    Args for foreign models alone:
        trusted: TorchScript is a program and runs only if you trust whom it comes from.
        sample_rate: in Hz, what the model plays at; None: what it says, and where it says nothing the host's.
        block_size: samples it takes at a time; None: what it says, or any number.
        look_behind: samples before each block that a model without a state is handed with it; None: what it says, and
            where it says nothing what is measured.
        delay_samples: by which its answer lags, at its own rate, to be taken out; None: what it says.
        buffer_size: you will stream blocks of this many samples, or multiples, and no others: it then lags less than one
            that is ready for any block (`host.foreign.host_latency`).

    Raises:
        FileProblem, PluginError: nothing there, no plugin and no model, or it hung, crashed or refused; not trusted.
        UnknownName, InvalidType, InvalidValue: `parameter_values` names no knob, or a value it does not take.
        MissingExtra: pedalboard, dawdreamer, onnxruntime or torch is needed and not installed.
    """
    given = Given(sample_rate, block_size, look_behind, delay_samples, buffer_size)
    file = Path(path).expanduser()
    if file.suffix.lower() in SUFFIXES:
        return _turned(ForeignModel(file, given, trusted), parameter_values)
    if given.said():
        raise InvalidValue(f"{next(iter(given.said()))} is for foreign models ({', '.join(SUFFIXES)}); {file.name} is none")
    file, named = located(path)
    file, plugin_name = check_path(file), plugin_name or named
    host = host_of(file, host or host_that_plays(file, plugin_name))
    if host == "dawdreamer" and plugin_name is not None:
        raise InvalidValue(f"plugin_name = {plugin_name!r}: DawDreamer loads the first plugin of a file; leave it out")
    report = inspect(file, plugin_name, host=host, timeout=timeout) if probe else None
    if isolated:
        arguments = {"host": host, "probe": probe}
        return _turned(IsolatedPlugin(file, plugin_name, arguments, timeout, report), parameter_values)
    if host == "dawdreamer":
        from ..dawdreamer.plugin import DawDreamerPlugin  # which needs this package

        return _turned(DawDreamerPlugin(file, report), parameter_values)
    return _turned(Plugin(file, plugin_name, report), parameter_values)


def _turned(plugin: Turned, values: Mapping[str, Any] | None) -> Turned:
    for name, value in (values or {}).items():
        plugin.parameters[name].value = value
    return plugin
