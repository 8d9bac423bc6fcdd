"""A neural amp's drive turned by MIDI: a file of controller moves, and what each way of applying them costs.

python examples/turn_an_amp_by_midi.py [DRY.wav] [MOVES.mid]    without files: a riff, and a sweep up and down on controller 11
"""

import sys

import mido
import numpy as np
import soundfile

from wetdry import Automated, Binding, MidiMap, NeuralEffect
from wetdry.host.strings import riff
from wetdry.models import load
from wetdry.presets import clone_path

BLOCK = 512


def write_sweep(path: str, rate: int, seconds: float) -> None:
    """Write a file in which controller 11 goes from 0 to 127 and back; a tick a sample, so that each place is exact."""
    tempo = 500_000 if rate < 65_000 else 250_000  # a beat has up to 32767 ticks
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=tempo)])
    values = [*range(128), *range(126, -1, -1)]
    places = [round(i * seconds * rate / len(values)) for i in range(len(values) + 1)]
    for value, place, before in zip(values, places, [0, *places], strict=False):
        track.append(mido.Message("control_change", control=11, value=value, time=place - before))
    mido.MidiFile(ticks_per_beat=rate * tempo // 1_000_000, tracks=[track]).save(path)


def likeness(one: np.ndarray, other: np.ndarray) -> str:
    """Return how far `other` is from `one`, in words: the energy of the difference over that of `one`, in dB."""
    if np.array_equal(one, other):
        return "equal bit for bit"
    return f"{10 * np.log10(np.sum((one - other) ** 2) / np.sum(one.astype(np.float64) ** 2)):.1f} dB away"


def main(path: str = "", moves: str = "") -> None:
    dry, rate = soundfile.read(path, dtype="float32") if path else (riff(4, 48000, "chords", seed=3), 48000)
    if not moves:
        moves = "sweep.mid"
        write_sweep(moves, rate, len(dry) / rate)
    amp = NeuralEffect(load(clone_path("zamtube")), treble=6)  # the neural twin of a tube preamplifier
    midi = MidiMap({"cc 11": Binding("tube_drive", low=2, high=11)})

    curves = midi.curves(moves, amp.parameters)
    from_midi, stood = Automated(amp, curves).render(dry, rate)
    knob = stood["tube_drive"]  # a value a sample: where the knob really stood
    print(f"{moves}: tube_drive from {knob.min():.2f} to {knob.max():.2f} in {np.count_nonzero(np.diff(knob))} moves")

    from_array = Automated(amp, {"tube_drive": knob})(dry, rate)
    print(f"the same as a numpy array, a value a sample: {likeness(from_midi, from_array)}")

    amp.reset()
    held = []
    for start in range(0, len(dry), BLOCK):  # what a script does that turns knobs between its blocks
        amp.tube_drive = knob[start]
        held.append(amp(dry[start : start + BLOCK], rate, reset=False))
    late = np.repeat(knob[::BLOCK], BLOCK)[: len(knob)]
    print(f"held over blocks of {BLOCK}: up to {np.abs(knob - late).max():.2f} behind; "
          f"the sound {likeness(from_midi, np.concatenate(held))}")  # fmt: skip
    as_held = Automated(amp, {"tube_drive": late})(dry, rate)
    print(f"which is all that is wrong with it: an array with these steps is {likeness(as_held, np.concatenate(held))}")
    soundfile.write("wet.wav", from_midi, rate, subtype="FLOAT")


if __name__ == "__main__":
    main(*sys.argv[1:])
