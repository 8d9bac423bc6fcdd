"""Every error wetdry raises: one root, mixed into the built-in type a caller would catch anyway.

A message names the value, what is allowed, and the next step; it fits on one line.
"""

import difflib
from collections.abc import Iterable


class WetdryError(Exception):
    """Root of every error that wetdry raises on purpose."""


class InvalidValue(WetdryError, ValueError):
    """A value of the right type that is not allowed."""


class InvalidType(WetdryError, TypeError):
    """A value of a type that is not allowed."""


class UnknownName(WetdryError, AttributeError, KeyError):
    """A name (knob, effect, file key) that does not exist; near misses are listed."""

    __str__ = Exception.__str__  # KeyError would print the message quoted

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.near = near_misses(name, known)
        super().__init__(f"no {kind} named {name!r}; {self.near}")


class LayoutError(WetdryError, RuntimeError):
    """An audio array whose shape does not say which dimension is the channels."""


class MissingExtra(WetdryError, ImportError):
    """An optional dependency is not installed; the message holds the pip line that installs it."""

    def __init__(self, feature: str, extra: str, module: str) -> None:
        super().__init__(f"{feature} needs {module}, which is not installed: pip install 'wetdry[{extra}]'", name=module)


class FileProblem(WetdryError, OSError):
    """A file or folder that cannot be read or written."""


class ModelFileError(WetdryError, ValueError):
    """A model file that cannot be used: names the file, the field and the reason."""

    def __init__(self, path: object, field: str, reason: str) -> None:
        super().__init__(f"{path}: {field}: {reason}")


class RigFileError(WetdryError, ValueError):
    """A rig file that cannot be used; `lines` holds one line for each problem: file, line, field and reason."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


class CannotHold(InvalidValue):
    """A model that a file format has no room for: names the format, the field and the reason, and what to do instead."""

    def __init__(self, format_name: str, field: str, reason_and_next_step: str) -> None:
        super().__init__(f"cannot write {format_name}: {field}: {reason_and_next_step}")


class PluginError(WetdryError, RuntimeError):
    """A foreign plugin that cannot be loaded or misbehaves."""


class PluginCrashed(PluginError):
    """A plugin that plays in a process of its own crashed or hung there; `reset()` starts it anew, knobs kept."""


class PortError(WetdryError, OSError):
    """A MIDI port that is not there or does not open."""


class DeviceError(WetdryError, RuntimeError):
    """A sound card that is not there, does not open, cannot play as asked, or has gone."""


class CaptureError(WetdryError, RuntimeError):
    """A capture that cannot go on or does not fit what is on disk."""


class TrainingError(WetdryError, RuntimeError):
    """A training run that cannot go on or does not fit what is on disk."""


def near_misses(name: str, known: Iterable[str]) -> str:
    """Return a phrase that lists the known names closest to `name` (all of them where none is close)."""
    names = [str(k) for k in known]
    spelled = {n.lower(): n for n in reversed(names)}
    close = [spelled[n] for n in difflib.get_close_matches(name.lower(), spelled, n=4, cutoff=0.45)]
    if close:
        return "did you mean " + " or ".join(close) + "?"
    return "known: " + (", ".join(names) if names else "none")
