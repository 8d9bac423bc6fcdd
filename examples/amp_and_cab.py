"""Model an amp from three files, apart from its cabinet, then play it through another cabinet.

python examples/amp_and_cab.py [FOLDER] [MINUTES OF TRAINING] [CLEAN.wav AMP.wav CABINET.wav]
Without files: a made-up guitar through a TubeSaturator and a made-up 12-inch speaker stand for the recording.
"""

import sys
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import butter, sosfilt

import wetdry
from wetdry import CabinetIR, Chain, NeuralEffect, TubeSaturator
from wetdry.host.audio_file import level_text
from wetdry.host.excitation import excitation

RATE = 48000


def speaker(low_hz: float, high_hz: float, seed: int) -> np.ndarray:
    """Return what a cone may answer to a click: a little late, band-limited, gone after 40 ms."""
    click = np.random.default_rng(seed).standard_normal(RATE // 25) * np.exp(-np.arange(RATE // 25) / (0.002 * RATE))
    click[0] = 4.0
    shaped = sosfilt(butter(3, (low_hz, high_hz), "bandpass", output="sos", fs=RATE), click)
    return np.concatenate([np.zeros(20), shaped / np.abs(np.fft.rfft(shaped)).max()]).astype(np.float32)


def recording(folder: Path) -> tuple[Path, Path, Path]:
    """Write clean.wav, amp.wav (50 ms late, a second shorter) and cab_ir.wav; return where."""
    folder.mkdir(parents=True, exist_ok=True)
    clean, cabinet = excitation(40, RATE, seed=3), speaker(80, 4800, 1)
    wet = Chain([TubeSaturator(drive_db=24, bias=0.2), CabinetIR((cabinet, RATE))])(clean, RATE)
    late = np.concatenate([np.zeros(RATE // 20, np.float32), wet])[: len(clean) - RATE]
    paths = folder / "clean.wav", folder / "amp.wav", folder / "cab_ir.wav"
    for path, audio in zip(paths, (clean, late, cabinet), strict=True):
        soundfile.write(path, audio, RATE, subtype="FLOAT")
    return paths


def main(folder: str = "runs/my_amp", minutes: str = "2", *files: str) -> None:
    clean, amp, cabinet = files or recording(Path(folder) / "recording")
    made = wetdry.amp(
        clean,
        amp,
        cabinet,
        folder,
        minutes=float(minutes),
        progress=lambda stage, done, total, note: print(f"\r{stage} {done / max(total, 1e-9):4.0%} {note:60.60}", end=""),
    )
    print("\n" + "\n".join(made.said))
    for row in made.judged:
        print(f"{row.name:<10} ESR {row.figures['esr']:.4f} on what no training heard")

    riff, rate = soundfile.read(clean, dtype="float32", always_2d=True)
    other = (speaker(200, 2500, 2), RATE)  # a small one: the same amp plays through it
    wet = Chain([NeuralEffect(made.model), CabinetIR(other)])(riff.mean(axis=1)[: 8 * rate], rate)
    soundfile.write("another_cabinet.wav", wet, rate, subtype="FLOAT")
    print(f"through another cabinet: {level_text(wet)}\npage: {made.out / 'report.html'}")


if __name__ == "__main__":
    main(*sys.argv[1:])
