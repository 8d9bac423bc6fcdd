"""`wetdry bench`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ...models.errors import InvalidValue
from .common import console, progress_bar
from .loading import Activation, PostFilm, ReversedLinear, Slim, loading

BLOCKS, EFFECT_BLOCKS = "1,16,64,256,2048", "64,512"
CHAIN_HELP = "Measure what a Chain costs above its effects' kernels, and above pedalboard for a run of native plugins."
ISOLATION_HELP = "Measure plugins (paths or names) in processes of their own (isolated=True) beside this one."
LIVE_HELP = (
    "Measure deadlines: play live in blocks of 32 to 1024, alone and beside a busy Python thread; the arguments are what "
    "plays, one after another; none: a NAM standard amp of seeded weights, and a cabinet."
)
EFFECTS_HELP = "Measure our effects beside pedalboard's; the arguments are then names of effects, none: all."
AGAINST_HELP = (
    "Another engine to take turns with: 'COMMAND {model} {block} {seconds}'. It plays the model on one thread in such blocks, "
    "pass after pass over so many seconds, and ends its last line with the ns a sample of its best pass. May be repeated."
)


def run(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Model files of any format; none is needed with --seed-budgets, --effects, --chain or --live."),
    ] = None,
    block: Annotated[
        str | None,
        typer.Option(help=f"Samples a block, comma-separated; left out: {BLOCKS}, for effects and chains {EFFECT_BLOCKS}."),
    ] = None,
    engines: Annotated[str, typer.Option(help="ours, onnxruntime, torch, torchscript, comma-separated; or all.")] = "ours",
    against: Annotated[list[str] | None, typer.Option(help=AGAINST_HELP)] = None,
    rounds: Annotated[int, typer.Option(help="Turns each engine takes; medians are shown.")] = 9,
    seconds: Annotated[
        float | None,
        typer.Option(
            help="Length of the noise of one pass (0.5: shorter ones find quiet moments on a busy machine); with --live "
            "of each cell of the table (5)."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the noise, and of the weights with --seed-budgets.")] = 0,
    seed_budgets: Annotated[
        bool, typer.Option("--seed-budgets", help="Measure nets of seeded weights against budgets.")
    ] = False,
    effects: Annotated[bool, typer.Option("--effects", help=EFFECTS_HELP)] = False,
    chain: Annotated[bool, typer.Option("--chain", help=CHAIN_HELP)] = False,
    isolation: Annotated[bool, typer.Option("--isolation", help=ISOLATION_HELP)] = False,
    live: Annotated[bool, typer.Option("--live", help=LIVE_HELP)] = False,
    device: Annotated[str | None, typer.Option(help="With --live: clock, to measure without a sound card.")] = None,
    silence: Annotated[
        float, typer.Option(help="With --effects: seconds of silence after a loud one, against noise; 0: none.")
    ] = 60.0,
    plot: Annotated[Path | None, typer.Option(help="Write a figure: .png, .svg or .pdf.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write every figure as JSON.")] = None,
    slim: Slim = None,
    activation: Activation = "exact",
    layer1x1_post_film: PostFilm = "always",
    reversed_linear: ReversedLinear = False,
) -> None:
    """Time model files, or our effects, block by block, beside other engines: ns a sample, latency, jitter, loading, memory.

    Knobs stand at their defaults.
    """
    if live:
        _bench_live(files or [], block, seconds, device, seed, plot, json)
        return
    if device is not None:
        raise InvalidValue("--device is for --live")
    seconds = 0.5 if seconds is None else seconds
    if effects:
        _bench_effects(files or [], block or EFFECT_BLOCKS, rounds, seconds, silence, seed, plot, json)
    elif isolation:
        _bench_isolation(files or [], block, rounds, seconds, seed, plot, json)
    elif chain:
        _bench_chains(files, block or EFFECT_BLOCKS, rounds, seconds, seed, plot, json)
    else:
        _bench_models(files, block or BLOCKS, engines, against, rounds, seconds, seed, seed_budgets, plot, json,
                      loading(slim, activation, layer1x1_post_film, reversed_linear))  # fmt: skip


def _bench_live(
    what: list[Path],
    block: str | None,
    seconds: float | None,
    device: str | None,
    seed: int,
    plot: Path | None,
    json: Path | None,
) -> None:
    from ..benchmark.live import BLOCKS as LIVE_BLOCKS
    from ..benchmark.live import SECONDS, measure_deadlines
    from ..benchmark.live_text import deadlines_text

    if plot:
        raise InvalidValue("--live draws nothing: leave --plot out")
    if device not in (None, "clock"):
        raise InvalidValue(f"--device {device}: clock is all there is; left out, the sound card is measured")
    sizes, length = block_sizes(block) if block else LIVE_BLOCKS, SECONDS if seconds is None else seconds
    with progress_bar() as bar:
        found = measure_deadlines([str(path) for path in what] or None, sizes, length, device, seed,
                                  lambda done, total, note: bar("live", done, total, note))  # fmt: skip
    for part in deadlines_text(found):
        console.print(part)
    if json:
        write_json(json, found.to_dict())


def _bench_effects(
    names: list[Path], block: str, rounds: int, seconds: float, silence: float, seed: int, plot: Path | None, json: Path | None
) -> None:
    from ..benchmark.effects import measure_effects
    from ..benchmark.text import effects_text

    if plot:
        raise InvalidValue("--plot draws model files; wetdry effects NAME --plot draws an effect")
    if not 0 <= silence <= 3600:
        raise InvalidValue(f"--silence {silence:g} is outside 0 to 3600")
    found = measure_effects([str(name) for name in names], block_sizes(block), rounds, seconds, silence, seed)
    for part in effects_text(found):
        console.print(part)
    if json:
        write_json(json, found.to_dict())


def _bench_chains(
    files: list[Path] | None, block: str, rounds: int, seconds: float, seed: int, plot: Path | None, json: Path | None
) -> None:
    from ..benchmark.chains import measure_chains
    from ..benchmark.text import chains_text

    if plot or files:
        raise InvalidValue("--chain measures chains of its own and draws nothing: leave files and --plot out")
    found = measure_chains(block_sizes(block), rounds, seconds, seed)
    for part in chains_text(found):
        console.print(part)
    if json:
        write_json(json, found.to_dict())


def _bench_isolation(
    plugins: list[Path], block: str | None, rounds: int, seconds: float, seed: int, plot: Path | None, json: Path | None
) -> None:
    from ..benchmark.isolation import BLOCKS as ISOLATION_BLOCKS
    from ..benchmark.isolation import measure_isolation
    from ..benchmark.text import isolation_text

    if plot:
        raise InvalidValue("--isolation draws nothing: leave --plot out")
    sizes = block_sizes(block) if block else list(ISOLATION_BLOCKS)
    found = measure_isolation([str(plugin) for plugin in plugins], sizes, rounds, seconds, seed)
    for part in isolation_text(found):
        console.print(part)
    if json:
        write_json(json, found.to_dict())


def write_json(path: Path, record: dict[str, Any]) -> None:
    """Write plain data, and say where it is."""
    import json

    from ...models.files import write_atomically

    write_atomically(path, (json.dumps(record, indent=1) + "\n").encode())
    console.print(f"json: {path}")


def _bench_models(
    files: list[Path] | None,
    block: str,
    engines: str,
    against: list[str] | None,
    rounds: int,
    seconds: float,
    seed: int,
    seed_budgets: bool,
    plot: Path | None,
    json: Path | None,
    options: dict[str, Any],
) -> None:
    from ..benchmark.against import OutsideEngine
    from ..benchmark.budgets import measure_seed_budgets
    from ..benchmark.comparison import compare
    from ..benchmark.figure import write_plot
    from ..benchmark.text import budgets_text, comparison_text
    from ..figures_file import check_suffix

    if not files and not seed_budgets:
        raise InvalidValue("bench needs a model file, --seed-budgets, --effects or --chain")
    if plot:
        check_suffix(plot)
        if not files:
            raise InvalidValue("--plot draws model files, and none is given")
    sizes, outside = block_sizes(block), [OutsideEngine(command) for command in against or ()]
    names = [name for name in (part.strip() for part in engines.split(",")) if name]
    found, record = [], {}
    for path in files or ():
        found.append(compare(path, block_sizes=sizes, engines=names, against=outside, rounds=rounds, seconds=seconds,
                             seed=seed, loading=options))  # fmt: skip
        for part in comparison_text(found[-1]):
            console.print(part)
    if found:
        record["files"] = [comparison.to_dict() for comparison in found]
    if seed_budgets:
        budgets = measure_seed_budgets(rounds, seconds, seed)
        record["seed_budgets"] = budgets.to_dict()
        for part in budgets_text(budgets):
            console.print(part)
    if plot:
        write_plot(found, plot)
        console.print(f"plot: {plot}")
    if json:
        write_json(json, record)


def block_sizes(text: str) -> list[int]:
    """Read `64,128`: each 1 to 1048576. Raises InvalidValue."""
    from ..benchmark.benchmark import LARGEST_BUFFER

    sizes = [part.strip() for part in text.split(",") if part.strip()]
    for size in sizes:
        if not (size.isascii() and size.isdigit() and 1 <= int(size) <= LARGEST_BUFFER):
            raise InvalidValue(f"--block {size!r}: a whole number from 1 to {LARGEST_BUFFER} is needed")
    if not sizes:
        raise InvalidValue("--block is empty: write sizes such as 64,512")
    return sorted({int(size) for size in sizes})
