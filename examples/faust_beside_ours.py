"""Faust beside our effects: a tremolo of eight lines in the middle of a graph, its sliders as knobs like any other.

python examples/faust_beside_ours.py [DRY.wav]     without a file: a riff
"""

import sys

import numpy as np
import pedalboard
import soundfile

from wetdry import Chain, Faust, Graph, TubeSaturator
from wetdry.host.audio_file import level_text
from wetdry.host.strings import riff

TREMOLO = """
declare name "tremolo";
rate = hslider("rate[unit:Hz]", 5, 0.1, 12, 0.1);
depth = hslider("depth", 0.5, 0, 1, 0.01) : si.smoo;
spread = nentry("spread[style:menu{'mono':0;'stereo':1}]", 1, 0, 1, 1);
wave(turn) = 1 - depth * (0.5 + 0.5 * sin(2 * ma.PI * (os.phasor(1, rate) + turn)));
process = _ <: *(wave(0)), *(wave(0.25 * spread));
"""


def main(path: str = "") -> None:
    dry, rate = soundfile.read(path, dtype="float32") if path else (riff(6, 48000, seed=4), 48000)
    mono = dry if dry.ndim == 1 else dry.mean(axis=1)

    tremolo = Faust(TREMOLO, rate_hz=4)
    for name, knob in tremolo.parameters.items():
        print(f"{name:<10}{knob.value!s:<8}{knob.valid_values or knob.range}")

    rig = Graph(
        {"drive": TubeSaturator(drive_db=15, output_db=-6), "tremolo": tremolo,
         "echo": pedalboard.Delay(0.3, feedback=0.4, mix=1.0)},
        """
        in -> drive -> tremolo -> out
        drive -> -10 dB -> echo -> out      # the echo comes of the steady sound
        """,
    )  # fmt: skip
    rig.parameters["tremolo.depth"].value = 0.9
    heard = rig.render(mono, rate, listen=["drive", "tremolo", "out"], tail_seconds=1)
    for name, audio in heard.items():
        print(f"{name:<10}{level_text(np.atleast_2d(audio).T)}")
    soundfile.write("wet.wav", heard["out"].T, rate, subtype="FLOAT")

    print(Chain([tremolo]).process(mono, rate).shape, "in a chain as well; streamed it would say:")
    print(f"  {tremolo.offline_reason}")


if __name__ == "__main__":
    main(*sys.argv[1:])
