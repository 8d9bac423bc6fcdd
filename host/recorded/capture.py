"""capture_recordings: from files that a person recorded to an ordinary capture folder."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...effects.impulse_response import ImpulseResponse
from ...models.dataset import RECORD_NAME, CaptureFolder, CaptureRecord, DryRecording, Take, read_mono
from ...models.dataset_writing import write_record, write_takes
from ...models.errors import FileProblem, InvalidValue
from ...models.files import sha256_of, write_wav
from ...models.parameter import Parameter
from ..capture.progress import PROGRESS_FOLDER, keep_plan, locked, read_plan, sweep
from ..capture.target import Ranges
from ..capture.worker import measured
from ..evaluation.recorded import KIND
from ..measure import difference
from .pairs import Pair, delays_of, lay, look_at
from .splits import SHORTEST_SECONDS, held_back, parts_of
from .takes import RecordedTake, knobs_of, takes_of

Progress = Callable[[str, float, float, str], None]
SHORT_DRY_SECONDS = 60.0
BROKEN_OFF = 0.8  # of the longest take of a dry file: a shorter one does not say where it is cut


def capture_recordings(
    takes: str | Path | Iterable[RecordedTake | Sequence[Any]],
    out: str | Path,
    *,
    knobs: Ranges | None = None,
    sample_rate: int | None = None,
    seed: int = 0,
    name: str = "",
    cabinet: Any = None,
    cabinet_recorded: bool = True,
    progress: Progress | None = None,
) -> CaptureFolder:
    """Make a capture folder of recorded gear: lay each recording against what was played, cut, and keep some back.

    The delay is taken out, its fraction too; polarity and level stay as recorded. Of each recording the last tenth is kept
    for evaluation, the tenth before it for validation; of six or more knob settings one in six is kept from training.
    Two takes of one dry file at one setting are replicates, as are sections that the dry signal plays twice (the built-in
    excitation's, NAM's): `checks["replicate_esr"]` is the device's own floor. `checks["takes"]` says what was found.

    Run again with the same arguments it answers at once.

    Args:
        takes: a CSV file with columns dry, wet (relative to it) and one a knob, or (dry, wet) or (dry, wet, values) each.
            Any format, channel count (mixed to mono) and rate.
        out: the folder; made where missing.
        knobs: name → (minimum, maximum) or (minimum, maximum, "log"); None: as far as each was turned.
        sample_rate: in Hz; None: the first dry file's.
        seed: of the settings that are kept back.
        name: of the device; "": the first recording's.
        cabinet: the impulse response of the cabinet that was recorded with it, as `CabinetIR` takes one (of several channels
            their mean): its own delay stays in the recordings. None: nothing is known of one.
        cabinet_recorded: False: it was not, and the recordings are played through it before they are cut.
        progress: called as progress("recordings", done, total, note).

    Raises:
        FileProblem, InvalidValue, InvalidType, UnknownName: naming the file and what to do.
        CaptureError: the folder holds another capture.
    """
    recorded = takes_of(takes)
    rows = knobs_of(recorded, knobs)
    for take in recorded:
        for file in (take.dry, take.wet):
            if not file.is_file():
                raise FileProblem(f"no recording at {file}")
    rate = sample_rate or _rate_of(recorded[0].dry)
    if not 8000 <= rate <= 768_000:
        raise InvalidValue(f"sample_rate = {rate} Hz is outside 8000 to 768000")
    folder, response = Path(out), ImpulseResponse.of(cabinet)
    taps = None if response is None else response.prepared(rate).mean(axis=0)
    with locked(folder):
        _forget_refused(folder)
        keep_plan(folder, {
            "recordings": [[sha256_of(t.dry), sha256_of(t.wet), dict(t.values)] for t in recorded],
            "knobs": [k.to_dict() for k in rows], "sample_rate": rate, "seed": seed, "name": name,
            **({} if taps is None else {"cabinet": [hashlib.sha256(taps.tobytes()).hexdigest(), cabinet_recorded]}),
        })  # fmt: skip
        if not (folder / RECORD_NAME).exists():
            making = Making(folder, recorded, rows, rate, seed, progress or (lambda *_: None), taps, cabinet_recorded)
            making.make(name or recorded[0].wet.stem)
        sweep(folder)
    return CaptureFolder.open(folder)


def _forget_refused(folder: Path) -> None:
    """Drop the plan of recordings that came to nothing (one was refused, say), so that others may take their place."""
    if "recordings" in (read_plan(folder) or {}) and not (folder / RECORD_NAME).exists():
        (folder / PROGRESS_FOLDER / "plan.json").unlink()


def _rate_of(path: Path) -> int:
    import soundfile

    try:
        return int(soundfile.info(path).samplerate)
    except soundfile.LibsndfileError as error:
        raise FileProblem(f"{path} cannot be read as audio ({error.error_string.rstrip('.')})") from None


class Making:
    """A capture folder of recordings while it is made: the dry files cut once, then take after take."""

    def __init__(
        self, folder: Path, recorded: list[RecordedTake], rows: tuple[Parameter, ...], rate: int, seed: int, tell: Progress,
        cabinet: np.ndarray | None = None, cabinet_recorded: bool = True,
    ) -> None:  # fmt: skip
        self.folder, self.recorded, self.rows, self.rate, self.seed, self.tell = folder, recorded, rows, rate, seed, tell
        self.recorded_cabinet, self.added_cabinet = (cabinet, None) if cabinet_recorded else (None, cabinet)
        self.settings: list[dict[str, Any]] = []
        for take in recorded:
            if dict(take.values) not in self.settings:
                self.settings.append(dict(take.values))
        self.held = held_back(rows, self.settings, seed) if rows else set()
        self.dry: dict[tuple[Path, str], tuple[DryRecording, int]] = {}  # of a file and split: the part, and where it begins
        self.takes: list[Take] = []
        self.answers: list[dict[str, Any]] = []
        self.found: list[dict[str, Any]] = []
        self.warnings: list[str] = []
        self.heard: set[tuple[Path, int]] = set()  # which file was recorded at which setting

    def make(self, name: str) -> None:
        """Read every take and write the folder; its record comes last."""
        findings = []
        for i, take in enumerate(self.recorded):
            self.tell("recordings", i, len(self.recorded), take.wet.name)
            findings.append(look_at(take.dry, take.wet, self.rate, self.recorded_cabinet))
        delays = delays_of(findings, self.recorded_cabinet is not None)
        self.ends = self._ends([finding.stop(delay) for finding, delay in zip(findings, delays, strict=True)])
        for take, finding, delay in zip(self.recorded, findings, delays, strict=True):
            pair, warnings = lay(take.dry, take.wet, self.rate, delay)
            if self.added_cabinet is not None:
                pair = pair.through(self.added_cabinet)
            self.found.append({**finding.found, "taken_out_samples": delay, "replicate_esr": pair.replicate_esr})
            self.warnings += [*finding.warnings, *warnings]
            self._cut(take, pair)
        self.tell("recordings", len(self.recorded), len(self.recorded), "")
        if {t.split for t in self.takes} != {"train", "validation"} or not self.answers:
            raise InvalidValue(f"{self.recorded[0].wet} is too short to keep a part for validation and one for evaluation: "
                               "record a minute or more")  # fmt: skip
        floors = self._floors()
        for answer in self.answers:
            answer["replicate_esr"] = floors.get(answer["setting"])
        first = self.found[0]
        latency = {"reported": 0, "measured": int(np.floor(min(delays))), "fractional": round(min(delays) % 1.0, 3),
                   "polarity": first["polarity"], "steady": max(delays) - min(delays) < 1.0}  # fmt: skip
        write_takes(self.folder, self.rows, self.takes)
        write_record(self.folder, CaptureRecord(
            target={"kind": KIND, "answers": self.answers}, identity={"name": name, "format": "recorded gear"},
            sample_rate=self.rate, knobs=self.rows, seed=self.seed, dry=tuple(part for part, _ in self.dry.values()),
            latency=latency, checks={"takes": self.found, "replicate_esr": max(floors.values(), default=None)},
            warnings=(*self.warnings, *self._warnings()),
        ))  # fmt: skip

    def _floors(self) -> dict[int, float]:
        """Return setting → how far the device was from itself there, as ESR, where something was played twice."""
        floors: dict[int, float] = {}
        for take, found in zip(self.recorded, self.found, strict=True):
            if found["replicate_esr"] is not None:
                setting = self.settings.index(dict(take.values))
                floors[setting] = max(found["replicate_esr"], floors.get(setting, 0.0))
        return floors

    def _ends(self, stops: Sequence[int]) -> dict[Path, int]:
        """Return up to where each dry file is cut: where its takes end, but for those that were broken off early."""
        found: dict[Path, list[int]] = {}
        for take, stop in zip(self.recorded, stops, strict=True):
            found.setdefault(take.dry.resolve(), []).append(stop)
        return {file: min(s for s in stops if s >= BROKEN_OFF * max(stops)) for file, stops in found.items()}

    def _warnings(self) -> list[str]:
        found = []
        seconds = sum(t.frames for t in self.takes if t.split == "train" and t.replicate_of is None) / self.rate
        if seconds < SHORT_DRY_SECONDS:
            found.append(f"only {seconds:.0f} s of recordings to train on; three minutes or more are better")
        if len({f["polarity"] for f in self.found}) > 1:
            found.append("some takes have the other polarity: record all through the same cables, or turn those over")
        return found

    def _cut(self, take: RecordedTake, pair: Pair) -> None:
        """Write a take's parts; the dry file's where they are not there yet."""
        file, setting = take.dry.resolve(), self.settings.index(dict(take.values))
        if (file, "train") not in self.dry:
            self._cut_dry(take.dry, pair)
        again = (file, setting) in self.heard
        self.heard.add((file, setting))
        for split in ("train", "validation", "test"):
            part, begins = self.dry[file, split]
            start, stop = max(begins, pair.first), min(begins + part.frames, pair.stop)
            unused = (split == "train" and setting in self.held) or (split == "test" and again)
            if not unused and stop - start >= SHORTEST_SECONDS * self.rate:
                wet = pair.wet[start - pair.first : stop - pair.first]
                self._keep(take, setting, split, part, start - begins, wet, again)

    def _keep(
        self, take: RecordedTake, setting: int, split: str, part: DryRecording, start: int, wet: np.ndarray, again: bool
    ) -> None:
        values, raw = dict(take.values), {k.name: k.to_raw(take.values[k.name]) for k in self.rows}
        if split == "test":
            name = f"wet/kept_{len(self.answers):04d}.wav"
            sha256 = write_wav(self.folder / name, wet, self.rate)
            self.answers.append({
                "file_name": name, "sha256": sha256, "dry_file_name": part.file_name, "dry_start": start, "frames": len(wet),
                "setting": setting, "values": values, "raw": raw, "held_back": setting in self.held,
            })  # fmt: skip
            return
        name = f"wet/take_{len(self.takes):04d}.wav"
        same = (t for t in self.takes if again and t.setting == setting and t.dry_file_name == part.file_name)
        first = next(same, None)
        if first:
            self._compare(first, start, wet)
        row: dict[str, Any] = measured(wet) | {
            "sha256": write_wav(self.folder / name, wet, self.rate),
            "dry_sha256": part.sha256,
        }
        self.takes.append(Take(name, part.file_name, start, len(wet), setting, split, values, raw,
                               first.number if first else None, **row))  # fmt: skip

    def _compare(self, first: Take, start: int, wet: np.ndarray) -> None:
        """Note how far a second recording of the same is from the first."""
        before, found = read_mono(self.folder / first.file_name, self.rate), self.found[-1]
        at = max(first.dry_start, start)
        one, other = before[at - first.dry_start :], wet[at - start :]
        length = min(len(one), len(other))
        found["replicate_esr"] = max(difference(one[:length], other[:length]), found["replicate_esr"] or 0.0)

    def _cut_dry(self, path: Path, pair: Pair) -> None:
        end = min(self.ends[path.resolve()], pair.repeat[1] if pair.repeat else len(pair.dry))
        stem = "".join(c if c.isalnum() or c in "-_" else "_" for c in path.stem)[:60]
        number = len(self.dry) // 3
        for split, (start, stop) in parts_of(pair.dry, end, self.rate).items():
            name = f"dry/{number:03d}_{stem}_{split}.wav"
            sha256 = write_wav(self.folder / name, pair.dry[start:stop], self.rate)
            part = DryRecording(name, path.name, sha256, stop - start, split)
            self.dry[path.resolve(), split] = part, start
