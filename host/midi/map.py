"""The MIDI map: which control turns which knob, and which program sets which."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...effects.parameters import BoundParameter
from ...models.errors import InvalidType, InvalidValue, UnknownName, WetdryError
from ..automation.curve import Curve
from .bindings import Binding
from .decoder import Decoder
from .factory_maps import factory_map
from .files import moves_as_curves
from .learn import Learn, learn_from_port
from .sources import Source, read_source

MOST_BINDINGS = 4096


class MidiMap:
    """Binds MIDI controls to knobs by name; a plain description that any processor's `parameters` can be turned by.

    Args:
        controls: source → knob: `{"cc 74": "drive_db", "cc 1": Binding("tone_hz", low=500, high=8000, curve="log")}`; a list
            of knobs where one control turns several.
        programs: program number (0 to 127, as sent) → {knob: value}: what a program change sets.

    Raises:
        InvalidType, InvalidValue: a source, a binding or a program that cannot be; whether the knobs exist is asked when
            a processor's `parameters` come in.

    Example:
        >>> midi = MidiMap({"cc 74": "drive_db"})
        >>> midi.bind("nrpn 300", "tone_hz", low=500, high=8000)
        >>> [str(source) for source, _ in midi.bindings]
        ['cc 74', 'nrpn 300']
    """

    def __init__(
        self,
        controls: Mapping[str, str | Binding | Iterable[str | Binding]] | None = None,
        programs: Mapping[int, Mapping[str, Any]] | None = None,
    ) -> None:
        self._bindings: dict[tuple[Source, str, int | None], Binding] = {}
        self._programs: dict[int, dict[str, Any]] = {}
        for source, targets in _items(controls, "controls"):
            for target in [targets] if isinstance(targets, str | Binding) else _listed(source, targets):
                self.bind(source, target)
        for number, values in _items(programs, "programs"):
            self.program(number, values)

    @property
    def bindings(self) -> tuple[tuple[Source, Binding], ...]:
        """Every source with its binding, in the order in which they were bound."""
        return tuple((source, binding) for (source, _, _), binding in self._bindings.items())

    @property
    def programs(self) -> dict[int, dict[str, Any]]:
        """Program number → {knob: value}."""
        return {number: dict(values) for number, values in self._programs.items()}

    @property
    def paths(self) -> list[str]:
        """The knobs that it turns, each once."""
        targets = [binding.to for binding in self._bindings.values()]
        return list(dict.fromkeys([*targets, *(path for values in self._programs.values() for path in values)]))

    def bind(self, source: str | Source, to: str | Binding, **options: Any) -> None:
        """Bind a control to a knob; `options` are those of `Binding`. The same control on the same knob is bound anew."""
        known, channel = (source, None) if isinstance(source, Source) else read_source(source)
        if isinstance(to, Binding):
            binding = replace(to, **_fields(options, to.to))
        elif isinstance(to, str):
            binding = Binding(to, **_fields(options, to))
        else:
            raise InvalidType(f"{source} is bound to a knob's name or a Binding, got {to!r:.60}")
        if channel is not None and binding.channel not in (None, channel):
            raise InvalidValue(f"{source}: bound on channel {binding.channel}; name one channel")
        binding = binding if channel is None else replace(binding, channel=channel)
        place = (known, binding.to, binding.channel)
        if place not in self._bindings and len(self._bindings) >= MOST_BINDINGS:
            raise InvalidValue(f"a MIDI map takes up to {MOST_BINDINGS} bindings")
        self._bindings[place] = binding

    def unbind(self, source: str | Source, to: str | None = None) -> None:
        """Take a control off its knobs, or off the one named; nothing happens where it was not bound."""
        known, channel = (source, None) if isinstance(source, Source) else read_source(source)
        for place in list(self._bindings):
            if place[0] == known and (to is None or place[1] == to) and (channel is None or place[2] == channel):
                del self._bindings[place]

    def learn(self, path: str, port: Any = None, seconds: float = 30.0, **options: Any) -> Source:
        """Bind the control that is moved next on a port; `wetdry midi learn` does it from the command line.

        Args:
            path: the knob.
            port: an open input, as `wetdry.midi.open_input()` gives it; None for the only one there is.
            seconds: how long to wait.
            options: those of `Binding`; the channel is the one that the control was heard on.

        Raises:
            PortError: nothing was moved in that time; there is no port, or several.
        """
        if port is None:
            from .ports import open_input

            with open_input() as only:
                return self.learn(path, only, seconds, **options)
        learn = Learn(self)
        learn.touch(path, **options)
        return learn_from_port(learn, port, seconds).source

    def program(self, number: int, values: Mapping[str, Any]) -> None:
        """Have a program change set knobs: `program(0, {"drive_db": 6})`."""
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= 127:
            raise InvalidValue(f"a program is a number, 0 to 127 as sent; got {number!r:.60}")
        if not isinstance(values, Mapping) or not all(isinstance(path, str) for path in values):
            raise InvalidType(f"program {number} sets knobs: {{name: value}}; got {values!r:.60}")
        self._programs[number] = dict(values)

    @classmethod
    def factory(cls, controller: str, knobs: Sequence[str | Binding | None] | Mapping[str, str | Binding]) -> "MidiMap":
        """Return the map of a controller as it is delivered; `wetdry midi` lists which there are, and their controls.

        Args:
            controller: such as `nanokontrol2`; `generic` for the controllers of the MIDI standard.
            knobs: what its controls turn, in their order (None leaves one out); or by name: `{"slider 1": "drive_db"}`.

        Raises:
            UnknownName: no such controller, or it has no such control. InvalidValue: it has fewer controls.

        Example:
            >>> MidiMap.factory("nanokontrol2", ["drive_db", "tone_hz"])
            MidiMap({'cc 16': 'drive_db', 'cc 17': 'tone_hz'})
        """
        known = factory_map(controller)
        if isinstance(knobs, Mapping):
            wrong = next((name for name in knobs if name not in known.sources), None)
            if wrong is not None:
                raise UnknownName(f"control of the {known.name}", str(wrong), known.sources)
            return cls({known.sources[name]: target for name, target in knobs.items()})
        targets = _listed(known.name, knobs)
        if len(targets) > len(known.controls):
            raise InvalidValue(f"{known.name} has {len(known.controls)} knobs and faders, and {len(targets)} are asked for")
        pairs = zip(known.controls.values(), targets, strict=False)
        return cls({source: target for source, target in pairs if target is not None})

    def decoder(self, parameters: Mapping[str, BoundParameter]) -> Decoder:
        """Return what turns messages into moves of these knobs.

        Raises:
            UnknownName: the map turns a knob that is not there.
            InvalidValue, InvalidType: a binding or program asks what its knob does not allow.
        """
        return Decoder(self.bindings, self._programs, parameters)

    def check(self, parameters: Mapping[str, BoundParameter]) -> None:
        """Raise as `decoder` does where the map does not fit the knobs."""
        self.decoder(parameters)

    def curves(
        self, messages: str | Path | Iterable[tuple[float, Any]], parameters: Mapping[str, BoundParameter]
    ) -> dict[str, Curve]:
        """Return what a MIDI file does to these knobs, as curves for `Automated`: {knob: jumps at the messages' samples}.

        A knob stands where it stands now until its first message; knobs that no message moves are left out.

        Args:
            messages: path of a MIDI file (all tracks, tempo changes counted), or (seconds, message) in order: a `Take`, or mido
                messages of your own.
            parameters: the knobs, as `board.parameters`.

        Raises:
            FileProblem, InvalidValue: the file cannot be read or is broken; the map does not fit the knobs, see `decoder`.
            MissingExtra: mido is not installed.
        """
        return moves_as_curves(self.decoder(parameters), messages, parameters)

    # as data

    def to_data(self) -> dict[str, Any]:
        """Return plain data: `controls` (a list of `from`, `to` and the binding's options) and `programs`, each where any."""
        data: dict[str, Any] = {}
        if self._bindings:
            data["controls"] = [{"from": str(source), **binding.to_data()} for source, binding in self.bindings]
        if self._programs:
            data["programs"] = self.programs
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "MidiMap":
        """Rebuild from `to_data`. Raises InvalidType or InvalidValue naming the entry that is wrong."""
        content = dict(_items(data, "a MIDI map"))
        controls, programs = content.pop("controls", None) or [], content.pop("programs", None)
        if content or not isinstance(controls, list):
            raise InvalidValue(f"a MIDI map has a list of controls, and programs; got {next(iter(content), controls)!r:.60}")
        made = cls(programs=programs)
        for i, entry in enumerate(controls):
            try:
                options = dict(_items(entry, "a control"))
                made.bind(options.pop("from", None), options.pop("to", None), **options)
            except WetdryError as error:
                raise type(error)(f"controls[{i}]: {error}") from None
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MidiMap) and (self.bindings, self._programs) == (other.bindings, other._programs)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        shown: dict[str, list[str]] = {}
        for source, binding in self.bindings:
            plain = binding == Binding(binding.to)
            shown.setdefault(str(source), []).append(repr(binding.to) if plain else _call(binding))
        controls = ", ".join(f"{name!r}: {a[0] if len(a) == 1 else '[' + ', '.join(a) + ']'}" for name, a in shown.items())
        return f"MidiMap({{{controls}}}{f', programs={self._programs!r}' if self._programs else ''})"


def _call(binding: Binding) -> str:
    options = binding.to_data()
    return ", ".join([f"Binding({options.pop('to')!r}", *(f"{name}={value!r}" for name, value in options.items())]) + ")"


def _items(given: Any, what: str) -> Iterable[tuple[Any, Any]]:
    if given is None:
        return ()
    if not isinstance(given, Mapping):
        raise InvalidType(f"{what}: a mapping is needed, got {given!r:.60}")
    return given.items()


def _listed(source: Any, targets: Any) -> list[Any]:
    if not isinstance(targets, list | tuple):
        raise InvalidType(f"{source} is bound to a knob's name, a Binding or a list of them, got {targets!r:.60}")
    return list(targets)


def _fields(options: Mapping[str, Any], to: str) -> dict[str, Any]:
    known = [name for name in Binding.__dataclass_fields__ if name != "to"]
    wrong = next((name for name in options if name not in known), None)
    if wrong is not None:
        raise InvalidValue(f"binding to {to}: no option named {str(wrong)[:40]!r}; known: {', '.join(known)}")
    return dict(options)
