"""Where all who take part are measured, the reference first; what is finished lies in a journal."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...models.files import write_wav
from ...models.model import load
from ..benchmark.benchmark import noise
from ..evaluation.journal import Journal
from .costs import Racer, call_cost, race
from .figures import BlockCost, Carrying, Quality, SeedRun, Start, Trained
from .players import build, loop_of
from .quality import Build, Questions, quality
from .result import Entry
from .rivals import Rival
from .starts import starts
from .streaming import carrying

Progress = Callable[[str, float, float, str], None]
CARRYING_SECONDS = 0.5
FORMAT = 1  # of the journal: what was measured otherwise is measured again


class Stand:
    """Measures rivals, the reference first.

    Args:
        out: of the study. values: where knobs stand.
    """

    def __init__(self, out: Path, rivals: Sequence[Rival], values: Mapping[str, Any], sample_rate: float,
                 runs: int, seed: int, turn_seconds: float, progress: Progress | None) -> None:  # fmt: skip
        self.out, self.rivals, self.values, self.sample_rate = out, list(rivals), dict(values), sample_rate
        self.runs, self.seed, self.turn_seconds = runs, seed, turn_seconds
        self.tell: Progress = progress or (lambda *_: None)
        out.mkdir(parents=True, exist_ok=True)
        self._truth: tuple[float, ...] = ()
        self.journal = Journal(out / "measured.jsonl", {"format": FORMAT})

    def builder(self, rival: Rival) -> Build:
        """Return (knob values, block size) → player."""
        return lambda values, size: build(rival.recipe, self.sample_rate, {**self.values, **values}, size)

    def entries(self, asked: Questions, block_sizes: Sequence[int]) -> list[Entry]:
        """Measure quality, then starts, then all block sizes, and return an entry a rival."""
        heard = [self._heard(i, rival, asked) for i, rival in enumerate(self.rivals)]
        begun = [self._started(i, rival) for i, rival in enumerate(self.rivals)]
        costs = {size: self._raced(i, len(block_sizes), size) for i, size in enumerate(block_sizes)}
        return [
            _entry(rival, heard[i], begun[i], [costs[size][rival.title] for size in block_sizes])
            for i, rival in enumerate(self.rivals)
        ]

    def _heard(self, index: int, rival: Rival, asked: Questions) -> dict[str, Any]:
        """Return quality, carrying and latency of a rival as plain data; its audio is written."""
        self.tell("quality", index, len(self.rivals), rival.title)
        audio = f"audio/{''.join(c if c.isalnum() or c in '-' else '_' for c in rival.title)}.wav"
        about = [rival.identity, self._digest(asked)]

        def measure() -> dict[str, Any]:
            builder = self.builder(rival)
            found, answers = quality(builder, replace(asked, truth=self._truth), rival.late_samples)
            write_wav(self.out / audio, answers[0], self.sample_rate)
            stretch = asked.passages[0].dry[: round(CARRYING_SECONDS * self.sample_rate)]
            carried = carrying(lambda size: builder(self.values, size), stretch)
            latency = int(builder(self.values, 64).latency_samples)
            return {"quality": asdict(found), "carrying": asdict(carried), "latency_samples": latency, "audio": audio}

        kept = self._kept("quality", about, measure, again=not (self.out / audio).is_file())
        if not index:
            self._truth = tuple(tone["thd_percent"] for tone in kept["quality"]["thd"])
        return kept

    def trained(self, nets: Mapping[str, Sequence[Rival]], asked: Questions) -> tuple[Trained, ...]:
        """Return how close each net comes, over the seeds it was trained from: net → a rival a seed."""
        count, found, done = sum(map(len, nets.values())), [], 0
        for net, rivals in nets.items():
            runs = []
            for rival in rivals:
                self.tell("seeds", done, count, rival.title)
                runs.append(self._of_seed(rival, asked))
                done += 1
            found.append(Trained.of(net, runs))
        return tuple(found)

    def _of_seed(self, rival: Rival, asked: Questions) -> SeedRun:
        def measure() -> dict[str, Any]:
            return asdict(quality(self.builder(rival), replace(asked, truth=self._truth))[0])

        model = load(rival.recipe["path"])
        kept = self._kept("seed", [rival.identity, self._digest(asked)], measure)
        means = {key: kept[key] and kept[key]["mean"] for key in ("esr", "mr_stft", "mushra", "lufs_difference")}
        about = {key: model.training[key] for key in ("seed", "steps", "minutes")}
        return SeedRun(**about, **means, thd_error_percent=kept["thd_error_percent"], aliasing_db=kept["aliasing_db"])

    def _digest(self, asked: Questions) -> str:
        """Return a hash of everything that is asked."""
        digest = hashlib.sha256(_plain([asdict(asked.sweep), dict(asked.values), asked.sample_rate]))
        for passage in asked.passages:
            digest.update(passage.dry.tobytes() + passage.wet.tobytes() + _plain(dict(passage.values)))
        return digest.hexdigest()

    def _started(self, index: int, rival: Rival) -> dict[str, Any]:
        self.tell("starts", index, len(self.rivals), rival.title)
        about = [rival.identity, self.values, self.sample_rate, self.runs]
        return self._kept("start", about, lambda: asdict(
            starts(rival.recipe, rival.engine, self.sample_rate, self.values, self.runs)))  # fmt: skip

    def _raced(self, index: int, count: int, buffer_size: int) -> dict[str, Any]:
        """Return name → cost in blocks of this size; one who joins or leaves has them all race again."""
        self.tell("costs", index, count, f"blocks of {buffer_size}, {len(self.rivals)} in turns, {self.runs} runs")
        about = [[r.identity for r in self.rivals], self.values, self.sample_rate, self.runs, buffer_size, self.turn_seconds]

        def measure() -> dict[str, Any]:
            given = self.sample_rate, self.values, buffer_size
            racers = {r.title: Racer(build(r.recipe, *given), loop_of(r.recipe, *given)) for r in self.rivals}
            audio = noise(1.0, self.sample_rate, self.seed)
            found = race(racers, audio, buffer_size, self.runs, self.sample_rate, self.turn_seconds)
            return {name: asdict(cost) for name, cost in found.items()}

        return self._kept("cost", about, measure)

    def _kept(self, what: str, about: Any, measure: Callable[[], dict[str, Any]], again: bool = False) -> dict[str, Any]:
        key = f"{what} {hashlib.sha256(_plain(about)).hexdigest()}"
        if again or key not in self.journal:
            self.journal.add(key, measure())
        return self.journal[key]


def _entry(rival: Rival, heard: dict[str, Any], begun: dict[str, Any], costs: Sequence[dict[str, Any]]) -> Entry:
    from pydantic import TypeAdapter

    blocks = TypeAdapter(tuple[BlockCost, ...]).validate_python(costs)
    return Entry(
        rival=rival.name, engine=rival.engine, kind=rival.kind, about=rival.about, weights=rival.weights,
        multiply_adds=rival.multiply_adds, file_bytes=rival.file.stat().st_size if rival.file else None,
        latency_samples=heard["latency_samples"], carrying=Carrying(**heard["carrying"]),
        start=TypeAdapter(Start).validate_python(begun), costs=blocks, call=call_cost(blocks),
        quality=TypeAdapter(Quality).validate_python(heard["quality"]), audio=heard["audio"],
    )  # fmt: skip


def _plain(data: Any) -> bytes:
    return json.dumps(data, sort_keys=True, default=_number).encode()


def _number(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} is no plain data")
