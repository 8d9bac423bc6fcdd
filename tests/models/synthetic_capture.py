"""A synthetic capture in the file format: noise through a one-pole and a tanh, two knobs."""

from pathlib import Path

import numpy as np
from scipy.signal import lfilter

from wetdry.models import Parameter
from wetdry.models.dataset import CaptureRecord, DryRecording, Take
from wetdry.models.dataset_writing import write_record, write_takes
from wetdry.models.files import write_wav

KNOBS = (Parameter("drive_db", "dB", 0.0, 20.0), Parameter("level"))
RATE = 8000.0


def render(dry, drive_db, level):
    return (0.05 + level) * np.tanh(10 ** (drive_db / 20) * lfilter([0.5], [1, -0.5], dry))


def write_capture(folder: Path, takes: int = 6, frames: int = 8000, seed: int = 0) -> Path:
    rng = np.random.default_rng(seed)
    dry, audio = [], {}
    for i, split in enumerate(("train", "validation", "test")):
        name = f"dry/{i:03d}_noise.wav"
        audio[split] = (0.3 * rng.standard_normal(frames + 500) * np.linspace(0.1, 1, frames + 500)).astype(np.float32)
        dry.append(DryRecording(name, "noise.wav", write_wav(folder / name, audio[split], RATE), frames + 500, split))
    rows = []
    for i in range(takes + 2):
        split = "train" if i < takes else "validation"
        raw = {k.name: float(rng.random()) for k in KNOBS}
        values = {k.name: k.from_raw(raw[k.name]) for k in KNOBS}
        source = next(d for d in dry if d.split == split)
        name = f"wet/take_{i:04d}.wav"
        wet = render(audio[split][100 : 100 + frames], values["drive_db"], values["level"])
        digest = write_wav(folder / name, wet, RATE)
        rows.append(Take(name, source.file_name, 100, frames, i, split, values, raw, sha256=digest, dry_sha256=source.sha256))
    write_record(folder, CaptureRecord({"kind": "test"}, {"name": "tanh"}, RATE, KNOBS, seed, tuple(dry)))
    write_takes(folder, KNOBS, rows)
    return folder
