"""The child process of `probe`: load one plugin, measure it, write the answer (JSON), exit.

python -P -m wetdry.host.plugins.probe_child '{"path": …, "plugin_name": …, "answer": …, "seconds": …}'
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import PluginError, WetdryError
from .. import _pedalboard
from ..character import measure_character
from ..measure import difference, measure_delay, measure_tail, noise
from .cache import write_json
from .knobs import knobs_of

SAMPLE_RATE = 48_000


def main() -> None:
    """Run the request in argv; exit code 0 with an answer written, whatever the plugin is like."""
    request = json.loads(sys.argv[1])
    answer = Path(request["answer"])
    try:
        report = probe(request["path"], request["plugin_name"], lambda stage: write_json(answer, {"stage": stage}))
        write_json(answer, {"report": report})
    except WetdryError as error:
        write_json(answer, {"error": str(error)})
    sys.stdout.flush()
    os._exit(0)  # not through the plugin's destructors: a plugin that crashes on the way out has already told us all


def probe(path: str, plugin_name: str | None, stage: Any) -> dict[str, Any]:
    """Return the fields of PluginReport as plain JSON data."""
    stage("loading")
    begun = time.perf_counter()
    native = _pedalboard.load_vst3(Path(path), plugin_name)
    load_seconds = time.perf_counter() - begun
    if not native.is_effect:
        raise PluginError(f"{native.name} is an instrument; wetdry hosts effects: pass an effect")
    stage("reading its parameters")
    knobs, filtered = knobs_of(native.parameters)
    stage("processing audio")
    channels = [count for count in (1, 2) if _accepts(native, count)]
    if not channels:
        raise PluginError(f"{native.name} takes neither 1 nor 2 channels; wetdry hosts mono and stereo effects")
    before = {name: native.parameters[name].raw_value for name in knobs}
    render = _renderer(native, channels[0])
    seconds, first = _timed(render)
    filtered |= {
        name: "moves by itself (a meter), not a knob" for name in knobs if native.parameters[name].raw_value != before[name]
    }
    knobs = {name: knob for name, knob in knobs.items() if name not in filtered}
    stage("repeating a render in a fresh instance")
    second = _renderer(_pedalboard.load_vst3(Path(path), plugin_name, _pedalboard.reload_type(native)), channels[0])(
        _test_noise()
    )
    repeat_esr = difference(first, second)
    stage("measuring its latency")
    delay = measure_delay(_uncompensated(native, channels[0]), SAMPLE_RATE)
    stage("measuring its tail")
    tail = measure_tail(render, SAMPLE_RATE, longest_seconds=10.0 if seconds < 0.5 else 2.0)
    stage("measuring how it bends and what it remembers")
    character = measure_character(render, SAMPLE_RATE)
    return {
        "path": path,
        "plugin_name": plugin_name,
        "name": native.name,
        "manufacturer": native.manufacturer_name,
        "version": native.version,
        "category": native.category,
        "format": "VST3",
        "identifier": native.identifier,
        "channels": channels,
        "knobs": {name: knob.to_dict() for name, knob in knobs.items()},
        "filtered": filtered,
        "reported_latency_samples": int(native.reported_latency_samples),
        "delay": delay.to_dict() if delay else None,
        "tail_seconds": tail,
        "character": character.to_dict(),
        "deterministic": bool((first == second).all()),
        "repeat_esr": repeat_esr,
        "reload": _pedalboard.reload_type(native),
        "load_seconds": round(load_seconds, 4),
        "real_time_factor": round(1.0 / seconds, 2),
    }


def _accepts(native: Any, channels: int) -> bool:
    try:
        native.process(np.zeros((channels, 512), np.float32), SAMPLE_RATE)
    except ValueError:
        return False
    return True


def _renderer(native: Any, channels: int) -> Any:
    def render(audio: np.ndarray) -> np.ndarray:
        return native.process(np.tile(audio, (channels, 1)), SAMPLE_RATE)[0]

    return render


def _uncompensated(native: Any, channels: int) -> Any:
    """As the plugin itself answers: what pedalboard drops from the front is put back."""

    def render(audio: np.ndarray) -> np.ndarray:
        native.reset()
        heard = native.process(np.tile(audio, (channels, 1)), SAMPLE_RATE, reset=False)[0]
        return np.concatenate([np.zeros(len(audio) - len(heard), np.float32), heard])

    return render


def _test_noise() -> np.ndarray:
    return noise(SAMPLE_RATE)


def _timed(render: Any) -> tuple[float, np.ndarray]:
    render(_test_noise())
    begun = time.perf_counter()
    heard = render(_test_noise())
    return time.perf_counter() - begun, heard


if __name__ == "__main__":
    main()
