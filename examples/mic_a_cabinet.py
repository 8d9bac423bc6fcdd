"""CabinetIR: a driven riff through a loudspeaker, dry and roomy; another speaker while it plays.

python examples/mic_a_cabinet.py [DRY.wav] [CABINET.wav]    without files: a riff, and a made-up 12-inch speaker
"""

import sys

import numpy as np
import soundfile
from scipy.signal import butter, sosfilt

from wetdry import CabinetIR, Chain, TubeSaturator
from wetdry.host.audio_file import level_text
from wetdry.host.strings import riff


def speaker(low_hz: float, high_hz: float, rate: int, seed: int) -> np.ndarray:
    """Return what a cone may answer to a click: band-limited, a bump at each end, gone after 40 ms."""
    click = np.random.default_rng(seed).standard_normal(rate // 25) * np.exp(-np.arange(rate // 25) / (0.002 * rate))
    click[0] = 4.0
    shaped = sosfilt(butter(3, (low_hz, high_hz), "bandpass", output="sos", fs=rate), click)
    return (shaped / np.abs(np.fft.rfft(shaped)).max()).astype(np.float32)


def main(path: str = "", cabinet: str = "") -> None:
    dry, rate = soundfile.read(path, dtype="float32") if path else (riff(6, 48000, "mutes", seed=2), 48000)
    close = cabinet or (speaker(80, 4800, rate, 1), rate)  # a path, or an array with its rate
    amp = TubeSaturator.preset("Crunch")

    board = Chain([amp, CabinetIR(close, normalise="energy", trim="tail", low_cut_hz=70, level_db=-12)])
    wet = board(dry, rate)
    soundfile.write("wet.wav", wet, rate, subtype="FLOAT")
    print(f"dry                {level_text(dry)}\nwithout a cabinet  {level_text(amp(dry, rate))}\n"
          f"through it         {level_text(wet)}; latency {board[1].latency_samples} samples, "
          f"tail {1000 * board[1].tail_seconds:.0f} ms")  # fmt: skip

    board.reset()
    half = len(dry) // 2
    first = board(dry[:half], rate, reset=False)
    board[1].impulse_response = (speaker(200, 2500, rate, 2), rate)  # a smaller one, faded over in 20 ms
    second = board(dry[half:], rate, reset=False)
    soundfile.write("swapped.wav", np.concatenate([first, second]), rate, subtype="FLOAT")
    print(f"a smaller one      {level_text(second)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
