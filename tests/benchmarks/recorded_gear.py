"""How close a twin of recorded gear comes: ZamTube behind a converter, recorded, trained on, judged on what was kept back.

python tests/benchmarks/recorded_gear.py OUT MINUTES DRY…      DRY: recordings or folders of them; three minutes or more in all

The converter delays by 123.4 samples, turns the signal over, adds noise at -85 dBFS and writes 24 bits. First one take at one
setting of the knobs, then eight takes over two knobs, no two of the same notes. Everything is drawn with seed 0.
"""

import sys
from pathlib import Path

import numpy as np
import soundfile

from wetdry import capture_recordings, evaluate, load_plugin, train
from wetdry.host.capture.dry import files_of, read_recording

RATE = 48_000
DELAY_SAMPLES = 123.4
NOISE_DBFS = -85.0
SETTINGS = [(1, 2), (1, 8), (4, 5), (6, 2), (6, 8), (8, 5), (10, 2), (10, 8)]


def late(audio, samples):
    """Delay by a fraction of samples too, exactly (in the frequency domain)."""
    padded = np.concatenate([np.zeros(8192), audio, np.zeros(8192)])
    turned = np.fft.rfft(padded) * np.exp(-2j * np.pi * np.fft.rfftfreq(len(padded)) * samples)
    return np.fft.irfft(turned, len(padded))[8192:][: len(audio) + 200]


def record(amp, path, audio, drive, treble, rng):
    amp.tube_drive, amp.treble = drive, treble
    heard = -late(amp(audio, RATE), DELAY_SAMPLES)
    soundfile.write(path, heard + 10 ** (NOISE_DBFS / 20) * rng.standard_normal(len(heard)), RATE, subtype="PCM_24")


def judged(name, folder, out, minutes):
    train(folder, out, minutes=minutes, seed=0).save(out / "clone.safetensors")
    found = evaluate(out / "clone.safetensors", folder, out, seed=0)
    esr = found.summary["twin"]["esr"]
    print(f"{name}: ESR median {esr['median']:.2g}, worst {esr['worst']:.2g} of {len(found.cells)} cells")
    for cell in found.cells:
        setting = found.settings[cell["setting"]]
        if setting["kind"] == "held back":
            print(f"  at {setting['values']}, which no training saw: {cell['twin']['esr']:.2g}")


def main(out, minutes, *dry):
    out, rng = Path(out), np.random.default_rng(0)
    out.mkdir(parents=True, exist_ok=True)
    pieces = [read_recording(file, RATE) for file in files_of(dry)]
    guitar = np.concatenate([piece / np.abs(piece).max() * 0.5 for piece in pieces]).astype(np.float32)
    print(f"{len(guitar) / RATE:.0f} s of {len(pieces)} recordings, {minutes} minutes of training, seed 0")
    amp = load_plugin("ZamTube.vst3")

    soundfile.write(out / "dry.wav", guitar, RATE, subtype="PCM_24")
    record(amp, out / "wet.wav", guitar, 6.0, 5.0, rng)
    (out / "one.csv").write_text("dry,wet\ndry.wav,wet.wav\n")
    judged("one setting", capture_recordings(out / "one.csv", out / "one" / "capture"), out / "one", float(minutes))

    rows = ["dry,wet,tube_drive,treble"]
    for number, ((drive, treble), piece) in enumerate(zip(SETTINGS, np.array_split(guitar, len(SETTINGS)), strict=True)):
        soundfile.write(out / f"dry_{number}.wav", piece, RATE, subtype="PCM_24")
        record(amp, out / f"wet_{number}.wav", piece, float(drive), float(treble), rng)
        rows.append(f"dry_{number}.wav,wet_{number}.wav,{drive},{treble}")
    (out / "takes.csv").write_text("\n".join(rows) + "\n")
    judged("two knobs", capture_recordings(out / "takes.csv", out / "pedal" / "capture"), out / "pedal", float(minutes))


if __name__ == "__main__":
    main(*sys.argv[1:])
