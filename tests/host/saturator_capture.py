"""A capture folder made by hand, of a TubeSaturator with two knobs, and a twin with random weights."""

import hashlib

import numpy as np
from random_model import random_model

from wetdry.effects import TubeSaturator
from wetdry.host.recipe import describe
from wetdry.models import dataset
from wetdry.models.dataset_writing import write_record, write_takes
from wetdry.models.files import write_wav
from wetdry.models.spec import wavenet

RATE = 48000
KNOBS = ("drive_db", "tone_hz")


def pluck(seconds=2.0, pitch_hz=146.8, seed=0):
    time = np.arange(int(seconds * RATE)) / RATE
    partials = sum(np.sin(2 * np.pi * pitch_hz * k * time + k + seed) / k * np.exp(-time * k * 0.6) for k in range(1, 16))
    return (0.3 * partials).astype(np.float32)


def write_capture(folder, settings=((0.2, 0.3), (0.5, 0.5), (0.9, 0.8), (0.0, 0.0)), recordings=2, seconds=2.0, warnings=()):
    effect = TubeSaturator()
    knobs = tuple(effect.parameters[name].parameter for name in KNOBS)
    dry, takes = [], []
    for i in range(recordings + 1):
        audio = pluck(seconds, 110 * (1 + i / 3), seed=i)
        name = f"dry/{i:03d}_riff{i}.wav"
        digest = write_wav(folder / name, audio, RATE)
        dry.append(dataset.DryRecording(name, f"riff{i}.wav", digest, audio.size, "test" if i else "train"))
    audio = pluck(seconds, 110)
    for number, position in enumerate(settings):
        raw = dict(zip(KNOBS, position, strict=True))
        for name, value in raw.items():
            effect.parameters[name].raw_value = value
        name = f"wet/take_{number:04d}.wav"
        digest = write_wav(folder / name, effect(audio, RATE), RATE)
        values = {name: effect.parameters[name].value for name in KNOBS}
        takes.append(
            dataset.Take(
                name, dry[0].file_name, 0, audio.size, number, "train", values, raw, sha256=digest, dry_sha256=dry[0].sha256
            )
        )
    record = dataset.CaptureRecord(
        target=describe(TubeSaturator()),
        identity={"name": "TubeSaturator", "format": "wetdry", "sha256": hashlib.sha256(b"").hexdigest()},
        sample_rate=RATE,
        knobs=knobs,
        seed=0,
        dry=tuple(dry),
        warnings=tuple(warnings),
    )
    write_record(folder, record)
    write_takes(folder, knobs, takes)
    return dataset.CaptureFolder.open(folder)


def random_twin(folder, seed=0, channels=4, dilations=(1, 2, 4)):
    spec = wavenet(RATE, folder.record.knobs, channels=channels, dilations=dilations)
    return random_model(spec, seed, training={"seed": seed, "epochs": 1})
