"""`wetdry excitation`."""

from pathlib import Path
from typing import Annotated

import typer

from .common import console


def run(
    out: Annotated[Path, typer.Argument(help="The WAV to write: 32-bit float, mono.")],
    seconds: Annotated[float, typer.Option(help="Length, 8 s or more.")] = 240.0,
    sample_rate: Annotated[int, typer.Option(help="In Hz.")] = 48000,
    seed: Annotated[int, typer.Option(help="Another seed, other notes.")] = 0,
) -> None:
    """Write the built-in training signal as a WAV, to listen to or to play through hardware."""
    from ..excitation import excitation_layout, write_excitation

    layout = excitation_layout(seconds, sample_rate)
    write_excitation(out, seconds, sample_rate, seed)
    blips = " and ".join(f"{at / sample_rate:g} s" for at in layout.blips)
    console.print(f"{out}: {seconds:g} s; clicks at {blips}, {layout.repeated / sample_rate:g} s repeated at "
                  f"{layout.first / sample_rate:g} s and {layout.second / sample_rate:g} s")  # fmt: skip
