"""What every rival is asked: recordings no training heard, at knob settings over the captured range, and tones."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...models.parameter import Parameter
from ..capture.dry import Source, sources_of
from ..capture.plan import value_at
from ..evaluation.cell import loudest_start
from ..evaluation.settings import draw_settings
from .quality import TONE_DBFS, Build, Passage, Sweep
from .streaming import stream

BLOCK = 512
LEAST_PASSAGES, DRAWN_SETTINGS = 6, 4
TONES = 7
LEVELS_DBFS = tuple(float(level) for level in range(-42, 1, 6))


def settings_of(knobs: Sequence[Parameter], values: Mapping[str, Any], seed: int) -> list[dict[str, Any]]:
    """Return where the captured knobs are put: first where they stand, then drawn settings."""
    drawn = draw_settings(knobs, (), DRAWN_SETTINGS, seed, corners=False) if knobs else []
    return [{k.name: values[k.name] for k in knobs}, *(setting.values for setting in drawn)]


def sweep_of(knobs: Sequence[Parameter], values: Mapping[str, Any]) -> tuple[str, str, Sweep]:
    """Return name, unit and stops of what the tones turn: the first captured knob that is stepless, else the level."""
    swept = next((k for k in knobs if not k.choices), None)
    if swept is None:
        return "", "dBFS", Sweep(LEVELS_DBFS, tuple(dict(values) for _ in LEVELS_DBFS), LEVELS_DBFS)
    stops = tuple(value_at(swept, float(raw)) for raw in np.linspace(0, 1, TONES))
    return swept.name, swept.unit, Sweep(stops, tuple({**values, swept.name: at} for at in stops), (TONE_DBFS,) * TONES)


def stretches(dry: str | Path | Sequence[str | Path] | None, sample_rate: float, seed: int, seconds: float, settings: int,
              capturing: Mapping[str, Any]) -> list[Source]:  # fmt: skip
    """Return the loudest stretches of the recordings that a capture with these arguments keeps unseen.

    Args:
        dry: recordings; None: the built-in excitation.
        seconds: of each stretch, where the recording is as long.
        settings: at how many each will be played: with few of them, a recording gives several stretches.
        capturing: arguments of `capture`; `unseen`, `validation` and `excitation_seconds` count here.
    """
    found, _ = sources_of(dry, sample_rate, seed, capturing.get("unseen", 2), capturing.get("validation", 1),
                          capturing.get("excitation_seconds", 200.0))  # fmt: skip
    kept = [source for source in found if source.split == "test"]
    pieces = -(-LEAST_PASSAGES // (len(kept) * settings))
    length = round(seconds * sample_rate)
    parts: list[Source] = []
    for source in kept:
        start = loudest_start(source.audio, min(pieces * length, len(source.audio)))
        whole = source.audio[start : start + pieces * length]
        parts += [Source(source.name, part, "test") for part in np.array_split(whole, pieces)]
    return parts


def passages_of(parts: Sequence[Source], settings: Sequence[Mapping[str, Any]], values: Mapping[str, Any], reference: Build,
                late_samples: int) -> list[Passage]:  # fmt: skip
    """Return every stretch at every setting with what the reference makes of it."""
    found = []
    for setting in settings:
        whole = {**values, **setting}
        for part in parts:
            dry = np.ascontiguousarray(part.audio, np.float32)
            found.append(Passage(part.name, dry, stream(reference(whole, BLOCK), dry, BLOCK, late_samples), whole))
    return found
