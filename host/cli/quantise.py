"""`wetdry quantise`."""

from pathlib import Path
from typing import Annotated

import typer

from ..targets import open_capture_target
from .common import TARGET_HELP, console

NUMBERS_HELP = "float16: half the size; int8: a quarter, one scale a row of a matrix."
CAPTURE_HELP = (
    "A capture folder, to measure the ESR on its validation takes; left out: capture/ beside the model if there is one."
)


def run(
    model: Annotated[Path, typer.Argument(help="A model file of any format, or the name of a factory clone: zamtube.")],
    out: Annotated[Path, typer.Argument(help="The file to write: .safetensors, or .onnx.")],
    numbers: Annotated[str, typer.Option(help=NUMBERS_HELP)] = "float16",
    target: Annotated[str | None, typer.Option(help=f"Measure the ESR against what was cloned. {TARGET_HELP}")] = None,
    capture: Annotated[Path | None, typer.Option(help=CAPTURE_HELP)] = None,
    seed: Annotated[int, typer.Option(help="Of the knob settings that are visited.")] = 0,
) -> None:
    """Write a model with its weights as smaller numbers; say size, speed and ESR before and after.

    Without a target or a capture the ESR is that of the small model against the model itself.
    """
    from typing import cast

    from ...models.formats.small_numbers import Numbers
    from ...presets.clones import clone_names, clone_path
    from ..quantise import quantise

    path = clone_path(str(model)) if not model.exists() and str(model) in clone_names() else model
    beside = path.parent / "capture"
    if capture is None and target is None and (beside / "capture.json").is_file():
        capture = beside
    opened = open_capture_target(target) if target else None
    made = quantise(path, out, cast(Numbers, numbers), target=opened, capture=capture, seed=seed)
    console.print(f"{made.path}: {made.numbers}", markup=False)
    for line in made.compared.lines():
        console.print(line, markup=False, soft_wrap=True)
