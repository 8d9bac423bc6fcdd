"""The dry side of a target captured at its place: recordings played into the whole, and heard where they arrive."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...models.dataset import DryRecording, read_mono
from ...models.errors import InvalidType, InvalidValue, PluginError
from ...models.files import sha256_of, wav_bytes, write_wav
from ...models.locations import Location
from ..place import Arriving, Place
from ..plugins.cache import recall, write_json
from ..recipe import describe
from .dry import Source, dry_file_name
from .progress import PROGRESS_FOLDER

NOTHING_DBFS = -90.0
ARRIVED_NAME = "arrived.json"


@dataclass(frozen=True)
class Arrived:
    """What arrived at a place.

    Attributes:
        sources: as many as were played, each as long, mono.
        played: index → those of split "test" as they were played: evaluation plays them again.
        whole: recipe of what the place is in; empty where it has none, and an evaluation must be given it.
        name: of the place.
        key: what all this depends on.
        warnings: for the person who trains on it.
    """

    sources: list[Source]
    played: dict[int, Source]
    whole: dict[str, Any]
    name: int | str
    key: str
    warnings: list[str]

    def request(self) -> dict[str, Any]:
        """Return what the plan of the capture says of it."""
        return {"whole": self.whole, "name": self.name, "played": self.key}

    def keep(self, folder: Location, recordings: Sequence[DryRecording], sample_rate: float) -> dict[str, Any]:
        """Write what was played, note what has arrived, and return what the record says of the place."""
        hashes = [r.sha256 for r in recordings]
        write_json(folder / PROGRESS_FOLDER / ARRIVED_NAME, {"key": self.key, "sha256": hashes, "warnings": self.warnings})
        names = {}
        for i, source in self.played.items():
            dry_name = recordings[i].file_name
            names[dry_name] = file_name = dry_name.replace("dry/", "played/", 1)
            if sha256_of(folder / file_name) != hashlib.sha256(wav_bytes(source.audio, sample_rate)).hexdigest():
                write_wav(folder / file_name, source.audio, sample_rate)
        return {"whole": self.whole, "name": self.name, "played": names}


def arrive(
    place: Place, sources: list[Source], sample_rate: float, folder: Location, tell: Callable[[str, float, float, str], None]
) -> Arrived:
    """Play each recording into the whole and return what arrives at the place.

    What an earlier run of the same capture heard is read from `folder`: a plugin need not repeat itself to the bit.

    Raises:
        InvalidValue: nothing is heard there. PluginError: what is heard is not finite.
    """
    try:
        whole = describe(place.whole)
    except InvalidType:
        whole = {}
    told = [whole, place.name, sample_rate, [[s.name, s.split, hashlib.sha256(s.audio.tobytes()).hexdigest()] for s in sources]]
    key = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    played = {i: s for i, s in enumerate(sources) if s.split == "test"}
    known = _recalled(folder, key, sources, sample_rate) if whole else None
    if known is not None:
        return Arrived(known[0], played, whole, place.name, key, known[1])
    arriving, heard = Arriving(place, sample_rate), []
    for i, source in enumerate(sources):
        tell("dry", i, len(sources), f"playing the recordings up to {place}")
        heard.append(replace(source, audio=_checked(arriving.hear(source.audio), place)))
    loudest = max((float(np.abs(s.audio).max(initial=0.0)) for s in heard), default=0.0)
    if loudest < 10 ** (NOTHING_DBFS / 20):
        raise InvalidValue(f"nothing arrives at {place} (peak under {NOTHING_DBFS:g} dBFS): turn up what stands before it")
    return Arrived(heard, played, whole, place.name, key, _warnings(place, arriving))


def _checked(audio: np.ndarray, place: Place) -> np.ndarray:
    if not np.isfinite(audio).all():
        raise PluginError(f"what arrives at {place} is not finite: one of the processors before it misbehaves")
    return audio


def _warnings(place: Place, arriving: Arriving) -> list[str]:
    found = []
    if arriving.stereo:
        found.append(f"what arrives at {place} is stereo: the target was captured in mono, fed the mean of the channels")
    if place.in_loop:
        found.append(f"{place} is in a feedback loop: what arrives there was heard with the knobs as they stand")
    silent = list(getattr(place.whole, "inputs", ()))[1:]
    if silent:
        found.append(f"the recordings were played into the first input alone; silent stayed {', '.join(silent)}")
    return found


def _recalled(folder: Location, key: str, sources: list[Source], sample_rate: float) -> tuple[list[Source], list[str]] | None:
    note = recall(folder / PROGRESS_FOLDER / ARRIVED_NAME)
    if note is None or note.get("key") != key or len(note.get("sha256", ())) != len(sources):
        return None
    heard = []
    for i, (source, sha256) in enumerate(zip(sources, note["sha256"], strict=True)):
        path = folder / dry_file_name(i, source.name)
        if sha256_of(path) != sha256:
            return None
        heard.append(replace(source, audio=read_mono(path, sample_rate)))
    return heard, list(note.get("warnings", ()))
