"""`wetdry capture`."""

from pathlib import Path
from typing import Annotated

import typer

from .common import TARGET_HELP, capture_summary, open_capture_target, progress_bar

KNOBS_HELP = "Knobs to turn, comma-separated; a range as name=LOW:HIGH, or LOW:HIGH:log. `wetdry inspect` lists a plugin's."
DRY_HELP = "Dry recording or folder of them; may be repeated. Left out: a built-in training signal."


def run(
    target: Annotated[str, typer.Argument(help=TARGET_HELP)],
    knobs: Annotated[str, typer.Option(help=KNOBS_HELP)],
    out: Annotated[Path, typer.Option(help="Folder for the capture; run again, it completes it.")],
    dry: Annotated[list[Path] | None, typer.Option(help=DRY_HELP)] = None,
    settings: Annotated[int, typer.Option(help="Knob settings to train on.")] = 64,
    seconds: Annotated[float, typer.Option(help="Seconds of dry audio a setting gets.")] = 30.0,
    unseen: Annotated[int, typer.Option(help="Recordings kept wholly unseen, for evaluation.")] = 2,
    sample_rate: Annotated[int, typer.Option(help="In Hz; the twin plays at this rate only.")] = 48000,
    workers: Annotated[int | None, typer.Option(help="Processes; left out: one a core.")] = None,
    seed: Annotated[int, typer.Option(help="Of settings, splits and the built-in signal.")] = 0,
) -> None:
    """Render dry/wet pairs of an effect over its knobs."""
    from ..capture import capture
    from .common import given_knobs

    with progress_bar() as progress:
        folder = capture(open_capture_target(target), given_knobs(knobs), out, dry=dry, settings=settings,
                         seconds_per_take=seconds, unseen=unseen, sample_rate=sample_rate, workers=workers, seed=seed,
                         progress=progress)  # fmt: skip
    capture_summary(folder, out)
