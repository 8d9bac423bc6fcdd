"""RandomizedOverdrive: roll the dice for a pedal nobody has, keep the number, and play it.

python examples/roll_an_overdrive.py [DRY.wav] [SEED]    without a file: a riff of plucked strings
"""

import sys

import numpy as np
import soundfile

from wetdry import RandomizedOverdrive
from wetdry.host.audio_file import level_text
from wetdry.host.strings import riff


def main(path: str = "", seed: str = "7") -> None:
    dry, rate = soundfile.read(path, dtype="float32") if path else (riff(6, 48000, "lead", seed=4), 48000)
    print(f"{'dry':<10}{level_text(dry)}")

    takes = []
    for rolled in range(int(seed), int(seed) + 4):  # every seed is another pedal, the same one for ever
        takes.append(RandomizedOverdrive(rolled, drive_db=24)(dry[: 2 * rate], rate))
        print(f"{f'seed {rolled}':<10}{level_text(takes[-1])}")
    soundfile.write("rolls.wav", np.concatenate(takes), rate, subtype="FLOAT")

    pedal = RandomizedOverdrive(int(seed), layers=6, activation="relu", weight_spread=2.0, drive_db=30, mix=0.8)
    wet = pedal(dry, rate)
    soundfile.write("wet.wav", wet, rate, subtype="FLOAT")
    print(f"{'wet':<10}{level_text(wet)}; {pedal}")


if __name__ == "__main__":
    main(*sys.argv[1:])
