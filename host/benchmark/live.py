"""Deadlines: what a live session makes of each block size on this machine, alone and beside a busy Python thread."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...effects import CabinetIR, NeuralEffect
from ...models.errors import InvalidValue, WetdryError
from ..live.clock import Clock
from ..live.session import Session
from ..live.statistics import times_of
from .measured import Measured
from .seeded import RATE, seeded_model, wavenet_standard

BLOCKS = (32, 64, 128, 256, 512, 1024)
SECONDS, LONGEST_SECONDS = 5.0, 3600.0
SETTLE_SECONDS = 0.5  # before a cell is counted: caches are filled, the device has come to pace
CABINET_SAMPLES = 4096


@dataclass(frozen=True)
class Deadline:
    """One block size, alone or beside a busy thread.

    Attributes:
        block: samples.
        busy: whether a Python thread computed all the while.
        blocks, missed: played, and of those too late: the device had to play without.
        p50_ms, p99_ms, p999_ms, worst_ms: from a block's arrival until it was ready; it lasts `block_ms`.
        late_calls: of the clock that stood for a sound card: the machine's own lateness; None with a card.
    """

    block: int
    busy: bool
    blocks: int
    missed: int
    p50_ms: float
    p99_ms: float
    p999_ms: float
    worst_ms: float
    block_ms: float
    late_calls: int | None

    @property
    def missed_per_million(self) -> float:
        """Missed deadlines, of a million blocks."""
        return 1e6 * self.missed / max(self.blocks, 1)


@dataclass(frozen=True)
class Deadlines(Measured):
    """All cells, and how they were measured.

    Attributes:
        name: of what played, `device`: through what.
        sample_rate: in Hz; `seconds`: each cell.
        notices: what the session said: rights that it was refused.
    """

    cells: tuple[Deadline, ...]
    name: str
    device: str
    sample_rate: int
    seconds: float
    notices: tuple[str, ...]


def standard_amp(seed: int = 0) -> list[Any]:
    """Return what is measured unless told otherwise: a NAM of standard size with seeded weights, and a cabinet."""
    noise = np.random.default_rng(seed).standard_normal(CABINET_SAMPLES)
    response = (noise * np.exp(-np.arange(CABINET_SAMPLES) / 400)).astype(np.float32)
    return [NeuralEffect(seeded_model(wavenet_standard(), seed)), CabinetIR((response / np.abs(response).sum(), RATE))]


def measure_deadlines(
    what: Any = None,
    blocks: Sequence[int] = BLOCKS,
    seconds: float = SECONDS,
    device: str | None = None,
    seed: int = 0,
    report: Callable[[float, float, str], None] = lambda done, total, note: None,
) -> Deadlines:
    """Play live with each block size, alone and beside a busy Python thread, and count the missed deadlines.

    Args:
        what: as `wetdry.live` takes it; None: a NAM standard amp of seeded weights, and a cabinet.
        seconds: each cell.
        device: None: the sound card; "clock": none; where there is no card, a clock too, and a notice says so.
        seed: of weights, and of what comes in by the clock.
        report: called with (cells done, of how many, a note).

    Raises:
        InvalidValue: seconds, or a block that cannot be played live.
    """
    if not 0 < seconds <= LONGEST_SECONDS:
        raise InvalidValue(f"--seconds {seconds:g} is outside 0 to {LONGEST_SECONDS:g}")
    played = standard_amp(seed) if what is None else what
    notices: list[str] = []
    device = device or card_or_clock(notices.append)
    cells, name, through, rate = [], "", "", 0
    cases = [(block, busy) for block in blocks for busy in (False, True)]
    for done, (block, busy) in enumerate(cases):
        report(done, len(cases), f"blocks of {block}{', a busy thread' if busy else ''}")
        session = Session(played, block=block, device=device, said=lambda line: None)
        with session:
            cells.append(_measured(session, busy, seconds))
        name, through, rate = session.name, str(session.device.name), session.engine.sample_rate
        notices += [line for line in session.notices if line not in notices]
    name = "a NAM standard amp, seeded, and a cabinet" if what is None else name
    return Deadlines(tuple(cells), name, through, rate, seconds, tuple(notices), rounds=1, seed=seed)


def card_or_clock(said: Callable[[str], None]) -> str | None:
    """Return what a session takes as its device: None where there is a sound card; else "clock", and a line says why."""
    try:
        from ..live.cards.device import SoundCard

        SoundCard()
    except WetdryError as error:
        said(f"a clock instead of a sound card: {error}")
        return "clock"
    return None


def _measured(session: Session, busy: bool, seconds: float) -> Deadline:
    engine = session.engine
    with busy_thread() if busy else nullcontext():
        time.sleep(SETTLE_SECONDS)
        before, late, turns = session.statistics, _late(session), engine.turn_counts.copy()
        time.sleep(seconds)
        after, late_then, turned = session.statistics, _late(session), engine.turn_counts - turns
    times, calls = times_of(turned), None if late is None or late_then is None else late_then - late
    return Deadline(engine.block, busy, after.blocks - before.blocks, after.missed - before.missed, times.p50_ms, times.p99_ms,
                    times.p999_ms, times.worst_ms, 1000 * engine.block / engine.sample_rate, calls)  # fmt: skip


def _late(session: Session) -> int | None:
    return session.device.late_calls if isinstance(session.device, Clock) else None


@contextmanager
def busy_thread() -> Iterator[None]:
    """Have a Python thread compute all the while, holding the interpreter's lock as much as it may."""
    stop = threading.Event()

    def work() -> None:
        number = 0
        while not stop.is_set():
            for i in range(1000):
                number = (number * 31 + i) % 1_000_003

    thread = threading.Thread(target=work, name="busy", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
