"""NeuralSaturator beside TubeSaturator: the same stage as maths and as a net that learned it, heard and measured.

python examples/maths_beside_net.py [DRY.wav]    without a file: a riff of plucked strings
"""

import sys

import numpy as np
import soundfile

from wetdry import Benchmark, NeuralSaturator, TubeSaturator
from wetdry.host.audio_file import level_text
from wetdry.host.strings import riff


def main(path: str = "") -> None:
    dry, rate = soundfile.read(path, dtype="float32") if path else (riff(6, 48000, seed=9), 48000)
    print(f"{'dry':<22}{level_text(dry)}")

    for drive_db, tone_hz in ((6, 8000), (20, 4000), (36, 2500)):
        maths = TubeSaturator(drive_db=drive_db, tone_hz=tone_hz, bias=0.1, oversampling=8)(dry, rate)
        net = NeuralSaturator(drive_db=drive_db, tone_hz=tone_hz)(dry, rate)
        error = np.sum((net - maths) ** 2) / np.sum(maths**2)  # both make up for their latency, so they line up
        print(f"{f'{drive_db} dB, {tone_hz} Hz':<22}{level_text(net)}; error {error:.5f} of the energy")
    soundfile.write("maths.wav", maths, rate, subtype="FLOAT")
    soundfile.write("wet.wav", net, rate, subtype="FLOAT")

    for effect in (TubeSaturator(oversampling=8), NeuralSaturator()):
        timing = Benchmark(effect, buffer_size=512, sample_rate=rate).run(longest_seconds=1).report().timings[0]
        print(f"{type(effect).__name__:<22}{timing.ns_per_sample:.0f} ns a sample in blocks of 512")


if __name__ == "__main__":
    main(*sys.argv[1:])
