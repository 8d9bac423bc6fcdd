"""Player: effects in series as one stream, from knob moves on the Python side to one compiled call a block."""

from collections.abc import Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from ..models.errors import InvalidValue
from .kernels.program import LAST_EVENT, NO_EVENTS, Program

if TYPE_CHECKING:
    from .effect import Effect


class Player:
    """Plays effects in series over one Program, rebuilt where the sample rate or channel count changes.

    What leaves is compensated: the first `latency` samples of a stream are dropped. Its owner holds the lock.
    """

    def __init__(self, effects: Sequence["Effect"]) -> None:
        self.effects = list(effects)
        self._program: Program | None = None
        self._sent: list[float] = []
        self.forget()

    def forget(self) -> None:
        """Clear the sound; the next block starts a stream."""
        self._fresh = True
        self._dropped = 0
        self._seen = -1  # how many knob moves of the effects the program has been told

    @property
    def latency(self) -> int:
        """Samples by which the program's output lags."""
        total = 0
        for effect in self.effects:
            total += effect.latency_samples
        return total

    def _numbers(self) -> list[float]:
        return [number for e in self.effects for number in e._numbers]

    def play(self, planar: np.ndarray, sample_rate: float, reset: bool) -> np.ndarray:
        """Return `planar`, float32 (channels, samples), played; the array is the player's to change.

        With `reset` a whole signal, flushed to the same length; without, the next block of the stream.
        """
        program = self._ready(sample_rate, planar.shape[0])
        if reset:
            self.forget()
        if self._fresh:
            self._program_reset(program)
        latency, samples = self.latency, planar.shape[1]
        if reset and latency:
            planar = np.concatenate([planar, np.zeros((planar.shape[0], latency), np.float32)], axis=1)
        program.process(planar, self._events(program, planar.shape[1]))
        if not latency:
            return planar  # after `reset` too a stream may go on from here, as in pedalboard
        drop = min(latency - self._dropped, planar.shape[1])
        self._dropped += drop
        if reset:
            self._fresh = True
            return np.ascontiguousarray(planar[:, latency : latency + samples])
        return np.ascontiguousarray(planar[:, drop:]) if drop else planar

    def _ready(self, sample_rate: float, channels: int) -> Program:
        program = self._program
        if program is None or program.sample_rate != sample_rate or program.channels != channels:
            self.forget()
            parts = [e._part(sample_rate, channels) for e in self.effects]
            self._program = program = Program(parts, sample_rate, channels)
        return program

    def _program_reset(self, program: Program) -> None:
        self._sent = self._numbers()
        program.reset(np.array(self._sent))
        self._fresh, self._dropped = False, 0

    def _events(self, program: Program, samples: int) -> np.ndarray:
        """Return this block's knob moves: attributes set since the last block, then scheduled ones due in it."""
        moves = 0
        for effect in self.effects:
            moves += effect._moves
        if moves == self._seen or not samples:
            return NO_EVENTS
        clock, numbers = float(program.clock), self._numbers()
        rows = [(clock, knob, new) for knob, (new, old) in enumerate(zip(numbers, self._sent, strict=True)) if new != old]
        offset = 0
        for effect in self.effects:
            while effect._scheduled and effect._scheduled[0][0] < clock + samples:
                sample, knob, number, value = effect._scheduled.pop(0)
                rows.append((max(sample, clock), offset + knob, number))
                effect._values[list(effect._table)[knob]] = value
                effect._numbers[knob] = numbers[offset + knob] = number
            offset += len(effect._numbers)
        self._sent = numbers
        if not any(e._scheduled for e in self.effects):
            self._seen = moves
        if not rows:
            return NO_EVENTS
        rows.sort(key=itemgetter(0))
        return np.array([*rows, LAST_EVENT])

    @property
    def state(self) -> dict[str, np.ndarray]:
        """Copies of the stream's arrays; empty before the first block."""
        if self._program is None or self._fresh:
            return {}
        own = {"sample_rate": np.array(self._program.sample_rate), "channels": np.array(self._program.channels),
               "dropped": np.array(self._dropped), "sent": np.array(self._sent)}  # fmt: skip
        return {**own, **self._program.arrays}

    @state.setter
    def state(self, arrays: dict[str, Any]) -> None:
        if not arrays:
            self.forget()
            return
        program = self._ready(float(arrays["sample_rate"]), int(arrays["channels"]))
        if len(arrays["sent"]) != len(self._numbers()) or arrays["memory"].shape != program.arrays["memory"].shape:
            raise InvalidValue("state: it was taken from another effect; build the same effect, then set it")
        self._program_reset(program)
        program.arrays = arrays
        self._sent, self._dropped = arrays["sent"].tolist(), int(arrays["dropped"])
