"""`wetdry evaluate`."""

from pathlib import Path
from typing import Annotated

import typer

from .common import progress_bar, verdict

GESTURES_HELP = "Takes with moving knobs to draw and judge; left out: those that the capture recorded."
CABINET_HELP = "Impulse response that the model was trained in front of; needed where there was one."
ALONE_HELP = "Judge it alone only, not also in the chain or graph that it was captured in."


def run(
    model: Annotated[Path, typer.Argument(help="A clone: runs/…/clone.safetensors.")],
    capture: Annotated[
        str | None, typer.Option(help="Its capture folder, or URL; left out: capture/ beside the model.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for figures, audio and page; left out: the model's.")] = None,
    settings: Annotated[int, typer.Option(help="Unseen knob settings to draw, besides all corners.")] = 16,
    cabinet: Annotated[Path | None, typer.Option(help=CABINET_HELP)] = None,
    gestures: Annotated[int | None, typer.Option(help=GESTURES_HELP)] = None,
    seed: Annotated[int, typer.Option(help="Of the settings.")] = 0,
    alone: Annotated[bool, typer.Option("--alone", help=ALONE_HELP)] = False,
) -> None:
    """Put a clone in its plugin's place and measure how close it is, on recordings and settings no training saw."""
    from ...models.dataset import CaptureFolder
    from ...models.model import load
    from ..clone import certify

    out = out or model.parent
    places = {"place": None} if alone else {}
    with progress_bar() as progress:
        evaluation, _ = certify(load(model), CaptureFolder.open(capture or model.parent / "capture"), out,
                                settings=settings, cabinet=cabinet, gestures=gestures, seed=seed, progress=progress,
                                **places)  # fmt: skip
    verdict(evaluation, out)
