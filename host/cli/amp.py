"""`wetdry amp`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from .common import console, progress_bar
from .train import LOSS_HELP, MINUTES_HELP, MODEL_HELP, OVERSAMPLING_HELP, PRECISION_HELP, SEGMENT_HELP

if TYPE_CHECKING:
    from ..amp import RecordedAmp

CLEAN_HELP = "What was played into the amp: any format, rate and channel count."
AMP_HELP = "What was recorded of it; it may begin earlier or later, be longer or shorter, at another rate."
CABINET_HELP = "The impulse response of its cabinet and microphone."
HOLDS_HELP = (
    "What the amp's recording holds: both (amp and cabinet), amp (before a cabinet, as from a load box), auto measures."
)
WHOLE_HELP = "Also train a net that is amp and cabinet in one."


def run(
    clean: Annotated[Path, typer.Argument(help=CLEAN_HELP)],
    amp: Annotated[Path, typer.Argument(help=AMP_HELP)],
    cabinet: Annotated[Path, typer.Argument(help=CABINET_HELP)],
    out: Annotated[Path, typer.Option(help="Folder of the run; a killed run goes on from it.")],
    amp_holds: Annotated[str, typer.Option(help=HOLDS_HELP)] = "auto",
    whole: Annotated[bool, typer.Option("--whole", help=WHOLE_HELP)] = False,
    model: Annotated[str | None, typer.Option(help=MODEL_HELP)] = None,
    minutes: Annotated[float | None, typer.Option(help=f"{MINUTES_HELP} Of each net.")] = None,
    epochs: Annotated[float | None, typer.Option(help="Passes over the recording, instead of minutes.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Segments a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak of the schedule.")] = None,
    segment: Annotated[int | None, typer.Option("--window", "--segment", help=SEGMENT_HELP)] = None,
    oversampling: Annotated[int | None, typer.Option(help=OVERSAMPLING_HELP)] = None,
    loss: Annotated[str | None, typer.Option(help=LOSS_HELP)] = None,
    precision: Annotated[str | None, typer.Option(help=PRECISION_HELP)] = None,
    accelerator: Annotated[str, typer.Option(help="As lightning names it: auto, cpu, gpu, …")] = "auto",
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
) -> None:
    """Model a recorded amp from three files: the clean guitar, the amp's recording, the cabinet's impulse response.

    The amp is learned apart from its cabinet, so that it plays through any other one. Writes modeled_amp_with_cab.wav,
    amp.safetensors and report.html, a page with sound and pictures in plain words.
    """
    from ..amp import amp as model_amp

    options: Mapping[str, Any] = {
        "model": model, "minutes": minutes, "epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate,
        "segment": segment, "oversampling": oversampling, "loss": loss, "precision": precision, "accelerator": accelerator,
    }  # fmt: skip
    with progress_bar() as progress:
        made = model_amp(clean, amp, cabinet, out, amp_holds=amp_holds, whole=whole, seed=seed, progress=progress,  # pyright: ignore[reportArgumentType]
                         say=_say, **options)  # fmt: skip
    _sum_up(made)


def _say(line: str) -> None:
    text = Text(line)  # a file's name may have brackets, which are no markup
    text.highlight_words(["warning:"], "yellow")
    console.print(text, soft_wrap=True)


def _sum_up(made: "RecordedAmp") -> None:
    """Print how close it is, and where everything lies."""
    from ..amp.making import MODEL_NAMES, PAGE_NAME, SOUND_NAME, WHOLE_SOUND_NAME

    console.print(table_of(made))
    sounds = {"separated": SOUND_NAME, "whole": WHOLE_SOUND_NAME}
    for name in made.models:
        console.print(f"{name + ':':<11}{made.out / MODEL_NAMES[name]}, heard in {sounds[name]}")
    console.print(f"page:      {made.out / PAGE_NAME}")
    console.print(
        f"play it:   wetdry render {made.out / MODEL_NAMES['separated']} DRY.wav WET.wav --cab ANY_CABINET.wav", soft_wrap=True
    )


def table_of(made: "RecordedAmp") -> Table:
    """Return the figures on what was kept back, a row a model."""
    from ..amp.page import ROWS
    from ..evaluation.summary import figure

    table = Table(title="on the end of the recording, which no training heard", title_justify="left", box=box.SIMPLE_HEAD,
                  pad_edge=False, padding=(0, 1, 0, 0))  # fmt: skip
    for heading in ("", "ESR", "pre-emph.", "MR-STFT", "MUSHRA", "LU", "weights", "min"):
        table.add_column(heading, justify="right" if heading else "left")
    for row in made.judged:
        found = row.figures
        trained = (f"{row.weights}", f"{row.minutes:.1f}") if row.weights else ("–", "–")
        mushra = "–" if found["mushra"] is None else f"{found['mushra']:.0f}"
        table.add_row(ROWS[row.name], *(figure(found[key]) for key in ("esr", "preemphasised_esr", "mr_stft")), mushra,
                      figure(found["lufs_difference"]), *trained)  # fmt: skip
    return table
