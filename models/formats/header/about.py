"""The sentences at the top of a header: what the model is, as its file knows it."""

import textwrap

from ...model import Model
from ...spec import ModelSpec
from .knobs import KnobText
from .names import one_line

NAMED = ("name", "modeled_by", "gear_type", "gear_make", "gear_model", "tone_type")  # of a .nam's metadata


def about(model: Model) -> list[str]:
    """Return lines about the model: the work of a sample, the names it goes by, and what its certificate says."""
    rows = [("Work", f"{model.spec.multiply_adds} multiply-adds a sample")]
    rows += [(key.replace("_", " ").capitalize(), str(value))
             for key, value in model.metadata.items() if key in NAMED and isinstance(value, str | int | float)]  # fmt: skip
    rows.append(("Certificate", str(model.certificate.get("verdict") or "")))
    return [line for name, text in rows if text for line in _wrapped(name, one_line(text))]


def _wrapped(name: str, text: str) -> list[str]:
    return textwrap.wrap(text, 118, initial_indent=f"{name:12} ", subsequent_indent=" " * 13, max_lines=4)


def usage(spec: ModelSpec, net: str, knobs: list[KnobText]) -> list[tuple[str, str]]:
    """Return (C++, comment) lines that show how the class `net` is used."""
    lines = [(f"{net} net;", "a member of your processor: it is too large for the stack"),
             ("net.reset();", "before playing starts, not on the audio thread")]  # fmt: skip
    if knobs:
        lines.append((f"net.set_knob({net}::{knobs[0].constant}, {knobs[0].default});", "on the audio thread, between blocks"))
    if (spec.input_channels, spec.output_channels) == (1, 1):
        return [*lines, ("net.process(input, output, samples);", "float*, any number of samples; both may be the same")]
    channels = f"float* const*, {spec.input_channels} in and {spec.output_channels} out; they may be the same"
    return [*lines, ("net.process(inputs, outputs, samples);", channels)]


def size_text(count: int) -> str:
    """Return bytes as a person writes them."""
    return f"{count / 2**20:.1f} MiB" if count >= 2**20 else f"{-(-count // 1024)} KiB"
