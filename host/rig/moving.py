"""What moves the knobs of a rig: automation and the MIDI map, read and checked knob by knob."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...models.errors import InvalidType, UnknownName
from ..automation.automated import Automated
from ..automation.curve import Curve
from ..automation.data import curve_from
from ..automation.tempo import Tempo, as_tempo
from ..container import knobs_of
from ..midi.map import MidiMap
from ..native_knobs import sane_knobs
from .problems import Path as Place
from .problems import Problems
from .schema import MidiSheet


def read_tempo(given: Any, place: Place, problems: Problems) -> Tempo:
    """Return a tempo: beats a minute, or pairs (beat, beats a minute)."""
    with problems.at(place):
        return as_tempo(given)
    return Tempo()


def read_automation(
    given: Mapping[str, Any], board: Any, whole: bool, folder: Path, place: Place, problems: Problems
) -> dict[str, Curve]:
    """Return curve by knob; whether the board's knobs can follow them is asked where the board is `whole`."""
    curves: dict[str, Curve] = {}
    for knob, data in given.items():
        with problems.at((*place, knob)):
            curve = curve_from(data, folder)
            if whole:
                Automated(board, {knob: curve})
                curve.check(sane_knobs(knobs_of(board))[knob].parameter)
            curves[knob] = curve
    return curves


def read_midi(sheet: MidiSheet, presets: Mapping[str, Any], board: Any, whole: bool, problems: Problems) -> MidiMap:
    """Return the MIDI map; a program is a preset's name, or says knobs itself."""
    midi, knobs = MidiMap(), knobs_of(board) if whole else {}
    sane = sane_knobs(knobs)
    for i, control in enumerate(sheet.controls):
        with problems.at(("midi", "controls", i)):
            for name in ("from", "to"):
                if name not in control:
                    raise InvalidType(f"a control is `{{from: cc 74, to: drive_db}}`, and {name} is missing")
            options = {name: value for name, value in control.items() if name not in ("from", "to")}
            if whole:
                only = MidiMap()
                only.bind(control["from"], control["to"], **options)
                only.check(knobs)
                only.check(sane)
            midi.bind(control["from"], control["to"], **options)
    for number, said in sheet.programs.items():
        with problems.at(("midi", "programs", str(number))):
            values = _preset(said, presets) if isinstance(said, str) else said
            if whole:
                MidiMap(programs={number: values}).check(sane)
            midi.program(number, values)
    return midi


def _preset(name: str, presets: Mapping[str, Any]) -> Mapping[str, Any]:
    if name not in presets:
        raise UnknownName("preset of the rig", name, presets)
    return presets[name]


def check_hands(midi: MidiMap, curves: Mapping[str, Curve], problems: Problems) -> None:
    """Note the automated knobs that a control or a program turns too."""
    both = "follows its automation, and is turned by MIDI too: leave it out of one"
    for i, (_, binding) in enumerate(midi.bindings):
        if binding.to in curves:
            problems.add(("midi", "controls", i), f"{binding.to} {both}")
    for number, values in midi.programs.items():
        for knob in values:
            if knob in curves:
                problems.add(("midi", "programs", str(number)), f"{knob} {both}")
