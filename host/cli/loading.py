"""Options of every command that reads model files: what a caller may choose where a file leaves a choice."""

from typing import Annotated, Any

import typer

Slim = Annotated[float | None, typer.Option(help="Size of a slimmable .nam: 0 the smallest to 1 the largest.")]
Activation = Annotated[str, typer.Option(help="exact, or fast: tanh as NAM's plugin plays it, 4e-4 off.")]
PostFilm = Annotated[str, typer.Option("--layer1x1-post-film", help="always, or legacy: as NeuralAmpModelerCore up to 0.5.5.")]
ReversedLinear = Annotated[
    bool, typer.Option("--reversed-linear", help="A .nam Linear whose trainer wrote the impulse response backwards.")
]


def loading(slim: float | None, activation: str, post_film: str, reversed_linear: bool) -> dict[str, Any]:
    """Return keyword arguments for `wetdry.models.load`: those that differ from its defaults."""
    given = {"slim": (slim, None), "activation": (activation, "exact"), "layer1x1_post_film": (post_film, "always"),
             "reversed_linear": (reversed_linear, False)}  # fmt: skip
    return {name: value for name, (value, default) in given.items() if value != default}
