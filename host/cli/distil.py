"""`wetdry distil`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ..targets import open_capture_target
from .common import TARGET_HELP, console, progress_bar
from .train import MINUTES_HELP, MODEL_HELP

SOURCE_HELP = "A model file of any format, or the name of a factory clone: zamtube."
OUT_HELP = "Folder of the run; a killed run goes on from it."
AGAINST_HELP = f"Measure the ESR of both against what was cloned. {TARGET_HELP}"
CAPTURE_HELP = "Measure it on the validation takes of this capture folder."


def run(
    model: Annotated[str, typer.Argument(help=f"The teacher: {SOURCE_HELP[0].lower()}{SOURCE_HELP[1:]}")],
    out: Annotated[Path, typer.Option(help=OUT_HELP)],
    student: Annotated[
        str, typer.Option("--model", help=MODEL_HELP.replace("Left out: standard", "Left out: nam-feather"))
    ] = "nam-feather",
    minutes: Annotated[float | None, typer.Option(help=MINUTES_HELP)] = None,
    target: Annotated[str | None, typer.Option(help=AGAINST_HELP)] = None,
    capture: Annotated[Path | None, typer.Option(help=CAPTURE_HELP)] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
) -> None:
    """Teach a smaller net to answer as a model does, its knobs too; say size, speed and ESR before and after."""
    from ..distil import distil

    with progress_bar() as progress:
        made = distil(model_file(model), out, model=student, target=open_capture_target(target) if target else None,
                      capture=capture, seed=seed, training=budget(minutes), progress=progress)  # fmt: skip
    say(made)


def model_file(text: str) -> Path:
    """Return the path of a model file, or of the factory clone of that name."""
    from ...presets.clones import clone_names, clone_path

    return clone_path(text) if text in clone_names() and not Path(text).exists() else Path(text)


def budget(minutes: float | None) -> dict[str, Any]:
    """Return the training's arguments."""
    return {} if minutes is None else {"minutes": minutes}


def say(made: Any) -> None:
    """Print what became of size, speed and ESR, and where the model is."""
    for line in made.compared.lines():
        console.print(line, markup=False, soft_wrap=True)
    console.print(f"model: {made.path}", markup=False, soft_wrap=True)
