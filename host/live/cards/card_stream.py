"""A stream through sound cards: opened, listened to for how much is asked for at once, and what is wrong said for people."""

import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ....models.errors import DeviceError
from ..core.callback import LARGEST_CALL
from .portaudio import JACK, LOCK, jack_period, open_streams, portaudio
from .sound_cards import FoundCard

LISTENED_CALLS, LISTEN_SECONDS = 8, 2.0  # by which it is known how many samples a card asks for at once
RATES = (8000, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000)
BUSY_WORDS = ("busy", "in use", "exclusive")


@dataclass(frozen=True)
class Way:
    """The way in and out of this machine.

    Attributes:
        heard, played: the cards; `heard` is None where nothing comes in.
        sample_rate: in Hz.
        inputs, outputs: channels.
        suggested: delay to aim at: "low", "high" or seconds.
    """

    heard: FoundCard | None
    played: FoundCard
    sample_rate: int
    inputs: int
    outputs: int
    suggested: str | float

    @property
    def name(self) -> str:
        """Of the cards, for people."""
        return " and ".join(dict.fromkeys(str(card) for card in (self.heard, self.played) if card))

    @property
    def on_jack(self) -> bool:
        """Whether a JACK server is between us and the cards."""
        return JACK in self.played.host

    def begin(self, callback: Any, userdata: Any = None, wrap: str | None = None) -> Any:
        """Return a stream that runs; `callback` is a C function's address, or Python's where `wrap` is "buffer".

        PortAudio hands on the card's own number of samples a call: to gather or cut them would add to the delay.

        Raises:
            DeviceError: it cannot be opened, or does not begin.
        """
        options = {"samplerate": self.sample_rate, "blocksize": 0, "dtype": "float32", "latency": self.suggested,
                   "clip_off": True, "dither_off": True,
                   "callback": callback, "userdata": userdata, "wrap_callback": wrap}  # fmt: skip
        with LOCK:
            library, stream = portaudio(), None
            try:
                if self.heard is None:
                    stream = library._StreamBase("output", device=self.played.number, channels=self.outputs, **options)
                else:
                    numbers, channels = (self.heard.number, self.played.number), (self.inputs, self.outputs)
                    stream = library._StreamBase("duplex", device=numbers, channels=channels, **options)
                open_streams.add(stream)
                stream.start()
            except library.PortAudioError as error:
                if stream:
                    stream.close()
                raise self.problem(error) from None
            return stream

    def listen(self) -> tuple[int, tuple[float, float]]:
        """Return how many samples are asked for at once, and what input and output lag, in ms: a moment of silence tells.

        Raises:
            DeviceError: as `begin`; it asks for none, or for too many.
        """
        with LOCK:
            asked, latency = self._asked_by_jack() if self.on_jack else self._asked_by_a_stream()
        if not asked:
            raise DeviceError(f"{self.name} opens, but asks for no sound; is its system stuck?")
        if max(asked) > LARGEST_CALL:
            raise DeviceError(
                f"{self.name} asks for {max(asked)} samples at once, and {LARGEST_CALL} is the most that is played"
            )
        varies = len(asked) > 1
        return max(asked) | varies, latency  # an odd number makes the engine ready for any below

    def _asked_by_a_stream(self) -> tuple[set[int], tuple[float, float]]:
        asked: list[int] = []
        enough = threading.Event()

        def silent(*call: Any) -> None:
            *_, played, frames, _, _ = call
            played[:] = bytes(len(played))
            asked.append(frames)
            if len(asked) >= LISTENED_CALLS:
                enough.set()

        stream = self.begin(silent, wrap="buffer")
        enough.wait(LISTEN_SECONDS)
        seconds = stream.latency if self.heard else (0.0, stream.latency)
        stream.stop()
        stream.close()
        return set(asked), (1e3 * seconds[0], 1e3 * seconds[1])

    def _asked_by_jack(self) -> tuple[set[int], tuple[float, float]]:
        """Ask the server: a stream made for it would take the first numbers of our ports' names, and knows of no latency."""
        library = portaudio()
        try:
            self._check(self.sample_rate)
            cards = (self.heard, "input"), (self.played, "output")
            ms = [
                1e3 * library.query_devices(card.number)[f"default_low_{role}_latency"] if card else 0.0 for card, role in cards
            ]
        except library.PortAudioError as error:
            raise self.problem(error) from None
        return {jack_period()} - {0}, (ms[0], ms[1])

    def problem(self, error: Exception) -> DeviceError:
        """Return what PortAudio says, for people."""
        said: Any = error.args  # its text, its code, and what the system said, where that was it
        codes, code = portaudio()._lib, said[1] if len(said) > 1 else 0
        text = str((said[2][2] if len(said) > 2 else "") or said[0])
        if code == codes.paInvalidSampleRate:
            able = ", ".join(map(str, self._rates())) or "none of the usual ones"
            return DeviceError(f"{self.name} does not play at {self.sample_rate} Hz; it can {able}")
        if code == codes.paDeviceUnavailable or any(word in text.lower() for word in BUSY_WORDS):
            return DeviceError(f"{self.name} is busy: another program has it; close that, or take another (wetdry devices)")
        if code == codes.paInvalidChannelCount:
            return DeviceError(
                f"{self.name} does not open with {self.inputs} in and {self.outputs} out; say inputs= and outputs="
            )
        return DeviceError(f"{self.name} does not open: {text}")

    def _rates(self) -> list[int]:
        """Return the usual rates that the cards take."""
        able = []
        for rate in RATES:
            with suppress(portaudio().PortAudioError):
                self._check(rate)
                able.append(rate)
        return able

    def _check(self, rate: int) -> None:
        """Raise PortAudio's error where the cards do not open so."""
        library = portaudio()
        if self.heard:
            library.check_input_settings(self.heard.number, self.inputs, "float32", samplerate=rate)
        library.check_output_settings(self.played.number, self.outputs, "float32", samplerate=rate)
