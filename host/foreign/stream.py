"""One stream through a program: the host's samples in any blocks, the program's in its own blocks and at its own rate."""

import numpy as np

from ...effects.kernels.resampler_filter import delay_of, rate_change
from .facts import Facts, Program, Voice
from .latency import host_latency
from .rates import RateStream

LARGEST_BLOCK = 16384


class Stream:
    """Plays one voice; what comes out lies where it went in: latency is left out, as far as the facts say it.

    Args:
        program: what plays.
        voice: the one that plays here.
        host_rate, inner_rate: in Hz.
        block: samples the program takes at a time; 0: any number.
    """

    def __init__(self, program: Program, voice: Voice, host_rate: float, inner_rate: float, block: int) -> None:
        facts = self.facts = program.facts
        self.voice, self._block = voice, block
        self._inward = self._outward = None
        self._late = 0  # host samples still to leave out
        if host_rate != inner_rate:
            change = rate_change(host_rate, inner_rate)
            self._inward = RateStream(change.inward, change.up, change.down, facts.input_channels)
            self._outward = RateStream(change.outward, change.down, change.up, facts.output_channels)
            self._late = change.delay
        self._behind = facts.look_behind + facts.look_ahead
        self._history = np.zeros((facts.input_channels, self._behind), np.float32)
        self._waiting = np.zeros((facts.input_channels, 0), np.float32)
        self._lag = facts.lag
        self._begun = False
        self._ready: list[np.ndarray] = []
        self.pushed = self.taken = 0

    def push(self, audio: np.ndarray, knobs: np.ndarray) -> None:
        """Take the next float32 (input channels, samples) at knobs (knobs,)."""
        self.pushed += audio.shape[1]
        inner = self._inward.push(audio) if self._inward else audio
        self._waiting = np.concatenate([self._waiting, inner], 1) if self._waiting.shape[1] else inner
        block = self._block or min(LARGEST_BLOCK, self._waiting.shape[1])
        at = 0
        while block and self._waiting.shape[1] - at >= block:
            self._answer(self._waiting[:, at : at + block], knobs)
            at += block
            block = self._block or min(LARGEST_BLOCK, self._waiting.shape[1] - at)
        self._waiting = self._waiting[:, at:]

    def take(self, samples: int) -> np.ndarray:
        """Return the next (output channels, samples) that came out. At most `available` are there."""
        ready = np.concatenate([np.zeros((self.facts.output_channels, 0), np.float32), *self._ready], 1)
        self._ready = [ready[:, samples:]]
        self.taken += samples
        return ready[:, :samples]

    @property
    def available(self) -> int:
        """Samples that came out and were not taken."""
        return sum(part.shape[1] for part in self._ready)

    @property
    def state(self) -> dict[str, np.ndarray]:
        """What the stream and its voice remember, as copies."""
        counts = [self._late, self._lag, int(self._begun), self.pushed, self.taken]
        ready = np.concatenate([np.zeros((self.facts.output_channels, 0), np.float32), *self._ready], 1)
        found = {"counts": np.array(counts), "history": self._history.copy(), "waiting": self._waiting.copy(), "ready": ready}
        for name, rate in (("inward", self._inward), ("outward", self._outward)):
            found |= {f"{name}.{key}": array for key, array in (rate.state if rate else {}).items()}
        return found | {f"voice.{key}": array for key, array in self.voice.state.items()}

    @state.setter
    def state(self, arrays: dict[str, np.ndarray]) -> None:
        self._late, self._lag, begun, self.pushed, self.taken = (int(n) for n in arrays["counts"])
        self._begun, self._ready = bool(begun), [arrays["ready"].copy()]
        self._history, self._waiting = arrays["history"].copy(), arrays["waiting"].copy()
        for name, part in (("inward", self._inward), ("outward", self._outward), ("voice", self.voice)):
            if part is not None:
                part.state = {key.partition(".")[2]: a for key, a in arrays.items() if key.startswith(f"{name}.")}

    def _answer(self, block: np.ndarray, knobs: np.ndarray) -> None:
        if not self._begun:
            self._begun = True
            self._prewarm(knobs)
        window = np.concatenate([self._history, block], 1) if self._behind else block
        answer = self._played(window, knobs)
        if self.facts.look_ahead:
            answer = answer[:, : answer.shape[1] - self.facts.look_ahead]
        answer = answer[:, answer.shape[1] - block.shape[1] :]
        if self._behind:
            self._history = window[:, window.shape[1] - self._behind :]
        early = min(self._lag, answer.shape[1])
        self._lag -= early
        self._resample(answer[:, early:])

    def _resample(self, answer: np.ndarray) -> None:
        out = self._outward.push(answer) if self._outward else answer
        early = min(self._late, out.shape[1])
        self._late -= early
        if out.shape[1] > early:
            self._ready.append(out[:, early:])

    def _prewarm(self, knobs: np.ndarray) -> None:
        left, largest = self.facts.prewarm_samples, self._block or LARGEST_BLOCK
        while left > 0:
            frames = self._block or min(left, largest)
            self._played(np.zeros((self.facts.input_channels, self._behind + frames), np.float32), knobs)
            left -= frames

    def _played(self, window: np.ndarray, knobs: np.ndarray) -> np.ndarray:
        """Return the program's answer; one that is not finite is silence, and the program starts anew."""
        answer = self.voice.play(np.ascontiguousarray(window), knobs)
        if np.isfinite(answer).all():
            return answer
        self.voice.reset()
        return np.zeros_like(answer)


def inner_rate_of(facts: Facts, host_rate: float) -> float:
    """Return the rate a program plays at in a host's: the host's own where it may, else its nearest."""
    if not facts.sample_rates or host_rate in facts.sample_rates:
        return host_rate
    return min(facts.sample_rates, key=lambda rate: abs(rate - host_rate))


def block_and_latency(facts: Facts, host_rate: float, host_block: int) -> tuple[int, int]:
    """Return (samples the program takes at a time, 0 for any; host samples by which it is late) of its least late size."""
    inner_rate = inner_rate_of(facts, host_rate)
    up = down = 1
    if inner_rate != host_rate:
        change = rate_change(host_rate, inner_rate)
        up, down = change.up, change.down
    fixed = delay_of(host_rate, inner_rate)
    found = [(host_latency(host_block, size or 1, up, down, facts.lag), size) for size in facts.block_sizes or (0,)]
    latency, block = min(found)
    return block, fixed + latency
