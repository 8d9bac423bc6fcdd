"""Gestures recorded live and replayed: a controller turns a rig while it plays; the take renders to the same sound.

python examples/replay_gestures.py [PORT]    a controller's name, to play for ten seconds; without: gestures made here
"""

import sys
import time

import numpy as np
import soundfile

import wetdry
from wetdry import Performance, Rig
from wetdry.host.strings import riff
from wetdry.presets import rig_path

RATE, BLOCK = 48000, 256


def gestures(seconds: float) -> list[tuple[float, bytes]]:
    """Return (seconds, message) of two hands on a controller: drive up and down, and treble flicked open."""
    swells = [(t, bytes((0xB0, 12, round(63.5 - 63.5 * np.cos(2 * np.pi * t / 2))))) for t in np.arange(0, seconds, 0.011)]
    flicks = [(t + i * 0.004, bytes((0xB0, 74, 20 + 4 * i))) for t in np.arange(0.9, seconds, 1.3) for i in range(24)]
    return sorted(swells + flicks)


def play_by_hand(rig: Rig, dry: np.ndarray) -> tuple[np.ndarray, wetdry.midi.Take]:
    """Play the gestures as if they came live, on a clock of our own, faster than time."""
    now, coming = 0.0, gestures(len(dry) / RATE)
    played = Performance(rig.board, rig.midi, clock=lambda: now)
    wet = []
    for start in range(0, len(dry), BLOCK):
        now = start / RATE
        while coming and coming[0][0] <= now:
            seconds, message = coming.pop(0)
            played.hear(message, seconds)
        wet.append(played.process(dry[start : start + BLOCK], RATE))
    return np.concatenate(wet, axis=-1), played.take


def play_live(rig: Rig, dry: np.ndarray, name: str) -> tuple[np.ndarray, wetdry.midi.Take]:
    """Play at the pace of time while a controller turns the knobs."""
    with wetdry.midi.open_input(name) as port:
        played, wet, began = Performance(rig.board, rig.midi, port), [], time.monotonic()
        for start in range(0, len(dry), BLOCK):
            time.sleep(max(0.0, began + start / RATE - time.monotonic()))
            wet.append(played.process(dry[start : start + BLOCK], RATE))
        return np.concatenate(wet, axis=-1), played.take


def main(port: str = "") -> None:
    rig = Rig.load(rig_path("clean"))
    dry = riff(10 if port else 4, RATE, "chords", seed=3)
    stood = {name: bound.value for name, bound in rig.parameters.items()}
    live, take = play_live(rig, dry, port) if port else play_by_hand(rig, dry)
    take.save("take.mid")
    print(f"recorded {len(take)} messages in {take.samples / RATE:.1f} s: take.mid")

    for name, value in stood.items():  # the take begins where the knobs stood when it was played
        rig.parameters[name].value = value
    again = rig.played_by("take.mid")(dry, RATE)[..., : live.shape[-1]]
    same = "equal bit for bit" if np.array_equal(again, live) else f"{np.abs(again - live).max():.1e} away"
    print(f"replayed from take.mid: {same}")

    other = Rig.load(rig_path("shoegaze_wall"))
    wall = other.played_by("take.mid")(dry, RATE)
    print(f"and the same hand on another rig: {', '.join(other.midi.curves('take.mid', other.parameters))} move")
    soundfile.write("replayed.wav", again.T, RATE, subtype="FLOAT")
    soundfile.write("wall.wav", wall.T, RATE, subtype="FLOAT")


if __name__ == "__main__":
    main(*sys.argv[1:])
