"""From processors to a scene: runs of our effects as programs, everything else behind an exchange with a worker."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...effects.effect import Effect
from ...effects.kernels.compiled_runner import RUNNER
from ...effects.kernels.program import LAST_EVENT, Program
from ..chain import Chain
from ..stages import CompiledStage, Stage
from .core import scene as s
from .core.desk import MOST_KNOBS
from .exchange import Exchange
from .knobs import KnobIds

PartKey = tuple[int, int]  # the effect and its version: as long as both are the same, its sound goes on


class Scene:
    """What is played at a time: stages for one rate and channel count, with the memory they play in.

    Args:
        processor: an effect, a Chain, anything that streams.
        sample_rate, channels, block: of the engine.
        knobs: gives each knob its number in the session.
        before: the scene that plays now; what is the same in both goes on.
        exchange: makes an exchange of the stages that Python plays.
    """

    def __init__(
        self,
        processor: Any,
        sample_rate: float,
        channels: int,
        knobs: KnobIds,
        before: "Scene | None",
        exchange: Callable[[Sequence[Stage]], Exchange],
    ) -> None:
        self.processor, self._rate, self._channels = processor, sample_rate, channels
        self.programs: list[Program] = []
        self.effects: list[Effect] = []
        self.exchanges: list[Exchange] = []
        self.parts: dict[PartKey, list[tuple[int, int]]] = {}
        self.knobs: dict[int, list[tuple[int, int]]] = {}
        self._rows: list[np.ndarray] = []
        self._events: list[np.ndarray] = []
        self._places = np.full((MOST_KNOBS, s.KNOB_COLUMNS), -1, np.int64)
        self.latency_samples = 0
        for group in _grouped(Chain([processor])._build()):
            if isinstance(group, CompiledStage):
                self._add_program(group, knobs)
            else:
                self._add_exchange(exchange(group))
        self._copies = self._going_on(before)
        self.table = self._tabled()

    @property
    def address(self) -> int:
        """Where the scene's table lies."""
        return self.table.ctypes.data

    def _add_program(self, stage: CompiledStage, knobs: KnobIds) -> None:
        player = stage._player
        program = player.program(self._rate, self._channels)
        for effect, parts, places, late in player.spans(self._rate):
            self.parts[id(effect), effect._version] = [span for part in parts for span in program.part_spans(part)]
            for name, place in effect._places.items():
                knob = knobs.of(effect, name)
                self._places[knob] = len(self._rows), places[place], late + self.latency_samples
                self.knobs[knob] = program.knob_spans(places[place])
        self.latency_samples += sum(effect._latency(self._rate) for effect in player.effects)
        events = np.zeros((s.MOST_WAITING + 1, s.EVENT_COLUMNS))
        events[0] = LAST_EVENT
        row = np.zeros(s.STAGE_COLUMNS, np.int64)
        row[s.KIND], row[s.FRAME], row[s.EVENTS] = s.PROGRAM, program.frame_address, events.ctypes.data
        self.programs.append(program)
        self.effects += player.effects
        self._events.append(events)
        self._rows.append(row)

    def _add_exchange(self, exchange: Exchange) -> None:
        row = np.zeros(s.STAGE_COLUMNS, np.int64)
        row[s.KIND] = s.EXCHANGE
        row[s.SEND], row[s.BACK], row[s.WORKER] = exchange.send.address, exchange.back.address, exchange.semaphore.address
        self.latency_samples += exchange.latency_samples
        self.exchanges.append(exchange)
        self._rows.append(row)

    def _going_on(self, before: "Scene | None") -> np.ndarray:
        """Return what is copied where this scene follows another: (from, to, bytes)."""
        spans: list[tuple[int, int, int]] = []
        known: Any = ((self.parts, before.parts), (self.knobs, before.knobs)) if before else ()
        for mine, theirs in known:
            for key in mine.keys() & theirs.keys():
                pairs = list(zip(theirs[key], mine[key], strict=True))
                spans += [(source, goal, size) for (source, size), (goal, _) in pairs if size]
        return np.array(spans, np.int64).reshape(-1, s.COPY_COLUMNS)

    def _tabled(self) -> np.ndarray:
        head = np.zeros(s.HEAD, np.int64)
        head[s.STAGES], head[s.LATENCY], head[s.CHANNELS] = len(self._rows), self.latency_samples, self._channels
        head[s.KNOBS_AT], head[s.COPIES_AT], head[s.COPIES] = (
            self._places.ctypes.data, self._copies.ctypes.data, len(self._copies))  # fmt: skip
        head[s.RUN] = RUNNER.address_of("wetdry_run")
        return np.concatenate([head, *self._rows])

    def pass_by(self, exchange: Exchange, passed: bool) -> None:
        """Leave an exchange out, or take it back in, while the scene plays."""
        row = [i for i, row in enumerate(self._rows) if row[s.KIND] == s.EXCHANGE][self.exchanges.index(exchange)]
        self.table[s.HEAD + row * s.STAGE_COLUMNS + s.PASSED_BY] = passed

    def close(self) -> None:
        """End the workers."""
        for exchange in self.exchanges:
            exchange.close()


def _grouped(stages: Sequence[Stage]) -> list[Any]:
    """Return compiled stages by themselves, and runs of others as lists."""
    groups: list[Any] = []
    for stage in stages:
        if isinstance(stage, CompiledStage):
            groups.append(stage)
        elif groups and isinstance(groups[-1], list):
            groups[-1].append(stage)
        else:
            groups.append([stage])
    return groups
