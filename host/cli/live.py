"""`wetdry live`."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from ...models.errors import InvalidValue
from .common import console, progress_bar, set_knobs
from .rig import Trusted

INPUT_HELP = "What is heard: a part of a device's name, or its number (wetdry devices lists them); none: nothing."
DURATION_UNITS = {"s": 1, "m": 60, "h": 3600}


def run(
    what: Annotated[list[str] | None, typer.Argument(help="What plays: a rig (.yaml, or a factory rig's name), a model (.nam, "
                                                          "…), a plugin, an effect; several: one after another.")] = None,
    cab: Annotated[str | None, typer.Option(help="Impulse response of a loudspeaker cabinet behind it.")] = None,
    input: Annotated[str | None, typer.Option("--input", "-i", help=INPUT_HELP)] = None,
    output: Annotated[str | None, typer.Option("--output", "-o", help="Where it plays: a part of a name, or a number.")] = None,
    block: Annotated[int, typer.Option(help="Samples played at a time, 16 to 4096: fewer, sooner heard.")] = 64,
    rate: Annotated[int | None, typer.Option(help="Sample rate in Hz. Left out: the rig's own, or 48000.")] = None,
    host: Annotated[str | None, typer.Option(help="The system that the card is reached through: ALSA, JACK, …")] = None,
    generator: Annotated[str | None, typer.Option(help="A VST instrument in front of it: notes of the MIDI port play it, and "
                                                       "the keys 1 to 0.")] = None,
    midi: Annotated[str | None, typer.Option(help="The MIDI input: a part of its name; any: the only one.")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="A knob, as name=value; may be repeated.")] = None,
    preset: Annotated[str | None, typer.Option(help="The preset to begin with.")] = None,
    record: Annotated[Path | None, typer.Option(help="Record what is heard here (.wav), what comes in beside it.")] = None,
    seconds: Annotated[float | None, typer.Option(help="End after so long. Left out: with q, or Ctrl-C.")] = None,
    screen: Annotated[bool, typer.Option("--screen/--no-screen", help="Show levels, knobs, deadlines and spectra.")] = True,
    device: Annotated[str | None, typer.Option(help="clock: no sound card; noise comes in, and nothing is heard.")] = None,
    soak: Annotated[str | None, typer.Option(help="Turn knobs a hundred times a second for so long (10m, 90s), and say what "
                                                  "grew, drifted or failed; of a seeded amp where nothing is named.")] = None,
    json: Annotated[Path | None, typer.Option(help="With --soak: write every figure as JSON.")] = None,
    trusted: Trusted = False,
) -> None:  # fmt: skip
    """Play through a rig, a model or effects, live."""
    from ..benchmark.live import card_or_clock
    from ..live.session import live

    length = duration(soak) if soak else None
    if seconds is not None and not 0 < seconds < float("inf"):
        raise InvalidValue(f"--seconds {seconds:g}: more than 0 is needed")
    if json and length is None:
        raise InvalidValue("--json is for --soak: say how long, as --soak 10m")
    if device not in (None, "clock"):
        raise InvalidValue(f"--device {device}: clock is all there is; a sound card is named by --input and --output")
    shown = screen and length is None and _can_show()
    if soak and device is None and input is None and output is None:
        device = card_or_clock(_say)
    session = live(_played(what, length), cab=cab, input=_named(input), output=_named(output), host=host,
                   block=block, rate=rate, generator=generator, midi=True if midi == "any" else midi, record=record,
                   device=device, trusted=trusted, said=(lambda line: None) if shown else _say)  # fmt: skip
    if preset is not None:
        session.preset(preset)
    set_knobs(session, setting or [])
    bound = session.midi_map.to_data()
    with _interrupted_is_the_end(), session:
        if length is not None:
            _soak(session, length, json)
        elif shown:
            from ..live.screen.showing import show

            show(session, console, seconds)
        else:
            _wait(session, seconds)
    if length is None:
        _sum_up(session, shown)
        if record:
            console.print(f"recorded: {record}", markup=False)
        if session.midi_map.to_data() != bound:
            _print_map(session)


def _played(what: list[str] | None, length: float | None) -> Any:
    """Return what a session plays: what is named, or what a soak plays unless told."""
    if what:
        return what[0] if len(what) == 1 else what
    if length is None:
        raise InvalidValue("say what plays: a rig, a model, effects; wetdry rig and wetdry effects list some")
    from ..benchmark.live import standard_amp

    return standard_amp()


def duration(text: str) -> float:
    """Read `10m`, `90s`, `1.5h` or seconds. Raises InvalidValue."""
    number, unit = (text[:-1], text[-1]) if text[-1:].lower() in DURATION_UNITS else (text, "s")
    try:
        return float(number) * DURATION_UNITS[unit.lower()]
    except ValueError:
        raise InvalidValue(f"--soak {text}: write how long as 10m, 90s or 1h") from None


def _named(text: str | None) -> Any:
    """Return a device as a session takes it: a number, a name, False for none."""
    if text is None:
        return None
    return int(text) if text.isdecimal() else False if text.lower() == "none" else text


def _can_show() -> bool:
    return console.is_terminal and sys.stdin.isatty() and "utf" in (console.encoding or "").lower()


def _say(line: str) -> None:
    print(line, file=sys.stderr)


@contextmanager
def _interrupted_is_the_end() -> Iterator[None]:
    """Have Ctrl-C, and a kill, end what is inside as `q` would: recordings are closed."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


def _wait(session: Any, seconds: float | None) -> None:
    from rich.markup import escape

    engine = session.engine
    console.print(f"[bold]{escape(session.name)}[/bold] at {engine.sample_rate} Hz, blocks of {engine.block}, through "
                  f"{escape(str(session.device.name))}; Ctrl-C ends it")  # fmt: skip
    ends = time.monotonic() + (float("inf") if seconds is None else seconds)
    while session.running and time.monotonic() < ends:
        time.sleep(0.05)


def _sum_up(session: Any, shown: bool) -> None:
    """Say how it went; what was said while the screen stood there is said again."""
    from ..live.screen.drawing import summary
    from ..live.screen.gathering import Gathering

    for line in session.notices if shown else ():
        _say(line)
    for line in summary(Gathering(session).snapshot()):
        console.print(line)


def _print_map(session: Any) -> None:
    """Print the MIDI map, which has learned something, as a rig's file holds it."""
    import yaml

    console.print("[bold]what was learned, for the rig's file:[/bold]")
    text = yaml.safe_dump({"midi": session.midi_map.to_data()}, sort_keys=False, allow_unicode=True, default_flow_style=None)
    console.print(text, markup=False, end="")


def _soak(session: Any, length: float, json: Path | None) -> None:
    from ..benchmark.soak import soak
    from ..benchmark.soak_text import soak_text
    from .bench import write_json

    try:
        with progress_bar() as report:
            found = soak(session, length, report=lambda done, total, note: report("soak", done, total, note))
    except KeyboardInterrupt:
        _say("wetdry: the soak was stopped before its end; nothing is counted")
        raise typer.Exit(1) from None
    for line in soak_text(found):
        console.print(line)
    if json:
        write_json(json, found.to_dict())
    if found.problems:
        raise typer.Exit(1)
