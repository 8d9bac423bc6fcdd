"""The numbers behind a run."""

from dataclasses import asdict, dataclass
from typing import Any

from ..errors import InvalidValue
from ..losses import DEFAULT_LOSS, SAMPLEWISE, SHORTEST_SPECTRAL, SPECTRAL, named


@dataclass(frozen=True)
class Recipe:
    """The numbers of a run.

    Attributes:
        minutes, epochs: the budget; training ends, and the learning rate has fallen to zero, when either is spent.
            An epoch is as many steps as it takes to hear as much audio as the training takes hold.
        batch_size: segments a step, each of another knob setting.
        segment: samples of a segment that count for the loss, at the net's rate; its receptive field lies before it.
        lead_in: samples before the segment that only set the states of recurrent layers, see `nets.led_in`; what they
            remember from further back is not learned. 0 for other nets.
        every: 1: all of these samples count; n: every nth from a segment's start, which costs a net of growing dilations
            far less (see `nets.thinned`). Losses that compare neighbouring samples need 1.
        learning_rate: of Adam at the start; it falls along a cosine over the budget.
        precision: as lightning spells it: "32-true", "bf16-mixed", "16-mixed", "64-true".
        loss: a name of `losses.LOSSES`, or of the entry-point group `wetdry.losses`.
        oversampling: the net runs at that many times the capture's rate, 1 to 8; what it learns from is resampled.
        seed: of weights and of the order of segments.
    """

    minutes: float | None = None
    epochs: float | None = None
    batch_size: int = 8
    segment: int = 6144
    lead_in: int = 0
    every: int = 1
    learning_rate: float = 5e-3
    precision: str = "32-true"
    loss: str = DEFAULT_LOSS
    oversampling: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        for name, low, high in (("minutes", 0.0, 1e6), ("epochs", 0.0, 1e6), ("learning_rate", 0.0, 1.0)):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int | float) and low < value <= high):
                raise InvalidValue(f"{name} = {value!r} is outside {low:g} (excluded) to {high:g}")
        for name, low, high in (("batch_size", 1, 65_536), ("segment", 64, 10_000_000), ("every", 1, 100_000),
                                ("lead_in", 0, 10_000_000), ("oversampling", 1, MOST_OVERSAMPLING),
                                ("seed", 0, 2**32 - 1)):  # fmt: skip
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise InvalidValue(f"{name} = {value!r} is not a whole number from {low} to {high}")
        if self.precision not in PRECISIONS:
            raise InvalidValue(f"precision {self.precision!r} is not one of {', '.join(PRECISIONS)}")
        named(self.loss)
        if self.every > 1 and self.loss not in SAMPLEWISE:
            raise InvalidValue(f"every = {self.every} leaves samples out, and the loss {self.loss!r} compares neighbours; "
                               f"{' and '.join(SAMPLEWISE)} do not")  # fmt: skip
        if self.loss in SPECTRAL and self.segment < SHORTEST_SPECTRAL:
            raise InvalidValue(f"segment = {self.segment} is too short for the loss {self.loss!r}, which looks at spectra: "
                               f"take {SHORTEST_SPECTRAL} samples or more, or a loss such as 'esr'")  # fmt: skip
        if self.minutes is None and self.epochs is None:
            object.__setattr__(self, "minutes", DEFAULT_MINUTES)

    def identity(self) -> dict[str, Any]:
        """Return what must be the same for a killed run to go on: everything but the budget."""
        unsaid = ["minutes", "epochs"]
        unsaid += [] if self.lead_in else ["lead_in"]  # older runs do not know of either
        unsaid += [] if self.oversampling > 1 else ["oversampling"]
        return {key: value for key, value in asdict(self).items() if key not in unsaid}


DEFAULT_MINUTES = 8.0
MOST_OVERSAMPLING = 8
PRECISIONS = ("32-true", "bf16-mixed", "16-mixed", "64-true")
