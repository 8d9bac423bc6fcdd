"""What a training does unless told otherwise: the default net and the numbers behind a run."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import InvalidValue
from ..losses import DEFAULT_LOSS, SAMPLEWISE, named
from ..parameter import Parameter
from ..spec import Conditioning, ModelSpec, WaveNet, WaveNetArray

DILATIONS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


def default_spec(sample_rate: float, knobs: tuple[Parameter, ...], level: float = 0.1) -> ModelSpec:
    """Return the net to start with: 16 channels, 10 layers of 3 taps, 43 ms at 48 kHz, 10.4 k multiply-adds a sample.

    `level` is the rms of what the net shall put out (full scale): its head starts at that scale.
    The reach in milliseconds is that of 48 kHz at any rate from 32 kHz; dilations double further at higher rates.
    """
    extra = max(0, round(math.log2(sample_rate / 48_000)))
    dilations = (*DILATIONS, *(1024 * 2**i for i in range(extra)))
    array = WaveNetArray(channels=16, dilations=dilations, film=bool(knobs))
    conditioning = Conditioning(hidden=(16, 16)) if knobs else None
    net = WaveNet(arrays=(array,), head_scale=float(f"{max(level, 1e-4):.3g}"))
    return ModelSpec(sample_rate=float(sample_rate), layers=(net,), knobs=knobs, conditioning=conditioning)


@dataclass(frozen=True)
class Recipe:
    """The numbers of a run.

    Attributes:
        minutes, epochs: the budget; training ends, and the learning rate has fallen to zero, when either is spent.
            An epoch is as many steps as it takes to hear as much audio as the training takes hold.
        batch_size: segments a step, each of another knob setting.
        segment: samples of a segment that count for the loss; the net's receptive field lies before it.
        every: 1: all of these samples count; n: every nth from a segment's start, which costs a net of growing dilations
            far less (see `nets.thinned`). Losses that compare neighbouring samples need 1.
        learning_rate: of Adam at the start; it falls along a cosine over the budget.
        precision: as lightning spells it: "32-true", "bf16-mixed", "16-mixed", "64-true".
        loss: a name of `losses.LOSSES`.
        seed: of weights and of the order of segments.
    """

    minutes: float | None = None
    epochs: float | None = None
    batch_size: int = 8
    segment: int = 6144
    every: int = 1
    learning_rate: float = 5e-3
    precision: str = "32-true"
    loss: str = DEFAULT_LOSS
    seed: int = 0

    def __post_init__(self) -> None:
        for name, low, high in (("minutes", 0.0, 1e6), ("epochs", 0.0, 1e6), ("learning_rate", 0.0, 1.0)):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int | float) and low < value <= high):
                raise InvalidValue(f"{name} = {value!r} is outside {low:g} (excluded) to {high:g}")
        for name, low, high in (("batch_size", 1, 65_536), ("segment", 64, 10_000_000), ("every", 1, 100_000),
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
        if self.minutes is None and self.epochs is None:
            object.__setattr__(self, "minutes", DEFAULT_MINUTES)

    def identity(self) -> dict[str, Any]:
        """Return what must be the same for a killed run to go on: everything but the budget."""
        return {key: value for key, value in asdict(self).items() if key not in ("minutes", "epochs")}


DEFAULT_MINUTES = 8.0
PRECISIONS = ("32-true", "bf16-mixed", "16-mixed", "64-true")
