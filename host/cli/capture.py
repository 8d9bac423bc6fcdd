"""`wetdry capture`."""

from pathlib import Path
from typing import Annotated

import typer

from ..targets import open_capture_target
from .common import TARGET_HELP, capture_summary, progress_bar

KNOBS_HELP = "Knobs to turn, comma-separated; a range as name=LOW:HIGH, or LOW:HIGH:log. `wetdry inspect` lists a plugin's."
OUT_HELP = "Folder for the capture, or a URL such as s3://bucket/folder; run again, it completes it."
SCHEDULER_HELP = (
    "Address of a dask scheduler, tcp://host:8786: its workers render, on as many machines as they run, and write to --out, "
    "which they must see. Left out: this machine renders."
)
GESTURES_HELP = "Takes of 6 s with all knobs moving, over the unseen recordings: the twin is judged on them too."
DRY_HELP = "Dry recording or folder of them; may be repeated. Left out: a built-in training signal."


def run(
    target: Annotated[str, typer.Argument(help=TARGET_HELP)],
    knobs: Annotated[str, typer.Option(help=KNOBS_HELP)],
    out: Annotated[str, typer.Option(help=OUT_HELP)],
    dry: Annotated[list[Path] | None, typer.Option(help=DRY_HELP)] = None,
    settings: Annotated[int, typer.Option(help="Knob settings to train on.")] = 64,
    seconds: Annotated[float, typer.Option(help="Seconds of dry audio a setting gets.")] = 30.0,
    unseen: Annotated[int, typer.Option(help="Recordings kept wholly unseen, for evaluation.")] = 2,
    gestures: Annotated[int, typer.Option(help=GESTURES_HELP)] = 0,
    sample_rate: Annotated[int, typer.Option(help="In Hz; the twin plays at this rate only.")] = 48000,
    workers: Annotated[int | None, typer.Option(help="Processes of this machine; left out: one a core.")] = None,
    scheduler: Annotated[str | None, typer.Option(help=SCHEDULER_HELP)] = None,
    seed: Annotated[int, typer.Option(help="Of settings, splits and the built-in signal.")] = 0,
) -> None:
    """Render dry/wet pairs of an effect over its knobs."""
    from ..capture import capture
    from .common import given_knobs

    with progress_bar() as progress:
        folder = capture(open_capture_target(target), given_knobs(knobs), out, dry=dry, settings=settings,
                         seconds_per_take=seconds, unseen=unseen, gestures=gestures, sample_rate=sample_rate, workers=workers,
                         scheduler=scheduler, seed=seed, progress=progress)  # fmt: skip
    capture_summary(folder)
