"""NeuralDelay: echoes that get dirtier each time round, a time that bends like tape, and an amp of your own in the loop.

python examples/echo_through_an_amp.py [DRY.wav] [AMP.nam]    without files: a lead line, and a saturator's twin in the loop
"""

import sys

import numpy as np
import soundfile

from wetdry import Bitcrusher, NeuralDelay, NeuralEffect
from wetdry.host.audio_file import level_text
from wetdry.host.strings import riff
from wetdry.models import load


def main(path: str = "", amp: str = "") -> None:
    dry, rate = soundfile.read(path, dtype="float32") if path else (riff(6, 48000, "lead", seed=6), 48000)
    dry = np.concatenate([dry, np.zeros((4 * rate, *dry.shape[1:]), np.float32)])  # room for the echoes
    print(f"{'dry':<12}{level_text(dry)}")

    delay = NeuralDelay(NeuralEffect(load(amp)), time_ms=420, feedback=0.6) if amp else NeuralDelay.preset("Burning Up")
    wet = delay(dry, rate)
    soundfile.write("wet.wav", wet, rate, subtype="FLOAT")
    print(f"{'wet':<12}{level_text(wet)}; rings for {delay.tail_seconds:.1f} s")

    tape = NeuralDelay.preset("Worn Tape")
    for beat, time_ms in enumerate((420, 315, 420, 210, 630, 420)):  # the motor changes speed, and the pitch with it
        tape.schedule(beat * 3 * rate // 2, "time_ms", time_ms)
    wobbling = tape(dry, rate, reset=False)
    soundfile.write("tape.wav", wobbling, rate, subtype="FLOAT")
    print(f"{'tape':<12}{level_text(wobbling)}")

    crushed = NeuralDelay(Bitcrusher(bit_depth=5, rate_hz=9000), time_ms=280, feedback=0.75, ping_pong=True, mix=0.4)
    stereo = np.stack([dry, np.zeros_like(dry)]) if dry.ndim == 1 else dry
    bounced = crushed(stereo, rate)
    soundfile.write("ping_pong.wav", bounced if dry.ndim > 1 else bounced.T, rate, subtype="FLOAT")
    print(f"{'ping-pong':<12}{level_text(bounced)}; {crushed}")


if __name__ == "__main__":
    main(*sys.argv[1:])
