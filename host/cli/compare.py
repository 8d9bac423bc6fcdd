"""`wetdry compare`."""

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from ...models.errors import InvalidValue, UnknownName
from ...models.files import write_atomically
from ..targets import open_capture_target, open_target
from .bench import block_sizes
from .capture import DRY_HELP, KNOBS_HELP
from .common import TARGET_HELP, console, given_knobs, progress_bar, read_settings

if TYPE_CHECKING:
    from ..compare import ComparedClone
    from ..study import Study

RESULT = "compare.json"
WIDTH = 118  # of tables in a file or a pipe, which has none of its own
RIVALS_HELP = (
    "Who takes part, comma-separated: numpy, numpy-stateless (maths in NumPy), kernels-1x (ours at another oversampling; "
    "2x, 4x, 8x), pedalboard (its nearest plugins), nets as `wetdry train --help` names them, distilled-NET, pruned-NET, "
    "quantised-NET, model files, effects, plugins."
)
SEEDS_HELP = "How often each net is trained, each time from another seed; the first one's is timed."
ENGINES_HELP = "Of every net, comma-separated: ours, torch, torchscript, onnxruntime, onnxruntime-int8; or all."

BESIDE_HELP = "Whose spectra move beside the reference's in spectra.gif; left out: those of the closest net."
MOVING_HELP = "File name of the moving spectra: .gif; or, where ffmpeg is installed, .mp4 with both sounds in turn."
SHOW_HELP = "Then open a window: the spectra of both move while both are heard in turn."


def run(
    out: Annotated[Path, typer.Option(help="Folder of all runs; a killed comparison goes on from it.")],
    reference: Annotated[str | None, typer.Argument(help=f"What the rivals stand beside. {TARGET_HELP}")] = None,
    rivals: Annotated[str | None, typer.Option(help=RIVALS_HELP)] = None,
    engines: Annotated[str, typer.Option(help=ENGINES_HELP)] = "all",
    seeds: Annotated[int, typer.Option(help=SEEDS_HELP)] = 1,
    runs: Annotated[int, typer.Option(help="How often each timing is repeated.")] = 5,
    block: Annotated[str | None, typer.Option(help="Samples a block, comma-separated; left out: 16 to 4096.")] = None,
    at: Annotated[list[str] | None, typer.Option("--set", help="Where a knob of the reference stands: name=value.")] = None,
    target: Annotated[
        list[str] | None, typer.Option(help=f"Instead of a reference: clone it with --models. {TARGET_HELP} May be repeated.")
    ] = None,
    knobs: Annotated[list[str] | None, typer.Option(help=f"{KNOBS_HELP} Once for each --target.")] = None,
    models: Annotated[str, typer.Option(help="Nets, comma-separated; `wetdry train --help` names them.")] = "",
    minutes: Annotated[float | None, typer.Option(help="Training time of each net; left out: 2, with --target 8.")] = None,
    dry: Annotated[list[Path] | None, typer.Option(help=DRY_HELP)] = None,
    settings: Annotated[int | None, typer.Option(help="Knob settings to train on.")] = None,
    seconds: Annotated[
        float | None, typer.Option(help="Of each recording that is judged; left out: 6, with --target all of it.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
    beside: Annotated[str | None, typer.Option(help=BESIDE_HELP)] = None,
    moving: Annotated[str, typer.Option(help=MOVING_HELP)] = "spectra.gif",
    show: Annotated[bool, typer.Option("--show", help=SHOW_HELP)] = False,
) -> None:
    """Set a reference beside rivals (DSP and nets, on every engine): what each costs in blocks of 16 to 4096, how it sounds.

    wetdry compare TubeSaturator --rivals numpy,pedalboard,standard,lstm --minutes 2 --out runs/study

    With --target instead: clone plugins with several nets in equal training time; quality, size and cost in one table.
    """
    given = {} if settings is None else {"settings": settings}
    if reference is not None:
        if target or models:
            raise InvalidValue(f"{reference} is the reference: leave --target and --models out, nets are --rivals too")
        _check_pictures(moving, show)
        found = _study(reference, rivals, engines, seeds, runs, block, at or [], knobs or [], out,
                       2.0 if minutes is None else minutes, dry, given, 6.0 if seconds is None else seconds, seed)  # fmt: skip
        _draw(found, out, beside, moving, show)
    elif not target:
        raise InvalidValue("compare needs a reference (wetdry compare TubeSaturator --out runs/study), or --target")
    else:
        _clones(target, knobs or [], out, models, 8.0 if minutes is None else minutes, dry, given, seconds, seed)


def _study(
    reference: str,
    rivals: str | None,
    engines: str,
    seeds: int,
    runs: int,
    block: str | None,
    at: list[str],
    knobs: list[str],
    out: Path,
    minutes: float,
    dry: list[Path] | None,
    capturing: dict[str, Any],
    seconds: float,
    seed: int,
) -> "Study":
    from ..study.study import BLOCK_SIZES, RIVALS, study
    from ..study.text import study_text

    if len(knobs) > 1:
        raise InvalidValue(f"--knobs is given {len(knobs)} times; one reference has one")
    processor = open_target(reference)
    with progress_bar() as progress:
        found = study(
            processor, RIVALS if rivals is None else [_rival(name) for name in _names(rivals)], out=out,
            knobs=given_knobs(knobs[0]) if knobs else None, values=read_settings([processor], at), engines=_names(engines),
            minutes=minutes, seeds=seeds, runs=runs, block_sizes=block_sizes(block) if block else BLOCK_SIZES, dry=dry,
            seconds=seconds, seed=seed, capturing=capturing, progress=progress, command=f"wetdry {shlex.join(sys.argv[1:])}",
        )  # fmt: skip
    wide = console if console.is_terminal else Console(highlight=False, width=WIDTH)
    for part in study_text(found):
        wide.print(part)
    console.print(f"study.json, costs.csv, quality.csv, seeds.csv, tones.csv, audio: {out}")
    return found


def _check_pictures(moving: str, show: bool) -> None:
    """Raise InvalidValue before anything long where a picture could not be drawn in the end."""
    from ..study_pages.show import check_window
    from ..study_pages.spectra import check_moving_suffix

    check_moving_suffix(Path(moving))
    if show:
        check_window()


def _draw(found: "Study", out: Path, beside: str | None, moving: str, show: bool) -> None:
    from ..study_pages import draw_study
    from ..study_pages.pages import moving_spectra
    from ..study_pages.show import show as play_and_show

    with progress_bar() as progress:
        drawn = draw_study(found, out, rival=beside, moving=moving, progress=progress)
    console.print(f"{', '.join(drawn)}: {out}")
    if show:
        play_and_show(moving_spectra(found, out, beside), console.print)


def _rival(name: str) -> Any:
    """Return a rival by name, or the processor a person names so."""
    from ..study.rivals import wishes_of

    try:
        wishes_of([name])
    except UnknownName as unknown:
        try:
            return open_target(name)
        except UnknownName:
            raise unknown from None
    return name


def _names(text: str) -> list[str]:
    return [name for name in (part.strip() for part in text.split(",")) if name]


def _clones(target: list[str], knobs: list[str], out: Path, models: str, minutes: float, dry: list[Path] | None,
            capturing: dict[str, Any], seconds: float | None, seed: int) -> None:  # fmt: skip
    from ..compare import NETS, compare
    from ..evaluation.surroundings import machine, versions

    if len(target) != len(knobs):
        raise InvalidValue(f"--target is given {len(target)} times and --knobs {len(knobs)} times: give each target its knobs")
    pairs = [(open_capture_target(t), given_knobs(k)) for t, k in zip(target, knobs, strict=True)]
    with progress_bar() as progress:
        rows = compare(pairs, out, _names(models) or list(NETS), minutes=minutes, dry=dry, seed=seed, progress=progress,
                       capturing=capturing, evaluating={} if seconds is None else {"seconds": seconds})  # fmt: skip
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
