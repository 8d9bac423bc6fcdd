"""The outcome of a study: in memory, as JSON, as tables."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from ...models.errors import FileProblem, InvalidValue
from ...models.files import write_atomically
from .figures import BlockCost, CallCost, Carrying, Quality, SeedRun, Spread, Start, Trained
from .plain import lines_of, plain

FORMAT_VERSION = 2
RESULT, COSTS, QUALITY, SEEDS, TONES = "study.json", "costs.csv", "quality.csv", "seeds.csv", "tones.csv"
MEASURED, DIGITS = ("entries", "trained"), 5  # two more than are ever shown
KINDS = ("reference", "dsp", "twin", "distilled", "pruned", "quantised")


@dataclass(frozen=True)
class Entry:
    """One rival on one engine. The first entry of a study is the reference itself, whose quality is against itself.

    Attributes:
        rival: as it was asked for: "numpy", "kernels", "pedalboard", "lstm", "pruned-standard", a file.
        engine: "numpy", "kernels", "pedalboard", "plugin"; of a net "ours", "torch", "torchscript", "onnxruntime",
            "onnxruntime-int8".
        kind: of `KINDS`.
        about: one line: what it is, as a person says it.
        weights, multiply_adds: trained numbers, multiply-adds a sample; None where it is no net.
        file_bytes: of the file this engine plays; None where there is none.
        latency_samples: that it reports; taken out before anything is compared.
        carrying: whether its state carries over between blocks.
        start: loading, in fresh processes.
        costs: one a block size, ascending.
        call: the call apart from the compute.
        quality: against the reference.
        audio: WAV of `Study.excerpt` played through it, beside the result.
    """

    rival: str
    engine: str
    kind: str
    about: str
    weights: int | None
    multiply_adds: int | None
    file_bytes: int | None
    latency_samples: int
    carrying: Carrying
    start: Start | None
    costs: tuple[BlockCost, ...]
    call: CallCost
    quality: Quality
    audio: str

    @property
    def name(self) -> str:
        """What it is called in tables and pictures: the rival, and the engine where that is another word."""
        return self.rival if self.engine == self.rival else f"{self.rival}, {self.engine}"

    def cost(self, buffer_size: int) -> BlockCost:
        """Return what blocks of this size cost. Raises InvalidValue where it was not measured."""
        for cost in self.costs:
            if cost.buffer_size == buffer_size:
                return cost
        measured = ", ".join(str(cost.buffer_size) for cost in self.costs)
        raise InvalidValue(f"{self.name}: blocks of {buffer_size} were not measured; measured: {measured}")


@dataclass(frozen=True)
class Study:
    """A reference and its rivals. Every field is plain JSON data; `study.json` holds them all.

    Attributes:
        reference: its name.
        values: the knob values it stands at; twins hold the captured ones, everything else is built with them.
        knobs: `Parameter.to_dict` of the captured knobs, that twins have too.
        swept: name of the knob that the tones turn; "" where none: then they climb in level.
        swept_unit: of that knob; dBFS for a level.
        sample_rate: in Hz.
        minutes, runs, seed: training of each net; how often each timing is repeated; of everything that is drawn.
        block_sizes: samples a block.
        recordings: names of what the quality is measured on, none of it heard in training.
        settings: knob values that were visited.
        excerpt: WAV of the dry stretch that every entry's `audio` is of; at `values`.
        entries: the reference first.
        trained: how close each net comes over the seeds it was trained from; its entries are of the first seed.
        left_out: rival or "rival, engine" → why it is not among them.
        versions, machine: what it was measured with. command: that prints it again.
    """

    reference: str
    values: dict[str, Any]
    knobs: tuple[dict[str, Any], ...]
    swept: str
    swept_unit: str
    sample_rate: float
    minutes: float
    runs: int
    seed: int
    block_sizes: tuple[int, ...]
    recordings: tuple[str, ...]
    settings: tuple[dict[str, Any], ...]
    excerpt: str
    entries: tuple[Entry, ...]
    trained: tuple[Trained, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    command: str = ""

    def entry(self, name: str) -> Entry:
        """Return the entry of this name ("lstm, ours"). Raises InvalidValue listing the names."""
        for entry in self.entries:
            if entry.name == name:
                return entry
        raise InvalidValue(f"the study has no {name!r}; it has {'; '.join(e.name for e in self.entries)}")

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON data, what was measured rounded to five digits; see `plain.plain`."""
        asked = {f.name: plain(getattr(self, f.name)) for f in fields(self)}
        return {"format_version": FORMAT_VERSION, **asked, **{key: plain(getattr(self, key), DIGITS) for key in MEASURED}}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return what `to_dict` gave. Raises InvalidValue naming the field that is wrong."""
        from pydantic import TypeAdapter, ValidationError

        if not isinstance(data, dict) or data.get("format_version") != FORMAT_VERSION:
            raise InvalidValue(f"a study's format_version is {FORMAT_VERSION}; run the study again")
        known = {f.name for f in fields(cls)}
        try:
            return TypeAdapter(cls).validate_python({key: value for key, value in data.items() if key in known})
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise InvalidValue(f"a study's {where}: {first['msg']}; run the study again") from None

    def save(self, folder: str | Path) -> None:
        """Write `study.json`, `costs.csv`, `quality.csv`, `seeds.csv` and `tones.csv` into `folder`, each atomically."""
        folder = Path(folder)
        write_atomically(folder / RESULT, lines_of(self.to_dict()).encode())
        tables = {COSTS: self.cost_rows, QUALITY: self.quality_rows, SEEDS: self.seed_rows, TONES: self.tone_rows}
        for name, rows in tables.items():
            write_atomically(folder / name, _csv(rows()).encode())

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read `study.json` from `folder`. Raises FileProblem, or InvalidValue naming the file."""
        path = Path(folder) / RESULT
        try:
            return cls.from_dict(json.loads(path.read_bytes()))
        except OSError as error:
            raise FileProblem(f"cannot read {path}: {error.strerror or error}; run wetdry compare first") from None
        except ValueError as error:
            raise InvalidValue(f"{path}: {error}") from None

    def cost_rows(self) -> list[dict[str, Any]]:
        """Return a row for each entry and block size: every figure's mean and deviation, then the line through all sizes."""
        rows = []
        for entry in self.entries:
            call = {f"line_{key}": value for key, value in asdict(entry.call).items()}
            for cost in entry.costs:
                plain = {"buffer_size": cost.buffer_size, "blocks": cost.blocks}
                rows.append({**_who(entry), **plain, **_means(cost, BlockCost), **call})
        return rows

    def quality_rows(self) -> list[dict[str, Any]]:
        """Return a row for each entry: size, start, quality, and whether its state carries over."""
        rows = []
        for entry in self.entries:
            plain = {key: getattr(entry, key) for key in ("weights", "multiply_adds", "file_bytes", "latency_samples")}
            start = _means(entry.start, Start)
            heard = {key: getattr(entry.quality, key) for key in ("thd_error_percent", "aliasing_db")}
            rows.append({**_who(entry), **plain, **_means(entry.quality, Quality), **heard, **asdict(entry.carrying), **start})
        return rows

    def seed_rows(self) -> list[dict[str, Any]]:
        """Return a row for each net and seed it was trained from, then one with mean and deviation over the seeds."""
        rows = []
        for net in self.trained:
            over = {f"{f.name}_deviation": None for f in fields(SeedRun) if f.name not in ("seed", "steps", "minutes")}
            rows += [{"rival": net.rival, **asdict(run), **over} for run in net.runs]
            rows.append({"rival": net.rival, "seed": "mean", "steps": None, "minutes": None, **_means(net, Trained)})
        return rows

    def tone_rows(self) -> list[dict[str, Any]]:
        """Return a row for each entry and position of the swept knob: THD and the harmonics' levels."""
        rows = []
        for entry in self.entries:
            for tone in entry.quality.thd:
                levels = {f"harmonic_{k}_dbfs": level for k, level in enumerate(tone.harmonics_dbfs, 1)}
                rows.append({**_who(entry), "swept": self.swept, "at": tone.at, "thd_percent": tone.thd_percent, **levels})
        return rows


def _who(entry: Entry) -> dict[str, Any]:
    return {"rival": entry.rival, "engine": entry.engine, "kind": entry.kind}


def _means(figures: Any, kind: type) -> dict[str, Any]:
    """Return mean and deviation of every `Spread` field; empty cells where a figure, or all of them, are not there."""
    found: dict[str, Any] = {}
    for each in fields(kind):
        if "Spread" in str(each.type):
            spread: Spread | None = getattr(figures, each.name, None)
            found[each.name] = spread.mean if spread else None
            found[f"{each.name}_deviation"] = spread.deviation if spread else None
    return found


def _csv(rows: Iterable[dict[str, Any]]) -> str:
    rows, text = list(rows), io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
