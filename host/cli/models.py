"""`wetdry models`: info, plot, verify."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from .common import console, read_settings, set_knobs
from .loading import Activation, PostFilm, ReversedLinear, Slim, loading

app = typer.Typer(name="models", help="Look into model files, and compare them.", no_args_is_help=True)

MODEL_HELP = "A model file of any format: clone.safetensors, .nam, AIDA-X, Proteus or RTNeural JSON."
SET_HELP = "A knob, as name=value; may be repeated."


@app.command()
def info(
    file: Annotated[Path, typer.Argument(help=MODEL_HELP)],
    as_json: Annotated[bool, typer.Option("--json", help="Print plain JSON instead.")] = False,
    slim: Slim = None,
    activation: Activation = "exact",
    layer1x1_post_film: PostFilm = "always",
    reversed_linear: ReversedLinear = False,
) -> None:
    """Say what a model file is: architecture, weights, receptive field, rate, knobs, metadata, cost a sample."""
    from ...models.model import load
    from ..model_pages.facts import cost_of, facts_of

    model = load(file, **loading(slim, activation, layer1x1_post_film, reversed_linear))
    facts, cost = facts_of(model), cost_of(model)
    if as_json:
        typer.echo(json.dumps({**facts.to_dict(), "ns_per_sample": cost}, indent=1))
        return
    console.print(f"[bold]{escape(str(file))}[/bold]: {facts.architecture}")
    for line in facts.layers:
        console.print(f"  {line}", markup=False)
    reach = f"{facts.receptive_field} samples, {facts.receptive_field_ms:.1f} ms"
    if facts.recurrent:
        reach = "its state remembers without end" + (f", its convolutions {reach}" if facts.receptive_field > 1 else "")
    rows = {
        "weights": f"{facts.weights}",
        "sample rate": f"{facts.sample_rate:g} Hz",
        "channels": f"{facts.channels[0]} in, {facts.channels[1]} out",
        "hears back": reach,
        "before the start": f"{facts.silence_before} samples of silence",
        "multiply-adds": f"{facts.multiply_adds} a sample",
    }
    if cost is not None:
        rows["measured"] = (
            f"{cost:.0f} ns a sample in blocks of 64, {1e9 / facts.sample_rate / cost:.0f} x real time on one thread"
        )
    rows |= {f"knob {name}": text for name, text in facts.knobs.items()}
    for title, record in (("says", facts.metadata), ("training", facts.training), ("certificate", facts.certificate)):
        rows |= {f"{title} {key}": text for key, text in record.items()}
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in rows.items():
        grid.add_row(escape(name), escape(text))
    console.print(Padding(grid, (0, 0, 0, 2)))


@app.command()
def plot(
    file: Annotated[Path, typer.Argument(help=MODEL_HELP)],
    out: Annotated[
        Path | None, typer.Option(help="The figure: .png, .svg or .pdf. Left out: the file's name with .png, here.")
    ] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help=SET_HELP)] = None,
    slim: Slim = None,
    activation: Activation = "exact",
    layer1x1_post_film: PostFilm = "always",
    reversed_linear: ReversedLinear = False,
) -> None:
    """Draw a model: transfer curve, frequency response quiet and loud, the weights of its first layers."""
    from ...effects import NeuralEffect
    from ...models.model import load
    from ..figures_file import check_suffix
    from ..model_pages.plot import write_model_plot

    where = out or Path(f"{file.stem}.png")
    check_suffix(where)
    effect = NeuralEffect(load(file, **loading(slim, activation, layer1x1_post_film, reversed_linear)))
    set_knobs(effect, setting or [])
    knobs = ", ".join(f"{name} {bound.string_value}" for name, bound in effect.parameters.items())
    write_model_plot(effect, where, f"{file.name}{f' at {knobs}' if knobs else ''}")
    console.print(f"plot: {escape(str(where))}")


@app.command()
def verify(
    first: Annotated[Path, typer.Argument(help=MODEL_HELP)],
    second: Annotated[Path, typer.Argument(help="Another one, at the same sample rate.")],
    tolerance: Annotated[float, typer.Option(help="The largest ESR that counts as the same.")] = 1e-10,
    seconds: Annotated[float, typer.Option(help="Of the built-in training signal, 8 or more.")] = 8.0,
    seed: Annotated[int, typer.Option(help="Of the signal, and of the knob settings that are drawn.")] = 0,
    setting: Annotated[list[str] | None, typer.Option("--set", help=f"{SET_HELP} Nothing is drawn then.")] = None,
    slim: Slim = None,
    activation: Activation = "exact",
    layer1x1_post_film: PostFilm = "always",
    reversed_linear: ReversedLinear = False,
) -> None:
    """Play two models on the same signal and say how far apart they are; exit code 1 where it is too far.

    The options that say how a file is read hold for the first one.
    """
    from ...effects import NeuralEffect
    from ...models.errors import InvalidValue
    from ...models.model import load
    from ..model_pages.verify import compare_models

    if not 0 <= tolerance < float("inf"):
        raise InvalidValue(f"--tolerance {tolerance:g} is not 0 or more")
    models = load(first, **loading(slim, activation, layer1x1_post_film, reversed_linear)), load(second)
    values = read_settings([NeuralEffect(m) for m in models], setting or [])
    rows = compare_models(*models, seconds=seconds, seed=seed, values=values)
    for row in rows:
        at = ", ".join(
            f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in row.values.items()
        )
        largest = "no sample differs" if row.largest_dbfs is None else f"largest difference {row.largest_dbfs:.1f} dBFS"
        console.print(f"{f'at {at}: ' if at else ''}ESR {row.esr:.3g}, {largest}", markup=False)
    worst = max(row.esr for row in rows)
    same = worst <= tolerance
    console.print(
        f"{'the same' if same else 'not the same'}: ESR {worst:.3g}, tolerance {tolerance:g}, {seconds:g} s, seed {seed}"
    )
    if not same:
        raise typer.Exit(1)
