"""Layers that remember for seconds, as calls: state spaces, and the FiLM that follows the signal's level."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ...spec import GRU, LSTM, ModelSpec, StateSpace, TemporalFiLM
from .packing import LINE, packed_matrix
from .program import TILE, View
from .recurrent import UNITS, gates_side_by_side

if TYPE_CHECKING:
    from .walk import Walk

CHANNELS = 8  # state_space.hpp fills channels up to a multiple of so many


def state_space(walk: "Walk", layer: StateSpace, source: View, at: str) -> View:
    """Append a state space; return its rows."""
    program, weights, channels = walk.program, walk.weights, source.channels
    factors = coefficients(layer, {n: weights[f"{at}{n}"].astype(np.float64) for n in ("time", "frequency", "output")})
    rows = np.concatenate([weights[f"{at}direct"][None], factors.reshape(-1, channels)])
    width = -(-channels // CHANNELS) * CHANNELS
    full = np.zeros((len(rows), width))
    full[:, :channels] = rows
    name = f"state_space_{at.rstrip('.').replace('.', '_')}"
    program.members.append(f"detail::StateSpace<{channels}, {layer.pairs}> {name};")
    program.member_floats += 4 * layer.pairs * width
    program.clears.append(f"{name}.clear();")
    out = walk.rows(at, channels)
    packed = program.pack(f"{at}states", full, f"{channels} channels, {layer.pairs} pairs of each", precise=True)
    program.call("state_space", f"{name}.play", [out, source], packed, "settling && column == 0")
    return out


def coefficients(layer: StateSpace, weights: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return pole, output factor and 1 / (1 - pole) of every pair, float64 (pairs, 6, channels), real parts first."""
    along = 0.5 * (1.0 + np.tanh(0.5 * weights["time"]))
    decay = 1.0 / (layer.shortest_samples * (layer.longest_samples / layer.shortest_samples) ** along)
    pole = np.exp(decay * (-1.0 + 1j * weights["frequency"]))
    factor = -2.0 * np.expm1(-decay) * (weights["output"][..., 0] + 1j * weights["output"][..., 1])
    parts = [part for value in (pole, factor, 1.0 / (1.0 - pole)) for part in (np.real(value), np.imag(value))]
    return np.stack(parts).transpose(2, 0, 1)


def silence_before(spec: ModelSpec) -> tuple[int, bool]:
    """Return (samples of silence to play at a start, whether state spaces settle at once in it).

    A constant input brings a state space to a place that is known: with nothing but convolutions beside it, a few tiles of
    silence do what its whole memory of silence would.
    """
    lasting = sum(len(layer.time_constants) for layer in spec.layers)
    if spec.prewarm_samples is not None or not lasting or any(map(_remembers_otherwise, spec.layers)):
        return spec.silence_before, False
    return spec.receptive_field + (1 + lasting) * TILE, True


def _remembers_otherwise(layer: Any) -> bool:
    inner = [part for name in ("body", "shortcut", "condition") for part in getattr(layer, name, ())]
    return isinstance(layer, LSTM | GRU | TemporalFiLM) or any(map(_remembers_otherwise, inner))


def temporal_film(walk: "Walk", layer: TemporalFiLM, source: View, at: str, out: View) -> View:
    """Append a FiLM that follows the signal, into `out`; return that."""
    program, weights, channels = walk.program, walk.weights, source.channels
    ih, hh, b_ih, b_hh = (weights[f"{at}{n}"] for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    gates = packed_matrix(*gates_side_by_side(np.concatenate([ih, hh], 1), b_ih + b_hh, 4))
    film = packed_matrix(weights[f"{at}weight"], weights[f"{at}bias"])
    packed = [program.pack(f"{at}gates", gates, f"the bias, then {channels} peaks and {layer.hidden} units; 4 gates"),
              program.pack(f"{at}film", film, "the bias, then each unit; scales before shifts")]  # fmt: skip
    name = f"temporal_film_{at.rstrip('.').replace('.', '_')}"
    program.members.append(f"detail::TemporalFilm<{channels}, {layer.hidden}, {layer.block_samples}> {name};")
    program.member_floats += 3 * channels + 2 * (layer.hidden + UNITS) + LINE
    program.clears.append(f"{name}.clear({packed[1]});")
    program.call("temporal_film", f"{name}.play", [out, source], *packed)
    return out
