"""Gathers what the screen shows from a session that plays."""

import time
from collections.abc import Sequence
from typing import Any

from ...native_knobs import range_is_unknown
from .facts import Deadlines, Knob, Level, Snapshot
from .hands import Hands
from .spectrum import FRAMES, band_levels_db, last_heard
from .tuner import Pitch, needed_samples, pitch_of

MARK_SECONDS = 2.0  # how long a clip stays lit
NOTE_SECONDS = 1.0  # how long a note stays after it has died away


class Gathering:
    """Looks at a session again and again.

    Args:
        session: a live `Session`.
    """

    def __init__(self, session: Any) -> None:
        self._session = session
        self._counted: dict[str, tuple[int, float]] = {}  # what is counted: how often, and when it was more than before
        self._note: tuple[Pitch, float] | None = None

    def snapshot(self, hands: Hands | None = None) -> Snapshot:
        """Return what stands now, and where the hands are on it."""
        hands = hands or Hands(self._session)
        session, meters, found = self._session, self._session.meters, self._session.statistics
        engine = session.engine
        place = f"{engine.sample_rate / 1000:g} kHz, blocks of {engine.block}, {session.device.name}"
        block_ms = 1000 * engine.block / engine.sample_rate
        return Snapshot(
            name=session.name,
            place=place,
            seconds=session.seconds,
            incoming=self._level(meters, "in"),
            outgoing=self._level(meters, "out"),
            bypassed=session.bypassed,
            muted=session.muted,
            knobs=knobs_of(session, hands.names),
            chosen=hands.chosen,
            deadlines=Deadlines(
                found.blocks, found.missed, found.load or found.mean_load, found.turn.p999_ms, found.turn.worst_ms, block_ms
            ),
            latency_ms=tuple(found.latency_ms.items()),
            spectra=band_levels_db(last_heard(engine, FRAMES), engine.sample_rate),
            tuning=hands.tuning,
            pitch=self._heard(engine) if hands.tuning else None,
            recording=_recording(session),
            preset=hands.preset,
            learning=session.learning or "",
            workers=tuple(_worker(worker) for worker in found.workers),
            notices=(*session.notices, *hands.said[-1:]),
            lost=getattr(session.device, "lost", None) or "",
            notes=session.generator is not None,
        )

    def _level(self, meters: Any, side: str) -> Level:
        def of(name: str) -> Any:
            return getattr(meters, f"{name}_{side}")

        clips, bad = of("clips"), of("bad")
        peak_db, rms_db = (getattr(meters, f"{name}_{side}_db") for name in ("peak", "rms"))
        return Level(peak_db, rms_db, clips, bad, self._is_new(f"clips {side}", clips), self._is_new(f"bad {side}", bad))

    def _is_new(self, what: str, count: int) -> bool:
        """Tell whether a count has grown within the last seconds."""
        before, grew = self._counted.get(what, (0, -MARK_SECONDS))
        if count > before:
            grew = time.monotonic()
        self._counted[what] = count, grew
        return count > 0 and time.monotonic() - grew < MARK_SECONDS

    def _heard(self, engine: Any) -> Pitch | None:
        """Return what the tuner hears, or has just heard: a note dies away before it is read."""
        heard = pitch_of(last_heard(engine, needed_samples(engine.sample_rate))[:, 0], engine.sample_rate)
        if heard is not None:
            self._note = heard, time.monotonic()
        elif self._note and time.monotonic() - self._note[1] > NOTE_SECONDS:
            self._note = None
        return self._note[0] if self._note else None


def knobs_of(session: Any, names: Sequence[str]) -> tuple[Knob, ...]:
    """Return a session's knobs in the order of their names, each with what turns it."""
    turned: dict[str, list[str]] = {}
    for source, binding in session.midi_map.bindings:
        channel = "" if binding.channel is None else f" ch {binding.channel}"
        turned.setdefault(binding.to, []).append(f"{source}{channel}")
    return tuple(
        Knob(
            name,
            knob.string_value,
            None if range_is_unknown(knob.parameter) else knob.raw_value,
            ", ".join(turned.get(name, [])),
        )
        for name, knob in ((name, session.knobs[name]) for name in names)
    )


def _worker(worker: Any) -> str:
    said = f"{worker.name}: {worker.latency_ms:.1f} ms behind, late {worker.gaps} times ({worker.missed_samples} samples)"
    said += ", takes the interpreter lock" if worker.takes_lock else ""
    return f"{said}, PASSED BY" if worker.passed_by else said


def _recording(session: Any) -> str:
    if session.recording is None:
        return ""
    minutes, seconds = divmod(int(session.recorded_seconds), 60)
    return f"{session.recording.name} {minutes}:{seconds:02d}"
