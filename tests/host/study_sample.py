"""A study made up by hand: a curve as reference, its copy, and nets that are off by a known share."""

import numpy as np

from wetdry.host.strings import riff
from wetdry.host.study import Entry, Study
from wetdry.host.study.figures import Alias, BlockCost, CallCost, Carrying, Quality, Spread, Start, Tone
from wetdry.models.files import write_wav

RATE, SECONDS, BLOCKS, DRIVES = 48000, 1.5, (16, 64, 256, 1024, 4096), (0.0, 12.0, 24.0, 36.0)
OFF = {"reference": 0.0, "numpy": 0.0, "standard": 0.01, "lstm": 0.05}  # of the reference's third harmonic and its waveform
CALL_US = {"numpy": 60.0, "ours": 2.0, "torch": 400.0, "kernels": 1.5}
COMPUTE_NS = {"numpy": 30.0, "ours": 90.0, "torch": 300.0, "kernels": 10.0}


def spread(mean, share=0.05):
    return Spread(mean, mean * share, mean * (1 - share), mean * (1 + share), 5)


def _cost(engine, block):
    each = CALL_US[engine] * 1000 / block + COMPUTE_NS[engine]
    average = each * block / 1000
    return BlockCost(block, 5000, spread(each), spread(1e9 / each), spread(1e9 / RATE / each), spread(average), spread(average),
                     spread(2 * average), spread(3 * average), spread(9 * average), spread(average))  # fmt: skip


def _tones(off):
    tones = []
    for drive in DRIVES:
        levels = [-12.0, *(-90 + 2 * drive - 4 * k + 20 * np.log10(1 + (10 * off if k == 3 else 0)) for k in range(2, 11))]
        thd = 100 * np.sqrt(np.sum(10 ** ((np.array(levels[1:]) - levels[0]) / 10)))
        tones.append(Tone(drive, float(thd), (*map(float, levels[:9]), None)))
    return tuple(tones)


def _entry(rival, engine, kind, weights=None, carries=True):
    off = OFF[rival]
    esr = Spread(off**2, off**2 / 3, off**2 / 2, off**2 * 2, 6)
    quality = Quality(
        esr, spread(off), spread(100 - 100 * off), spread(off), _tones(off), off, (Alias(5000.0, -12.0, -80.0),), -80.0
    )
    return Entry(rival, engine, kind, f"{rival} by hand", weights, weights, weights and weights * 4, 0,
                 Carrying(carries, -200.0 if carries else -30.0, -200.0 if carries else -41.0),
                 Start(spread(1.0), spread(0.1), spread(0.2), spread(3e7), spread(1e6)),
                 tuple(_cost(engine, block) for block in BLOCKS),
                 CallCost(CALL_US[engine], COMPUTE_NS[engine], CALL_US[engine] * 1000 / COMPUTE_NS[engine], 0.01),
                 quality, f"audio/{rival}.wav")  # fmt: skip


def study_in(folder):
    """Write the audio of a study into `folder`, save the study there and return it."""
    entries = (_entry("reference", "kernels", "reference"), _entry("numpy", "numpy", "dsp", carries=False),
               _entry("standard", "ours", "twin", 4000), _entry("standard", "torch", "twin", 4000),
               _entry("lstm", "ours", "twin", 9000), _entry("lstm", "torch", "twin", 9000))  # fmt: skip
    dry = riff(SECONDS, RATE, seed=9)
    wet = np.tanh(3 * dry)
    write_wav(folder / "audio" / "dry.wav", dry, RATE)
    for rival, off in OFF.items():
        write_wav(folder / "audio" / f"{rival}.wav", (1 + off) * wet, RATE)
    made = Study("Curve", {"drive_db": 12.0}, (), "drive_db", "dB", RATE, 1.0, 5, 0, BLOCKS, ("a.wav", "b.wav"),
                 ({"drive_db": 12.0},), "audio/dry.wav", entries, (), {"wavenet": "no time"}, {"numpy": "2"}, {"cpu": "a core"},
                 "wetdry compare Curve --out here")  # fmt: skip
    made.save(folder)
    return made
