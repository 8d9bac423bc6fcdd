"""TubeSaturator: a warm bass, a lead whose drive rises, and what oversampling takes away.

python examples/drive_a_bass.py [DRY.wav]    without a file: a riff of plucked strings
"""

import sys

import numpy as np
import soundfile

from wetdry import TubeSaturator
from wetdry.host.audio_file import level_text
from wetdry.host.strings import riff


def main(path: str = "") -> None:
    dry, rate = soundfile.read(path, dtype="float32") if path else (riff(8, 48000, seed=3), 48000)
    print(f"dry   {level_text(dry)}")

    bass = TubeSaturator.preset("Warm Bass", oversampling=8)
    wet = bass(dry, rate)  # its latency is made up for: as long as dry, and in time with it
    soundfile.write("wet.wav", wet, rate, subtype="FLOAT")
    print(f"wet   {level_text(wet)}; latency {bass.latency_samples} samples; {bass}")

    rising = TubeSaturator(tone_hz=6000, output_db=-6)
    for step in range(20):  # a knob can be turned at any sample; it glides there
        rising.schedule(step * len(dry) // 20, "drive_db", 2.0 * step)
    solo = rising(dry, rate, reset=False)
    soundfile.write("rising.wav", solo, rate, subtype="FLOAT")
    print(f"solo  {level_text(solo)}; drive_db now {rising.drive_db:g}")

    note = (0.5 * np.sin(2 * np.pi * 4186 * np.arange(rate) / rate)).astype(np.float32)  # the top C of a piano
    for oversampling in bass.parameters["oversampling"].valid_values:
        effect = TubeSaturator(drive_db=30, bias=0, tone_hz=20000, oversampling=oversampling)
        spectrum = np.abs(np.fft.rfft(effect(note, rate)[rate // 4 :][: rate // 2] * np.hanning(rate // 2)))
        hz = np.arange(len(spectrum)) * 2.0
        aliased = spectrum[(hz > 100) & (np.abs(hz - 4186 * np.rint(hz / 4186)) > 100)].max() / spectrum.max()
        print(f"at {oversampling}x a driven top C has aliases up to {20 * np.log10(aliased):.0f} dB")


if __name__ == "__main__":
    main(*sys.argv[1:])
