"""`wetdry prune`."""

from pathlib import Path
from typing import Annotated

import typer

from ..targets import open_capture_target
from .common import progress_bar
from .distil import AGAINST_HELP, OUT_HELP, SOURCE_HELP, budget, model_file, say
from .train import MINUTES_HELP


def run(
    model: Annotated[str, typer.Argument(help=SOURCE_HELP)],
    out: Annotated[Path, typer.Option(help=OUT_HELP)],
    keep: Annotated[
        float, typer.Option(help="Share of the multiply-adds a sample to keep; a multiple of 4 channels trains fastest.")
    ] = 0.5,
    minutes: Annotated[float | None, typer.Option(help=MINUTES_HELP)] = None,
    target: Annotated[str | None, typer.Option(help=AGAINST_HELP)] = None,
    capture: Annotated[
        Path | None, typer.Option(help="The capture folder to train on and measure by; left out: the model teaches itself.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
) -> None:
    """Take whole channels out of a WaveNet or TCN and train it on; say size, speed and ESR before and after."""
    from ..prune import prune

    with progress_bar() as progress:
        made = prune(model_file(model), out, keep=keep, target=open_capture_target(target) if target else None,
                     capture=capture, seed=seed, training=budget(minutes), progress=progress)  # fmt: skip
    say(made)
