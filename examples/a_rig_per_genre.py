"""A rig per genre: every factory rig over a riff that suits it, each into a file of its name.

python examples/a_rig_per_genre.py [DRY.wav] [RIG ...]    without names: all of them; a rig is a factory rig's name or a .yaml
"""

import sys
from pathlib import Path

import numpy as np
import soundfile

from wetdry import Rig
from wetdry.host.audio_file import level_text
from wetdry.host.strings import riff
from wetdry.presets import rig_names, rig_path

STYLES = {"high_gain": "mutes", "lead": "lead", "bass": "riff", "shoegaze_wall": "chords", "volume_swells": "lead",
          "tremolo": "chords", "clean": "chords"}  # fmt: skip


def main(path: str = "", *names: str) -> None:
    rate = 48000
    given = soundfile.read(path, dtype="float32", always_2d=True) if path else None
    for name in names or rig_names():
        rig = Rig.load(name if name.endswith(".yaml") else rig_path(name))
        if given is not None:
            dry, rate = given[0].T, given[1]
        elif name == "bass":
            dry = riff(2, 2 * rate, "riff", seed=3)  # made at twice the rate, played at the rate: an octave down
        else:
            dry = riff(4, rate, STYLES.get(name, "picked"), seed=3)
        ringing = np.zeros((*dry.shape[:-1], rate), np.float32)  # a second for echoes to fall
        wet = rig(np.concatenate([dry, ringing], axis=-1), rate)
        moves = f"{len(rig.automation)} knobs move, {len(rig.midi.bindings)} controls, programs {', '.join(rig.presets)}"
        print(f"{rig.name:<22}{level_text(wet)}; {moves}")
        soundfile.write(f"{Path(name).stem}.wav", np.atleast_2d(wet).T, rate, subtype="FLOAT")


if __name__ == "__main__":
    main(*sys.argv[1:])
