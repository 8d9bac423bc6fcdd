"""Bitcrusher: every preset on a riff, and a loop that falls apart bit by bit.

python examples/crush_a_loop.py [DRY.wav]    without a file: a riff of plucked strings
"""

import sys

import numpy as np
import soundfile

from wetdry import Bitcrusher
from wetdry.host.audio_file import level_text
from wetdry.host.strings import riff


def main(path: str = "") -> None:
    dry, rate = soundfile.read(path, dtype="float32") if path else (riff(6, 48000, "picked", seed=5), 48000)
    print(f"{'dry':<20}{level_text(dry)}")

    takes = []
    for name in Bitcrusher.presets():
        takes.append(Bitcrusher.preset(name)(dry, rate))
        print(f"{name:<20}{level_text(takes[-1])}")
    soundfile.write("presets.wav", np.concatenate(takes), rate, subtype="FLOAT")  # one after the other

    crusher = Bitcrusher(bit_depth=12, rate_hz=24000, hold="filtered")
    steps = 200
    for step in range(steps):
        at = step * len(dry) // steps
        crusher.schedule(at, "bit_depth", 12 - 9 * step / steps)  # fractional depths are allowed
        crusher.schedule(at, "rate_hz", 24000 * 0.1 ** (step / steps))
    wet = crusher(dry, rate, reset=False)
    soundfile.write("wet.wav", wet, rate, subtype="FLOAT")
    print(f"{'falling apart':<20}{level_text(wet)}; ends at {crusher.bit_depth:.1f} bits, {crusher.rate_hz:.0f} Hz")


if __name__ == "__main__":
    main(*sys.argv[1:])
