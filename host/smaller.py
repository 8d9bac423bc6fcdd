"""A model before and after it was made smaller: size, speed, and how close it is, on material it was not trained on.

passages = material(model)                                   what the model itself answers: the error that is added
passages = material(model, target="ZamTube.vst3")            what the target answers
passages = material(model, capture="runs/tube/capture")      what it answered in the takes training was validated by
compare(Contender.of(model, 78292), Contender.of(smaller, 45234), passages, "ZamTube").lines()
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from ..effects import NeuralEffect
from ..models import metrics
from ..models.dataset import CaptureFolder
from ..models.errors import InvalidValue
from ..models.model import Model
from .capture.target import Target, as_processor
from .evaluation.settings import draw_settings
from .excitation import excitation
from .model_pages.facts import cost_of

SECONDS, SETTINGS = 8.0, 8
SPEED_ROUNDS = 3
UNSEEN_SEED = 5_111_017  # of the excitation; far from the seeds a person types
SILENCE_SECONDS = 0.5  # before a passage, so that a target has settled

Play = Callable[[np.ndarray, dict[str, Any]], np.ndarray]  # (audio (samples,), knob values) to (samples,), from silence


@dataclass(frozen=True)
class Passage:
    """A recording at one knob setting: `dry` and `wet` are float32 (samples,), `values` in the knobs' units."""

    dry: np.ndarray
    wet: np.ndarray
    values: dict[str, Any]


@dataclass(frozen=True)
class Contender:
    """A model that takes part: what plays it, the bytes of its file, its trained numbers, and what measures its speed.

    `measure_ns` plays for a moment and returns ns a sample in blocks of 64 on one thread.
    """

    play: Play
    file_bytes: int
    weights: int
    measure_ns: Callable[[], float]

    @classmethod
    def of(cls, model: Model, file_bytes: int) -> Self:
        """Return a model as our player plays it."""
        return cls(player(model), file_bytes, model.weight_count, lambda: cost_of(model) or 0.0)


@dataclass(frozen=True)
class Side:
    """One of the two models: bytes of its file, trained numbers, ns a sample in blocks of 64, and its ESR over the passages."""

    file_bytes: int
    weights: int
    ns_per_sample: float
    esr_median: float
    esr_worst: float


@dataclass(frozen=True)
class Compared:
    """Before and after.

    Attributes:
        esr_added: of the second model's answers against the first's, median over the passages.
        passages: how many.
        against: what the ESR of both is measured against: "the model itself", or a target.
    """

    before: Side
    after: Side
    esr_added: float
    passages: int
    against: str

    @property
    def esr_rise(self) -> float:
        """By how much the median ESR rose."""
        return self.after.esr_median - self.before.esr_median

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {**asdict(self), "esr_rise": self.esr_rise}

    def lines(self) -> list[str]:
        """Return what a person reads."""
        a, b = self.before, self.after
        return [
            f"{a.file_bytes} to {b.file_bytes} bytes, {a.weights} to {b.weights} weights, "
            f"{a.ns_per_sample:.0f} to {b.ns_per_sample:.0f} ns a sample",
            f"ESR against {self.against}, {self.passages} passages: median {a.esr_median:.4g} to {b.esr_median:.4g}, "
            f"worst {a.esr_worst:.4g} to {b.esr_worst:.4g}; one model against the other {self.esr_added:.2g}",
        ]


def player(model: Model) -> Play:
    """Return what plays a mono model as NeuralEffect does. Raises InvalidValue for more channels."""
    if (model.spec.input_channels, model.spec.output_channels) != (1, 1):
        raise InvalidValue(f"this model has {model.spec.input_channels} inputs and {model.spec.output_channels} outputs; "
                           "mono models can be compared")  # fmt: skip
    effect = NeuralEffect(model)

    def play(audio: np.ndarray, values: dict[str, Any]) -> np.ndarray:
        for name, value in values.items():
            effect.parameters[name].value = value
        return effect.process(audio, model.spec.sample_rate)

    return play


def material(
    model: Model, *, target: Any = None, capture: str | Path | CaptureFolder | None = None, seed: int = 0
) -> list[Passage]:
    """Return passages at seeded knob settings and all corners (or those of a capture), of excitation no training saw.

    Args:
        model: says rate and knobs; without `target` and `capture` its own answers are what counts as right.
        target: path of a plugin or a processor, turned by the model's knob names.
        capture: folder whose validation takes are taken.
        seed: of settings and excitation.

    Raises:
        InvalidValue: both are given, the capture's knobs are not the model's, or it went through a cabinet.
        WetdryError: what the target raises.
    """
    if target is not None and capture is not None:
        raise InvalidValue("target and capture: give one of them")
    if capture is not None:
        return _captured(model, capture)
    rate = model.spec.sample_rate
    dry = excitation(SECONDS, rate, UNSEEN_SEED + seed)
    visited = draw_settings(model.spec.knobs, (), SETTINGS, seed)
    if target is None:
        play = player(model)
        return [Passage(dry, play(dry, s.values), s.values) for s in visited]
    answering, passages = Target(as_processor(target), rate), []
    for setting in visited:
        answering.turn(setting.values)
        passages.append(Passage(dry, answering.play(dry, lead=round(SILENCE_SECONDS * rate)), setting.values))
    return passages


def _captured(model: Model, capture: str | Path | CaptureFolder) -> list[Passage]:
    folder = capture if isinstance(capture, CaptureFolder) else CaptureFolder.open(capture)
    names, cabinet = [k.name for k in model.spec.knobs], model.training.get("cabinet")
    if cabinet:
        raise InvalidValue(f"the model was trained in front of {cabinet.get('name')!r}, which the capture at {folder.path} "
                           "went through: judge it by its own answers, without a capture")  # fmt: skip
    if list(folder.knob_names) != names or folder.record.sample_rate != model.spec.sample_rate:
        raise InvalidValue(f"the capture at {folder.path} has the knobs {list(folder.knob_names)} at "
                           f"{folder.record.sample_rate:g} Hz, the model {names} at {model.spec.sample_rate:g} Hz")  # fmt: skip
    return [Passage(folder.read_dry(t), folder.read_wet(t), dict(t.values)) for t in folder.takes_of("validation")]


def compare(before: Contender, after: Contender, passages: Sequence[Passage], against: str) -> Compared:
    """Play every passage with both and return what each costs and how far off it is."""
    costs = np.array([[one.measure_ns() for one in (before, after)] for _ in range(SPEED_ROUNDS)])  # in turns
    sides, heard = [], []
    for one, ns in zip((before, after), costs.min(axis=0), strict=True):
        answers = [one.play(p.dry, p.values) for p in passages]
        found = [metrics.esr(p.wet, answer) for p, answer in zip(passages, answers, strict=True)]
        sides.append(Side(one.file_bytes, one.weights, float(ns), float(np.median(found)), max(found)))
        heard.append(answers)
    added = float(np.median([metrics.esr(a, b) for a, b in zip(*heard, strict=True)]))
    return Compared(sides[0], sides[1], added, len(passages), against)
