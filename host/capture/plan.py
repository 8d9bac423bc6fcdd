"""What a capture will do, decided before it starts: which settings, which piece of the dry audio for each."""

import hashlib
import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

import numpy as np

from ...models.errors import InvalidValue
from ...models.parameter import Parameter

GOLDEN = 0.618034


@dataclass(frozen=True)
class PlannedTake:
    """A take to render: its number, knob setting (index, values, positions), piece of the dry audio, and split."""

    number: int
    setting: int
    values: dict[str, Any]
    raw: dict[str, float]
    dry_file_name: str
    dry_start: int
    frames: int
    split: str
    replicate_of: int | None = None

    @property
    def file_name(self) -> str:
        """Where its wet audio goes."""
        return f"wet/take_{self.number:04d}.wav"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)


@dataclass(frozen=True)
class PlannedGesture:
    """A take with moving knobs to render; `number` counts on after the takes', `index` among gestures."""

    number: int
    index: int
    values: dict[str, Any]
    kinds: dict[str, str]
    curves: dict[str, dict[str, Any]]
    dry_file_name: str
    dry_start: int
    frames: int
    split: str = "test"

    @property
    def file_name(self) -> str:
        """Where its wet audio goes."""
        return f"wet/gesture_{self.index:04d}.wav"

    @property
    def given(self) -> dict[str, str]:
        """Return knob → where its course goes."""
        return {name: f"wet/gesture_{self.index:04d}_knob{i}.wav" for i, name in enumerate(self.curves)}

    @property
    def told(self) -> str:
        """Return a hash by which a finished gesture is told from another that was planned in its place."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data: what a worker needs."""
        return {**asdict(self), "do": "gesture", "given": self.given, "told": self.told}


def sample_settings(knobs: Sequence[Parameter], count: int, seed: int, corners: bool) -> list[dict[str, Any]]:
    """Return `count` settings: corners of the knob space first, then scrambled Sobol points in raw position.

    All corners where they take no more than half of the settings, else a random half's worth of them. A switch
    counts with its first and last choice.
    """
    from scipy.stats import qmc

    if not knobs:
        return [{} for _ in range(count)]
    rng = np.random.default_rng([seed, 0xC0])
    raws: list[tuple[float, ...]] = []
    if corners:
        wanted = max(count // 2, 1)
        if len(knobs) <= 12 and 2 ** len(knobs) <= wanted:
            raws = list(product((0.0, 1.0), repeat=len(knobs)))
        else:
            raws = [tuple(float(b) for b in rng.integers(0, 2, len(knobs))) for _ in range(wanted)]
    make: Any = qmc.Sobol  # scipy renamed the argument
    named = "rng" if "rng" in inspect.signature(make).parameters else "seed"
    sobol = make(len(knobs), scramble=True, **{named: rng})
    missing = count - len(raws)
    if missing > 0:
        raws += [tuple(map(float, p)) for p in sobol.random_base2(int(np.ceil(np.log2(max(missing, 1)))))[:missing]]
    return [{k.name: value_at(k, raw) for k, raw in zip(knobs, point, strict=True)} for point in raws[:count]]


def value_at(knob: Parameter, raw: float) -> Any:
    """Return the value at a position, rounded to six figures of the knob's range: what is set, printed and stored."""
    value = knob.from_raw(raw)
    if knob.choices:
        return value
    digits = 6 - int(np.floor(np.log10(max(abs(knob.maximum), abs(knob.minimum), 1e-6))))
    return min(max(round(float(value), digits), knob.minimum), knob.maximum)


def given_settings(knobs: Sequence[Parameter], settings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Check settings that the caller chose; each must name every knob."""
    names = [k.name for k in knobs]
    for setting in settings:
        if set(setting) != set(names):
            raise InvalidValue(f"setting {dict(setting)!r} must give a value to each of: {', '.join(names)}")
        for knob in knobs:
            knob.to_number(setting[knob.name])
    return [{k.name: setting[k.name] for k in knobs} for setting in settings]


def windows(pool: Sequence[tuple[str, int]], count: int, length: int, shortest: int) -> list[list[tuple[str, int, int]]]:
    """Return for each of `count` takes its pieces (file name, start, frames), walking evenly around the pool.

    The pool is a ring of files; each round starts elsewhere in it, so that settings and passages mix. A piece ends
    at the end of its file; one shorter than `shortest` is left out.
    """
    total = sum(frames for _, frames in pool)
    length = min(length, total)
    laps = max(total // length, 1)
    result = []
    for take in range(count):
        lap, place = divmod(take, laps)
        start = (place * length + int(lap * GOLDEN * length)) % total
        pieces: list[tuple[str, int, int]] = []
        left = length
        while left > 0:
            file_name, inside, frames = piece_at(pool, start)
            used = min(left, frames - inside)
            if used >= shortest or used == frames:
                pieces.append((file_name, inside, used))
            left -= used
            start = (start + used) % total
        result.append(pieces or [(pool[0][0], 0, min(length, pool[0][1]))])
    return result


def piece_at(pool: Sequence[tuple[str, int]], position: int) -> tuple[str, int, int]:
    """Return (file name, sample inside it, its frames) where a position of the files, laid end to end, falls."""
    for file_name, frames in pool:
        if position < frames:
            return file_name, position, frames
        position -= frames
    raise InvalidValue("the position lies outside the pool")


def plan_takes(
    knobs: Sequence[Parameter],
    settings: Mapping[str, Sequence[dict[str, Any]]],
    pools: Mapping[str, Sequence[tuple[str, int]]],
    seconds: float,
    sample_rate: float,
) -> list[PlannedTake]:
    """Return every take: training, validation, then a replicate of the first take of each."""
    takes: list[PlannedTake] = []
    index = 0
    for split in ("train", "validation"):
        pieces = windows(pools[split], len(settings[split]), round(seconds * sample_rate), round(sample_rate))
        for values, parts in zip(settings[split], pieces, strict=True):
            raw = {k.name: k.to_raw(values[k.name]) for k in knobs}
            for file_name, start, frames in parts:
                takes.append(PlannedTake(len(takes), index, values, raw, file_name, start, frames, split))
            index += 1 if knobs else 0
    for split in ("train", "validation"):
        first = next(t for t in takes if t.split == split)
        takes.append(PlannedTake(**{**asdict(first), "number": len(takes), "replicate_of": first.number}))
    return takes
