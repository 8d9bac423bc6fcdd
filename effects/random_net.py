"""Random nets: drawn from a seed, centred on silence, their level measured."""

import math
from functools import cache
from typing import Any

import numpy as np

from ..models.errors import InvalidType, InvalidValue
from ..models.model import Model
from ..models.spec import Activation, Conv1d, ModelSpec
from .kernels.program import Part, Program
from .kernels.randomized_overdrive import DRIVES_DB
from .neural import compile_model

# Each activation with the gain that keeps the size of a signal from layer to layer (as torch.nn.init.calculate_gain)
GAINS = {"tanh": 5 / 3, "hardtanh": 5 / 3, "softsign": 5 / 3, "sigmoid": 1.0, "relu": math.sqrt(2), "leaky_relu": math.sqrt(2),
         "elu": math.sqrt(2), "silu": math.sqrt(2)}  # fmt: skip
BIAS_SPREAD = 0.25  # of the weights' own
LONGEST_SAMPLES = 96_000
TRIES = 64  # of drawing a net that lets sound through
FAINTEST = 3e-5  # RMS of what it lets through, of its idle value: float32 rounds at 6e-8 of that
MEASURED_SECONDS, MEASURED_DBFS = 0.5, -22.0


def checked(name: str, value: Any, low: float, high: float, whole: bool = True) -> Any:
    """Return a constructor's number; raises InvalidType or InvalidValue naming it."""
    kinds = int | np.integer if whole else int | float | np.integer | np.floating
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise InvalidType(f"{name} is a {'whole ' if whole else ''}number, got {value!r}")
    if not low <= value <= high:
        raise InvalidValue(f"{name} = {value} is out of range [{low}, {high}]")
    return int(value) if whole else float(value)


def random_spec(layers: int, kernel_size: int, channels: int, activation: str, dilation_growth: int) -> ModelSpec:
    """Return the net: dilated convolutions with an activation after each, then a 1x1 convolution to one channel."""
    if activation not in GAINS:
        raise InvalidValue(f"activation = {activation!r} is not one of {', '.join(GAINS)}")
    longest = 1 + (kernel_size - 1) * sum(dilation_growth**i for i in range(layers))
    if longest > LONGEST_SAMPLES:
        raise InvalidValue(f"these layers reach {longest} samples back, {LONGEST_SAMPLES} are allowed; "
                           "take fewer layers, a smaller kernel_size or dilation_growth")  # fmt: skip
    body: list[Any] = []
    for i in range(layers):
        body.append(Conv1d(channels=channels, kernel_size=kernel_size, dilation=dilation_growth**i))
        body.append(Activation.model_validate({"name": activation}))
    return ModelSpec(sample_rate=48000.0, layers=(*body, Conv1d(channels=1)))


def drawn(spec: ModelSpec, activation: str, weight_spread: float, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Return weights from `random`: normal, `weight_spread` times the size that keeps a signal's."""
    weights = {}
    for name, shape in spec.weight_shapes.items():
        fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 1
        last = name.startswith(f"layers.{len(spec.layers) - 1}.")
        spread = weight_spread * (1.0 if last else GAINS[activation]) / math.sqrt(fan_in)
        spread = BIAS_SPREAD * weight_spread if len(shape) == 1 else spread
        weights[name] = (spread * random.standard_normal(shape)).astype(np.float32)
    return weights


def played(model: Model, audio: np.ndarray) -> np.ndarray:
    """Return rows of audio, each played by the net, from its idle."""
    net = compile_model(model, len(audio))
    silence = model.spec.silence_before
    program = Program([Part(net.kernel, (), net.memory, net.state, net.weights, silence)], model.spec.sample_rate, len(audio))
    program.reset(np.zeros(0))
    wet = np.ascontiguousarray(audio, np.float32)
    program.process(wet)
    return wet


@cache
def guitar_like(sample_rate: float) -> np.ndarray:
    """Return half a second of plucked, decaying notes at -22 dBFS RMS, always the same."""
    random = np.random.default_rng(1961)
    seconds = np.arange(int(MEASURED_SECONDS * sample_rate)) / sample_rate
    audio = np.zeros(len(seconds))
    for start in np.arange(8) * MEASURED_SECONDS / 8:
        since = np.maximum(seconds - start, 0.0)
        frequency = 82.4 * 2.0 ** random.uniform(0.0, 3.0)
        for partial in range(1, 13):
            phase = 2.0 * math.pi * (frequency * partial * since + random.uniform())
            audio += (seconds >= start) * np.sin(phase) * np.exp(-since * (3.0 + partial)) / partial
    return audio * 10.0 ** (MEASURED_DBFS / 20.0) / np.sqrt(np.mean(audio**2))


def heard(model: Model, sample_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return (dry, wet): `guitar_like` alone, and a row of what the net makes of it at each of DRIVES_DB, without DC."""
    dry = guitar_like(sample_rate)
    wet = played(model, np.outer(10.0 ** (np.array(DRIVES_DB) / 20.0), dry)).astype(np.float64)
    return dry, wet - wet.mean(axis=1, keepdims=True)


def levels_db(model: Model, sample_rate: float) -> np.ndarray:
    """Return the gains that bring the net's output to the RMS of its input, one for each of DRIVES_DB."""
    dry, wet = heard(model, sample_rate)
    return 10.0 * np.log10(np.mean(dry**2) / np.mean(wet**2, axis=1))


def random_net(seed: int, spec: ModelSpec, activation: str, weight_spread: float) -> Model:
    """Return the net of a seed: silence stays silence, and what enters upwards leaves upwards.

    A net that lets hardly anything through (rectifiers that never open) is drawn anew, from the same stream of numbers.

    Raises InvalidValue where none of 64 nets lets anything through.
    """
    random = np.random.default_rng(seed)
    last = f"layers.{len(spec.layers) - 1}."
    for _ in range(TRIES):
        with np.errstate(over="ignore", invalid="ignore"):
            weights = drawn(spec, activation, weight_spread, random)
            idle = played(Model(spec, weights), np.zeros((1, 1), np.float32))[0, 0]
            weights[f"{last}bias"] = weights[f"{last}bias"] - idle
            dry, wet = heard(Model(spec, weights), spec.sample_rate)
            alive = bool(np.isfinite(wet).all() and np.sqrt(np.mean(wet**2, axis=1)).min() > max(FAINTEST * abs(idle), 1e-15))
        if alive:
            turned = 1.0 if wet[len(wet) // 2] @ dry >= 0 else -1.0
            weights.update({name: np.float32(turned) * weights[name] for name in (f"{last}weight", f"{last}bias")})
            return Model(spec, weights)
    raise InvalidValue(f"no net of seed {seed} lets sound through; take fewer layers or a larger weight_spread")
