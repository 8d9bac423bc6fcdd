"""What the commands share: how a person writes knobs and values, and the progress bar."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from ...models.errors import InvalidValue

TARGET_HELP = (
    "A VST3 or VST2 (a path, or the name of an installed one: wetdry plugins lists them), a model file (.onnx, "
    "trusted:model.ts and what wetdry reads), a built-in effect such as TubeSaturator, or pedalboard.Reverb."
)

console = Console(highlight=False)


def given_knobs(text: str) -> dict[str, tuple[float, float] | tuple[float, float, str] | None]:
    """Read `drive,treble=2:8,attack=1:50:log`: names, each with the range to visit where it is not the whole, and its scale."""
    knobs: dict[str, tuple[float, float] | tuple[float, float, str] | None] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, _, limits = item.partition("=")
        low, _, rest = limits.partition(":")
        high, _, scale = rest.partition(":")
        try:
            ends = (float(low), float(high)) if limits else None
        except ValueError:
            raise InvalidValue(f"--knobs {item!r}: write a range as {name}=LOW:HIGH, or {name}=LOW:HIGH:log") from None
        knobs[name.strip()] = (*ends, scale) if ends and scale else ends
    if not knobs:
        raise InvalidValue("--knobs is empty: name one or more, separated by commas (wetdry inspect lists them)")
    return knobs


def set_knobs(processor: Any, settings: list[str]) -> None:
    """Turn knobs as written: `tube_drive=7.5`, `tone_stack_model=JCM-800`."""
    for name, value in read_settings([processor], settings).items():
        processor.parameters[name].value = value


def read_settings(processors: Sequence[Any], settings: list[str]) -> dict[str, Any]:
    """Return knob → value for settings as written; each knob is one of the first processor that has it."""
    values = {}
    for item in settings:
        name, equals, text = (part.strip() for part in item.partition("="))
        if not equals:
            raise InvalidValue(f"--set {item!r}: write it as name=value")
        owner = next((p for p in processors if name in p.parameters), processors[0])
        values[name] = _read_value(owner.parameters[name], text)
    return values


def _read_value(bound: Any, text: str) -> Any:
    for choice in bound.valid_values:
        if str(choice).lower() == text.lower():
            return choice
    try:
        return float(text.removesuffix(bound.units).strip())
    except ValueError:
        allowed = ", ".join(map(str, bound.valid_values)) or f"{bound.min_value} to {bound.max_value} {bound.units}".strip()
        raise InvalidValue(f"{bound.name} = {text!r}: allowed are {allowed}") from None


def channel_pair(inputs: int, outputs: int) -> str:
    """Return "2"; "1 → 2" where another number comes out than goes in; "2 + 2 key" where a side-chain goes in."""
    if 0 < outputs < inputs:
        return f"{outputs} + {inputs - outputs} key"
    return str(inputs) if inputs == outputs else f"{inputs} → {outputs}"


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float, float, str], None]]:
    """Yield a callback (stage, done, total, note) that draws one bar a stage."""
    columns = (TextColumn("{task.description:<9}"), BarColumn(bar_width=20), TextColumn("{task.percentage:>3.0f}%"),
               TimeElapsedColumn(), TextColumn("{task.fields[note]}", table_column=Column(no_wrap=True)))  # fmt: skip
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console) as bar:

        def report(stage: str, done: float, total: float, note: str) -> None:
            if stage not in tasks:
                for earlier in tasks.values():
                    bar.update(earlier, completed=bar.tasks[earlier].total)
                    bar.stop_task(earlier)
                tasks[stage] = bar.add_task(stage, total=total, note="")
            bar.update(tasks[stage], completed=done, total=total, note=note)

        yield report


def capture_summary(folder: Any) -> None:
    """Print what a capture holds, how busy its workers were, and every warning."""
    from ..capture.progress import last_speed

    record = folder.record
    splits = [f"{len(folder.takes_of(split))} {split}" for split in ("train", "validation")]
    splits += [f"{len(folder.gestures)} moving"] if folder.gestures else []
    console.print(f"capture: {' + '.join(splits)} takes of {record.identity.get('name', 'target')} in {folder.path}")
    speed = last_speed(folder.path)
    if speed:
        console.print(f"workers: {speed['efficiency']:.0%} of {speed['workers']} x {speed['wall_seconds']:.1f} s inside the "
                      f"target (start-up {speed['start_up_seconds']:.1f} s)")  # fmt: skip
    for warning in record.warnings:
        console.print(f"[yellow]warning:[/yellow] {warning}")


def verdict(evaluation: Any, out: Path) -> None:
    """Print the verdict, the figures behind it, and where the page is."""
    console.print()
    console.print(f"[bold]{evaluation.verdict}[/bold]")
    console.print(f"page:     {out / 'report.html'}")
