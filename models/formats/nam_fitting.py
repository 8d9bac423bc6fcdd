"""Fitting a net to .nam: layers that its architectures have not, as WaveNets that sound the same.

What carries it: a WaveNet of .nam may have a whole net as its condition, a leaky ReLU of slope 1 changes nothing, and the
convolution behind a stack may have any kernel. So a skip around an LSTM is a WaveNet that adds its input to its condition, a
compressor's gain is a gated one, a TCN is one array, and matrices with curves between them are WaveNets within each other.
These are options of version 0.7.0.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..bake_layers import Affine, Part, Weights, behind, joined, split
from ..folding import as_convolution, scale_and_shift
from ..spec import LSTM, Activation, BatchNorm, Conv1d, Conv2d, Dense, Gain, Multiply, Residual
from .nam_fitting_tcn import leading_blocks, tcn_as_wavenet
from .nam_fitting_wavenet import IDENTITY, one_by_one, stage, together
from .nam_net import CURVES, Net

SIMPLE = (Activation, Conv1d, Dense)


def fitted(net: Net) -> Net:
    """Return `net` in layers that .nam has, as far as there are any: what is left over is for the writer to refuse."""
    parts = _run(split(net.layers, net.weights, ""), net.input_channels)
    layers, weights = joined(parts, "")
    return replace(net, layers=layers, weights={name: array.astype(np.float32) for name, array in weights.items()})


def plain(parts: Sequence[Part], inputs: int) -> list[Part]:
    """Return `parts` with gains and normalisations in the matrices beside them, these in time alone; bodies too."""
    done: list[Part] = []
    pending: Affine | None = None
    for part in parts:
        entering, inputs = inputs, part.layer.outputs(inputs)
        if isinstance(part.layer, Gain | BatchNorm):
            scale, shift = np.full(entering, 10 ** (getattr(part.layer, "level_db", 0.0) / 20)), np.zeros(entering)
            if isinstance(part.layer, BatchNorm):
                scale, shift = scale_and_shift(part.layer, part.weights, "", entering)
            affine = Affine(np.diag(scale), shift, entering)
            done, pending = (done, pending.followed_by(affine)) if pending else behind(done, affine)
            continue
        if isinstance(part.layer, Conv2d):
            weight, bias, dilation, _ = as_convolution(part.layer, part.weights, "", entering)
            layer = Conv1d(channels=inputs, kernel_size=weight.shape[2], dilation=dilation, bias=bias is not None)
            part = Part(layer, {"weight": weight, **({} if bias is None else {"bias": bias})})
        if pending and isinstance(part.layer, Residual | Multiply):
            part, pending = _before_both(part, pending), None
        elif pending:
            folded = pending.into(part)
            done += [] if folded else [pending.part]
            part, pending = folded or part, None
        done.append(_plain_inside(part, entering))
    return [*done, pending.part] if pending else done


def _before_both(part: Part, affine: Affine) -> Part:
    """Return two paths that both start with `affine`, which stood before them."""
    lists, weights = {}, Weights()
    for name, layers in part.layer.paths():
        inner = split(layers, part.weights, f"{name}.")
        folded = affine.into(inner[0]) if inner else None
        lists[name], found = joined([folded, *inner[1:]] if folded else [affine.part, *inner], f"{name}.")
        weights.update(found)
    return Part(part.layer.model_copy(update=lists), weights)


def _plain_inside(part: Part, inputs: int) -> Part:
    if not isinstance(part.layer, Residual | Multiply):
        return part
    body, weights = joined(plain(split(part.layer.body, part.weights, "body."), inputs), "body.")
    beside, more = joined(plain(split(part.layer.shortcut, part.weights, "shortcut."), inputs), "shortcut.")
    return Part(part.layer.model_copy(update={"body": body, "shortcut": beside}), {**weights, **more})


def _run(parts: Sequence[Part], inputs: int) -> list[Part]:
    parts, done, at, width = plain(parts, inputs), [], 0, inputs
    while at < len(parts):
        part, entering = parts[at], width
        blocks = leading_blocks(parts[at:], width)
        if blocks:
            made, taken = tcn_as_wavenet(parts[at:], blocks, width)
            done, at, width = [*done, made], at + taken, made.layer.outputs(width)
            continue
        width = part.layer.outputs(width)
        if isinstance(part.layer, SIMPLE):
            taken, made = _stage(parts[at:], done, inputs, entering)
            if made is not None:
                done, at, width = [made], at + taken, made.layer.outputs(inputs)
                continue
        elif isinstance(part.layer, Residual | Multiply):
            part = _side_by_side(part, entering) or part
        done, at = [*done, part], at + 1
        following = parts[at].layer if at < len(parts) else None
        goes_on = isinstance(following, LSTM) and following.hidden == getattr(part.layer, "hidden", None)
        if isinstance(part.layer, LSTM) and not (goes_on or isinstance(following, Dense)):
            done.append(Part(Dense(channels=width, bias=False), {"weight": np.eye(width)}))
    return done


def _stage(parts: Sequence[Part], done: list[Part], inputs: int, entering: int) -> tuple[int, Part | None]:
    """Return how many of `parts` make a stage (matrix, curve, convolution: each may be missing), and it behind `done`."""
    layers, taken = [part.layer for part in parts[:3]], 0
    matrix = curve = convolution = None
    reads = done[-1].layer if done else None
    if isinstance(reads, LSTM) and isinstance(layers[0], Dense):
        return 0, None  # its own head
    followed = len(layers) > 1 and isinstance(layers[1], Activation)
    if followed and not isinstance(layers[0], Activation) and (not done or one_by_one(parts[0], entering)):
        matrix, taken = parts[0], 1
    if taken < len(layers) and isinstance(layers[taken], Activation):
        if layers[taken].name not in CURVES.values():
            return 0, None
        curve, taken = parts[taken], taken + 1
    if taken < len(layers) and isinstance(layers[taken], Conv1d | Dense):
        convolution, taken = parts[taken], taken + 1
    return taken, stage(done, inputs, entering, matrix, curve, convolution)


def _side_by_side(part: Part, inputs: int) -> Part | None:
    """Return a skip or a gain as a WaveNet whose condition is the body; None where the shortcut is no matrix."""
    layer, outputs = part.layer, part.layer.outputs(inputs)
    body, beside = (split(layers, part.weights, f"{name}.") for name, layers in layer.paths())
    found = (np.eye(outputs, inputs), np.zeros(outputs))
    if beside:
        found = one_by_one(beside[0], inputs) if len(beside) == 1 else None
    if found is None:
        return None
    gate, last = None, body[-1].layer
    if isinstance(layer, Multiply):
        gate = (
            last if isinstance(last, Activation) and last.name in CURVES.values() and "slopes" not in body[-1].weights else None
        )
        gate, body = (gate, body[:-1]) if gate else (IDENTITY, body)
    return together(_run(body, inputs), inputs, *found, gate)
