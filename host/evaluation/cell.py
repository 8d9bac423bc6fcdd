"""One cell: a recording at a knob setting, through the target and through everything it is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...models import metrics
from ..capture.target import Target


@dataclass(frozen=True)
class Metric:
    """A column of the evaluation: key, what a person calls it, unit, decimals, whether less is
    better, and a name for a narrow column."""

    key: str
    label: str
    unit: str = ""
    digits: int = 3
    lower_is_better: bool = True
    short: str = ""


METRICS = (
    Metric("esr", "ESR", digits=4, short="ESR"),
    Metric("preemphasised_esr", "Pre-emphasised ESR", digits=4, short="ESR, pre-emph."),
    Metric("mr_stft", "MR-STFT", short="MR-STFT"),
    Metric("lufs_difference", "Loudness difference", "LU", 2, short="Loudness, LU"),
    Metric("gain_error_db", "Gain trace error", "dB", 2, short="Gain, dB"),
    Metric("mfcc_l1", "MFCC distance", digits=2, short="MFCC"),
    Metric("mushra", "Predicted MUSHRA", digits=1, lower_is_better=False, short="MUSHRA, pred."),
)


def compare(target: np.ndarray, estimates: Mapping[str, np.ndarray], sample_rate: float) -> dict[str, dict[str, float | None]]:
    """Return name → metric key → value of each estimate against the target (None where a metric has no answer).

    One of the estimates is "dry".
    """
    dry = estimates["dry"]
    spectral = dict(zip(estimates, metrics.mr_stft_many(target, list(estimates.values())), strict=True))
    found: dict[str, dict[str, float | None]] = {}
    for name, estimate in estimates.items():
        mfcc = metrics.mfcc_distance(target, estimate, sample_rate)
        ratios, quiet = metrics.segment_esr(target, estimate, sample_rate)
        found[name] = {
            "esr": metrics.esr(target, estimate),
            "preemphasised_esr": metrics.preemphasised_esr(target, estimate),
            "mr_stft": spectral[name],
            "lufs_difference": metrics.loudness_difference(target, estimate, sample_rate),
            "gain_error_db": metrics.gain_error_db(dry, target, estimate, sample_rate),
            "mfcc_l1": mfcc.distance if mfcc else None,
            "mushra": mfcc.mushra if mfcc else None,
            "segment_esr": float(ratios[~quiet].mean()) if not quiet.all() else None,
        }
    return found


def level(target: np.ndarray, dry: np.ndarray, sample_rate: float) -> dict[str, Any]:
    """Return how loud the target is, how far below dry, and how much of it is under -60 dBFS, where a ratio says little."""
    _, quiet = metrics.segment_esr(target, target, sample_rate)
    rms = metrics.level_dbfs(target)
    return {
        "level_dbfs": max(rms, -200.0),
        "reduction_db": max(metrics.level_dbfs(dry), -200.0) - max(rms, -200.0),
        "peak": float(np.abs(target).max()),
        "segments": int(quiet.size),
        "quiet_segments": int(quiet.sum()),
        "quiet": bool(rms < metrics.QUIET_DBFS),
    }


def loudest_start(signal: np.ndarray, length: int) -> int:
    """Return where the stretch of `length` samples with the most energy starts."""
    if signal.size <= length:
        return 0
    hop = max(1, length // 32)
    total = np.concatenate(([0.0], np.cumsum(np.square(signal, dtype=np.float64))))
    starts = np.arange(0, signal.size - length + 1, hop)
    return int(starts[np.argmax(total[starts + length] - total[starts])])


def race(target: Target, twin: Target, dry: np.ndarray, rounds: int) -> dict[str, Any]:
    """Return how many times faster than real time each one is: run in turns, the median of `rounds` plays."""
    spent: dict[str, list[float]] = {"target": [], "twin": []}
    for turn in range(rounds + 1):
        for name, player in (("target", target), ("twin", twin)):
            before = player.seconds
            player.play(dry)
            if turn:  # the first warms caches and compiles
                spent[name].append(player.seconds - before)
    length = dry.size / target.sample_rate
    factors = {name: length / float(np.median(times)) for name, times in spent.items()}
    return {
        **factors,
        "rounds": rounds,
        "seconds": length,
        "how": "time in process calls of 8192 samples, in turns, one thread, median",
    }
