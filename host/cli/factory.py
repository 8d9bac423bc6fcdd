"""`wetdry factory`."""

from pathlib import Path
from typing import Annotated

import typer

from .common import console, progress_bar, verdict


def run(
    names: Annotated[list[str] | None, typer.Argument(help="Factory clones; none: all.")] = None,
    work: Annotated[Path, typer.Option(help="Folder of the runs; a killed one goes on from it.")] = Path("runs/factory"),
) -> None:
    """Make the clones that come with wetdry anew: capture, train, certify, and put the file where the effects load it."""
    from ..factory import FACTORY, make, recipe_of

    chosen = names or list(FACTORY)
    for name in chosen:
        recipe_of(name)  # a wrong name is said before the first has trained
    for name in chosen:
        console.print(f"[bold]{name}[/bold]")
        with progress_bar() as progress:
            made = make(name, work, progress)
        verdict(made.evaluation, work / name)
