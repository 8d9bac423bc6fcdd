"""Which parameters of a plugin are no knobs: what frameworks and hosts put among them, meters, and what has one value."""

import re

# What DPF, JUCE and pedalboard's host put among the parameters though no musician turns it.
FAKE_NAMES = {"buffer size", "sample rate", "current program", "program", "programs"}
FAKE_PATTERN = re.compile(r"^(midi cc |cc \d+|p\d\d\d$|reserved|unused)", re.IGNORECASE)


def is_fake(name: str) -> bool:
    """Tell whether a parameter of that name is the host's, not a knob."""
    plain = name.strip().lower()
    return plain in FAKE_NAMES or FAKE_PATTERN.match(plain) is not None


def why_no_knob(name: str, automatable: bool, values: int | None = None) -> str:
    """Return why a parameter is no knob, or "" for a knob; `values` is how many it takes, where that is known."""
    if is_fake(name):
        return "set by the host, not a knob"
    if not automatable:
        return "an output of the plugin (meter), not a knob"
    if values is not None and values < 2:
        return "has a single value"
    return ""
