"""What a session is turned by: its switches, a controller, notes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...effects.parameters import Parameters
from ...models.errors import WetdryError
from ..midi.map import MidiMap
from .core import desk as d
from .engine import Engine
from .midi_in import MidiIn
from .playing import Playing

if TYPE_CHECKING:
    from .sound.generators import Generator


class Controlled:
    """The part of a session that has switches and hears MIDI."""

    engine: Engine
    say: Callable[[str], None]
    _midi: MidiIn
    _midi_map: MidiMap
    _given_map: MidiMap | None  # which one counts whatever plays

    @property
    def parameters(self) -> Parameters:
        """Every knob of what plays."""
        raise NotImplementedError

    @property
    def bypassed(self) -> bool:
        """Whether the input is heard as it is, in step with the sound; settable, a ramp of 10 ms."""
        return bool(self.engine.desk[d.BYPASS])

    @bypassed.setter
    def bypassed(self, on: bool) -> None:
        self.engine.desk[d.BYPASS] = bool(on)

    @property
    def muted(self) -> bool:
        """Whether nothing is heard; settable, a ramp of 10 ms."""
        return bool(self.engine.desk[d.MUTE])

    @muted.setter
    def muted(self, on: bool) -> None:
        self.engine.desk[d.MUTE] = bool(on)

    @property
    def midi_map(self) -> MidiMap:
        """Which control turns which knob; settable, and then also for what is played later. Raises where it does not fit."""
        return self._midi_map

    @midi_map.setter
    def midi_map(self, midi: MidiMap) -> None:
        self._midi.map(midi, self.parameters)
        self._given_map = self._midi_map = midi

    def _fitting_map(self, coming: Playing) -> MidiMap:
        """Return the map for what comes: the session's own where it fits, else the one that it brings."""
        if self._given_map is None:
            return coming.midi
        try:
            self._given_map.check(coming.parameters)
        except WetdryError as error:
            self.say(f"the session's MIDI map does not fit {coming.name}, and rests meanwhile: {error}")
            return coming.midi
        return self._given_map

    def hear(self, message: Any, seconds: float | None = None) -> None:
        """Take a MIDI message (mido's, or bytes) that came from elsewhere than the port.

        Args:
            message: what moves no knob does nothing.
            seconds: when it came, by `time.monotonic`; None: now.
        """
        self._midi.hear(message, seconds)

    def learn(self, knob: str | None, **options: Any) -> None:
        """Bind the control that is moved next to a knob; None: wait no longer. `options` are those of `Binding`.

        Raises:
            UnknownName, InvalidValue: there is no such knob, or it cannot be bound so.
        """
        self._midi.learn(knob, **options)

    @property
    def learning(self) -> str | None:
        """The knob whose control is waited for."""
        return self._midi.learning

    def _made_generator(self, source: Any) -> "Generator | None":
        if source is None:
            return None
        from .sound.generators import Generator

        generator = Generator(self.engine, source, said=self.say)
        self._midi.hearers.append(generator.hear)
        return generator
