"""A string of twenty lines of Python, plucked live: notes are rendered on a worker and play through effects in real time.

python pluck_an_amp.py                    no sound card: a clock in its place; writes plucked.wav
python pluck_an_amp.py card [MIDI port]   the sound card, and a keyboard if there is one
"""

import sys
import time

import numpy as np
from scipy.signal import lfilter

import wetdry
from wetdry.host.live.clock import Clock

RATE = 48000
RIFF = [(40, 0.3), (40, 0.15), (43, 0.3), (45, 0.3), (40, 0.15), (46, 0.15), (45, 0.6)]  # note, seconds


def pluck(note, velocity, seconds, rate):
    """Return a plucked string (Karplus and Strong, 1983): a burst of noise in a loop of a period, averaged as it goes."""
    period = round(rate / (440 * 2 ** ((note - 69) / 12)))
    burst = np.zeros(round(seconds * rate))
    burst[:period] = np.random.default_rng(note).uniform(-1, 1, period) * velocity / 127
    return 0.5 * lfilter([1.0], [1.0, *np.zeros(period - 1), -0.498, -0.498], burst)


def main() -> None:
    """Play the riff, or what comes from the keyboard."""
    card = sys.argv[1:2] == ["card"]
    device = None if card else Clock(np.zeros((RATE, 1), np.float32), sample_rate=RATE)
    amp = wetdry.Chain([wetdry.NeuralAmp(), wetdry.TubeSaturator(drive_db=9), wetdry.Gain(gain_db=-6)])
    with wetdry.live(amp, device=device, input=False if card else None, rate=RATE, generator=pluck, record="plucked.wav",
                     midi=sys.argv[2] if len(sys.argv) > 2 else None, said=print) as session:  # fmt: skip
        string = session.generator
        string.prepare({note for note, _ in RIFF}, timeout=10)
        print(f"a note reaches {session.name} {1e3 * string.latency_samples / RATE:.0f} ms after it is played")
        for note, seconds in RIFF:
            string.on(note, 110)
            time.sleep(seconds)
            string.off(note)
        while len(sys.argv) > 2:  # until Ctrl-C
            time.sleep(1)
        print(f"{len([n for n in string.notes() if n.velocity])} notes, {string.late_notes} late; now listen to plucked.wav")


if __name__ == "__main__":
    main()
