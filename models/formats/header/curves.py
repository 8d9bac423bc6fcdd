"""Which C++ curve an activation is."""

from ...errors import CannotHold
from ...spec import Activation
from .packing import number

PLAIN = {
    "tanh": ("tanh", "Tanh"), "sigmoid": ("tanh", "Sigmoid"),
    "fast_tanh": ("fast_tanh", "FastTanh"), "fast_sigmoid": ("fast_tanh", "FastSigmoid"),
    "silu": ("exponential", "Silu"), "relu": ("curves", "Relu"), "hardswish": ("curves", "HardSwish"),
    "softsign": ("curves", "SoftSign"),
}  # fmt: skip
SETTINGS = {
    "leaky_relu": ("curves", "LeakyRelu", ("slope",)), "hardtanh": ("curves", "HardTanh", ("minimum", "maximum")),
    "leaky_hardtanh": ("curves", "LeakyHardTanh", ("minimum", "maximum", "minimum_slope", "maximum_slope")),
    "elu": ("exponential", "Elu", ("alpha",)),
}  # fmt: skip


def curve_of(layer: Activation) -> tuple[str, str]:
    """Return (the file of `parts/` that has the curve, the C++ expression that makes it)."""
    if layer.name in PLAIN:
        part, name = PLAIN[layer.name]
        return part, f"{name}()"
    if layer.name not in SETTINGS:
        raise CannotHold("header", "Activation.name", f"no C++ is written for {layer.name}; write a .safetensors file instead")
    part, name, fields = SETTINGS[layer.name]
    return part, f"{name}{{{', '.join(number(getattr(layer, field)) for field in fields)}}}"
