"""A VST2 cloned inside its graph: captured of what arrives there, judged there, and then replaced by its twin, which streams.

python examples/vst2_in_a_graph.py [PLUGIN.so] [FOLDER] [MINUTES OF TRAINING]     without one: ZamTube (Debian: zam-plugins)
"""

import sys

import numpy as np
import pedalboard

import wetdry
from wetdry import Gain, Graph, NeuralEffect, load_plugin
from wetdry.host.strings import riff


def main(plugin: str = "/usr/lib/vst/ZamTube-vst.so", folder: str = "runs/amp", minutes: str = "3") -> None:
    rig = Graph(
        {"boost": Gain(gain_db=6), "amp": load_plugin(plugin), "low_cut": pedalboard.HighpassFilter(90),
         "room": pedalboard.Reverb(wet_level=1, dry_level=0)},
        """
        in -> boost -> amp -> low_cut -> out
        low_cut -> -18 dB -> room -> out
        """,
    )  # fmt: skip
    made = wetdry.clone(
        rig,
        {"tube_drive": (1, 8)},
        folder,
        place="amp",
        capturing={"settings": 10, "validation_settings": 2, "seconds_per_take": 4, "excitation_seconds": 40, "unseen": 1},
        training={"minutes": float(minutes)},
        evaluating={"settings": 2, "corners": False, "seconds": 4},
        progress=lambda stage, done, total, note: print(f"\r{stage} {done / max(total, 1e-9):4.0%} {note:60.60}", end=""),
    )
    print(f"\n{made.evaluation.verdict}\npage: {made.report_path}")

    dry = riff(4, 48000, seed=9)
    rig["amp"].tube_drive = 5
    real = rig(dry, 48000)
    rig["amp"] = NeuralEffect(wetdry.models.load(made.model_path), tube_drive=5)
    twin = rig(dry, 48000)
    print(f"in its place: error {((real - twin) ** 2).sum() / (real**2).sum():.4f} of the energy")
    rig.reset()
    streamed = np.concatenate([rig(block, 48000, reset=False) for block in np.split(dry, 100)])  # which the VST2 could not
    apart = np.abs(streamed - twin[: len(streamed)]).max()
    print(f"streamed in blocks of {len(dry) // 100} samples: {apart:.1e} from the whole")


if __name__ == "__main__":
    main(*sys.argv[1:])
