"""`wetdry train`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from .common import console, progress_bar
from .recorded import DRY_HELP, KNOBS_HELP, RECORDINGS_HELP, WET_HELP, training_capture

MODEL_HELP = (
    "The net: auto (by what was measured of the target), or standard, lstm, lstm-96, gru, guitarml, nam-standard, nam-lite, "
    "nam-feather, nam-nano, nam-a2, nam-a2-lite, tcn-100, tcn-300, tcn-1000, compressor, s4d, s4d-gain, tfilm, convnet, "
    "dense, classic-cnn, or one that another package adds. Left out: standard."
)
MINUTES_HELP = "Training time; the learning rate anneals over it. Left out: the default recipe's."
SEGMENT_HELP = "Samples of a segment that count for the loss, at the net's rate; what the net hears back lies before it."
PRECISION_HELP = "As lightning names it: 32-true, bf16-mixed, 16-mixed (on a GPU), 64-true."
LOSS_HELP = (
    "What is minimised: esr+stft (the default of most), esr, esr-plain, esr-emphasised, esr+level, l1+stft (spectral), "
    "mse+emphasised, or one that another package adds."
)
OVERSAMPLING_HELP = "The net runs at that many times the capture's rate, 1 to 8. Left out: the net's own, mostly 1."
CABINET_HELP = "Impulse response that the recordings were made through: the net learns the amp before it, alone."
DEVICES_HELP = "How many devices of this machine train, sharing each batch; or which, as 0,2; or auto."
NODES_HELP = "How many machines train; each runs this command (torchrun or SLURM tells which it is) over shared folders."


def run(
    out: Annotated[Path, typer.Option(help="Folder of the run; a killed run goes on from it.")],
    capture: Annotated[str | None, typer.Argument(help="A capture folder, or the URL of one.")] = None,
    dry: Annotated[Path | None, typer.Option(help=DRY_HELP)] = None,
    wet: Annotated[Path | None, typer.Option(help=WET_HELP)] = None,
    recordings: Annotated[Path | None, typer.Option(help=RECORDINGS_HELP)] = None,
    knobs: Annotated[str | None, typer.Option(help=KNOBS_HELP)] = None,
    model: Annotated[str | None, typer.Option(help=MODEL_HELP)] = None,
    start: Annotated[Path | None, typer.Option(help="A trained model to go on from, instead of --model.")] = None,
    minutes: Annotated[float | None, typer.Option(help=MINUTES_HELP)] = None,
    epochs: Annotated[float | None, typer.Option(help="Passes over the capture, instead of minutes.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Segments a step.")] = None,
    segment: Annotated[int | None, typer.Option("--segment", "--window", help=SEGMENT_HELP)] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak of the schedule.")] = None,
    precision: Annotated[str | None, typer.Option(help=PRECISION_HELP)] = None,
    loss: Annotated[str | None, typer.Option(help=LOSS_HELP)] = None,
    oversampling: Annotated[int | None, typer.Option(help=OVERSAMPLING_HELP)] = None,
    cabinet: Annotated[Path | None, typer.Option(help=CABINET_HELP)] = None,
    seed: Annotated[int, typer.Option(help="Of weights and batches.")] = 0,
    accelerator: Annotated[str, typer.Option(help="As lightning names it: auto, cpu, gpu, …")] = "auto",
    devices: Annotated[str, typer.Option(help=DEVICES_HELP)] = "1",
    strategy: Annotated[str, typer.Option(help="How several devices work together, as lightning names it: ddp, …")] = "auto",
    nodes: Annotated[int, typer.Option(help=NODES_HELP)] = 1,
) -> None:
    """Train a net with the captured knobs; prints the ESR on validation settings and recordings.

    --model auto goes by what the capture measured: a gain that follows the level and never exceeds 0 dB takes compressor, or
    s4d-gain where it needs more than 0.5 s to come back; what remembers longer than 0.3 s takes s4d; a gain with make-up, and
    what remembers 132 to 300 ms, tcn-300; 85 to 132 ms nam-a2; 43 to 85 ms nam-standard; the rest standard.
    `wetdry inspect` shows what was measured of a plugin and which net that means.
    """
    from ...models.model import load
    from ...models.training import train
    from ..clone import MODEL_NAME

    with progress_bar() as progress:
        folder = training_capture(capture, dry, wet, recordings, knobs, out, progress, cabinet)
        trained = train(folder, out, model=model, start=load(start) if start else None, minutes=minutes, epochs=epochs,
                        batch_size=batch_size, segment=segment, learning_rate=learning_rate, precision=precision, loss=loss,
                        oversampling=oversampling, cabinet=cabinet, seed=seed, accelerator=accelerator,
                        devices=int(devices) if devices.isdecimal() else devices, strategy=strategy, num_nodes=nodes,
                        progress=progress)  # fmt: skip
    trained.save(out / MODEL_NAME)
    say_net(trained)
    esr = trained.training["validation_esr"]
    console.print(f"validation ESR: median {esr['median']:.4f}, worst {esr['worst']:.4f} over {esr['takes']} takes, "
                  f"{trained.training['steps']} steps in {trained.training['minutes']:.1f} min")  # fmt: skip
    console.print(f"model: {out / MODEL_NAME}")


def say_net(model: Any) -> None:
    """Print which net was trained, and why where `auto` chose it."""
    if "net" in model.training:
        why = model.training.get("chosen")
        console.print(f"net: {model.training['net']}{f' ({why})' if why else ''}")
