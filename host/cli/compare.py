"""`wetdry compare`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table

from ...models.errors import InvalidValue
from ...models.files import write_atomically
from .capture import DRY_HELP, KNOBS_HELP
from .common import TARGET_HELP, console, given_knobs, open_capture_target, progress_bar

if TYPE_CHECKING:
    from ..compare import ComparedClone

RESULT = "compare.json"


def run(
    target: Annotated[list[str], typer.Option(help=f"{TARGET_HELP} May be repeated, each with its own --knobs.")],
    knobs: Annotated[list[str], typer.Option(help=KNOBS_HELP)],
    out: Annotated[Path, typer.Option(help="Folder of all runs; a killed comparison goes on from it.")],
    models: Annotated[str, typer.Option(help="Nets, comma-separated; `wetdry train --help` names them.")] = "",
    minutes: Annotated[float, typer.Option(help="Training time of each.")] = 8.0,
    dry: Annotated[list[Path] | None, typer.Option(help=DRY_HELP)] = None,
    settings: Annotated[int | None, typer.Option(help="Knob settings to train on.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Of each recording in the evaluation; left out: all of it.")] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
) -> None:
    """Clone plugins with several nets in equal training time; print quality, size and cost in one table."""
    from ..compare import NETS, compare
    from ..evaluation.surroundings import machine, versions

    if len(target) != len(knobs):
        raise InvalidValue(f"--target is given {len(target)} times and --knobs {len(knobs)} times: give each target its knobs")
    nets = [name.strip() for name in models.split(",") if name.strip()] or list(NETS)
    pairs = [(open_capture_target(t), given_knobs(k)) for t, k in zip(target, knobs, strict=True)]
    with progress_bar() as progress:
        rows = compare(pairs, out, nets, minutes=minutes, dry=dry, seed=seed, progress=progress,
                       capturing={} if settings is None else {"settings": settings},
                       evaluating={} if seconds is None else {"seconds": seconds})  # fmt: skip
    console.print(
        table_of(rows, f"{minutes:g} minutes of training each, seed {seed}; on settings and recordings no training saw")
    )
    about = {"seed": seed, "minutes": minutes, "machine": machine(), "versions": versions("torch", "pedalboard")}
    write_atomically(out / RESULT, json.dumps({**about, "rows": [row.to_dict() for row in rows]}, indent=1).encode())
    console.print(f"the clones, their pages and {RESULT}: {out}")


def table_of(rows: "Sequence[ComparedClone]", title: str) -> Table:
    """Return the rows as a person reads them: ESR in the median, ns a sample in blocks of 64, kB of the file."""
    from ..evaluation.summary import figure

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("target", "net", "ESR", "90 %", "worst", "MUSHRA", "weights", "ns", "kB", "steps"):
        table.add_column(heading, justify="left" if heading in ("target", "net") else "right")
    for row in rows:
        table.add_row(row.target, row.net, *(figure(x) for x in (row.esr_median, row.esr_p90, row.esr_worst)),
                      "–" if row.mushra is None else f"{row.mushra:.0f}", str(row.weights),
                      "–" if row.ns_per_sample is None else f"{row.ns_per_sample:.0f}", f"{row.file_bytes / 1024:.0f}",
                      str(row.steps))  # fmt: skip
    return table
