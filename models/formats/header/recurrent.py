"""LSTM and GRU as calls: gates side by side, each filled up to whole vectors."""

from typing import TYPE_CHECKING

import numpy as np

from ...spec import GRU, LSTM
from .packing import packed_matrix
from .program import View

if TYPE_CHECKING:
    from .walk import Walk

UNITS = 8  # a gate is filled up to a multiple of so many


def recurrent(walk: "Walk", layer: LSTM | GRU, source: View, at: str) -> View:
    """Append an LSTM or GRU; return its rows."""
    program, weights = walk.program, walk.weights
    out = walk.rows(at, layer.hidden)
    name, gates = f"{layer.kind.lower()}_{at.rstrip('.').replace('.', '_')}", 4 if isinstance(layer, LSTM) else 3
    curves = ", ".join(f"detail::{'Fast' if layer.activation == 'fast' else ''}{name}" for name in ("Tanh", "Sigmoid"))
    program.parts |= {"recurrent", "fast_tanh" if layer.activation == "fast" else "tanh"}
    kind = layer.kind.capitalize()
    program.members.append(f"detail::{kind}<{source.channels}, {layer.hidden}, {curves}> {name};")
    program.member_floats += source.channels + 3 * (layer.hidden + UNITS)
    ih, hh, b_ih, b_hh = (weights[f"{at}{n}"] for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    if isinstance(layer, LSTM):
        both, bias = np.concatenate([ih, hh], 1), b_ih + b_hh
        packed = [_packed(walk, f"{at}weight", both, bias, gates)]
    else:
        packed = [_packed(walk, f"{at}input", ih, b_ih, gates), _packed(walk, f"{at}state", hh, b_hh, gates)]
    states = ("initial_hidden", "initial_cell")[: 2 if isinstance(layer, LSTM) else 1]
    starts = [program.pack(f"{at}{s}", weights[f"{at}{s}"]) if layer.initial_state else "nullptr" for s in states]
    program.clears.append(f"{name}.clear({', '.join(starts)});")
    program.call("recurrent", f"{name}.play", [out, source], *packed)
    return out


def gates_side_by_side(matrix: np.ndarray, bias: np.ndarray, gates: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (gates · hidden, inputs) and (gates · hidden,) with every gate's rows filled up to whole vectors."""
    hidden = len(bias) // gates
    units = -(-hidden // UNITS) * UNITS
    full, biases = np.zeros((gates, units, matrix.shape[1]), np.float32), np.zeros((gates, units), np.float32)
    full[:, :hidden], biases[:, :hidden] = matrix.reshape(gates, hidden, -1), bias.reshape(gates, hidden)
    return full.reshape(gates * units, -1), biases.ravel()


def _packed(walk: "Walk", name: str, matrix: np.ndarray, bias: np.ndarray, gates: int) -> str:
    packed = packed_matrix(*gates_side_by_side(matrix, bias, gates))
    return walk.program.pack(name, packed, f"the bias, then {matrix.shape[1]} inputs; {gates} gates")
