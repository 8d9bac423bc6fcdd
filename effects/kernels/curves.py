"""The activations as vector code: branch-free float32, one result a lane whatever stands in the others."""

from collections.abc import Callable

from llvmlite import ir

from ...models.spec import Activation
from .code import Code, Value

# Rational minimax fit n / d = x P(x²) / Q(x²) to tanh(x / 2), so that tanh(x) = 2 n d / (n² + d²) is right to 8e-9 of its
# value on [-9, 9] (reweighted linear least squares). The double angle levels rounding in n and d where tanh bends
# towards 1: at most 2.3e-7 off over all float32, with fused multiply-adds or without.
TANH_P = (0.49999999641, 0.014883833231, 5.706485223e-05)
TANH_Q = (1.0, 0.11310095079, 0.0012059183633, 1.2266033169e-06)
# NAM's rational approximation, with |x|: denominator and numerator (its fast_tanh, 4.4e-4 off at most below |x| = 12)
FAST_P = (2.45550750702956, 0.893229853513558, 0.821226666969744)
FAST_Q = (2.44506634652299, 0.814642734961073)
LOG2_E, LN_2_HIGH, LN_2_LOW = 1.4426950408889634, 0.693359375, -2.12194440054690583e-4
EXP = (1.0, 1.0, 0.5, 0.16666666, 0.041666485, 0.0083360467, 0.0013934344)  # exp on ±ln 2 / 2


def tanh_fraction(code: Code, x: Value) -> tuple[Value, Value]:
    """tanh within 2.3e-7, as numerator and denominator (1 to 750)."""
    b = code.builder
    x = code.maximum(code.minimum(x, code.real(9.0)), code.real(-9.0))
    u = b.fmul(x, x)
    n, d = b.fmul(x, code.polynomial(u, TANH_P)), code.polynomial(u, TANH_Q)
    return b.fmul(b.fadd(n, n), d), code.multiply_add(n, n, b.fmul(d, d))


def tanh(code: Code, x: Value) -> Value:
    """tanh within 3e-7."""
    return code.builder.fdiv(*tanh_fraction(code, x))


def sigmoid(code: Code, x: Value) -> Value:
    """Logistic function within 2e-7."""
    half = code.real(0.5)
    return code.multiply_add(half, tanh(code, code.builder.fmul(half, x)), half)


def magnitude(code: Code, x: Value) -> Value:
    """|x|."""
    return code.maximum(x, code.builder.fneg(x))


def fast_tanh(code: Code, x: Value) -> Value:
    """NAM's approximation of tanh (its limit is 1.008; x beyond ±1e9 counts as that, so that x⁴ stays finite)."""
    b = code.builder
    x = code.maximum(code.minimum(x, code.real(1e9)), code.real(-1e9))
    size, u = magnitude(code, x), b.fmul(x, x)
    first, second, third = (code.real(c) for c in FAST_P)
    inner = code.multiply_add(code.multiply_add(third, size, second), u, code.multiply_add(first, size, first))
    weight = magnitude(code, code.multiply_add(b.fmul(code.real(FAST_Q[1]), x), size, x))
    below = code.multiply_add(b.fadd(code.real(FAST_Q[0]), u), weight, code.real(FAST_Q[0]))
    return b.fdiv(b.fmul(x, inner), below)


def fast_sigmoid(code: Code, x: Value) -> Value:
    """Half of fast_tanh(x / 2), plus a half."""
    half = code.real(0.5)
    return code.multiply_add(half, fast_tanh(code, code.builder.fmul(half, x)), half)


def exponential(code: Code, x: Value) -> Value:
    """exp within 2e-7 of its value, x clipped to ±87."""
    b = code.builder
    x = code.maximum(code.minimum(x, code.real(87.0)), code.real(-87.0))
    integers = ir.VectorType(ir.IntType(32), code.lanes) if code.lanes > 1 else ir.IntType(32)
    scaled = code.multiply_add(x, code.real(LOG2_E), code.real(127.5))  # positive: truncation is the floor
    exponent = b.fptosi(scaled, integers)
    power = b.bitcast(b.shl(exponent, _integers(integers, 23)), code.vector)
    n = b.fsub(b.sitofp(exponent, code.vector), code.real(127.0))
    rest = code.multiply_add(n, code.real(-LN_2_LOW), code.multiply_add(n, code.real(-LN_2_HIGH), x))
    return b.fmul(code.polynomial(rest, EXP), power)


def _integers(kind, value: int) -> Value:
    return ir.Constant(kind, [value] * kind.count if hasattr(kind, "count") else value)


def _leaky(code: Code, x: Value, slope: Value) -> Value:
    zero = code.real(0.0)
    return code.multiply_add(slope, code.minimum(x, zero), code.maximum(x, zero))


def _leaky_hardtanh(code: Code, x: Value, curve: Activation) -> Value:
    b = code.builder
    low, high = code.real(curve.minimum), code.real(curve.maximum)
    below, above = code.minimum(b.fsub(x, low), code.real(0.0)), code.maximum(b.fsub(x, high), code.real(0.0))
    inside = code.maximum(code.minimum(x, high), low)
    inside = code.multiply_add(code.real(curve.minimum_slope), below, inside)
    return code.multiply_add(code.real(curve.maximum_slope), above, inside)


def _silu(code: Code, x: Value) -> Value:
    """x · sigmoid(x), with a sigmoid that is right to its last digit also where it is next to 0."""
    b = code.builder
    below = b.fadd(code.real(1.0), exponential(code, b.fneg(x)))
    return b.fdiv(code.maximum(x, code.real(-87.0)), below)


def _elu(code: Code, x: Value, alpha: float) -> Value:
    zero, one = code.real(0.0), code.real(1.0)
    below = code.builder.fsub(exponential(code, code.minimum(x, zero)), one)
    return code.multiply_add(code.real(alpha), below, code.maximum(x, zero))


def apply(code: Code, curve: Activation, x: Value, slope: Value | None = None) -> Value:
    """Return the activation of `x`; `slope` is a prelu's. `softmax` is no curve: it needs all channels."""
    b = code.builder
    plain: dict[str, Callable[[], Value]] = {
        "tanh": lambda: tanh(code, x),
        "fast_tanh": lambda: fast_tanh(code, x),
        "sigmoid": lambda: sigmoid(code, x),
        "fast_sigmoid": lambda: fast_sigmoid(code, x),
        "relu": lambda: code.maximum(x, code.real(0.0)),
        "leaky_relu": lambda: _leaky(code, x, code.real(curve.slope)),
        "prelu": lambda: _leaky(code, x, slope),
        "silu": lambda: _silu(code, x),
        "softsign": lambda: b.fdiv(x, b.fadd(code.real(1.0), magnitude(code, x))),
        "hardtanh": lambda: code.maximum(code.minimum(x, code.real(curve.maximum)), code.real(curve.minimum)),
        "leaky_hardtanh": lambda: _leaky_hardtanh(code, x, curve),
        "hardswish": lambda: b.fmul(x, _hard_sigmoid(code, x)),
        "elu": lambda: _elu(code, x, curve.alpha),
    }
    return plain[curve.name]()


def _hard_sigmoid(code: Code, x: Value) -> Value:
    shifted = code.builder.fadd(x, code.real(3.0))
    clipped = code.maximum(code.minimum(shifted, code.real(6.0)), code.real(0.0))
    return code.builder.fmul(clipped, code.real(1.0 / 6.0))
