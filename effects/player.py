"""Player: effects in series as one stream, from knob moves on the Python side to one compiled call a block."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..models.errors import InvalidValue
from .fade import FADE_SECONDS, Fade, joined
from .kernels.kernel import TILE
from .kernels.program import NO_EVENTS, Part, Program
from .knob_moves import KnobMoves

if TYPE_CHECKING:
    from .effect import Effect

LANED_SAMPLES = 1 << 15  # played at a time where lanes turn knobs: an event for each sample takes 24 bytes


class Player:
    """Plays effects in series over one Program, rebuilt where the sample rate or channel count changes.

    An effect whose parts changed while a stream plays is faded over to the new ones at the next tile; where its
    latency changed with them, the stream is played out and a new one begins. What leaves is compensated: the first
    `latency` samples of a stream are dropped. Its owner holds the lock.
    """

    def __init__(self, effects: Sequence["Effect"]) -> None:
        self.effects = list(effects)
        self._program: Program | None = None
        self._parts: list[list[Part]] = []
        self._versions: list[int] = []  # of the effects, as the program plays them
        self._knobs = KnobMoves(self.effects)
        self._latency = 0
        self.forget()

    def forget(self) -> None:
        """Clear the sound; the next block starts a stream."""
        self._fresh = True
        self._dropped = self._knobs.begun = 0
        self.seen = -1  # how many knob moves of the effects the program has been told
        self._fade: Fade | None = None

    def _moves(self) -> int:
        return sum([effect._moves for effect in self.effects])

    def settled(self) -> Program | None:
        """Return the program where the stream's next block has only to be played by it; None where there is more to do."""
        return self._program if self._dropped >= self._latency and self.seen == self._moves() else None

    def play(self, planar: np.ndarray, sample_rate: float, reset: bool) -> np.ndarray:
        """Return `planar`, float32 (channels, samples), played; the array is the player's to change.

        With `reset` a whole signal, flushed to the same length; without, the next block of the stream.
        """
        program, owed, samples = self._program, None, planar.shape[1]
        if program and not reset and self.seen == self._moves() and self._fits(program, sample_rate, len(planar)):
            program.process(planar)  # the usual call, without a detour
        else:
            if reset:
                self.forget()
            program, owed = self._ready(sample_rate, len(planar))
            if self._fresh:
                self._begin(program)
            if reset and self._latency:
                planar = np.concatenate([planar, np.zeros((len(planar), self._latency), np.float32)], axis=1)
            self._play_on(program, planar)
        latency = self._latency
        if reset and latency:
            self.forget()  # silence went in: the next block starts a stream; without latency this one may go on
            return np.ascontiguousarray(planar[:, latency : latency + samples])
        if self._dropped < latency:
            drop = min(latency - self._dropped, planar.shape[1])
            self._dropped += drop
            planar = np.ascontiguousarray(planar[:, drop:])
        return planar if owed is None else np.concatenate([owed, planar], axis=1)

    def program(self, sample_rate: float, channels: int) -> Program:
        """Return the program that plays the effects, at the start of a stream, for a host that runs it by itself."""
        self.forget()
        program, _ = self._ready(sample_rate, channels)
        self._begin(program)
        return program

    def spans(self, sample_rate: float) -> list[tuple["Effect", range, range, int]]:
        """Return, an effect each, its parts and knobs in the program, and by how much it hears the sound late."""
        found, part, knob, late = [], 0, 0, 0
        for effect, parts in zip(self.effects, self._parts, strict=True):
            knobs = sum(len(each.knobs) for each in parts)
            found.append((effect, range(part, part + len(parts)), range(knob, knob + knobs), late))
            part, knob, late = part + len(parts), knob + knobs, late + effect._latency(sample_rate)
        return found

    def memory_of(self, effect: "Effect", part: int) -> np.ndarray | None:
        """Return the float64 memory of an effect's part, live; None before the first block."""
        index = self.effects.index(effect)
        return self._program.memory_of(sum(map(len, self._parts[:index])) + part) if self._program else None

    # the program

    @property
    def _stale(self) -> bool:
        """Whether an effect has changed its parts since the program was built."""
        return [effect._version for effect in self.effects] != self._versions

    def _fits(self, program: Program, sample_rate: float, channels: int) -> bool:
        return program.sample_rate == sample_rate and program.channels == channels

    def _ready(self, sample_rate: float, channels: int) -> tuple[Program, np.ndarray | None]:
        """Return a program to play with, and what a stream still owes for its input that ends because its latency changes."""
        program, owed, begun = self._program, None, 0
        fits = program is not None and self._fits(program, sample_rate, channels)
        if program and fits:
            lags_anew = self._stale and self._latency != self._latency_at(sample_rate)
            if not (lags_anew or (self._stale and self._fresh)):
                return program, None
            if not self._fresh:
                begun = self._knobs.begun + program.clock
                rest = np.zeros((channels, self._latency), np.float32)
                program.process(rest)
                owed = rest[:, self._latency - self._dropped :]
        self.forget()
        self._knobs.begun = begun
        return self._build(sample_rate, channels, keep=fits), owed

    def _latency_at(self, sample_rate: float) -> int:
        return sum(effect._latency(sample_rate) for effect in self.effects)

    def _build(self, sample_rate: float, channels: int, keep: bool) -> Program:
        """Return a new program; with `keep` only the effects that changed make new parts."""
        versions = [e._version for e in self.effects]
        if not keep:
            self._versions = [-1] * len(versions)
            self._parts = [[] for _ in versions]
        for i, effect in enumerate(self.effects):
            if versions[i] != self._versions[i]:
                self._parts[i] = list(effect._parts(sample_rate, channels))
        self._program = program = Program([part for parts in self._parts for part in parts], sample_rate, channels)
        self._versions, self._latency = versions, self._latency_at(sample_rate)
        lags = [effect._latency(sample_rate) for effect in self.effects]
        self._knobs.late = [sum(lags[:i]) for i in range(len(lags))]
        return program

    def _begin(self, program: Program) -> None:
        self._knobs.begin(program.sample_rate)
        program.reset(np.array(self._knobs.sent))
        self._fresh, self._dropped = False, 0
        for effect in self.effects:
            effect._plays_in(self, program.sample_rate)

    # changes while a stream plays

    def _play_on(self, program: Program, planar: np.ndarray) -> None:
        """Play in place, with the knob moves that are due; change over to parts built anew where a tile starts."""
        at, samples = 0, planar.shape[1]
        most = LANED_SAMPLES if self._knobs.laned else samples
        if samples <= most and not (self._fade or self._stale):
            program.process(planar, self._events(program, samples))
            return
        while at < samples and self._program:
            clock, length = self._program.clock, min(samples - at, most)
            if self._stale and not self._fade:
                if clock % TILE == 0:
                    self._change_over(self._program)
                else:
                    length = min(length, TILE - clock % TILE)
            if self._fade:
                length = min(length, self._fade.left)
            block = np.ascontiguousarray(planar[:, at : at + length])
            before = block.copy() if self._fade else block
            self._program.process(block, self._events(self._program, length))
            if self._fade:
                self._fade.blend(block, before)
                self._fade = self._fade if self._fade.left else None
            planar[:, at : at + length] = block
            at += length
        if self._fade or self._stale:
            self.seen = -1

    def _change_over(self, old: Program) -> None:
        """Play new parts from here on; effects that did not change, and knobs under way, go on as they were."""
        parts, versions = [len(p) for p in self._parts], self._versions
        counts = [sum(len(part.knobs) for part in group) for group in self._parts]
        knobs = self._knobs
        new, sent = self._build(old.sample_rate, old.channels, keep=True), knobs.sent
        knobs.sent = knobs.numbers
        new.reset(np.array(knobs.sent))
        new.start_at(old.clock)
        same = [a == b for a, b in zip(self._versions, versions, strict=True)]
        for mine, theirs in joined([len(p) for p in self._parts], parts, same):
            for i, j in zip(mine, theirs, strict=True):
                new.take_part(i, old, j)
        now = [len(e._numbers) for e in self.effects]
        for mine, theirs in joined(now, counts, [a == b for a, b in zip(now, counts, strict=True)]):
            new.take_knobs(slice(mine.start, mine.stop), old, slice(theirs.start, theirs.stop))
            knobs.sent[mine.start : mine.stop] = sent[theirs.start : theirs.stop]  # what was set meanwhile is still to come
        self.seen = -1
        self._fade = Fade(old, max(1, round(FADE_SECONDS * old.sample_rate)))

    # knobs

    def _events(self, program: Program, samples: int) -> np.ndarray:
        """Return this block's knob moves: attributes set since the last block, then scheduled ones due in it."""
        moves = self._moves()
        if moves == self.seen or not samples:
            return NO_EVENTS
        events = self._knobs.events(program.clock, samples, program.sample_rate)
        if not self._knobs.to_come and len(self._knobs.numbers) == len(self._knobs.sent):
            self.seen = moves
        return events

    @property
    def _kinds(self) -> np.ndarray:
        """The effects' class names, as bytes, like all numbers: arrays of equal sizes do not make two effects one."""
        return np.frombuffer(" ".join(type(effect).__name__ for effect in self.effects).encode(), np.uint8)

    @property
    def state(self) -> dict[str, np.ndarray]:
        """Copies of the stream's arrays; empty before the first block. What is fading out is not in them."""
        if self._program is None or self._fresh:
            return {}
        own = {"sample_rate": np.array(self._program.sample_rate), "channels": np.array(self._program.channels),
               "dropped": np.array(self._dropped), "sent": np.array(self._knobs.sent), "kinds": self._kinds}  # fmt: skip
        return {**own, **self._program.arrays}

    @state.setter
    def state(self, arrays: dict[str, Any]) -> None:
        self.forget()
        if not arrays:
            return
        problem = InvalidValue("state: it was taken from another effect; build the same effect, then set it")
        if not {"sample_rate", "channels", "dropped", "sent", "kinds"} <= set(arrays):
            raise problem
        if not np.array_equal(arrays["kinds"], self._kinds):
            raise problem
        program, _ = self._ready(float(arrays["sample_rate"]), int(arrays["channels"]))
        wanted = {"sent": (len(self._knobs.numbers),)} | {name: array.shape for name, array in program.arrays.items()}
        if wanted != {name: np.shape(arrays[name]) for name in wanted if name in arrays}:
            raise problem
        self._begin(program)
        program.arrays = arrays
        self._knobs.sent, self._dropped = arrays["sent"].tolist(), int(arrays["dropped"])
