"""Script a chain like a DAW: our effects beside native pedalboard plugins, in series and in parallel, then streamed.

python examples/script_a_chain.py [OUT.wav]
"""

import sys

import numpy as np
import pedalboard

from wetdry import Chain, Mix, TubeSaturator
from wetdry.host.audio_file import write_audio
from wetdry.host.excitation import excitation


def main(out: str = "chain.wav") -> None:
    rate = 48000
    dry = excitation(10, rate, seed=1)
    board = Chain([
        pedalboard.HighpassFilter(80),
        Mix([None, TubeSaturator(drive_db=30, bias=0.3)], gains_db=[-3, -9]),  # parallel drive under the dry signal
        pedalboard.BrickwallLimiter(),  # 240 samples of look-ahead, compensated
        pedalboard.Reverb(room_size=0.2, wet_level=0.15),
    ])  # fmt: skip
    wet = board(dry, rate)

    # The same in blocks, as a host plays it, with a knob moving; the first blocks are shorter by the latency.
    board.reset()
    blocks = []
    for start in range(0, len(dry), 512):
        board.parameters["drive_db"].value = 30 + 10 * np.sin(start / rate)
        blocks.append(board(dry[start : start + 512], rate, reset=False))
    played = np.concatenate(blocks)

    write_audio(out, wet[None], rate)
    print(f"{out}: {len(wet) / rate:.1f} s; streamed with a moving knob: {len(played)} samples, "
          f"latency {board.latency_samples} samples")  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
