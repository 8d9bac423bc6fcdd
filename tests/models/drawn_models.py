"""Models drawn for the writers of JSON."""

import json

from random_specs import drawn_weights

from wetdry.models import Model, ModelSpec, Parameter
from wetdry.models.spec import Residual

RATE = 44100.0


def made(*layers, knobs=(), seed=0, **more):
    spec = ModelSpec(sample_rate=RATE, layers=layers, knobs=tuple(Parameter(k) for k in knobs), **more)
    return Model(spec, drawn_weights(spec, seed))


def written(model, folder, format):
    path = folder / f"{format}.json"
    model.save(path, format)
    return path, json.loads(path.read_text())


def skipped(*layers):
    return Residual(body=layers)
