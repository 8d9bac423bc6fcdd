"""Models with seeded weights: what a network costs does not depend on what it learned."""

import math

import numpy as np

from ...models.model import Model
from ...models.parameter import Parameter
from ...models.spec import GRU, LSTM, Dense, ModelSpec, WaveNet, WaveNetArray, tcn

RATE = 48000.0
_FIRST = (1, 2, 4, 8, 16, 32, 64)
_SECOND = (128, 256, 512, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_TEN = tuple(2**i for i in range(10))


def seeded_model(spec: ModelSpec, seed: int = 0) -> Model:
    """Return a model with uniform weights of the scale torch starts from; variances are positive."""
    generator, weights = np.random.default_rng(seed), {}
    for name, shape in spec.weight_shapes.items():
        reach = math.prod(shape[1:] or shape) ** -0.5
        values = generator.uniform(-reach, reach, shape)
        weights[name] = (0.5 + np.abs(values) if name.endswith("variance") else values).astype(np.float32)
    return Model(spec, weights)


def recurrent(kind: type[LSTM] | type[GRU], hidden: int) -> ModelSpec:
    """Return one recurrent layer and a dense output, as GuitarML and AIDA-X shape them."""
    return ModelSpec(sample_rate=RATE, layers=(kind(hidden=hidden), Dense(channels=1)))


def nam_wavenet(channels: int, head: int, first: tuple[int, ...], second: tuple[int, ...]) -> ModelSpec:
    """Return a WaveNet as NAM's trainer shapes its presets: two arrays, the second as wide as the first one's head."""
    arrays = (WaveNetArray(channels=channels, dilations=first, head_channels=head, head_bias=False, film=False),
              WaveNetArray(channels=head, dilations=second, film=False))  # fmt: skip
    return ModelSpec(sample_rate=RATE, layers=(WaveNet(arrays=arrays, head_scale=0.02),))


def wavenet_standard() -> ModelSpec:
    """NAM's standard preset: 13,801 weights beside the scale of the head."""
    return nam_wavenet(16, 8, _TEN, _TEN)


def wavenet_nano() -> ModelSpec:
    """NAM's nano preset: 841 weights beside the scale of the head."""
    return nam_wavenet(4, 2, _FIRST, _SECOND)


def tcn_300() -> ModelSpec:
    """TCN-300 with two FiLM knobs, at 48 kHz."""
    return tcn(RATE, (Parameter("threshold"), Parameter("reduction")))
