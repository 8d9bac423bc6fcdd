"""`wetdry train`."""

from pathlib import Path
from typing import Annotated

import typer

from .common import console, progress_bar

MINUTES_HELP = "Training time; the learning rate anneals over it. Left out: the default recipe's."


def run(
    capture: Annotated[Path, typer.Argument(help="A capture folder.")],
    out: Annotated[Path, typer.Option(help="Folder of the run; a killed run goes on from it.")],
    minutes: Annotated[float | None, typer.Option(help=MINUTES_HELP)] = None,
    epochs: Annotated[float | None, typer.Option(help="Passes over the capture, instead of minutes.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Segments a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak of the schedule.")] = None,
    precision: Annotated[str | None, typer.Option(help="As lightning names it: 32-true, bf16-mixed, …")] = None,
    loss: Annotated[str | None, typer.Option(help="Name of a loss.")] = None,
    seed: Annotated[int, typer.Option(help="Of weights and batches.")] = 0,
) -> None:
    """Train a net with the captured knobs; prints the ESR on validation settings and recordings."""
    from ...models.training import train
    from ..clone import MODEL_NAME

    with progress_bar() as progress:
        model = train(capture, out, minutes=minutes, epochs=epochs, batch_size=batch_size, learning_rate=learning_rate,
                      precision=precision, loss=loss, seed=seed, progress=progress)  # fmt: skip
    model.save(out / MODEL_NAME)
    esr = model.training["validation_esr"]
    console.print(f"validation ESR: median {esr['median']:.4f}, worst {esr['worst']:.4f} over {esr['takes']} takes, "
                  f"{model.training['steps']} steps in {model.training['minutes']:.1f} min")  # fmt: skip
    console.print(f"model: {out / MODEL_NAME}")
