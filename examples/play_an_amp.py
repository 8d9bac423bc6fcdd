"""NeuralAmp: a captured amp ready to play, at any sample rate, driven harder, and through a cabinet.

python examples/play_an_amp.py [DRY.wav] [AMP.nam] [CABINET.wav]    without files: a riff, and the amp that comes along
"""

import sys

import soundfile

from wetdry import NeuralAmp
from wetdry.host.audio_file import level_text
from wetdry.host.strings import riff


def main(path: str = "", amp: str = "", cabinet: str = "") -> None:
    dry, rate = soundfile.read(path, dtype="float32") if path else (riff(6, 44100, seed=3), 44100)
    print(f"{'dry':<14}{level_text(dry)} at {rate} Hz")

    player = NeuralAmp(amp or None, cabinet or None, output_db=-6)
    print(f"{'the amp':<14}{', '.join(name for name in player.parameters if not name.startswith('cabinet_'))}; "
          f"latency {player.latency_samples} samples")  # fmt: skip
    if not amp:
        player.tube_drive = 9  # a knob of the model that comes along
    for input_db in (-12, 0, 12):  # how hard the amp is driven
        player.input_db = input_db
        wet = player(dry, rate)
        print(f"{f'{input_db:+d} dB in':<14}{level_text(wet)}")
    print(f"{'at this rate':<14}latency {player.latency_samples} samples, made up for")

    if cabinet:
        player.cabinet_low_cut_hz, player.cabinet_high_cut_hz = 90, 6000
    soundfile.write("wet.wav", player(dry, rate), rate, subtype="FLOAT")


if __name__ == "__main__":
    main(*sys.argv[1:])
