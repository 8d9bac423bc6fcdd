"""The small layers: normalisation, pooling, gain, and where the knobs come in."""

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from ..errors import InvalidValue
from .layer import BaseLayer
from .plain import Flag, Shapes, Taps, Width


class BatchNorm(BaseLayer):
    """(x - mean) / sqrt(variance + epsilon), then gain and offset where `affine`: the statistics are weights.

    Attributes:
        channels: statistics; None: one a channel. Fewer than the signal's channels repeat (Conv2d's filters).
    """

    kind: Literal["BatchNorm"] = "BatchNorm"
    channels: Width | None = None
    epsilon: Annotated[FiniteFloat, Field(gt=0)] = 1e-5
    affine: Flag = True

    def outputs(self, inputs: int) -> int:
        if self.channels and inputs % self.channels:
            raise InvalidValue(f"BatchNorm.channels: {self.channels} do not divide {inputs} channels")
        return inputs

    def weight_shapes(self, prefix: str, inputs: int, conditioning: int) -> Shapes:
        names = ("mean", "variance", *(("weight", "bias") if self.affine else ()))
        return {f"{prefix}{name}": (self.channels or inputs,) for name in names}


class MaxPool(BaseLayer):
    """The largest of the last `kernel_size` samples of each channel."""

    kind: Literal["MaxPool"] = "MaxPool"
    kernel_size: Taps

    @property
    def receptive_field(self) -> int:
        return self.kernel_size


class Gain(BaseLayer):
    """A fixed level in dB."""

    kind: Literal["Gain"] = "Gain"
    level_db: Annotated[FiniteFloat, Field(ge=-200, le=200)]


class FiLM(BaseLayer):
    """Each channel times a scale plus a shift, both a dense layer of the conditioning vector: scales first, then shifts."""

    kind: Literal["FiLM"] = "FiLM"

    def weight_shapes(self, prefix: str, inputs: int, conditioning: int) -> Shapes:
        return {f"{prefix}weight": (2 * inputs, conditioning), f"{prefix}bias": (2 * inputs,)}

    @property
    def conditioned(self) -> bool:
        return True


class KnobInputs(BaseLayer):
    """Appends the raw position (0 to 1) of every knob as a channel."""

    kind: Literal["KnobInputs"] = "KnobInputs"
    knobs: Width

    def outputs(self, inputs: int) -> int:
        return inputs + self.knobs

    @property
    def knob_inputs(self) -> frozenset[int]:
        return frozenset({self.knobs})
