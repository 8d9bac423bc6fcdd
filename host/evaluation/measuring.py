"""What an evaluation does, job by job: cells, test tones, gestures, speed, and the clips to be heard."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, as_completed
from pathlib import Path
from typing import Any

import numpy as np

from . import clips
from .gestures import Moving
from .journal import Journal
from .recorded import RecordedBench
from .settings import Setting
from .workers import Workers

Progress = Callable[[str, float, float, str], None]
Jobs = list[tuple[str, str, tuple[Any, ...]]]

MOST_PROBES = 6


def measure(
    crew: Workers, journal: Journal, visited: list[Setting], recordings: int, moving: list[Moving], progress: Progress | None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
    """Do what the journal does not hold yet; return cells, probes, gestures and speed."""
    jobs: Jobs = [(f"cells {s.index}", "cells", (s,)) for s in visited]
    probed = [] if isinstance(crew.bench, RecordedBench) else _probed(visited)
    jobs += [(f"probe {s.index}", "probe", (s,)) for s in probed]
    jobs += [(f"gesture {g.index}", "gesture", (g,)) for g in moving]
    total = len(visited) * recordings + len(moving)

    def report() -> None:
        rows = [row for s in visited if f"cells {s.index}" in journal for row in journal[f"cells {s.index}"]]
        note = f"ESR median {np.median([r['twin']['esr'] for r in rows]):.4f} so far" if rows else "starting"
        if progress:
            progress("evaluate", len(rows) + sum(f"gesture {g.index}" in journal for g in moving), total, note)

    report()
    if "speed" not in journal:  # alone, before the others begin: company would slow it down
        journal.add("speed", crew.submit("race").result())
    for name, outcome in _done(crew, [job for job in jobs if job[0] not in journal]):
        journal.add(name, outcome)
        report()
    rows = [row for s in visited for row in journal[f"cells {s.index}"]]
    cells = [{"cell": number, **row} for number, row in enumerate(rows)]
    probes, moved = [journal[f"probe {s.index}"] for s in probed], [journal[f"gesture {g.index}"] for g in moving]
    return cells, probes, moved, journal["speed"]


def _done(crew: Workers, jobs: Jobs) -> Iterator[tuple[str, Any]]:
    """Yield (name, outcome) as the jobs finish."""
    if crew.bench is not None:
        for name, method, arguments in jobs:
            yield name, crew.submit(method, *arguments).result()
        return
    names: dict[Future[Any], str] = {crew.submit(method, *arguments): name for name, method, arguments in jobs}
    for future in as_completed(names):
        yield names[future], future.result()


def _probed(visited: list[Setting]) -> list[Setting]:
    """Return up to six settings for the test tones: four spread over the corners, the rest over the drawn."""
    ends = _spaced([s for s in visited if s.kind == "corner"], 4)
    return [*_spaced([s for s in visited if s.kind == "drawn"], MOST_PROBES - len(ends)), *ends]


def _spaced(found: list[Setting], count: int) -> list[Setting]:
    if len(found) <= count:
        return found
    return [found[round(i)] for i in np.linspace(0, len(found) - 1, count)]


def written_clips(
    crew: Workers, out: Path, cells: list[dict[str, Any]], visited: list[Setting], rate: float
) -> list[dict[str, Any]]:
    """Write what is worth hearing of the cells into `out`; return what the page says of it."""
    chosen = [*clips.choose(cells), *clips.choose_there(cells)]
    coming = [
        crew.submit("clip", visited[c["setting"]], c["recording"], why == "worst", why == clips.THERE) for why, c in chosen
    ]
    return [clips.write(out, why, c, f.result(), rate) for (why, c), f in zip(chosen, coming, strict=True)]


def written_moving_clips(
    crew: Workers, out: Path, moved: list[dict[str, Any]], moving: list[Moving], rate: float
) -> list[dict[str, Any]]:
    """Write the worst of the gestures into `out`; return what the page says of it."""
    return [clips.write(out, why, row, crew.submit("gesture_clip", moving[row["gesture"]]).result(), rate)
            for why, row in clips.choose_moving(moved)]  # fmt: skip
