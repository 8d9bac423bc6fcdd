"""Do two models sound the same: both play the built-in training signal, at their defaults and at drawn knobs."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...effects import NeuralEffect
from ...models.errors import InvalidValue
from ...models.model import Model
from ..excitation import SHORTEST_SECONDS, excitation
from ..measure import difference

DRAWS = 3  # knob settings besides the defaults


@dataclass(frozen=True)
class Difference:
    """How far apart two renders are, at one knob setting.

    Attributes:
        values: knob → value.
        esr: energy of the difference over that of the first.
        largest_dbfs: the largest difference of two samples, in dB re full scale; None where they are equal.
    """

    values: dict[str, Any]
    esr: float
    largest_dbfs: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)


def compare_models(first: Model, second: Model, *, seconds: float = SHORTEST_SECONDS, seed: int = 0,
                   values: dict[str, Any] | None = None) -> list[Difference]:  # fmt: skip
    """Render both models on the same signal.

    Args:
        first, second: of one sample rate, each mono. A knob both have is turned on both; a knob only one has
            (a twin beside its export at fixed knobs) stays at its default unless `values` names it.
        seconds: of the built-in training signal, 8 or more.
        seed: of that signal, and of the knob settings drawn besides the defaults.
        values: knobs to set; nothing is drawn then.

    Returns:
        One row a knob setting, the defaults first.

    Raises:
        InvalidValue: the rates differ, or neither model has a knob that `values` names.
    """
    rates = first.spec.sample_rate, second.spec.sample_rate
    if rates[0] != rates[1]:
        raise InvalidValue(f"the models play at {rates[0]:g} and {rates[1]:g} Hz; two renders can only be compared at one rate")
    effects = NeuralEffect(first), NeuralEffect(second)
    shared = [k for k in first.spec.knobs if k.name in effects[1].parameters]
    unknown = sorted(set(values or {}) - set(effects[0].parameters) - set(effects[1].parameters))
    if unknown:
        known = ", ".join(dict.fromkeys([*effects[0].parameters, *effects[1].parameters])) or "none"
        raise InvalidValue(f"neither model has a knob named {unknown[0]!r}; known: {known}")
    settings: list[dict[str, Any]] = [dict(values or {})]
    if not values and shared:
        draws = np.random.default_rng(seed).uniform(size=(DRAWS, len(shared)))
        settings += [{k.name: k.from_raw(raw) for k, raw in zip(shared, row, strict=True)} for row in draws.tolist()]
    audio = excitation(seconds, rates[0], seed)
    return [_difference(effects, setting, audio, rates[0]) for setting in settings]


def _difference(
    effects: tuple[NeuralEffect, NeuralEffect], values: dict[str, Any], audio: np.ndarray, rate: float
) -> Difference:
    for effect in effects:
        for name, value in values.items():
            if name in effect.parameters:
                effect.parameters[name].value = value
    one, other = (effect(audio, rate).astype(np.float64) for effect in effects)
    largest = float(np.abs(one - other).max())
    at = {name: bound.value for effect in reversed(effects) for name, bound in effect.parameters.items()}
    return Difference(at, difference(one, other), 20 * float(np.log10(largest)) if largest else None)
