"""The outcome of an evaluation: in memory, as JSON, as a table."""

import csv
import io
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ...models.errors import FileProblem, InvalidValue
from ...models.files import write_atomically
from ...models.parameter import Parameter
from .cell import METRICS
from .summary import grade, summarise, verdict

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Evaluation:
    """How close a twin is to its target. Every field is plain JSON data; `evaluation.json` holds them all.

    Attributes:
        name: of what was cloned.
        identity: of the target: name, manufacturer, version, format, hash.
        sample_rate: in Hz.
        knobs: `Parameter.to_dict` of each.
        twin: file name, bytes, SHA-256, weights, multiply-adds a sample, receptive field, training record.
        options: seed, number of settings, seconds of each recording, silence before it.
        capture: how many settings and seconds were captured, seed, warnings, captured positions.
        settings: `Setting.to_dict` of each one visited.
        recordings: name, file name, hash and length of each dry recording, none of them captured.
        cells: a row for each setting and recording: metrics of twin, dry and nearest capture; replicate ESR.
        probes: test tones at some of the settings: transfer curve, harmonics, aliasing.
        speed: times faster than real time, of target and twin.
        clips: stretches of audio kept in `audio/`.
        versions, machine: what it was measured with.
        warnings: what a reader should know before trusting a figure.
        place: where target and twin stood in turn: its name, what it is in; None: alone.
        gestures: a row for each take with moving knobs: how they moved, metrics of twin and dry, energy above 5 kHz.
    """

    name: str
    identity: dict[str, Any]
    sample_rate: float
    knobs: list[dict[str, Any]]
    twin: dict[str, Any]
    options: dict[str, Any]
    capture: dict[str, Any]
    settings: list[dict[str, Any]]
    recordings: list[dict[str, Any]]
    cells: list[dict[str, Any]]
    probes: list[dict[str, Any]] = field(default_factory=list)
    speed: dict[str, Any] | None = None
    clips: list[dict[str, Any]] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    place: dict[str, Any] | None = None
    gestures: list[dict[str, Any]] = field(default_factory=list)
    folder: Path | None = field(default=None, compare=False)

    @property
    def parameters(self) -> list[Parameter]:
        """The knobs."""
        return [Parameter.from_dict(k) for k in self.knobs]

    @property
    def summary(self) -> dict[str, Any]:
        """Median, 90th percentile and worst cell of every metric; see `summarise`."""
        return summarise(self.cells, self.probes, self.gestures)

    @property
    def verdict(self) -> str:
        """The outcome in one line."""
        return verdict(self.summary, self.speed)

    def certificate(self) -> dict[str, Any]:
        """Return the short form that a model file carries: figures, seed, what they were measured on."""
        summary = self.summary
        figures = {m.key: {k: summary["twin"][m.key][k] for k in ("median", "p90", "worst")} for m in METRICS}
        return {
            "verdict": self.verdict,
            "grade": grade(summary),
            **figures,
            "baselines": {who: summary[who]["esr"]["median"] for who in ("dry", "nearest")},
            "replicate_esr": summary["replicate_esr"],
            "beats_nearest": summary["beats_nearest"],
            "there": _there(summary, self.place),
            "reduced": summary["reduced"],
            "gestures": summary["gestures"],
            "aliasing_db": summary["aliasing_db"],
            "cells": summary["cells"],
            "recordings": [{"name": r["name"], "sha256": r["sha256"]} for r in self.recordings],
            "settings": len(self.settings),
            "seed": self.options["seed"],
            "target": {k: self.identity[k] for k in ("name", "version", "sha256") if k in self.identity},
            "real_time_factor": {k: self.speed[k] for k in ("target", "twin")} if self.speed else None,
            "versions": self.versions,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON data, summary and verdict included."""
        data = {key: value for key, value in asdict(self).items() if key != "folder"}
        return {"format_version": FORMAT_VERSION, "verdict": self.verdict, "summary": self.summary, **data}

    def save(self, folder: str | Path) -> "Evaluation":
        """Write `evaluation.json` and `evaluation.csv` into `folder`, each atomically; return self bound to it."""
        folder = Path(folder)
        write_atomically(folder / "evaluation.json", json.dumps(self.to_dict(), indent=1, allow_nan=False).encode())
        write_atomically(folder / "evaluation.csv", self.table().encode())
        return Evaluation(**{**{f.name: getattr(self, f.name) for f in fields(self)}, "folder": folder})

    def table(self) -> str:
        """Return the cells as CSV text: a row a cell, a column a knob and a metric of twin, dry and nearest capture."""
        names = [k["name"] for k in self.knobs]
        keys = [m.key for m in METRICS]
        who = ("twin", "dry", "nearest")
        plain = ["cell", "setting", "kind", "distance", "nearest_setting", "recording", "seconds", "level_dbfs", "quiet"]
        header = [*plain, *names, *(f"raw.{n}" for n in names), *(f"{w}.{k}" for w in who for k in keys), "replicate_esr"]
        header += [f"there.{w}.{k}" for w in who[:2] for k in keys] if self.place else []
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        for cell in self.cells:
            setting = self.settings[cell["setting"]]
            row = [cell.get(key, setting.get(key, setting["nearest"])) for key in plain]
            row += [setting["values"][n] for n in names] + [setting["raw"][n] for n in names]
            row += [(cell[w] or {}).get(k) for w in who for k in keys]
            row.append(cell["replicate_esr"])
            row += [cell["there"][w][k] for w in who[:2] for k in keys] if self.place else []
            writer.writerow(row)
        return text.getvalue()

    @classmethod
    def load(cls, folder: str | Path) -> "Evaluation":
        """Read `evaluation.json` from `folder`. Raises FileProblem or InvalidValue naming the file."""
        path = Path(folder) / "evaluation.json"
        try:
            data = json.loads(path.read_bytes())
        except OSError as error:
            raise FileProblem(f"cannot read {path}: {error.strerror or error}; run evaluate first") from None
        except ValueError as error:
            raise InvalidValue(f"{path} is not JSON: {error}; run evaluate again") from None
        if not isinstance(data, dict) or data.get("format_version") != FORMAT_VERSION:
            raise InvalidValue(f"{path}: format_version {FORMAT_VERSION} is needed; run evaluate again")
        known = {f.name for f in fields(cls)} - {"folder"}
        try:
            return cls(**{key: value for key, value in data.items() if key in known}, folder=path.parent)
        except TypeError as error:
            raise InvalidValue(f"{path}: {error}; run evaluate again") from None


def _there(summary: dict[str, Any], place: dict[str, Any] | None) -> dict[str, Any] | None:
    if place is None or summary["there"] is None:
        return None
    return {**place, "esr": {k: summary["there"]["twin"]["esr"][k] for k in ("median", "p90", "worst")}}
