"""The architectures of .nam that hold whole models: SlimmableContainer and Sequential."""

from dataclasses import replace
from itertools import pairwise

from .nam_net import MOST_MODELS, NamObject, Net, in_series


def read_slimmable_container(item: NamObject) -> Net:
    """Read the model whose size `options.slim` asks for: the first whose `max_value` is above it, else the last."""
    item.node["weights"].entries(0, 0)
    entries = item.config["submodels"].entries(1, MOST_MODELS)
    limits = [entry["max_value"].number() for entry in entries]
    if any(a >= b for a, b in pairwise(limits)) or limits[-1] < 1.0:
        raise item.config["submodels"].problem("max_value must rise from model to model, the last to 1 or above")
    nets = [item.nested(entry["model"], replace(item.options, slim=None)) for entry in entries]
    rates = [item.common_rate(net, entry) for net, entry in zip(nets, entries, strict=True)]
    slim = item.options.slim
    chosen = len(nets) - 1 if slim is None else next((i for i, m in enumerate(limits) if slim < m), len(nets) - 1)
    return replace(nets[chosen], sample_rate=rates[chosen])


def read_sequential(item: NamObject) -> Net:
    """Read models in series."""
    item.node["weights"].entries(0, 0)
    entries = item.config["models"].entries(1, MOST_MODELS)
    nets = [item.nested(entry, item.options) for entry in entries]
    rate = item.sample_rate
    for net, entry in zip(nets, entries, strict=True):
        rate = replace(item, sample_rate=rate).common_rate(net, entry)
    layers, weights, prewarm_samples = in_series(nets)
    return Net(layers, weights, nets[0].input_channels, rate, prewarm_samples)
