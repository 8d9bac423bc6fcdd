"""The capture folder as a file format: who writes it (host/capture) and who reads it meet here.

    capture.json     one CaptureRecord: the target, its knobs, what was measured of it, the dry recordings
    metadata.csv     one Take a row; `file_name` is the column that AudioFolder readers look for
    dry/  wet/       mono float32 WAV; wet[i] answers dry[dry_start + i], latency already taken out
    played/          of a target captured at its place in a chain or graph: the "test" recordings that went into the whole;
                     dry/ holds what arrived at the place
    gestures.json    takes during which the knobs moved, where there are any; see `dataset_gestures`

A take starts as after silence. Recordings of split "test" lie in dry/ and have no take: evaluation plays them.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, asdict, dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from .errors import CaptureError, FileProblem
from .locations import Location, RemotePath, location_of
from .parameter import Parameter

if TYPE_CHECKING:
    from .dataset_gestures import Gesture

FORMAT_VERSION = 1
RECORD_NAME = "capture.json"
TAKES_NAME = "metadata.csv"
DRY_SPLITS = ("train", "validation", "test")
TAKE_SPLITS = ("train", "validation")


@dataclass(frozen=True)
class DryRecording:
    """One recording in dry/: `source` is where it came from; `frames` its samples; `split` one of DRY_SPLITS."""

    file_name: str
    source: str
    sha256: str
    frames: int
    split: str


@dataclass(frozen=True)
class CaptureRecord:
    """What capture.json holds. `target` rebuilds the processor, `knobs` are those that were turned.

    `sample_rate` in Hz; `latency`, `checks` and `identity` are plain JSON data, as measured by the capture. `place`: where
    the target stood: `whole` (recipe of a chain or graph), `name` (of the place in it), `played` (dry file → what was
    played for it); empty: it stood alone.
    """

    target: dict[str, Any]
    identity: dict[str, Any]
    sample_rate: float
    knobs: tuple[Parameter, ...]
    seed: int
    dry: tuple[DryRecording, ...]
    channels: int = 1
    versions: dict[str, Any] = field(default_factory=dict)
    latency: dict[str, Any] = field(default_factory=dict)
    checks: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    place: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        plain |= {"knobs": [k.to_dict() for k in self.knobs], "dry": [asdict(d) for d in self.dry],
                  "warnings": list(self.warnings)}  # fmt: skip
        if not self.place:
            del plain["place"]
        return {"format_version": FORMAT_VERSION, **plain}


@dataclass(frozen=True)
class WetAudio:
    """What the target answered to a piece of a dry recording.

    Attributes:
        file_name, dry_file_name: relative to the folder.
        dry_start, frames: the piece of the dry recording that was played, in samples.
        peak_dbfs, rms_dbfs, dc, clipped_samples, silent: of the wet audio; dc in full scale.
        sha256, dry_sha256: of both.
    """

    file_name: str
    dry_file_name: str
    dry_start: int
    frames: int
    _: KW_ONLY
    peak_dbfs: float = 0.0
    rms_dbfs: float = 0.0
    dc: float = 0.0
    clipped_samples: int = 0
    silent: bool = False
    sha256: str = ""
    dry_sha256: str = ""


@dataclass(frozen=True)
class Take(WetAudio):
    """One rendered take, one row of metadata.csv; its number is that in its file name.

    Attributes:
        setting: index of the knob setting; takes of one setting share it.
        values, raw: knob name → value in its unit, and → position 0..1.
        replicate_of: number of the take this one repeats (the noise floor of the target), or None.
    """

    setting: int
    split: str
    values: Mapping[str, Any]
    raw: Mapping[str, float]
    replicate_of: int | None = None

    @property
    def number(self) -> int:
        """The take's number: `wet/take_0007.wav` is 7."""
        found = re.search(r"(\d+)\.wav$", self.file_name)
        return int(found[1]) if found else -1


COLUMNS_BEFORE_KNOBS = ("file_name", "dry_file_name", "dry_start", "frames", "setting", "split")
COLUMNS_AFTER_KNOBS = ("replicate_of", "peak_dbfs", "rms_dbfs", "dc", "clipped_samples", "silent", "sha256", "dry_sha256")
NUMBER_COLUMNS: dict[str, type] = {"dry_start": int, "frames": int, "setting": int, "peak_dbfs": float, "rms_dbfs": float,
                             "dc": float, "clipped_samples": int}  # fmt: skip


def value_column(knob: str) -> str:
    """Return the CSV column of a knob's value: its name, with `knob.` before a name that is already taken."""
    return f"knob.{knob}" if knob in (*COLUMNS_BEFORE_KNOBS, *COLUMNS_AFTER_KNOBS) else knob


def read_mono(path: Location, sample_rate: float, start: int = 0, frames: int = -1, again: str = "capture") -> np.ndarray:
    """Read mono float32 audio, shape (frames,), from sample `start`; `frames` = -1 reads to the end.

    Raises FileProblem where the file is missing, no audio, not mono, at another rate, empty, too short or not finite;
    `again` is the command that writes such a file anew.
    """
    import soundfile

    def problem(reason: str) -> FileProblem:
        return FileProblem(f"{path}: {reason}; {again} it again")

    if isinstance(path, Path) and not path.is_file():
        raise problem("no such file")
    try:
        with soundfile.SoundFile(path.open() if isinstance(path, RemotePath) else path) as file:
            if file.channels != 1 or file.samplerate != round(sample_rate):
                raise problem(f"{file.channels} channels at {file.samplerate} Hz, not mono at {sample_rate:g} Hz")
            if start + max(frames, 1) > file.frames:
                raise problem(f"has {file.frames} samples, {start + max(frames, 1)} are needed")
            file.seek(start)
            audio = file.read(frames, dtype="float32")
    except soundfile.LibsndfileError as error:
        raise problem(f"cannot be read as audio ({error.error_string.rstrip('.')})") from None
    if not np.isfinite(audio).all():
        raise problem("holds a sample that is not finite")
    return audio


@dataclass(frozen=True)
class CaptureFolder:
    """A capture that was read and checked: `CaptureFolder.open(path)`."""

    path: Location
    record: CaptureRecord
    takes: tuple[Take, ...]
    gestures: tuple["Gesture", ...] = ()

    @classmethod
    def open(cls, path: str | Location) -> Self:
        """Read capture.json, metadata.csv and gestures.json of a folder, or of one at a URL.

        Raises CaptureError naming file and field; audio is checked when read.
        """
        from .dataset_gestures import GESTURES_NAME, read_gestures
        from .dataset_reading import read_record, read_takes

        path = location_of(path)
        record = read_record(path / RECORD_NAME)
        return cls(path, record, read_takes(path / TAKES_NAME, record), read_gestures(path / GESTURES_NAME, record))

    @property
    def knob_names(self) -> tuple[str, ...]:
        """Names of the captured knobs, in the order a model takes them."""
        return tuple(k.name for k in self.record.knobs)

    def takes_of(self, split: str, replicates: bool = False) -> tuple[Take, ...]:
        """Return the takes of "train" or "validation"; repeats of an earlier take only where asked for."""
        if split not in TAKE_SPLITS:
            raise CaptureError(f"split {split!r} has no takes; takes are {' or '.join(TAKE_SPLITS)}")
        return tuple(t for t in self.takes if t.split == split and (replicates or t.replicate_of is None))

    def dry_of(self, split: str) -> tuple[DryRecording, ...]:
        """Return the dry recordings of one split."""
        return tuple(d for d in self.record.dry if d.split == split)

    def read_dry(self, of: WetAudio | DryRecording) -> np.ndarray:
        """Return the dry audio of a take (the piece it played) or a whole recording, float32 (frames,)."""
        if isinstance(of, DryRecording):
            return read_mono(self.path / of.file_name, self.record.sample_rate, 0, of.frames)
        return read_mono(self.path / of.dry_file_name, self.record.sample_rate, of.dry_start, of.frames)

    def read_wet(self, take: WetAudio) -> np.ndarray:
        """Return the wet audio of a take, float32 (frames,)."""
        return read_mono(self.path / take.file_name, self.record.sample_rate, 0, take.frames)

    def read_knob(self, gesture: "Gesture", name: str) -> np.ndarray:
        """Return where a knob stood during a gesture, float32 (frames,), in its unit, a choice by its index."""
        if name not in gesture.given:
            number = next(k for k in self.record.knobs if k.name == name).to_number(gesture.values[name])
            return np.full(gesture.frames, number, np.float32)
        return read_mono(self.path / gesture.given[name], self.record.sample_rate, 0, gesture.frames)

    def raw_of(self, take: Take) -> np.ndarray:
        """Return the knob positions of a take, float32 (knobs,), each 0..1."""
        return np.array([take.raw[name] for name in self.knob_names], np.float32)

    @property
    def data_hash(self) -> str:
        """sha256 over what a training sees: the knobs, and every take's audio hashes, place, setting and split."""
        seen: list[Any] = [self.record.sample_rate, [k.to_dict() for k in self.record.knobs]]
        for t in sorted(self.takes, key=lambda t: t.file_name):
            raw = [t.raw[name] for name in self.knob_names]
            seen.append([t.sha256, t.dry_sha256, t.dry_start, t.frames, t.setting, t.split, raw, t.replicate_of])
        return hashlib.sha256(json.dumps(seen).encode()).hexdigest()


def safe_name(name: str) -> bool:
    """Return whether a file name from a folder stays inside that folder."""
    path = PurePosixPath(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts and "\\" not in name and "\0" not in name
