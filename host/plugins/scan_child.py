"""The child process of `scanning`: load one plugin, look at it, play one block, write the answer (JSON), exit.

python -P -m wetdry.host.plugins.scan_child '{"path": …, "plugin_name": …, "host": …, "answer": …}'
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import PluginError, WetdryError
from .. import _dawdreamer, _pedalboard
from .cache import write_json
from .fakes import why_no_knob
from .formats import is_vst3
from .vst2_identity import read_identity, vst2_entry

SAMPLE_RATE, BLOCK = 48_000, 512
NOT_FINITE = "plays NaN or infinity at its defaults"


def main() -> None:
    """Run the request in argv; exit code 0 with an answer written, whatever the plugin is like."""
    request = json.loads(sys.argv[1])
    answer, path = Path(request["answer"]), Path(request["path"])
    told: dict[str, Any] = {}

    def stage(name: str) -> None:
        write_json(answer, {"stage": name, **told})

    try:
        if request["host"] == "pedalboard":
            look = _look_with_pedalboard(path, request["plugin_name"], stage)
        else:
            look = _look_with_dawdreamer(path, stage)
            if not is_vst3(path) and "several" not in look:
                told["report"] = look
                stage("saying its name")
                look = {**look, **_said(path)}
        write_json(answer, {"report": look} if "several" not in look else look)
    except WetdryError as error:
        write_json(answer, {"refused": str(error), **told})
    sys.stdout.flush()
    os._exit(0)  # not through the plugin's destructors: a plugin that crashes on the way out has already told us all


def _look_with_pedalboard(path: Path, plugin_name: str | None, stage: Callable[[str], None]) -> dict[str, Any]:
    stage("loading")
    if plugin_name is None:
        names = _pedalboard.plugin_names(path)
        if len(names) > 1:
            return {"several": names}
    native = _pedalboard.load_vst3(path, plugin_name, "clears")  # one load: whether a reset clears it is not asked here
    found = {
        "name": native.name, "maker": native.manufacturer_name, "version": native.version, "category": native.category,
        "instrument": not native.is_effect, "channels": [], "knobs": [], "latency_samples": 0,
    }  # fmt: skip
    stage("saying its parameters")
    knobs = {str(foreign.name): foreign for foreign in native.parameters.values() if not _no_knob(foreign)}
    found["knobs"] = list(knobs)
    if native.is_effect:
        stage("playing a block")
        before = {name: foreign.raw_value for name, foreign in knobs.items()}
        found["channels"] = [[count, count] for count in (1, 2) if _plays(native, count)]
        found["knobs"] = [name for name, raw in before.items() if knobs[name].raw_value == raw]  # no meters
        found["latency_samples"] = int(native.reported_latency_samples)
    return found


def _no_knob(foreign: Any) -> str:
    return why_no_knob(str(foreign.name), bool(foreign.is_automatable), len(set(foreign.valid_values)))


def _plays(native: Any, channels: int) -> bool:
    try:
        heard = native.process(_noise(channels), SAMPLE_RATE)
    except ValueError:
        return False
    _check_finite(heard)
    return True


def _look_with_dawdreamer(path: Path, stage: Callable[[str], None]) -> dict[str, Any]:
    stage("loading")
    if not is_vst3(path) and vst2_entry(path) is None:
        return {"several": []}  # a library of another kind: no plugin in it
    engine = _dawdreamer.Engine(SAMPLE_RATE, BLOCK)
    native = engine.plugin("plugin", path)
    stage("saying its parameters")
    rows = native.get_parameters_description()
    inputs, outputs = native.get_num_input_channels(), native.get_num_output_channels()
    stage("playing a block")
    graph = [(engine.playback("dry", _noise(inputs)), [])] if inputs else []
    heard = engine.render([*graph, (native, ["dry"] if inputs else [])], 2 * BLOCK)
    _check_finite(heard["plugin"])
    knobs = [row["name"] for row in rows if not why_no_knob(row["name"], row["isAutomatable"])]
    return {
        "name": path.stem, "maker": "", "version": "", "category": "", "instrument": inputs == 0,
        "channels": [[inputs, outputs]], "knobs": knobs, "latency_samples": int(native.get_latency_samples()),
    }  # fmt: skip


def _said(path: Path) -> dict[str, Any]:
    said = asdict(read_identity(path))
    return {name: said[name] for name in ("name", "maker", "category", "version", "instrument")}


def _noise(channels: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.1, 0.1, (channels, 2 * BLOCK)).astype(np.float32)


def _check_finite(heard: np.ndarray) -> None:
    if not np.isfinite(heard).all():
        raise PluginError(NOT_FINITE)


if __name__ == "__main__":
    main()
