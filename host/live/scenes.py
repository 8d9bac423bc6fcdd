"""From processors to a scene: runs of our effects as programs, everything else behind an exchange with a worker."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...effects.effect import Effect
from ...effects.kernels.compiled_runner import RUNNER
from ...effects.kernels.program import LAST_EVENT, Program
from ..chain import Chain
from ..playable import Playable, everything
from ..series import flattened
from ..stages import CompiledStage
from .core import scene as s
from .core.desk import MOST_KNOBS, room
from .exchange import Passage
from .knobs import KnobIds

PartKey = tuple[int, int]  # the effect and its version: as long as both are the same, its sound goes on


@dataclass(frozen=True)
class Foreign:
    """Processors in series that Python plays."""

    processors: tuple[Any, ...]

    @property
    def key(self) -> tuple[int, ...]:
        """Which processors they are, those inside others too."""
        inside = (each for p in self.processors for each in (p, *(everything(p) if isinstance(p, Playable) else ())))
        return tuple(id(processor) for processor in inside)

    @property
    def name(self) -> str:
        """Their names, for people."""
        return ", ".join(str(getattr(p, "name", None) or type(p).__name__) for p in self.processors)

    @property
    def branches(self) -> bool:
        """Whether one is made of others, and so may have become another in itself."""
        return any(isinstance(p, Playable) for p in self.processors)


class Scene:
    """What is played at a time: stages for one rate and channel count, with the memory they play in.

    Args:
        processor: an effect, a Chain, anything that streams.
        sample_rate, channels, block: of the engine.
        knobs: gives each knob its number in the session.
        before: the scene that plays now; what is the same in both goes on.
        passage: returns what processors that Python plays stand behind.
        apart: effects of ours that are played on a worker all the same.
    """

    def __init__(
        self,
        processor: Any,
        sample_rate: float,
        channels: int,
        knobs: KnobIds,
        before: "Scene | None",
        passage: Callable[[Foreign], Passage],
        apart: Collection[Any] = (),
    ) -> None:
        self.processor, self._rate, self._channels = processor, sample_rate, channels
        self.programs: list[Program] = []
        self._stages: list[CompiledStage] = []
        self.effects: list[Effect] = []
        self.exchanges: list[Passage] = []
        self._before, self._played_before = (before.exchanges, before.effects) if before else ([], [])
        self.parts: dict[PartKey, list[tuple[int, int]]] = {}
        self.knobs: dict[int, list[tuple[int, int]]] = {}
        self._rows: list[np.ndarray] = []
        self._events: list[np.ndarray] = []
        self._places = np.full((MOST_KNOBS, s.KNOB_COLUMNS), -1, np.int64)
        self.latency_samples = 0
        for part in parts_of(processor, apart):
            if isinstance(part, Foreign):
                self._add_exchange(passage(part))
            else:
                self._add_program(CompiledStage(part), knobs)
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
                knob = (knobs.of if effect in self._played_before else knobs.stand)(effect, name)
                self._places[knob] = len(self._rows), places[place], late + self.latency_samples
                self.knobs[knob] = program.knob_spans(places[place])
        self.latency_samples += sum(effect._latency(self._rate) for effect in player.effects)
        events = room((s.MOST_WAITING + 1, s.EVENT_COLUMNS))
        events[0] = LAST_EVENT
        row = np.zeros(s.STAGE_COLUMNS, np.int64)
        row[s.KIND], row[s.FRAME], row[s.EVENTS] = s.PROGRAM, program.frame_address, events.ctypes.data
        self.programs.append(program)
        self._stages.append(stage)
        self.effects += player.effects
        self._events.append(events)
        self._rows.append(row)

    def _add_exchange(self, exchange: Passage) -> None:
        row = np.zeros(s.STAGE_COLUMNS, np.int64)
        row[s.KIND], row[s.KEPT] = s.EXCHANGE, any(exchange is other for other in self._before)
        row[s.SEND], row[s.BACK], row[s.PAGE] = exchange.send.address, exchange.back.address, exchange.page.ctypes.data
        row[s.WORKER] = exchange.wakes.address if exchange.wakes else 0
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

    def stand(self, knobs: KnobIds) -> None:
        """Have the knobs stand where they were turned to before anything is played."""
        for stage in self._stages:
            stage._player.program(self._rate, self._channels)
        for effect in self.effects:
            for name in effect._places:
                knobs.stand(effect, name)

    def close(self, going_on: "list[Passage] | None" = None) -> None:
        """End the workers, but those of what goes on."""
        for exchange in self.exchanges:
            if not any(exchange is other for other in going_on or ()):
                exchange.close()


def parts_of(processor: Any, apart: Collection[Any] = ()) -> Iterator["list[Effect] | Foreign"]:
    """Yield maximal runs of our effects in series, and of everything else: what is `apart` too."""
    run: list[Any] = []
    ours = False
    for kind, each in flattened([processor], Chain):
        compiled = kind == "ours" and not any(each is other for other in apart)
        if run and ours != compiled:
            yield run if ours else Foreign(tuple(run))
            run = []
        ours = compiled
        run.append(each)
    if run:
        yield run if ours else Foreign(tuple(run))
