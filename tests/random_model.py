"""A model with random weights: it sounds like nothing, and is played, saved and compared like any other."""

import numpy as np

from wetdry.models import Model


def random_model(spec, seed=0, scale=0.3, training=None):
    generator = np.random.default_rng(seed)
    weights = {n: (scale * generator.standard_normal(s)).astype(np.float32) for n, s in spec.weight_shapes.items()}
    return Model(spec, weights, training or {})
