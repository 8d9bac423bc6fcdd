"""How close NeuralCompressor's factory clone is to ZamComp on your recordings, at drawn settings that no training saw.

python tests/benchmarks/compressor.py SEED RECORDING.wav …     (48 kHz; ten seconds of each are played)
"""

import sys
from pathlib import Path

import numpy as np

from wetdry import NeuralCompressor, load_plugin
from wetdry.host.evaluation.summary import REDUCED_DB
from wetdry.host.evaluation.surroundings import machine, versions
from wetdry.models.audio_file import read_audio
from wetdry.models.metrics import esr, gain_error_db, gain_trace_db, loudness_difference

RATE, SETTINGS, SECONDS = 48000, 16, 10


def main(seed: str, *paths: str) -> None:
    twin, plugin, rng = NeuralCompressor(), load_plugin("/usr/lib/vst3/ZamComp.vst3"), np.random.default_rng(int(seed))
    cells = []
    for _ in range(SETTINGS):
        for knob in twin.model.spec.knobs:
            value = knob.from_raw(float(rng.random()))
            plugin.parameters[knob.name].value = value
            twin.parameters[knob.name].value = value
        for path in paths:
            audio, rate = read_audio(Path(path))
            if rate != RATE:
                raise SystemExit(f"{path} is at {rate} Hz; the twin plays at {RATE} Hz")
            dry = np.ascontiguousarray(audio[0, : SECONDS * RATE])
            target, estimate = plugin(dry, RATE), twin(dry, RATE)
            trace = gain_trace_db(dry, target, RATE)
            if np.nanmean(trace) <= -REDUCED_DB:
                difference = loudness_difference(target, estimate, RATE)
                cells.append((esr(target, estimate), difference, gain_error_db(dry, target, estimate, RATE)))
    print(f"{len(cells)} cells of {SETTINGS} settings turned down by {REDUCED_DB:g} dB or more; seed {seed}")
    print("                  median  90 %   worst")
    for name, column in zip(("ESR", "LUFS difference", "gain error, dB"), np.array(cells, float).T, strict=True):
        print(f"{name:<16}  {np.median(column):6.4f}  {np.quantile(column, 0.9):6.4f}  {column.max():6.4f}")
    print(*machine().values(), *(f"{name} {number}" for name, number in versions("pedalboard").items()), sep=", ")


if __name__ == "__main__":
    main(*sys.argv[1:])
