"""What every layer of a spec answers, and the activations."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, FiniteFloat

from ..errors import InvalidValue
from .plain import Plain, Shapes, Width

ACTIVATIONS = Literal[
    "tanh", "fast_tanh", "hardtanh", "relu", "leaky_relu", "prelu", "sigmoid", "fast_sigmoid", "silu", "hardswish",
    "leaky_hardtanh", "softsign", "elu", "softmax",
]  # fmt: skip


class BaseLayer(Plain):
    """One step of a net: a signal of some channels in, a signal of as many samples out, never looking ahead.

    What lies before the first sample counts as zeros at every layer's own input.
    """

    def outputs(self, inputs: int) -> int:
        """Return the channels that leave for `inputs` channels that enter. Raises InvalidValue where they do not fit."""
        return inputs

    def weight_shapes(self, prefix: str, inputs: int, conditioning: int) -> Shapes:
        """Return name → shape; `conditioning` is the length of the vector every FiLM reads."""
        return {}

    def multiply_adds(self, inputs: int) -> int:
        """Return multiply-adds a sample, activations and FiLM not counted."""
        return 0

    @property
    def receptive_field(self) -> int:
        """Input samples that one output sample depends on; a state is not counted."""
        return 1

    @property
    def time_constants(self) -> tuple[float, ...]:
        """The longest time constant, in samples, of each state space in it: how long a state rings."""
        within = (layer for name in ("body", "shortcut", "condition") for layer in getattr(self, name, ()))
        return tuple(samples for layer in within for samples in layer.time_constants)

    @property
    def conditioned(self) -> bool:
        """Whether any part needs the conditioning vector."""
        return False

    @property
    def knob_inputs(self) -> frozenset[int]:
        """How many knobs enter as channels of the signal, at every place where they do."""
        return frozenset()


class Activation(BaseLayer):
    """A curve applied to every value; `softmax` alone mixes the channels of a sample.

    Attributes:
        name: tanh (within 3e-7), sigmoid, silu = x sigmoid(x), softsign = x / (1 + |x|), relu,
            fast_tanh and fast_sigmoid (NAM's rational approximations, 4e-4),
            hardtanh: clipped to `minimum` … `maximum`; leaky_hardtanh: outside it the slope is
            `minimum_slope` and `maximum_slope`; hardswish = x clip(x + 3, 0, 6) / 6;
            leaky_relu: x below 0 times `slope`; prelu: the same with learned slopes, one or one a channel (`slopes`);
            elu: `alpha` (exp(x) - 1) below 0; softmax over the channels.
    """

    kind: Literal["Activation"] = "Activation"
    name: ACTIVATIONS
    slope: FiniteFloat = 0.01
    minimum: FiniteFloat = -1.0
    maximum: FiniteFloat = 1.0
    minimum_slope: FiniteFloat = 0.01
    maximum_slope: FiniteFloat = 0.01
    alpha: FiniteFloat = 1.0
    slopes: Width = 1

    def outputs(self, inputs: int) -> int:
        """Return `inputs`; a prelu has one slope or one a channel."""
        if self.name == "prelu" and self.slopes not in (1, inputs):
            raise InvalidValue(f"Activation.slopes: {self.slopes} slopes for {inputs} channels; 1 or {inputs} are needed")
        return inputs

    def weight_shapes(self, prefix: str, inputs: int, conditioning: int) -> Shapes:
        """Return the slopes of a prelu; nothing else has weights."""
        return {f"{prefix}slopes": (self.slopes,)} if self.name == "prelu" else {}


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


Curve = Annotated[Activation, BeforeValidator(_named)]  # a plain name is enough where an activation has no settings
