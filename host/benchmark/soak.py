"""Soak: a session plays for minutes under a hundred control changes a second; what grew, drifted or failed is counted."""

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import InvalidValue
from ..live.clock import Clock
from ..live.core import desk as d
from ..live.statistics import Times
from ..machine import machine, versions
from ..midi.map import MidiMap
from ..native_knobs import range_is_unknown
from ..resident import resident_bytes

CHANGES_A_SECOND = 100
CONTROLS = 100  # bound at most: control changes 0 to 31 and 64 to 119 of as many channels as that takes
SHORTEST_SECONDS, LONGEST_SECONDS = 5.0, 7 * 86400.0
WARM_SHARE, WARM_SECONDS = 0.3, 12.0  # what is first used is made ready, and counts for nothing
REST_SECONDS = 0.5  # until ramps and knobs have come to rest
COMPARED_SECONDS = 0.5
FLAT_BYTES = 2 << 20  # what Python's own pools may take: a leak of 100 bytes a control change in 10 minutes is thrice that
PLAIN_CONTROLS = (*range(32), *range(64, 96), *range(102, 120))  # no halves of pairs, no NRPN, no channel modes


@dataclass(frozen=True)
class Soak:
    """What was counted.

    Attributes:
        name, device: of what played, and of what it was heard through.
        seconds, changes: how long, and how many control changes were sent.
        moves, lost: moves of knobs that were heard, and that found no room.
        allocations: by compiled code, after the beginning; None where Python plays a part of it, which allocates.
        page_faults: of the audio thread: memory that was not there yet; None where the system does not say.
        delay_samples: from input to output, at the beginning and at the end; None where what comes in is not known.
        bad_samples: that were no number, in and out.
        memory_bytes: of the process, after the beginning and at the end; None where the system does not say.
        blocks, missed, missed_samples: played, and too late.
        turn: what blocks took from their arrival until they were ready.
        late_calls: of the clock that stood for a sound card, where one did: the machine's own lateness.
        block, sample_rate, seed, machine, versions: how it was measured.
    """

    name: str
    device: str
    seconds: float
    changes: int
    moves: int
    lost: int
    allocations: int | None
    page_faults: int | None
    delay_samples: tuple[int | None, int | None]
    bad_samples: int
    memory_bytes: tuple[int, int] | None
    blocks: int
    missed: int
    missed_samples: int
    turn: Times
    late_calls: int | None
    block: int
    sample_rate: int
    seed: int
    machine: dict[str, Any]
    versions: dict[str, str]

    @property
    def problems(self) -> list[str]:
        """What should not have been; missed deadlines are the machine's too, and stand for themselves."""
        before, after = self.delay_samples
        grown = self.memory_bytes[1] - self.memory_bytes[0] if self.memory_bytes else 0
        found = {
            "compiled code allocated memory": bool(self.allocations),
            "input and output drifted apart": before != after,
            "samples were no numbers": self.bad_samples > 0,
            "memory grew": grown > FLAT_BYTES,
            "control changes were lost": self.lost > 0,
        }
        return [what for what, so in found.items() if so]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {**asdict(self), "problems": self.problems}


def soak(
    session: Any, seconds: float, seed: int = 0, report: Callable[[float, float, str], None] = lambda done, total, note: None
) -> Soak:
    """Turn a running session's knobs by MIDI for so long, and return what was counted; its MIDI map is another one then.

    Args:
        session: a live `Session`, begun; a `Clock` as its device lets the delay be measured, sample by sample, while bypassed.
        seconds: 5 or more.
        seed: of which control goes where.
        report: called now and then with (seconds done, of how many, a note).

    Raises:
        InvalidValue: too short, or nothing can be turned.
    """
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise InvalidValue(f"a soak of {seconds:g} s; {SHORTEST_SECONDS:g} s or more are needed, 10m is usual")
    session.midi_map, controls = _bound(session)
    stands = {name: session.parameters[name].value for name in session.midi_map.paths}
    delay = _delay(session)
    before = _turned(session, controls, seconds, seed, report)
    time.sleep(REST_SECONDS)
    after = _Counts(session)
    for name, value in stands.items():
        session.parameters[name].value = value
    return _counted(session, before, after, (delay, _delay(session)), seconds, seed)


def _turned(
    session: Any, controls: list[tuple[int, int]], seconds: float, seed: int, report: Callable[[float, float, str], None]
) -> "_Counts":
    """Send the control changes, each at its time; return what had been counted when all was warm."""
    random, begun, before = np.random.default_rng(seed), time.monotonic(), _Counts(session)
    warm = round(min(WARM_SHARE * seconds, WARM_SECONDS) * CHANGES_A_SECOND)
    for k in range(round(seconds * CHANGES_A_SECOND)):
        if k == warm:
            before = _Counts(session)
        time.sleep(max(begun + k / CHANGES_A_SECOND - time.monotonic(), 0))
        channel, control = controls[random.integers(len(controls))]
        session.hear(bytes([0xB0 | channel, control, int(random.integers(128))]))
        if k % CHANGES_A_SECOND == 0:
            report(k / CHANGES_A_SECOND, seconds, f"missed {session.statistics.missed}")
    return before


def _counted(
    session: Any, before: "_Counts", after: "_Counts", delays: tuple[int | None, int | None], seconds: float, seed: int
) -> Soak:
    found, faults = session.statistics, None
    if before.page_faults is not None and after.page_faults is not None:
        faults = after.page_faults - before.page_faults
    return Soak(
        name=session.name,
        device=str(session.device.name),
        seconds=seconds,
        changes=round(seconds * CHANGES_A_SECOND),
        moves=after.moves - before.moves,
        lost=after.lost - before.lost,
        allocations=None if found.workers else after.allocations - before.allocations,
        page_faults=faults,
        delay_samples=delays,
        bad_samples=after.bad - before.bad,
        memory_bytes=(before.memory, after.memory) if before.memory and after.memory else None,
        blocks=after.blocks - before.blocks,
        missed=after.missed - before.missed,
        missed_samples=after.missed_samples - before.missed_samples,
        turn=found.turn,
        late_calls=after.late_calls - before.late_calls if isinstance(session.device, Clock) else None,
        block=session.engine.block,
        sample_rate=session.engine.sample_rate,
        seed=seed,
        machine=machine(),
        versions=versions("llvmlite", "sounddevice"),
    )


def _bound(session: Any) -> tuple[MidiMap, list[tuple[int, int]]]:
    """Return (a map of every knob that can be turned while it plays, (channel, control) of each)."""
    names = [name for name, knob in session.parameters.items()
             if knob.parameter.automatable and not range_is_unknown(knob.parameter)][:CONTROLS]  # fmt: skip
    if not names:
        raise InvalidValue(f"{session.name} has no knob that can be turned while it plays: a soak needs one")
    midi = MidiMap()
    places = [(i // len(PLAIN_CONTROLS), PLAIN_CONTROLS[i % len(PLAIN_CONTROLS)]) for i in range(len(names))]
    for name, (channel, control) in zip(names, places, strict=True):
        midi.bind(f"cc {control}", name, channel=channel + 1)
    return midi, places


def _delay(session: Any) -> int | None:
    """Return by how many samples the output lags, found in what a clock heard and played; None: no clock, or no match."""
    if not isinstance(session.device, Clock):
        return None
    was, session.bypassed = session.bypassed, True
    time.sleep(REST_SECONDS + session.engine.latency_samples / session.engine.sample_rate)
    compared = round(COMPARED_SECONDS * session.engine.sample_rate)
    delay = None
    for _ in range(5):  # a block that came late within what is compared has faded
        time.sleep(COMPARED_SECONDS + 0.1)
        delay = _delay_within(session.device, session.device.block or session.engine.block, compared)
        if delay is not None:
            break
    session.bypassed = was
    return delay


def _delay_within(clock: Clock, block: int, compared: int) -> int | None:
    """Return by how many samples what came out last is what was heard, bit for bit; None: it is not."""
    count = len(clock.heard) // block * block
    places = np.arange(clock.calls * block - compared, clock.calls * block)
    heard, played = clock.heard[:count, 0], clock.played[places % count, 0]
    padded = np.concatenate([played, np.zeros(count - compared, np.float32)])
    likeness = np.fft.irfft(np.conj(np.fft.rfft(padded)) * np.fft.rfft(heard), count)
    delay = int((places[0] - np.argmax(likeness)) % count)
    return delay if np.array_equal(played, heard[(places - delay) % count]) else None


class _Counts:
    """What had been counted at one moment."""

    def __init__(self, session: Any) -> None:
        from numba.core.runtime.nrt import rtsys

        import_module("numba.core.runtime._nrt_python").memsys_enable_stats()
        desk, found = session.engine.desk, session.statistics
        self.allocations = int(rtsys.get_allocation_stats().alloc)
        self.moves, self.lost = int(desk[d.MOVES_NOTED]), int(desk[d.EVENTS_LOST])
        self.bad = session.meters.bad_in + session.meters.bad_out
        self.blocks, self.missed, self.missed_samples = found.blocks, found.missed, found.missed_samples
        self.late_calls = session.device.late_calls if isinstance(session.device, Clock) else 0
        self.memory, self.page_faults = resident_bytes(), _page_faults()


def _page_faults() -> int | None:
    """Return how often the audio thread touched memory that was not there yet."""
    thread = next((one for one in threading.enumerate() if one.name == "wetdry live"), None)
    if sys.platform != "linux" or thread is None:
        return None
    fields = Path(f"/proc/self/task/{thread.native_id}/stat").read_text().rpartition(")")[2].split()
    return int(fields[7]) + int(fields[9])  # minor, major: proc(5)
