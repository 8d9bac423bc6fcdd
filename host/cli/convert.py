"""`wetdry convert`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from .common import console, read_settings
from .loading import Activation, PostFilm, ReversedLinear, Slim, loading

SET_HELP = "Fix a knob, as name=value; may be repeated. A format without knobs needs every one."
FORMAT_HELP = "safetensors, nam, rtneural, aidax, guitarml, onnx, torchscript or header; left out: what OUT's suffix says."
META_HELP = "What the file says of itself, as key=value; may be repeated: name, gear_type, input_level_dbu, …"


def run(
    source: Annotated[Path, typer.Argument(help="A model file of any format, or the name of a factory clone: zamtube.")],
    out: Annotated[
        Path, typer.Argument(help="The file to write: .nam, .aidax, .onnx, .ts, .h, .safetensors; .json by --format.")
    ],
    setting: Annotated[list[str] | None, typer.Option("--set", help=SET_HELP)] = None,
    format: Annotated[str | None, typer.Option(help=FORMAT_HELP)] = None,
    meta: Annotated[list[str] | None, typer.Option(help=META_HELP)] = None,
    slim: Slim = None,
    activation: Activation = "exact",
    layer1x1_post_film: PostFilm = "always",
    reversed_linear: ReversedLinear = False,
) -> None:
    """Write a model in another format, for other players; its knobs are baked where that format has none."""
    from ...effects import NeuralEffect
    from ...models.errors import InvalidValue
    from ...models.formats.writers import format_of
    from ...models.model import load
    from ...presets.clones import clone_names, clone_path
    from ..convert import convert

    name = format_of(out, format)
    path = clone_path(str(source)) if not source.exists() and str(source) in clone_names() else source
    model = load(path, **loading(slim, activation, layer1x1_post_film, reversed_linear))
    metadata = {}
    for item in meta or []:
        key, equals, text = (part.strip() for part in item.partition("="))
        if not equals:
            raise InvalidValue(f"--meta {item!r}: write it as key=value")
        metadata[key] = text
    values = read_settings([NeuralEffect(model)], setting or [])
    written = convert(model, out, settings=values, format=name, metadata=metadata)
    fixed = ", ".join(f"{knob} {value}" for knob, value in values.items())
    console.print(f"{out}: {name}, {written.spec.sample_rate:g} Hz, {out.stat().st_size} bytes", markup=False)
    if fixed:
        console.print(f"baked: {fixed}", markup=False)
    if name == "nam":
        _say_of_nam(out, written.metadata)


def _say_of_nam(out: Path, metadata: dict[str, Any]) -> None:
    """Print its levels, and whether it needs a player newer than most."""
    import json

    if isinstance(metadata.get("loudness"), float) and isinstance(metadata.get("gain"), float):
        console.print(f"loudness {metadata['loudness']:.1f} dB, gain {metadata['gain']:.2f}", markup=False)
    item = json.loads(out.read_text())
    if item["architecture"] == "Sequential":
        console.print("[yellow]nets in series (Sequential): NeuralAmpModelerCore up to 0.5.5 refuses this file[/yellow]")
    elif item["version"] >= "0.6":
        console.print(f"[dim].nam {item['version']}: for players with NeuralAmpModelerCore 0.4.1 or newer[/dim]")
