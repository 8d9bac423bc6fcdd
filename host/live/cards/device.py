"""The sound card: PortAudio calls the engine's compiled callback, no Python in between; a card that goes is looked for."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cffi

from ....models.errors import DeviceError, InvalidValue
from ..core import desk as d
from ..engine import Engine
from .callback_thread import native_threads, schedule
from .card_stream import Way
from .portaudio import LOCK, leave_jack, look_again, portaudio
from .sound_cards import FoundCard, chosen

USUAL_CHANNELS = 2
LOOK_SECONDS = 0.2
SILENT_SECONDS, TRY_SECONDS = 1.0, 1.0

_left: list[tuple[Any, Engine]] = []  # what a JACK server may call yet, when it is no more stuck


class SoundCard:
    """Hears and plays through a sound card.

    A card that is unplugged, or falls silent for a second, is looked for every second; when it is back the sound goes on.

    Args:
        input, output: number as `wetdry devices` lists it, or words of name and system; None: the default. `input=False`: none.
        sample_rate: in Hz.
        inputs, outputs: channels to open, the first ones; None: two, or one where it has no more.
        host: words of the system it is reached through (ALSA, JACK, Core Audio, WASAPI, …); None: that of the least delay.
        latency: what PortAudio is to aim at: "low", "high" or seconds.
        real_time: have the thread that calls scheduled so, where it is not and that is permitted.

    Attributes:
        name: for people.
        block: samples the card asks for at once, at most: the engine's `device_block`.
        latency_ms: of its input and of its output, as its system says.
        lost: what is wrong while it is unplugged or silent, in a line; else None.

    Raises:
        DeviceError: there is none, it is busy, or cannot be opened so: what it can is named.
        MissingExtra: sounddevice is not installed.
    """

    def __init__(
        self,
        input: str | int | bool | None = None,
        output: str | int | None = None,
        *,
        sample_rate: int = 48000,
        inputs: int | None = None,
        outputs: int | None = None,
        host: str | None = None,
        latency: str | float = "low",
        real_time: bool = True,
    ) -> None:
        wanted = None if isinstance(input, bool) else input, output, host, input is not False and inputs != 0
        try:
            heard, played = chosen(*wanted)
        except DeviceError:  # plugged in since PortAudio looked?
            look_again()
            heard, played = chosen(*wanted)
        opened = _channels(heard, inputs, "inputs") if heard else 0, _channels(played, outputs, "outputs")
        self._way = Way(heard, played, int(sample_rate), *opened, latency)
        self.name, self.sample_rate, (self.inputs, self.outputs) = self._way.name, int(sample_rate), opened
        self.block, self.latency_ms = self._way.listen()
        self._real_time = real_time
        self.lost: str | None = None
        self._stream: Any = None
        self._stopped = threading.Event()
        self._watcher: threading.Thread | None = None

    def start(self, engine: Engine, said: Callable[[str], None] = print) -> None:
        """Begin to call the engine's callback; `said` is given a line where the card is lost, and one where it is back.

        Raises:
            DeviceError: it cannot be opened now. InvalidValue: the engine has other channels or another rate.
        """
        ours, theirs = (self.sample_rate, self.inputs, self.outputs), (engine.sample_rate, engine.inputs, engine.outputs)
        if ours != theirs:
            raise InvalidValue(f"the engine has (rate, inputs, outputs) {theirs}, and the card {ours}: make it with the card's")
        self._engine, self._said = engine, said
        self._play()
        self._watcher = threading.Thread(target=self._watch, name="wetdry sound card", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Stop calling; the callback is not called any more when this returns. Stopping twice does no harm."""
        self._stopped.set()
        if self._watcher:
            self._watcher.join()
        self._close()

    def _play(self) -> None:
        before = native_threads()
        self._stream = self._way.begin(self._engine.callback, cffi.FFI().cast("void *", self._engine.desk_address))
        if self._real_time and not self._way.on_jack:
            schedule(native_threads() - before)

    def _close(self) -> None:
        with LOCK:
            stream, self._stream = self._stream, None
            if stream and self._way.on_jack and (self.lost or not stream.active):
                leave_jack()  # to close the stream would wait for a server that is stuck, or end the process
                _left.append((stream, self._engine))
            elif stream:
                stream.stop()
                stream.close()

    def _watch(self) -> None:
        """Look whether the card still calls, until stopped."""
        patience = max(SILENT_SECONDS, 4 * self.block / self.sample_rate)
        calls, since, tried = -1, time.monotonic(), 0.0
        while not self._stopped.wait(LOOK_SECONDS):
            now, before, calls = time.monotonic(), calls, int(self._engine.desk[d.CALLBACKS])
            if calls != before:
                since = now
                if self.lost is not None:
                    self.lost = None
                    self._said(f"{self.name} is back")
            elif now - since > patience and now - tried > TRY_SECONDS:
                if self.lost is None:
                    self.lost = f"{self.name} is gone or silent; the session plays on, and looks for it every second"
                    self._said(self.lost)
                self._try_again()
                tried = time.monotonic()

    def _try_again(self) -> None:
        """Open the card anew, if it is there."""
        try:
            if self._stream and self._way.on_jack and self._stream.active:
                return  # a server that is stuck goes on by itself, and would not answer now
            self._close()
            with LOCK:
                look_again()
                heard, played = self._way.heard, self._way.played
                heard, played = chosen(heard and heard.name, played.name, played.host, heard is not None)
                self._way = replace(self._way, heard=heard, played=played)
                before, (self.block, self.latency_ms) = self.block, self._way.listen()
                self._play()
        except (DeviceError, portaudio().PortAudioError):
            return
        if self.block > before:
            self._said(
                f"{self.name} asks for {self.block} samples at once now, and for {before} before: begin the session anew"
            )


def _channels(card: FoundCard, wanted: int | None, way: str) -> int:
    """Return how many channels to open."""
    there = min(getattr(card, way), d.MOST_CHANNELS)
    if wanted is not None and not 1 <= wanted <= there:
        raise DeviceError(f"{way}: {wanted}; {card} has 1 to {there}")
    return wanted or min(there, USUAL_CHANNELS)
