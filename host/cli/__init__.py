"""The command line: `wetdry --help`; one command a file."""

import os
import sys
from pathlib import Path

import typer

from ...models.errors import RigFileError, WetdryError
from . import (
    amp,
    bench,
    capture,
    clone,
    compare,
    convert,
    devices,
    distil,
    effects,
    evaluate,
    excitation,
    factory,
    inspect,
    live,
    midi,
    models,
    plugins,
    prune,
    quantise,
    render,
    rig,
    train,
)

INTERRUPTED = 130

app = typer.Typer(
    name="wetdry",
    help="Clone, certify and play audio effects. `wetdry clone --help` is a good start.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for command in (clone, amp, inspect, capture, train, evaluate, compare, render, convert, distil, prune, quantise, effects,
                bench, excitation, factory, devices, live):  # fmt: skip
    app.command(name=command.__name__.rpartition(".")[2])(command.run)
app.add_typer(midi.app)
app.add_typer(models.app)
app.add_typer(plugins.app)
app.add_typer(rig.app)


def main() -> None:
    """Run the command line; what goes wrong is one line on stderr and exit code 2 (130 when interrupted)."""
    _keep_stderr_to_ourselves()
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except typer.Exit as stop:
        code = stop.exit_code
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 1
    except RigFileError as error:
        for line in error.lines:
            _say(line)
        code = 2
    except WetdryError as error:
        _say(str(error))
        code = 2
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _say(f"{where}{error.strerror or error}")
        code = 2
    except Exception as error:
        show = getattr(error, "format_message", None)  # typer's own usage errors
        if show is None:
            raise
        _say(show())
        code = 2
    if code == INTERRUPTED:
        _say("stopped; the same command goes on where it was")
    sys.exit(code or 0)


def _say(message: str) -> None:
    folded = " ".join(message.split())
    home = str(Path.home())
    print(f"wetdry: {folded.replace(home + '/', '~/') if len(home) > 1 else folded}", file=sys.stderr)


def _keep_stderr_to_ourselves() -> None:
    """Point native code's stderr at nothing (plugin frameworks chatter as they load and unload); Python keeps the real one."""
    try:
        sys.stderr.flush()
        real = os.dup(2)
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)
        os.close(nothing)
        sys.stderr = os.fdopen(real, "w", buffering=1)
    except (OSError, AttributeError):  # no stderr at all
        return
