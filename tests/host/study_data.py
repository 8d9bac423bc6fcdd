"""A study as data, every number drawn: for what writes, reads and draws one."""

import numpy as np

from wetdry.host.study.figures import Alias, BlockCost, CallCost, Carrying, Quality, SeedRun, Spread, Start, Tone, Trained
from wetdry.host.study.result import Entry, Study

BLOCKS = (16, 256, 4096)
DRIVES = (0.0, 12.0, 24.0)
NAMES = (("reference", "kernels", "reference"), ("numpy", "numpy", "dsp"), ("lstm", "ours", "twin"), ("lstm", "torch", "twin"))


def drawn_study(seed: int = 0) -> Study:
    """Return a study of four entries at three block sizes and three positions of the drive."""
    draw = np.random.default_rng(seed)
    entries = tuple(drawn_entry(draw, rival, engine, kind) for rival, engine, kind in NAMES)
    knob = {"name": "drive_db", "unit": "dB", "minimum": 0.0, "maximum": 48.0, "default": 12.0}
    return Study(
        "TubeSaturator", {"drive_db": 18.0}, (knob,), "drive_db", "dB", 48000.0, 2.0, 5, seed, BLOCKS, ("guitar",),
        tuple({"drive_db": drive} for drive in DRIVES), "audio/dry.wav", entries, (drawn_training(draw, "lstm"),),
        {"gru": "not asked for"}, {"numpy": "2"}, {"processor": "a drawn one"}, "wetdry compare TubeSaturator",
    )  # fmt: skip


def drawn_training(draw: np.random.Generator, rival: str) -> Trained:
    """Return a net trained from three seeds."""
    runs = [SeedRun(seed, 1000 + seed, 2.0, *map(float, draw.uniform(0.1, 1, 4)), 0.4, -60.0) for seed in range(3)]
    return Trained.of(rival, runs)


def drawn_entry(draw: np.random.Generator, rival: str, engine: str, kind: str) -> Entry:
    """Return an entry; its cost is a line over the block size, its THD rises with the drive."""

    def spread(scale: float) -> Spread:
        found = Spread.of(scale * draw.uniform(0.9, 1.1, 5))
        assert found is not None
        return found

    call_us, compute_ns = draw.uniform(2, 200), draw.uniform(5, 500)
    costs = tuple(_block_cost(size, call_us + size * compute_ns / 1000, spread) for size in BLOCKS)
    thd = tuple(_tone(at, 1.0 + at * draw.uniform(0.9, 1.1)) for at in DRIVES)
    aliasing = tuple(Alias(1249.0, level, float(draw.uniform(-90, -30))) for level in (-20.0, -6.0))
    quality = Quality(
        spread(0.01), spread(0.5), spread(80.0), spread(0.2), thd, 0.4, aliasing, max(a.ratio_db for a in aliasing)
    )
    start = Start(spread(0.5), spread(0.01), spread(0.02), spread(5e7), None)
    net = kind == "twin"
    return Entry(
        rival, engine, kind, "drawn", 5000 if net else None, 5200 if net else None, 22000 if net else None, 0,
        Carrying(engine != "numpy", -120.0, -60.0), start, costs,
        CallCost(call_us, compute_ns, 1000 * call_us / compute_ns, 0.05), quality, f"audio/{rival}-{engine}.wav",
    )  # fmt: skip


def _block_cost(size: int, time_us: float, spread) -> BlockCost:
    each = 1000 * time_us / size
    latencies = [spread(time_us * factor) for factor in (1.0, 0.95, 1.3, 1.8, 3.0)]
    return BlockCost(
        size, 4000, spread(each), spread(1e9 / each), spread(1e9 / 48000 / each), *latencies, spread(0.3 * time_us)
    )


def _tone(at: float, thd_percent: float) -> Tone:
    return Tone(at, thd_percent, (-12.0, *(float(-12 - 6 * k + at / 4) for k in range(1, 9)), None))
