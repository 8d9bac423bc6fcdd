"""What a training begins with: a net by name, one of the caller's, or a trained model; and the numbers that suit it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..dataset import CaptureRecord
from ..errors import InvalidValue
from ..model import Model
from ..net_choice import choose
from ..net_table import NETS, NUMBERS, RECURRENT, MakeSpec
from ..nets import Network, build, from_weights, has_state
from ..spec import ModelSpec
from .cabinet import Cabinet
from .recipe import MOST_OVERSAMPLING, Recipe

FROM_A_MODEL = "start"
FINE_TUNING = 0.3  # of the learning rate that a net from scratch takes


@dataclass(frozen=True)
class Beginning:
    """A net, not built yet: a spec, or what makes it; `start` where it is trained already.

    Attributes:
        name, why: of the net, where it was named; why `auto` chose it.
        numbers: what it trains well with, of `Recipe`.
    """

    make: ModelSpec | MakeSpec
    numbers: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None
    why: str | None = None
    start: Model | None = None

    @property
    def weights_hash(self) -> str:
        """SHA-256 of the weights it starts from."""
        assert self.start is not None
        return hashlib.sha256(b"".join(self.start.weights[n].tobytes() for n in self.start.spec.weight_shapes)).hexdigest()

    def about(self) -> dict[str, Any]:
        """Return what a model's record says of it."""
        said = {"net": self.name, "chosen": self.why, FROM_A_MODEL: self.weights_hash if self.start else None}
        return {key: value for key, value in said.items() if value is not None}


def beginning(record: CaptureRecord, model: str | None, spec: ModelSpec | MakeSpec | None, start: Model | None) -> Beginning:
    """Return what to begin with; "standard" where nothing is given.

    Raises:
        InvalidValue: several are given. UnknownName: no net has that name.
    """
    given = [name for name, value in (("model", model), ("spec", spec), ("start", start)) if value is not None]
    if len(given) > 1:
        raise InvalidValue(f"train: {' and '.join(given)} each say which net to train; pass one")
    if start is not None:
        numbers = {**numbers_for(start), **_oversampling_of(start.spec, record)}
        rate = numbers.get("learning_rate", Recipe.learning_rate)
        return Beginning(start.spec, {**numbers, "learning_rate": FINE_TUNING * rate}, start.training.get("net"), None, start)
    if spec is not None:
        return Beginning(spec, RECURRENT if isinstance(spec, ModelSpec) and has_state(spec) else {})
    choice = choose(record.checks.get("character")) if model == "auto" else None
    name = choice.name if choice else model or "standard"
    return Beginning(NETS[name].make, NETS[name].training, name, choice.why if choice else None)


def _oversampling_of(spec: ModelSpec, record: CaptureRecord) -> dict[str, int]:
    """Return how many times the capture's rate a net runs at, where that is a number that training takes."""
    times = spec.sample_rate / record.sample_rate
    return {"oversampling": round(times)} if times in range(2, MOST_OVERSAMPLING + 1) else {}


def numbers_for(model: Model) -> dict[str, Any]:
    """Return the numbers to train a model on with: its net's where it names one, else by whether it remembers by a state."""
    name = model.training.get("net")
    if isinstance(name, str) and name in NUMBERS:
        return dict(NUMBERS[name])
    return dict(RECURRENT) if has_state(model.spec) else {}


def started(begin: Beginning, record: CaptureRecord, level: float, recipe: Recipe) -> Network:
    """Return the net, ready to learn; `level` is the rms of what it shall put out.

    Raises InvalidValue where it does not fit the capture.
    """
    knobs, rate = record.knobs, float(record.sample_rate) * recipe.oversampling
    spec = begin.make if isinstance(begin.make, ModelSpec) else begin.make(rate, knobs, level)
    if spec.knobs != knobs or spec.sample_rate != rate:
        raise InvalidValue(f"the spec is for {[k.name for k in spec.knobs]} at {spec.sample_rate:g} Hz, "
                           f"the capture has {[k.name for k in knobs]} at {rate:g} Hz"
                           f"{f', oversampled by {recipe.oversampling}' if recipe.oversampling > 1 else ''}")  # fmt: skip
    if (spec.input_channels, spec.output_channels) != (1, 1):
        raise InvalidValue(f"the spec has {spec.input_channels} channels in and {spec.output_channels} out; a capture has one")
    return from_weights(spec, begin.start.weights).train() if begin.start else build(spec, recipe.seed)


def context_of(spec: ModelSpec, recipe: Recipe, cabinet: Cabinet | None = None) -> int:
    """Return how many samples before a segment the net must hear."""
    return max(spec.receptive_field - 1, recipe.lead_in) + (cabinet.lead_in if cabinet else 0)


def numbers_with(cabinet: Cabinet, numbers: Mapping[str, Any]) -> dict[str, int]:
    """Return a segment as long as the cabinet rings, and as many of them as make up the net's usual batch, 4 at least.

    Of what the net plays, half then counts; short segments would cost a cabinet's length each. At several times the rate one
    segment a step, as much shorter: there the steps of half a second that came of it were too few to learn from.
    """
    usual = Recipe(**{"epochs": 1.0, **numbers})
    segment = max((cabinet.lead_in + 1) // usual.oversampling, usual.segment)
    if usual.oversampling > 1:
        return {"segment": segment, "batch_size": 1}
    return {"segment": segment, "batch_size": max(4, round(usual.batch_size * usual.segment / segment))}
