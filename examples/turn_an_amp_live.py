"""Play an amp live while a script turns its knobs, then render the same again offline: the same samples.

python turn_an_amp_live.py          no sound card: a clock in its place, noise comes in; writes live.wav
python turn_an_amp_live.py card     the sound card: plug in, and listen
"""

import math
import sys
import time

import numpy as np
import soundfile

import wetdry

RATE, SECONDS = 48000, 3.0
RISE = 480  # samples: a stream rises from silence


def board() -> wetdry.Chain:
    """Return what plays."""
    return wetdry.Chain([wetdry.TubeSaturator(drive_db=12), wetdry.Gain(gain_db=-6)])


def main() -> None:
    """Turn the drive as a slow wheel, the tone by jumps."""
    device = None if sys.argv[1:2] == ["card"] else "clock"
    with wetdry.live(board(), device=device, rate=RATE, record="live.wav", said=print) as session:
        while session.seconds < SECONDS:
            session.parameters["drive_db"].value = 18 + 12 * math.sin(2 * math.pi * 0.5 * session.seconds)
            session.parameters["tone_hz"].value = 6000 if session.seconds % 1 < 0.5 else 2000
            time.sleep(0.01)
        found, levels = session.statistics, session.meters
        print(f"in {levels.rms_in_db:.1f} dB, out {levels.rms_out_db:.1f} dB; {found.missed} of {found.blocks} blocks missed")
        print("latency:", ", ".join(f"{part} {ms:.2f} ms" for part, ms in found.latency_ms.items() if ms))
        late = board().latency_samples
    moves = session.moves.curves
    dry, wet = (soundfile.read(path, dtype="float32")[0] for path in ("live_dry.wav", "live.wav"))
    again = wetdry.Automated(board(), moves)(dry, RATE)
    same = "the same" if np.array_equal(again[RISE : len(wet) - late], wet[late + RISE :]) else "NOT the same"
    print(f"{sum(map(len, moves.values()))} moves of {len(moves)} knobs; rendered again offline: {same}")


if __name__ == "__main__":
    main()
