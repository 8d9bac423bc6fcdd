"""NeuralCompressor: a net that learned a compressor plugin; its meter, its presets, and the smash under the dry sound.

python examples/compress_a_riff.py [DRY.wav]    without a file: picked strings
"""

import sys

import numpy as np
import soundfile

from wetdry import NeuralCompressor
from wetdry.host.audio_file import level_text
from wetdry.host.strings import riff


def main(path: str = "") -> None:
    dry, rate = soundfile.read(path, dtype="float32") if path else (riff(6, 48000, "picked", seed=2), 48000)
    print(f"{'dry':<16}{level_text(dry)}")

    compressor = NeuralCompressor(threshold_db=-36, ratio=6, attack_ms=5, makeup_db=9)
    blocks, readings = [], []
    for start in range(0, len(dry), 512):  # as a host plays it, its meter read after each block
        blocks.append(compressor(dry[start : start + 512], rate, reset=False))
        readings.append(compressor.gain_reduction_db)
    wet = np.concatenate(blocks)
    soundfile.write("wet.wav", wet, rate, subtype="FLOAT")
    print(f"{'wet':<16}{level_text(wet)}; reduced by {np.median(readings):.1f} dB, at most {max(readings):.1f} dB")
    for second in range(0, len(readings) * 512 // rate):
        reading = readings[second * rate // 512]
        print(f"  {second} s  {'#' * round(reading)} {reading:.1f} dB")

    for name in NeuralCompressor.presets():
        print(f"{name:<16}{level_text(NeuralCompressor.preset(name)(dry, rate))}")
    smashed = NeuralCompressor.preset("Parallel Smash")(dry, rate)
    soundfile.write("parallel.wav", smashed, rate, subtype="FLOAT")


if __name__ == "__main__":
    main(*sys.argv[1:])
