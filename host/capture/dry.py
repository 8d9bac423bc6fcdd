"""The dry side of a capture: recordings read, brought to one rate, and kept apart: train, validation, test."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...models.audio_file import read_audio
from ...models.errors import FileProblem, InvalidValue
from ..excitation import excitation

SUFFIXES = {".wav", ".flac", ".ogg", ".aif", ".aiff", ".mp3", ".w64", ".rf64", ".caf"}
SHORTEST_SECONDS = 1.0


@dataclass(frozen=True)
class Source:
    """A dry recording: where it came from, float32 mono audio (frames,), and its split."""

    name: str
    audio: np.ndarray
    split: str = "train"


def dry_file_name(index: int, name: str) -> str:
    """Return where a recording goes in a capture folder."""
    stem = "".join(c if c.isalnum() or c in "-_" else "_" for c in Path(name).stem)[:60]
    return f"dry/{index:03d}_{stem}.wav"


def read_recording(path: Path, sample_rate: float) -> np.ndarray:
    """Read any audio file as mono float32 at `sample_rate`. Raises FileProblem or InvalidValue naming the file."""
    import soxr

    audio, rate = read_audio(path)
    mono = audio.mean(axis=0, dtype=np.float64).astype(np.float32)
    if rate != sample_rate:
        mono = np.asarray(soxr.resample(mono, rate, sample_rate, quality="VHQ"), np.float32)
    return mono


def files_of(dry: str | Path | Iterable[str | Path]) -> list[Path]:
    """Return the audio files meant by files and folders, in the order given, a folder's sorted by name."""
    found: list[Path] = []
    for entry in [dry] if isinstance(dry, str | Path) else dry:
        path = Path(entry).expanduser()
        if path.is_dir():
            inside = sorted(f for f in path.rglob("*") if f.suffix.lower() in SUFFIXES and f.is_file())
            if not inside:
                raise FileProblem(f"{path} holds no audio files ({', '.join(sorted(SUFFIXES))})")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise FileProblem(f"no dry recording at {path}: pass audio files, or folders of them")
    unique = list(dict.fromkeys(f.resolve() for f in found))
    if not unique:
        raise InvalidValue("dry is empty: pass recordings, or None for the built-in excitation")
    return unique


def sources_of(
    dry: str | Path | Sequence[str | Path] | None,
    sample_rate: float,
    seed: int,
    unseen: int | Sequence[str],
    validation: int | Sequence[str],
    pool_seconds: float,
) -> tuple[list[Source], list[str]]:
    """Return (sources with their splits, warnings).

    Whole recordings are kept apart: `unseen` of them for the test, `validation` for validation (numbers: drawn by
    `seed`; or file names). Where there are too few, the longest is cut in time instead, and a warning says so.
    """
    if dry is None:
        return _built_in(sample_rate, seed, unseen, pool_seconds), []
    files = files_of(dry)
    sources = [Source(f.name, read_recording(f, sample_rate)) for f in files]
    short = [s.name for s in sources if len(s.audio) < SHORTEST_SECONDS * sample_rate]
    if short:
        raise InvalidValue(f"{short[0]} is shorter than {SHORTEST_SECONDS:g} s: leave it out")
    order = list(np.random.default_rng([seed, 0xD7]).permutation(len(sources)))
    warnings: list[str] = []
    test = _picked(sources, order, unseen, "unseen")
    order = [i for i in order if i not in test]
    if not order or (isinstance(unseen, int) and len(test) < unseen):
        warnings.append(
            f"{len(sources)} dry recording(s) are too few to keep {unseen} wholly unseen; parts in time are kept instead"
        )
        return _cut_in_time(sources), warnings
    held = _picked(sources, order, validation, "validation")
    if len(order) - len(held) < 1:
        warnings.append("too few dry recordings to keep one for validation: the last fifth of a training one is kept instead")
        held = set()
    splits = ["test" if i in test else "validation" if i in held else "train" for i in range(len(sources))]
    result = [Source(s.name, s.audio, split) for s, split in zip(sources, splits, strict=True)]
    if not held:
        longest = max((s for s in result if s.split == "train"), key=lambda s: len(s.audio))
        at = int(0.8 * len(longest.audio))
        result[result.index(longest)] = Source(longest.name, longest.audio[:at])
        result.append(Source(longest.name, longest.audio[at:], "validation"))
    return result, warnings


def _picked(sources: list[Source], order: list[int], wanted: int | Sequence[str], what: str) -> set[int]:
    if isinstance(wanted, int):
        if wanted < 0:
            raise InvalidValue(f"{what} = {wanted}: pass 0 or more recordings, or their names")
        return set(order[: min(wanted, max(len(order) - 1, 0))])
    names = [s.name for s in sources]
    missing = [w for w in wanted if Path(w).name not in names]
    if missing:
        raise InvalidValue(f"{what} names {missing[0]!r}, which is not among the dry recordings: {', '.join(names)}")
    return {names.index(Path(w).name) for w in wanted}


def _cut_in_time(sources: list[Source]) -> list[Source]:
    longest = max(sources, key=lambda s: len(s.audio))
    first, second = int(0.7 * len(longest.audio)), int(0.85 * len(longest.audio))
    others = [s for s in sources if s is not longest]
    parts = {"train": longest.audio[:first], "validation": longest.audio[first:second], "test": longest.audio[second:]}
    return others + [Source(longest.name, audio, split) for split, audio in parts.items()]


def _built_in(sample_rate: float, seed: int, unseen: int | Sequence[str], pool_seconds: float) -> list[Source]:
    count = unseen if isinstance(unseen, int) else len(unseen)
    train = max(pool_seconds, 8.0)
    lengths = [("train", train), ("validation", max(min(60.0, train / 4), 8.0)), *[("test", 20.0)] * count]
    sources = []
    for i, (split, seconds) in enumerate(lengths):
        audio = excitation(math.ceil(seconds), sample_rate, seed * 1000 + i)
        sources.append(Source(f"excitation_{split}_{i}", audio, split))
    return sources
