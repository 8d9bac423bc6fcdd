"""`wetdry clone`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ..targets import open_capture_target
from .capture import DRY_HELP, GESTURES_HELP, KNOBS_HELP, SCHEDULER_HELP
from .common import TARGET_HELP, capture_summary, console, given_knobs, progress_bar, verdict
from .train import MINUTES_HELP, MODEL_HELP, say_net

CAPTURE_HELP = "Where the capture lies, or is made: a folder or a URL. Left out: capture/ in --out."
QUICK_HELP = "A few minutes in all: less capture, a smaller net, less training."
QUICK: dict[str, dict[str, Any]] = {
    "capturing": {"settings": 32, "seconds_per_take": 12.0, "excitation_seconds": 200.0},
    "training": {"minutes": 2.5},
    "evaluating": {"seconds": 8.0},
}


def run(
    target: Annotated[str, typer.Argument(help=TARGET_HELP)],
    knobs: Annotated[str, typer.Option(help=KNOBS_HELP)],
    out: Annotated[Path, typer.Option(help="Folder of the run; a killed run goes on from it.")],
    dry: Annotated[list[Path] | None, typer.Option(help=DRY_HELP)] = None,
    model: Annotated[str | None, typer.Option(help=MODEL_HELP)] = None,
    minutes: Annotated[float | None, typer.Option(help=MINUTES_HELP)] = None,
    settings: Annotated[int | None, typer.Option(help="Knob settings to train on.")] = None,
    unseen: Annotated[int, typer.Option(help="Recordings kept wholly unseen, for the verdict.")] = 2,
    gestures: Annotated[int, typer.Option(help=GESTURES_HELP)] = 0,
    sample_rate: Annotated[int, typer.Option(help="In Hz; the twin plays at this rate only.")] = 48000,
    workers: Annotated[int | None, typer.Option(help="Processes that capture; left out: one a core.")] = None,
    scheduler: Annotated[str | None, typer.Option(help=SCHEDULER_HELP.replace("--out", "--capture"))] = None,
    capture: Annotated[str | None, typer.Option(help=CAPTURE_HELP)] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
    quick: Annotated[bool, typer.Option("--quick", help=QUICK_HELP)] = False,
) -> None:
    """Clone a plugin: capture it over its knobs, train a twin with the same knobs, measure it, write the page."""
    from ..clone import clone

    options: dict[str, dict[str, Any]] = {name: dict(values) for name, values in QUICK.items()} if quick else {}
    options.setdefault("capturing", {}).update(
        unseen=unseen, gestures=gestures, sample_rate=sample_rate, workers=workers, scheduler=scheduler
    )
    if settings is not None:
        options["capturing"]["settings"] = settings
    given = {"minutes": minutes, "model": model}
    options.setdefault("training", {}).update({name: value for name, value in given.items() if value is not None})
    with progress_bar() as progress:
        made = clone(
            open_capture_target(target), given_knobs(knobs), out, capture_folder=capture, dry=dry, seed=seed, progress=progress,
            capturing=options.get("capturing"), training=options.get("training"), evaluating=options.get("evaluating"),
        )  # fmt: skip
    capture_summary(made.capture)
    say_net(made.model)
    verdict(made.evaluation, out)
    console.print(f"play it:  wetdry render {made.model_path} DRY.wav WET.wav")
