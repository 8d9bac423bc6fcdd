"""What may stand in a rig file, and where: pydantic models whose errors become problems with a line."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ...models.errors import near_misses
from .problems import Path, Problems

VERSION = 1
PLAIN = (bool, int, float, str)
LONGEST_TEXT = 100_000


def _plain(value: Any) -> Any:
    if not isinstance(value, PLAIN):
        raise ValueError("a number, a text, true or false is needed")
    return value


def _text_or_bytes(value: Any) -> Any:
    if value is not None and not isinstance(value, str | bytes):
        raise ValueError("the path of a file, or !!binary and base 64, is needed")
    return value


Value = Annotated[Any, AfterValidator(_plain)]
Knobs = dict[str, Value]
Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Rate = Annotated[float, Field(ge=1000, le=768_000, allow_inf_nan=False)]
Position = Annotated[float, Field(ge=0, le=1)]


class Sheet(BaseModel):
    """A mapping with known fields and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class GraphSheet(Sheet):
    """Nodes and cables, as `Graph` takes them."""

    nodes: dict[str, Any]
    patch: Text
    inputs: list[str] = ["in"]
    outputs: list[str] = ["out"]


class MidiSheet(Sheet):
    """The MIDI map: controls, as `MidiMap.bind` takes them, and the preset or the knobs that a program change sets."""

    controls: list[dict[str, Value]] = []
    programs: dict[int, str | Knobs] = {}


class RigSheet(Sheet):
    """A whole file."""

    wetdry: Literal[1]
    name: Annotated[str, Field(max_length=200)] = ""
    about: Text = ""
    sample_rate: Rate | None = None
    tempo: Any = None
    chain: list[Any] | None = None
    graph: dict[str, Any] | None = None
    automation: dict[str, Any] = {}
    midi: MidiSheet = MidiSheet()
    presets: dict[str, Knobs] = {}


class PluginSheet(Sheet):
    """A VST3 or VST2: a name or a path; which plugin of the file; knobs in their units or by position; its state."""

    plugin: str
    named: str | None = None
    knobs: Knobs = {}
    positions: dict[str, Position] = {}
    state: Annotated[Any, AfterValidator(_text_or_bytes)] = None
    host: Literal["pedalboard", "dawdreamer"] | None = None
    isolated: bool = False


class ModelSheet(Sheet):
    """A model file or a factory clone; all but knobs is for foreign models (see `load_plugin`)."""

    model: str
    knobs: Knobs = {}
    positions: dict[str, Position] = {}
    sample_rate: Rate | None = None
    block_size: Annotated[int, Field(ge=1, le=1 << 20)] | None = None
    look_behind: Annotated[int, Field(ge=0, le=1 << 22)] | None = None
    delay_samples: Annotated[int, Field(ge=0, le=1 << 22)] | None = None
    buffer_size: Annotated[int, Field(ge=1, le=1 << 20)] | None = None


class FaustSheet(Sheet):
    """A Faust program: its text, or a .dsp file."""

    faust: Text
    knobs: Knobs = {}


class AutomatedSheet(Sheet):
    """A processor inside with automation of its own, as `Automated` takes it."""

    automated: Any
    automation: dict[str, Any] = {}
    tempo: Any = None
    hold_error: Annotated[float, Field(ge=0, le=1)] = 0.01


class BranchSheet(Sheet):
    """A branch of a mix; without a chain it is the dry sound."""

    gain_db: float = 0.0
    chain: list[Any] | None = None


class MixSheet(Sheet):
    """Branches in parallel."""

    mix: list[BranchSheet]


class ChainSheet(Sheet):
    """A chain in a chain."""

    chain: list[Any]


class InnerGraphSheet(Sheet):
    """A graph in a chain, or in a graph."""

    graph: dict[str, Any]


Kind = TypeVar("Kind", bound=Sheet)


def checked(kind: type[Kind], data: Any, path: Path, problems: Problems) -> Kind | None:
    """Return a part of the file as what it has to be; None where it is not, which goes to `problems`, field by field."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        for found in error.errors(include_url=False, include_context=False):
            inner = (*path, *_inside(data, found["loc"]))
            problems.add(inner, _said(kind, found))
        return None


def _inside(data: Any, loc: tuple[Any, ...]) -> Path:
    """Return the part of an error's place that is in the file, and one step more where that is a field that is missing."""
    kept: list[str | int] = []
    for part in loc:
        there = (isinstance(data, Mapping) and part in data) or (isinstance(data, list) and isinstance(part, int))
        if not there:
            return (*kept, part) if isinstance(data, Mapping) and part == loc[-1] and isinstance(part, str) else tuple(kept)
        kept.append(part)
        data = data[part]
    return tuple(kept)


def _said(kind: type[Sheet], found: Mapping[str, Any]) -> str:
    what = str(found["msg"]).removeprefix("Value error, ").replace("Input should be", "it has to be")
    if found["type"] == "missing":
        return "is missing"
    if found["type"] == "extra_forbidden":
        fields = _fields(kind, found["loc"])
        return f"there is no such field; {near_misses(str(found['loc'][-1]), fields)}"
    if found["type"] in ("model_type", "dict_type", "list_type"):
        what = (
            "a list (lines that begin with -) is needed"
            if found["type"] == "list_type"
            else "a mapping (`name: value`) is needed"
        )
    return f"{what}, got {found['input']!r:.60}"


def _fields(kind: type[Sheet], loc: tuple[Any, ...]) -> list[str]:
    """Return the names of the fields that stand beside the one at `loc`."""
    inner = {"midi": MidiSheet, "mix": BranchSheet}
    near = next((inner[part] for part in reversed(loc[:-1]) if part in inner), kind)
    return list(near.model_fields)
