"""What the screen shows, as plain data: drawn by `drawing`, gathered from a session by `gathering`."""

from dataclasses import dataclass, field

import numpy as np

from .tuner import Pitch


@dataclass(frozen=True)
class Level:
    """One side's level.

    Attributes:
        peak_db, rms_db: dBFS.
        clips, bad: samples at full scale, and samples that were no number, since the session began.
        clips_now, bad_now: whether there were any in the last seconds.
    """

    peak_db: float = -np.inf
    rms_db: float = -np.inf
    clips: int = 0
    bad: int = 0
    clips_now: bool = False
    bad_now: bool = False


@dataclass(frozen=True)
class Knob:
    """One knob.

    Attributes:
        name, text: its name, and where it stands, with its unit.
        position: 0 to 1; None where its range is not known.
        controls: what turns it, as `cc 74`; empty: nothing does.
    """

    name: str
    text: str
    position: float | None
    controls: str = ""


@dataclass(frozen=True)
class Deadlines:
    """How the blocks fared.

    Attributes:
        blocks, missed: played, and of those too late.
        load: the share of the time that playing took.
        p999_ms, worst_ms: what blocks took, from their arrival until they were ready; `block_ms` is what a block lasts.
    """

    blocks: int = 0
    missed: int = 0
    load: float = 0.0
    p999_ms: float = 0.0
    worst_ms: float = 0.0
    block_ms: float = 0.0


@dataclass(frozen=True)
class Snapshot:
    """All that the screen shows at one moment.

    Attributes:
        name: of what plays; `place`: between which devices.
        seconds: since it began.
        incoming, outgoing: the levels.
        knobs, chosen: the knobs, and which of them the arrow keys turn.
        latency_ms: part → ms; their sum is what the player feels.
        spectra: (bands, 2) in dBFS, of the input and the output; empty: none is drawn.
        tuning, pitch: whether the tuner is on, and what it hears.
        recording: what is recorded and for how long, empty: nothing.
        preset: the last one chosen.
        learning: the knob that waits for its control.
        workers: a line each.
        lost: what is wrong with the sound card, empty: nothing.
        notes: whether digits play notes.
        notices: what was said, the newest last.
    """

    name: str = ""
    place: str = ""
    seconds: float = 0.0
    incoming: Level = Level()
    outgoing: Level = Level()
    bypassed: bool = False
    muted: bool = False
    knobs: tuple[Knob, ...] = ()
    chosen: int = 0
    deadlines: Deadlines = Deadlines()
    latency_ms: tuple[tuple[str, float], ...] = ()
    spectra: np.ndarray = field(default_factory=lambda: np.zeros((0, 2)))
    tuning: bool = False
    pitch: Pitch | None = None
    recording: str = ""
    preset: str = ""
    learning: str = ""
    workers: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    lost: str = ""
    notes: bool = False
