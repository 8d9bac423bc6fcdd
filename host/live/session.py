"""Session: a chain that is played live, with its knobs, its controller, its meters and what is recorded of it."""

import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from ...effects.parameters import Parameters
from ...models.errors import InvalidValue, UnknownName
from ..midi.map import MidiMap
from .engine import EXCHANGE_SECONDS, Engine
from .midi_in import MidiIn
from .moves import Moves
from .patience import said_where_long
from .playing import Playing, channels_for, playing
from .real_time import Rights
from .session_controls import Controlled
from .session_device import chosen_device
from .session_measures import Measured, lock_line
from .session_recording import Recorded

USUAL_RATE = 48000
KEEP_SECONDS = 0.05  # between two looks at what has to be kept


class Session(Controlled, Recorded, Measured):
    """Plays something live; `with wetdry.live(what) as session:` starts it, and ends it.

    What a knob is set to is heard within a block, smoothed; presets, models and cabinets change over with a crossfade.
    Where something fails, a line says so (`notices`), and the rest plays on.

    Args:
        what: see `wetdry.live`; the other arguments too.

    Attributes:
        engine: what plays.
        device: what it hears and is heard through.
        name: of what plays, for people.
        notices: every line said so far, the newest last.
        moves: what the knobs did, so that an offline render repeats it.
        generator: plays the notes of the MIDI port, and those of `generator.on(60)`; None: none was asked for.
    """

    def __init__(
        self,
        what: Any,
        *,
        cab: Any = None,
        input: Any = None,
        output: Any = None,
        host: str | None = None,
        block: int = 64,
        rate: int | None = None,
        midi: Any = None,
        midi_map: MidiMap | None = None,
        feedback: Any = None,
        generator: Any = None,
        record: str | Path | None = None,
        device: Any = None,
        channels: int | None = None,
        trusted: bool = False,
        worker_ms: float = 1e3 * EXCHANGE_SECONDS,
        apart: Sequence[Any] = (),
        real_time: bool = True,
        said: Callable[[str], None] | None = None,
    ) -> None:
        self.notices: list[str] = []
        self._said = _to_stderr if said is None else said
        self._playing = playing(what, cab, trusted)
        self._trusted = trusted
        rate = int(rate or self._playing.sample_rate or USUAL_RATE)
        self._check_rate(self._playing, rate)
        self.device = chosen_device(device, input, output, host, rate, real_time)
        channels = channels or channels_for(self._playing.processor)
        with said_where_long(self.say):
            heard = [c % self.device.inputs if self.device.inputs else -1 for c in range(channels)]
            self.engine = Engine(self._playing.processor, rate, block, channels, self.device.inputs, self.device.outputs,
                                 self.device.block, heard, worker_seconds=1e-3 * worker_ms, apart=apart,
                                 failed=self.say)  # fmt: skip
        self._rights, self._real_time = Rights(), real_time
        self._given_map = midi_map
        self._midi_map = midi_map if midi_map is not None else self._playing.midi
        self._midi = MidiIn(self.engine, midi, feedback, self.say)
        self._midi.map(self._midi_map, self.parameters)
        self.moves = Moves(self.engine, self.parameters)
        self.generator = self._made_generator(generator)
        self._record_from_start = record
        self._ended = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="wetdry keeper", daemon=True)

    # what plays

    @property
    def name(self) -> str:
        """What plays, for people."""
        return self._playing.name

    @property
    def parameters(self) -> Parameters:
        """Every knob of what plays: `session.parameters["drive_db"].value = 24` is heard within a block."""
        return self._playing.parameters

    knobs = parameters

    @property
    def presets(self) -> list[str]:
        """Names of the presets of what plays."""
        return list(self._playing.presets)

    def preset(self, name: str) -> None:
        """Turn the knobs as a preset says. Raises UnknownName where there is none of that name."""
        if name not in self._playing.presets:
            raise UnknownName("preset of what plays", name, self._playing.presets)
        with self.engine.together():
            for knob, value in self._playing.presets[name].items():
                self.parameters[knob].value = value

    def play(self, what: Any, cab: Any = None) -> None:
        """Change over to something else, crossfaded; `what` as at the beginning. Its own MIDI map and presets come with it.

        Raises:
            InvalidValue: it is for another sample rate, or does not take the session's channels; errors of `wetdry.live`.
        """
        coming = playing(what, cab, self._trusted)
        self._check_rate(coming, self.engine.sample_rate)
        self.engine.play(coming.processor)
        self.moves.finish()
        self._playing = coming
        self._midi_map = self._fitting_map(coming)
        self._midi.map(self._midi_map, self.parameters)
        self.moves = Moves(self.engine, self.parameters)

    def _check_rate(self, coming: Playing, rate: int) -> None:
        if coming.sample_rate is not None and coming.sample_rate != rate:
            raise InvalidValue(f"{coming.name} plays at {coming.sample_rate:g} Hz, and the session at {rate}: say rate=")

    @property
    def running(self) -> bool:
        """Whether it plays."""
        return self.engine.running and not self._ended.is_set()

    def say(self, line: str) -> None:
        """Note a line, and hand it to who listens."""
        self.notices.append(line)
        self._said(line)

    # from beginning to end

    def start(self) -> Self:
        """Begin to play. Raises DeviceError where the device does not, FileProblem where the recording cannot be written."""
        try:
            self._begin()
        except BaseException:
            self.stop()
            raise
        return self

    def _begin(self) -> None:
        for line in self._rights.take(self._real_time):
            self.say(line)
        self.moves = Moves(self.engine, self.parameters)
        if self._record_from_start is not None:
            self.record(self._record_from_start)
        with said_where_long(self.say):
            self.engine.start(self._rights.prepare_thread if self._real_time else lambda: None)
        self._rights.wait(self._real_time)
        for line in [*self._rights.refused, *map(lock_line, self.statistics.workers)]:
            self.say(line)
        self.device.start(self.engine, self.say)
        self._measure_load()
        self._midi.start()
        if self.generator:
            self.generator.start()
        self._keeper.start()

    def stop(self) -> None:
        """End it: the recording is closed, knobs stay where they are. Stopping twice does no harm."""
        if self._ended.is_set():
            return
        self._ended.set()
        self.stop_recording()
        self._midi.stop()
        if self.generator:
            self.generator.stop()
        self.device.stop()
        self.engine.stop()
        if self._keeper.is_alive():
            self._keeper.join()
        self.moves.note()
        self._rights.give_back()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _keep(self) -> None:
        while not self._ended.wait(KEEP_SECONDS):
            self.moves.note()
            self._measure_load()

    def __repr__(self) -> str:
        return f"<Session: {self.name} through {self.device.name}>"


def live(what: Any, **options: Any) -> Session:
    """Return a session that plays something live: `with wetdry.live(what) as session:`.

    Args:
        what: an effect, a Chain, a Graph, a Rig, a plugin, a model; the path of a rig, a model (.nam, .safetensors, …), a
            plugin or an impulse response; the name of a factory rig, an effect or an installed plugin; or a list of these.
        cab: an impulse response behind it: a path.
        input, output: the sound card's, by a part of its name or its number; None: the system's own; False: no input.
        host: the system that the card is reached through: ALSA, JACK, Core Audio, WASAPI, …; None: that of the least delay.
        block: samples played at a time, 16 to 4096.
        rate: in Hz; None: the rig's own, or 48000.
        midi: a MIDI port, by a part of its name; True: the only one there is; or one that is open; None: none.
        midi_map: which control turns which knob; None: the rig's.
        feedback: an open MIDI output, to show the knobs on a controller.
        generator: what makes sound of notes, besides what comes in: as `Generator` takes it, the path of a VST instrument say.
        record: a .wav to record into from the first sample on; see `Session.record`.
        device: what it hears and is heard through; None: the sound card; "clock": none, noise instead.
        channels: in the chain; None: 1, or 2 where something in it has two sides.
        trusted: load programs too: Faust, TorchScript.
        worker_ms: the delay that each worker in Python is given; less, and it is late more often.
        apart: effects of what plays that a worker plays although they could be compiled in: nets too large for the deadline.
        real_time: ask for real-time scheduling and locked memory; a line says where they are not permitted.
        said: called with each line that is to be said; None: they go to stderr.

    Raises:
        UnknownName, FileProblem, RigFileError, InvalidValue, InvalidType: what plays is not there, or cannot be played so.
        DeviceError: no sound card, a busy one, a rate that it does not have. PortError: no such MIDI port.
        MissingExtra: sounddevice or python-rtmidi is not installed.

    Example:
        >>> import wetdry
        >>> with wetdry.live(wetdry.TubeSaturator(), device="clock", said=lambda line: None) as session:
        ...     session.parameters["drive_db"].value = 30
    """
    return Session(what, **options)


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr)
