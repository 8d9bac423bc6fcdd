"""A parallel amp rig: two amps, a cabinet each, panned; the kick ducks their sum through its side-chain; a reverb send.

python examples/parallel_amp_rig.py [COMPRESSOR.so]     without one: LSP's sc-compressor-stereo (Debian: lsp-plugins-vst)
"""

import sys

import numpy as np
import pedalboard
import soundfile

from wetdry import CabinetIR, Graph, NeuralAmp, Pan, TubeSaturator, load_plugin
from wetdry.host.audio_file import level_text
from wetdry.host.strings import riff

LSP = "/usr/lib/vst/lsp-plugins/sc-compressor-stereo.so"


def kicks(seconds: float, rate: int) -> np.ndarray:
    """Return a kick drum twice a second: a sine that falls from 160 to 50 Hz."""
    time = np.arange(rate // 2) / rate
    kick = np.sin(2 * np.pi * (50 * time + 110 * 0.02 * (1 - np.exp(-time / 0.02)))) * np.exp(-time / 0.12)
    return np.tile(0.8 * kick, round(2 * seconds)).astype(np.float32)


def main(compressor: str = LSP) -> None:
    rate = 48000
    guitar = riff(6, rate, seed=3)
    kick = kicks(len(guitar) / rate, rate)[: len(guitar)]

    duck = load_plugin(compressor)  # a VST2: stereo, and two more inputs for its side-chain
    duck.sct, duck.al_db, duck.cr, duck.at_ms, duck.rt_ms = "Externa", -24, 4, 5, 120  # its own names: source, attack level, …
    rig = Graph(
        {
            "clean": TubeSaturator(drive_db=6), "clean_cab": CabinetIR(), "left": Pan(-0.6),
            "crunch": NeuralAmp(), "crunch_cab": CabinetIR(), "right": Pan(0.6),
            "bus": None,  # a wire: whatever arrives is summed
            "duck": duck,
            "room": pedalboard.Reverb(room_size=0.6, wet_level=1, dry_level=0),
        },
        """
        in -> clean -> clean_cab -> left -> bus
        in -> crunch -> crunch_cab -> right -> bus
        bus -> duck -> out
        kick -> duck.key                # the side-chain; kick is a second input
        kick -> -6 dB -> out
        duck -> -12 dB -> room -> out   # a send with its level
        """,
        inputs=("in", "kick"),
    )  # fmt: skip
    rig["crunch"].tube_drive = 8
    rig.parameters["duck>room.gain_db"].value = -15  # a send's level is a knob too
    rig.plot("rig.png")
    print(f"{len(rig)} nodes, {len(rig.cables)} cables, latency {rig.latency_samples} samples")

    heard = rig.render({"in": guitar, "kick": kick}, rate, listen=["bus", "duck", "room", "out"], tail_seconds=2)
    for name, audio in heard.items():
        print(f"{name:<6}{level_text(audio.T)}")
    soundfile.write("rig.wav", heard["out"].T, rate, subtype="FLOAT")

    beats = np.arange(0, len(guitar) - rate // 2, rate // 2)[:, None]
    hit, rest = beats + np.arange(rate // 50, rate // 10), beats + np.arange(2 * rate // 5, rate // 2)
    levels = {
        name: [20 * np.log10(np.sqrt((heard[name][:, at] ** 2).mean())) for at in (hit, rest)] for name in ("bus", "duck")
    }
    under, between = (before - after for before, after in zip(levels["bus"], levels["duck"], strict=True))
    print(f"the compressor takes {under:.1f} dB off under the kick, {between:.1f} dB between")


if __name__ == "__main__":
    main(*sys.argv[1:])
