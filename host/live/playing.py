"""What a session plays: whatever a person names, as one processor with its knobs, presets and MIDI map."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...effects import CabinetIR, Effect, Pan
from ...effects.parameters import BoundParameter, Parameters
from ...models.errors import InvalidType, InvalidValue
from ...models.model import Model
from ...presets import rig_names, rig_path
from ..automation.automated import Automated
from ..chain import Chain
from ..container import knobs_of
from ..graph.ports import channels_out
from ..midi.map import MidiMap
from ..playable import Playable, everything
from ..rig.rig import Rig

RIG_SUFFIXES = (".yaml", ".yml")
RESPONSE_SUFFIXES = (".wav", ".flac", ".aif", ".aiff")


@dataclass(frozen=True)
class Playing:
    """A processor, and what belongs to it.

    Attributes:
        processor: what streams.
        name: for people.
        parameters: its knobs, as presets and the MIDI map name them.
        midi: the map it came with.
        presets: name → {knob: value}.
        sample_rate: that it is for alone, in Hz; None: any.
    """

    processor: Any
    name: str
    parameters: Parameters
    midi: MidiMap = field(default_factory=MidiMap)
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sample_rate: float | None = None


def playing(what: Any, cab: Any = None, trusted: bool = False) -> Playing:
    """Return what a person means.

    Args:
        what: an effect, a Chain, a Graph, a Rig, a plugin, a model; the path of a rig, a model, a plugin, or an impulse
            response; a factory rig's, an effect's or an installed plugin's name; or a list of all these, in series.
        cab: an impulse response behind it: a path, or (array, sample rate).
        trusted: load programs too: Faust, TorchScript.
    """
    found = _series(what, trusted) if isinstance(what, list | tuple) else _one(what, trusted)
    return found if cab is None else _before_cabinet(found, cab)


def channels_for(processor: Any) -> int:
    """Return with how many channels a processor is played: 1, or 2 where something inside has two sides.

    Raises:
        InvalidValue: it takes neither.
    """
    if not any(_has_sides(each) for each in _inside(processor)) and channels_out(processor, 1) == 1:
        return 1
    if channels_out(processor, 2) == 2:
        return 2
    raise InvalidValue(f"{processor!r:.60} takes neither one channel nor two and gives as many; say channels=")


def _one(what: Any, trusted: bool) -> Playing:
    if isinstance(what, str | os.PathLike):
        what, name = _named(os.fspath(what), trusted), Path(what).name
    else:
        name = _name_of(what)
    if isinstance(what, Model):
        from ..evaluation.playing import player

        what = player(what)
    if isinstance(what, Rig):
        moving = Automated(what.board, what.automation, what.tempo) if what.automation else what.board
        return Playing(moving, what.name or name, what.parameters, _with_programs(what), what.presets, what.sample_rate)
    if what is None or not callable(getattr(what, "process", None)):
        raise InvalidType(f"{what!r:.60} is nothing to play: an effect, a Chain, a Rig, a file's path or a name is")
    presets = type(what).presets() if isinstance(what, Effect) else {}
    return Playing(what, name, Parameters("what plays", knobs_of(what)), presets=presets)


def _named(text: str, trusted: bool) -> Any:
    from ..foreign import SUFFIXES
    from ..targets import TRUSTED, open_target

    path = Path(text).expanduser()
    if text.lower().endswith(RIG_SUFFIXES) or (text in rig_names() and not path.exists()):
        return Rig.load(path if text.lower().endswith(RIG_SUFFIXES) else rig_path(text), trusted)
    if path.suffix.lower() in RESPONSE_SUFFIXES:
        return CabinetIR(path)
    return open_target(f"{TRUSTED}{text}" if trusted and text.lower().endswith(SUFFIXES) else text)


def _series(each: Any, trusted: bool) -> Playing:
    if not each:
        raise InvalidType("an empty list is nothing to play; wetdry.Chain() passes the sound on")
    if len(each) == 1:
        return _one(each[0], trusted)
    found = [_one(one, trusted) for one in each]
    chain = Chain([one.processor for one in found])
    rates = {one.sample_rate for one in found if one.sample_rate is not None}
    if len(rates) > 1:
        raise InvalidValue(f"rigs for {' and '.join(f'{rate:g}' for rate in sorted(rates))} Hz cannot play together")
    return Playing(chain, ", ".join(one.name for one in found), chain.parameters, sample_rate=rates.pop() if rates else None)


def _before_cabinet(found: Playing, cab: Any) -> Playing:
    cabinet = CabinetIR(cab)
    knobs: dict[str, BoundParameter] = dict(found.parameters)
    knobs |= {f"cabinet.{name}": bound for name, bound in cabinet.parameters.items()}
    name = f"{found.name}, {Path(cab).name}" if isinstance(cab, str | os.PathLike) else f"{found.name}, a cabinet"
    return Playing(Chain([found.processor, cabinet]), name, Parameters("what plays", knobs), found.midi, found.presets,
                   found.sample_rate)  # fmt: skip


def _with_programs(rig: Rig) -> MidiMap:
    """Return the rig's map; where it says nothing of programs, program 0 is the first preset, and so on."""
    if rig.midi.programs or not rig.presets:
        return rig.midi
    held = MidiMap.from_data(rig.midi.to_data())
    for number, values in zip(range(128), rig.presets.values(), strict=False):
        held.program(number, values)
    return held


def _name_of(what: Any) -> str:
    if isinstance(what, Rig):
        return what.name or "a rig"
    if isinstance(what, Chain):
        return ", ".join(_name_of(each) for each in what) or "a wire"
    return str(getattr(what, "name", None) or type(what).__name__)


def _inside(processor: Any) -> Iterator[Any]:
    yield processor
    if isinstance(processor, Playable):
        yield from everything(processor)


def _has_sides(processor: Any) -> bool:
    if isinstance(processor, CabinetIR):
        return processor.impulse_response is not None and len(processor.impulse_response.samples) == 2
    return isinstance(processor, Pan)
