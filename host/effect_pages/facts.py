"""Facts about an effect: what it is, its knobs, latency, tail and presets, from its table and its docstring."""

import inspect
import re
import sys
from dataclasses import asdict, dataclass
from typing import Any

from ...effects import Effect
from ...models.parameter import Parameter


@dataclass(frozen=True)
class KnobFacts:
    """A knob in words: its name, its range or choices, its default, how it moves, what it does."""

    name: str
    values: str
    default: str
    scale: str
    meaning: str


@dataclass(frozen=True)
class EffectFacts:
    """What there is to know of an effect before it plays.

    Attributes:
        name: of the class.
        summary: one line.
        description: paragraphs of the docstring, its sections left out.
        arguments: what else the constructor takes, name → what it is.
        knobs: in the order of the table.
        latency_samples: at 48 kHz.
        tail_seconds: until the output has fallen by 90 dB.
        presets: name → knob values with units.
        source: of the maths; empty where the docstring names none.
    """

    name: str
    summary: str
    description: tuple[str, ...]
    arguments: dict[str, str]
    knobs: tuple[KnobFacts, ...]
    latency_samples: int
    tail_seconds: float
    presets: dict[str, str]
    source: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)


def facts_of(effect: Effect) -> EffectFacts:
    """Return what table, presets and docstring tell; nothing is played."""
    kind = type(effect)
    paragraphs, sections = _docstring(kind)
    meanings = _meanings(sections.get("Knobs", ""))
    table = {name: bound.parameter for name, bound in effect.parameters.items()}
    return EffectFacts(
        name=kind.__name__,
        summary=_summary(kind, paragraphs),
        description=tuple(p for p in paragraphs if not p.startswith(("Source", "Latency"))),
        arguments={name: text for name, text in _meanings(sections.get("Args", "")).items() if name and name[0] != "*"},
        knobs=tuple(_knob(knob, meanings.get(name, "")) for name, knob in table.items()),
        latency_samples=effect.latency_samples,
        tail_seconds=effect.tail_seconds,
        presets={name: _values(values, table) for name, values in kind.presets().items()},
        source=next((p.partition(":")[2].strip() for p in paragraphs if p.startswith("Source")), ""),
    )


def _knob(knob: Parameter, meaning: str) -> KnobFacts:
    values = ", ".join(map(str, knob.choices)) or f"{knob.minimum:.6g} to {knob.text(knob.maximum)}"
    scale = "switch" if knob.choices else knob.scale
    return KnobFacts(
        knob.name, values, knob.text(knob.default), scale if knob.automatable else f"{scale}, not automatable", meaning
    )


def _values(values: dict[str, Any], table: dict[str, Parameter]) -> str:
    return ", ".join(f"{name} {table[name].text(value) if name in table else value}" for name, value in values.items())


def _summary(kind: type[Effect], paragraphs: list[str]) -> str:
    """Return the line that opens the effect's file (`Gain: level, and nothing else.`), else its first sentence."""
    first = (sys.modules[kind.__module__].__doc__ or "").strip().partition("\n")[0]
    if first.startswith(f"{kind.__name__}: "):
        return first.partition(": ")[2].rstrip(".")
    return re.split(r"(?<=\.)\s", paragraphs[0] if paragraphs else "", maxsplit=1)[0].rstrip(".")


def _docstring(kind: type[Effect]) -> tuple[list[str], dict[str, str]]:
    """Return the docstring's paragraphs, each a line, and its indented sections by heading."""
    paragraphs, sections = [], {}
    for block in re.split(r"\n\s*\n", inspect.cleandoc(kind.__doc__ or "")):
        head, _, body = block.partition("\n")
        if re.fullmatch(r"[A-Z][\w ()]*:", head.strip()) and body.startswith(" "):
            sections[re.split(r"[: (]", head)[0]] = inspect.cleandoc(body)
        elif not block.startswith(" "):
            paragraphs.append(" ".join(block.split()))
    return [p for p in paragraphs if p], sections


def _meanings(section: str) -> dict[str, str]:
    """Read `name: what it does`, continued on indented lines; `one, other: …` counts for both."""
    meanings: dict[str, str] = {}
    for entry in re.split(r"\n(?=\S)", section):
        names, _, text = entry.partition(":")
        meanings |= {name.strip(): " ".join(text.split()) for name in names.split(",")}
    return meanings
