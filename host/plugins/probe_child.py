"""The child process of `probe`: load one plugin, measure it, write the answer (JSON), exit.

python -P -m wetdry.host.plugins.probe_child '{"path": …, "plugin_name": …, "host": …, "answer": …, "seconds": …}'
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import WetdryError
from ..character import measure_character
from ..measure import difference, measure_delay, measure_tail, noise
from .cache import write_json
from .probe_subjects import SAMPLE_RATE, SUBJECTS


def main() -> None:
    """Run the request in argv; exit code 0 with an answer written, whatever the plugin is like."""
    request = json.loads(sys.argv[1])
    answer = Path(request["answer"])
    try:
        report = probe(
            request["path"], request["plugin_name"], request["host"], lambda stage: write_json(answer, {"stage": stage})
        )
        write_json(answer, {"report": report})
    except WetdryError as error:
        write_json(answer, {"error": str(error)})
    sys.stdout.flush()
    os._exit(0)  # not through the plugin's destructors: a plugin that crashes on the way out has already told us all


def probe(path: str, plugin_name: str | None, host: str, stage: Any) -> dict[str, Any]:
    """Return the fields of PluginReport as plain JSON data."""
    stage("loading")
    begun = time.perf_counter()
    subject = SUBJECTS[host](Path(path), plugin_name)
    load_seconds = time.perf_counter() - begun
    identity = subject.identity()
    stage("reading its parameters")
    knobs, filtered = subject.read_knobs()
    stage("processing audio")
    subject.find_channels()
    before = {name: subject.raw_value(name) for name in knobs}
    seconds, first = _timed(subject.render)
    subject.play_on(_test_noise())
    filtered |= {name: "moves by itself (a meter), not a knob" for name in knobs if subject.raw_value(name) != before[name]}
    knobs = {name: knob for name, knob in knobs.items() if name not in filtered}
    stage("repeating a render in a fresh instance")
    second = subject.fresh().render(_test_noise())
    stage("measuring its latency")
    delay = measure_delay(subject.uncompensated, SAMPLE_RATE)
    stage("measuring its tail")
    tail = measure_tail(subject.render, SAMPLE_RATE, longest_seconds=10.0 if seconds < 0.5 else 2.0)
    stage("measuring how it bends and what it remembers")
    character = measure_character(subject.render, SAMPLE_RATE)
    return {
        "path": path,
        "plugin_name": plugin_name,
        **identity,
        "host": host,
        "channels": list(subject.channels),
        "output_channels": subject.output_channels,
        "key_channels": subject.key_channels,
        "knobs": {name: knob.to_dict() for name, knob in knobs.items()},
        "filtered": filtered,
        "reported_latency_samples": subject.latency_samples,
        "delay": delay.to_dict() if delay else None,
        "tail_seconds": tail,
        "character": character.to_dict(),
        "deterministic": bool((first == second).all()),
        "repeat_esr": difference(first, second),
        "reload": subject.reload,
        "load_seconds": round(load_seconds, 4),
        "real_time_factor": round(1.0 / seconds, 2),
    }


def _test_noise() -> np.ndarray:
    return noise(SAMPLE_RATE)


def _timed(render: Any) -> tuple[float, np.ndarray]:
    render(_test_noise())
    begun = time.perf_counter()
    heard = render(_test_noise())
    return time.perf_counter() - begun, heard


if __name__ == "__main__":
    main()
