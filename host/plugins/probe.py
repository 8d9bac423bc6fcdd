"""The first load of a plugin happens in a child process: what hangs or crashes there is an error here.

The child (`probe_child`) loads the plugin, measures it, and writes its answer to a file after every stage,
so that a crash can be told by the stage it happened in. Answers, the bad ones too, are remembered on disk.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...models.errors import InvalidValue, PluginError
from .. import _dawdreamer, _pedalboard
from ..character import Character
from ..measure import Delay
from .cache import cache_file, recall, remember
from .child import run_child
from .formats import check_path, host_of
from .installed import located
from .knobs import Knob
from .quarantine import host_that_plays, refuse_quarantined

PROBE_VERSION = 6


@dataclass(frozen=True)
class PluginReport:
    """What `wetdry inspect` prints about a plugin.

    Attributes:
        path, plugin_name: the file, and which of its plugins.
        name, manufacturer, version, category, format, identifier: as the plugin says.
        host: who hosts it, "pedalboard" or "dawdreamer".
        channels: the channel counts it accepts (of 1 and 2).
        output_channels: channels that come out; None: as many as go in.
        key_channels: of its side-chain; 0: it has none that its host plays.
        knobs: by name; row with unit, range, default, scale, choices.
        filtered: parameters that are no knobs, and why.
        reported_latency_samples: as the plugin says at 48 kHz, defaults.
        delay: as measured by an impulse, without compensation; None where nothing came back.
        tail_seconds: to -90 dB after a noise burst at the defaults; None where it takes longer than 10 s.
        character: how far back it hears and how it bends, at the defaults.
        deterministic: whether two fresh instances render the same noise to the same samples.
        repeat_esr: energy of their difference over the energy of the render.
        reload: "clears" (reset() clears its audio) or "persists" (it is re-instantiated at each reset).
        load_seconds, real_time_factor: of this machine, at the probe.
    """

    path: str
    plugin_name: str | None
    name: str
    manufacturer: str
    version: str
    category: str
    format: str
    identifier: str
    host: str
    channels: tuple[int, ...]
    output_channels: int | None
    key_channels: int
    knobs: dict[str, Knob]
    filtered: dict[str, str]
    reported_latency_samples: int
    delay: Delay | None
    tail_seconds: float | None
    character: Character
    deterministic: bool
    repeat_esr: float
    reload: str
    load_seconds: float
    real_time_factor: float

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "PluginReport":
        """Rebuild from the plain JSON data that the probe wrote."""
        values = dict(data)
        values["channels"] = tuple(values["channels"])
        values["knobs"] = {name: Knob.from_dict(knob) for name, knob in values["knobs"].items()}
        values["delay"] = Delay(**values["delay"]) if values["delay"] else None
        values["character"] = Character(**values["character"])
        return cls(**values)


def inspect(
    path: str | Path,
    plugin_name: str | None = None,
    *,
    host: str | None = None,
    timeout: float = 60.0,
    refresh: bool = False,
) -> PluginReport:
    """Load and measure a plugin in a child process, or answer from what is remembered of it.

    Args:
        path: a .vst3 file or bundle folder, a VST2, or the name of an installed one.
        plugin_name: which plugin, where the file holds several.
        host: "pedalboard" or "dawdreamer"; None: pedalboard for a VST3, DawDreamer for a VST2.
        timeout: seconds the child may take.
        refresh: probe again even if an answer is remembered.

    Raises:
        FileProblem: nothing at `path`.
        MissingExtra: its host is not installed.
        PluginError: not a plugin, or it hung, crashed or refused; names the plugin, what happened and the next step.
    """
    file, named = located(path)
    file, plugin_name = check_path(file), plugin_name or named
    if not timeout > 0:
        raise InvalidValue(f"timeout = {timeout} s: pass a positive number of seconds")
    host = host_of(file, host or host_that_plays(file, plugin_name))
    version = _pedalboard.version() if host == "pedalboard" else _dawdreamer.version()
    remembered_in = cache_file(file, plugin_name, PROBE_VERSION, host, version)
    answer = None if refresh else recall(remembered_in)
    if answer is None and not refresh:
        refuse_quarantined(file, plugin_name, timeout)
    if answer is None or (answer.get("timeout") is not None and answer["timeout"] < timeout):
        answer = _run_child(file, plugin_name, host, timeout)
        remember(remembered_in, answer)
        hint = ""
    else:
        hint = f" (remembered from an earlier try; delete {remembered_in} to try again)"
    if "error" in answer:
        raise PluginError(answer["error"] + hint)
    try:
        return replace(PluginReport.from_dict(answer["report"]), path=str(file))
    except (KeyError, TypeError, ValueError):  # a cache file that is not ours or was damaged
        if refresh:
            raise
        return inspect(path, plugin_name, host=host, timeout=timeout, refresh=True)


def _run_child(file: Path, plugin_name: str | None, host: str, timeout: float) -> dict[str, Any]:
    """Return {"report": …} or {"error": …}; never raises for what the plugin does."""
    request = {"path": str(file), "plugin_name": plugin_name, "host": host}
    ending = run_child("wetdry.host.plugins.probe_child", request, timeout)
    if "report" in ending.answer or "error" in ending.answer:
        return ending.answer
    if ending.hung:
        hint = "load_plugin(..., timeout=300) allows more time"
        return {"error": f"{file.name} hung while {ending.stage} (stopped after {timeout:g} s); {hint}", "timeout": timeout}
    told = ending.crash or "it ended the process"
    return {"error": f"{file.name} crashed while {ending.stage} ({told}); it cannot be hosted in this version: try another one"}
