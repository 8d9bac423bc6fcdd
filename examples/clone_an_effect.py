"""Clone one of our own effects from Python, then put the twin where the effect was.

python examples/clone_an_effect.py [FOLDER] [MINUTES OF TRAINING]
"""

import sys

import pedalboard

import wetdry
from wetdry import Chain, NeuralEffect, TubeSaturator
from wetdry.host.excitation import excitation


def main(folder: str = "runs/saturator", minutes: str = "2") -> None:
    made = wetdry.clone(
        TubeSaturator(bias=0.3),
        {"drive_db": (0, 24)},
        folder,
        capturing={"settings": 12, "validation_settings": 2, "seconds_per_take": 5, "excitation_seconds": 40},
        training={"minutes": float(minutes)},
        evaluating={"settings": 3, "seconds": 4},
        progress=lambda stage, done, total, note: print(f"\r{stage} {done / max(total, 1e-9):4.0%} {note:60.60}", end=""),
    )
    print(f"\n{made.evaluation.verdict}\npage: {made.report_path}")

    dry = excitation(8, 48000, seed=9)
    board = Chain([TubeSaturator(bias=0.3, drive_db=18), pedalboard.Reverb()])
    real = board(dry, 48000)
    board[0] = NeuralEffect(wetdry.models.load(made.model_path), drive_db=18)
    twin = board(dry, 48000)
    print(f"in its chain: error {((real - twin) ** 2).sum() / (real**2).sum():.4f} of the energy")


if __name__ == "__main__":
    main(*sys.argv[1:])
