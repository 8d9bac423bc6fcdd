"""Automated: a processor whose knobs move by themselves."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from ...effects.call import check_call
from ...effects.parameters import Parameters
from ...models.errors import InvalidType, InvalidValue
from ..chain import Chain
from ..container import checked, latency_of
from ..graph.ports import channels_out
from ..offline import offline_reason
from ..playable import Playable
from ..stages import Stage
from .curve import Curve
from .data import as_curve
from .hanging import hanging
from .hung import HOLD_ERROR, HeardLane, HungLane
from .lane import CurveLane
from .stage import AutomatedStage, Turned, heard_parts
from .tempo import Tempo, as_tempo

if TYPE_CHECKING:
    from ..graph.plan import Plan


class Automated(Playable):
    """A processor with curves that turn its knobs while it plays: a processor as any other.

    Time counts samples of the sound from the beginning of a stream, at every processor inside, however much those
    before it lag; each whole call, and each stream, begins anew. How exactly a knob follows its curve:

    - our effects: at each sample, through the smoothing that every move of theirs goes through (10 ms unless they say
      otherwise); at the start of a stream at once;
    - VST3s, foreign models, pedalboard's plugins: at every 32nd sample, held between (a foreign model that takes blocks of
      its own: at the next of them);
    - VST2s, Faust, DawDreamer's own: held over the longest blocks of 512, 256, 128 or 64 samples whose steps stay below
      `hold_error` of the knob's range, else of 32; a jump (farther than that in one sample) comes at most 64 samples late.

    While it does not play, the processor is as without it: its knobs stand where they were moved to last (those of VST2s
    and Faust where they stood before).

    Args:
        processor: an effect, a Chain, a Mix, a Graph, a plugin: anything that plays.
        curves: by the knob's name in `processor.parameters`: Breakpoints, an LFO, an EnvelopeFollower, Steps; a list of points,
            which is Breakpoints in seconds; an array with a value a sample.
        tempo: for curves that count in beats: beats a minute, pairs (beat, bpm), or `Tempo`.
        hold_error: of VST2s and Faust, a share of the knob's range, 0 to 1.

    Raises:
        UnknownName: the processor has no such knob.
        InvalidType, InvalidValue: a value its knob does not take; a knob that rebuilds its effect.

    Example:
        >>> import numpy as np
        >>> from wetdry import Automated, TubeSaturator
        >>> swell = Automated(TubeSaturator(), {"drive_db": [(0, 0), (0.5, 24), (1, 6, "smooth")]})
        >>> wet, curves = swell.render(np.zeros(48000, "float32"), 48000)
        >>> float(curves["drive_db"][12000])
        12.0
    """

    __slots__ = ("_board", "_curves", "_hold_error", "_noted", "_noted_samples", "_processor", "_tempo")

    def __init__(
        self,
        processor: Any,
        curves: Mapping[str, Any],
        tempo: Tempo | float | Sequence[Sequence[float]] | None = None,
        hold_error: float = HOLD_ERROR,
    ) -> None:
        super().__init__()
        self._processor = checked(processor)
        self._board: Any = self._processor if isinstance(self._processor, Playable) else Chain([self._processor])
        if not isinstance(curves, Mapping):
            raise InvalidType(f"curves is a mapping from a knob's name to its curve, got {curves!r:.60}")
        self._curves: dict[str, Curve] = {path: as_curve(given) for path, given in curves.items()}
        self._tempo, self._hold_error = as_tempo(tempo), _checked_share(hold_error)
        self._noted_samples = 0
        self._noted: dict[str, HungLane] = {}
        self._check_once()
        self._made_lanes()

    # what it is made of

    @property
    def processor(self) -> Any:
        """What plays."""
        return self._processor

    @property
    def curves(self) -> Mapping[str, Curve]:
        """The curves by the name of their knob."""
        return MappingProxyType(self._curves)

    @property
    def tempo(self) -> Tempo:
        """Where beats fall."""
        return self._tempo

    @property
    def hold_error(self) -> float:
        """How far a VST2's or Faust's knob may be from its curve, as a share of its range."""
        return self._hold_error

    @property
    def parameters(self) -> Parameters:
        """Every knob of the processor; those that follow a curve stand where it left them."""
        return self._board.parameters

    @property
    def latency_samples(self) -> int:
        """The processor's latency, in samples."""
        return latency_of(self._board)

    @property
    def tail_seconds(self) -> float:
        """The processor's tail, in seconds."""
        return float(getattr(self._processor, "tail_seconds", 0.0) or 0.0)

    def channels_out(self, channels_in: int) -> int | None:
        """Return how many channels come out where `channels_in` go in; None: they do not fit."""
        return channels_out(self._board, channels_in)

    # sound

    def render(self, audio: Any, sample_rate: float) -> tuple[Any, dict[str, np.ndarray]]:
        """Play a whole signal; a stream under way ends.

        Returns:
            What `process` returns, and by knob where it really stood, float64 (samples,), in its unit (a choice by its
            index): for our effects what they glide to, for others what they were held at.
        """
        rate = check_call(sample_rate, 1)
        with self._lock:
            planar = self._to_planar(audio)
            self._stages, self._noted_samples = None, planar.shape[1]
            try:
                wet = self._from_planar(self._whole(planar, rate), audio)
                return wet, {path: lane.course(rate) for path, lane in self._noted.items()}
            finally:
                self._stages = self._running = None
                self._noted, self._noted_samples = {}, 0

    def reset(self) -> None:
        """Clear the sound and the channel layout; the curves begin anew."""
        with self._lock:
            super().reset()
            self._board.reset()

    def _to_planar(self, given: Any) -> np.ndarray:
        planar = self._board._to_planar(given)
        return planar if self._board._changes_input() else planar.copy()  # it may be the caller's

    def _from_planar(self, played: np.ndarray, like: Any) -> Any:
        return self._board._from_planar(played, like)

    def _inside(self) -> Iterator[Any]:
        yield self._board

    def _why_not_in_series(self) -> str:
        return self._board._why_not_in_series()

    def _plan(self, sample_rate: float, channels: int) -> "Plan":
        return self._board._plan(sample_rate, channels)

    def _build(self) -> list[Stage]:
        turned, listening = self._made_lanes()
        with hanging(turned):  # stages see whose knobs will move
            stages = self._board._build()
        return [AutomatedStage(turned, listening, stages)]

    def _whole(self, planar: np.ndarray, rate: float) -> np.ndarray:
        if not offline_reason(self):
            return super()._whole(planar, rate)
        turned, _ = self._made_lanes((planar, rate))
        with hanging(turned):
            return super()._whole(planar, rate)

    def _made_lanes(self, heard: tuple[np.ndarray, float] | None = None) -> tuple[list[Turned], list[CurveLane]]:
        """Return a new lane for each knob, and those that listen; none does where they are told all beforehand.

        Args:
            heard: what comes in, float32 (channels, samples), and its rate in Hz, where all of it is known.
        """
        turned: list[Turned] = []
        listening: list[CurveLane] = []
        knobs = self._board.parameters
        for path, curve in self._curves.items():
            knob, row = knobs[path], knobs[path].parameter
            if not row.automatable:
                raise InvalidValue(f"{path} cannot move while audio plays, it rebuilds its effect; set it between two calls")
            if offline_reason(knob.owner) and not hasattr(knob.owner, "move"):
                raise InvalidValue(
                    f"{path}: {knob.owner!r:.60} plays whole signals only, and says no way to move knobs in them"
                )
            lane = told = CurveLane(curve, row, self._tempo)
            if lane.listens and heard:
                told = HeardLane(_numbers_heard(lane, *heard))
            elif lane.listens:
                listening.append(lane)
            hung = self._noted[path] = HungLane(told, self._hold_error, self._noted_samples)
            turned.append((knob.owner, knob.name, hung))
        return turned, listening

    # identity

    def __reduce__(self) -> Any:
        from ..recipe import describe

        return _rebuild, (describe(self._processor), self._curves, self._tempo, self._hold_error)

    def __repr__(self) -> str:
        tempo = "" if self._tempo == Tempo() else f", tempo={self._tempo!r}"
        error = "" if self._hold_error == HOLD_ERROR else f", hold_error={self._hold_error!r}"
        return f"Automated({self._processor!r}, {self._curves!r}{tempo}{error})"


def _numbers_heard(lane: CurveLane, planar: np.ndarray, rate: float) -> np.ndarray:
    """Return what a lane that listens says to the whole of what comes in, float64 (samples,), at least one."""
    lane.restart()
    found, at = [lane.numbers(0, 1, rate)[:0]], 0
    for part in heard_parts(planar):
        lane.hear(part, rate)
        found.append(lane.numbers(at, part.shape[1], rate))
        at += part.shape[1]
    return np.concatenate(found) if at else lane.numbers(0, 1, rate)


def _rebuild(recipe: dict[str, Any], curves: Mapping[str, Curve], tempo: Tempo, hold_error: float) -> Automated:
    from ..recipe import build

    return Automated(build(recipe), curves, tempo, hold_error)


def _checked_share(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float | np.number):
        raise InvalidType(f"hold_error is a share of a knob's range, 0 to 1, got {given!r:.60}")
    if not 0 <= given <= 1:
        raise InvalidValue(f"hold_error = {given} is outside 0 to 1")
    return float(given)
