"""Layers that remember for seconds, as calls: state spaces, and the FiLM that follows the signal's level."""

from typing import TYPE_CHECKING

import numpy as np

from ...spec import StateSpace, TemporalFiLM
from ...state_spaces import coefficients
from .packing import LINE, packed_matrix
from .program import View
from .recurrent import UNITS, gates_side_by_side

if TYPE_CHECKING:
    from .walk import Walk

CHANNELS = 8  # state_space.hpp fills channels up to a multiple of so many


def state_space(walk: "Walk", layer: StateSpace, source: View, at: str) -> View:
    """Append a state space; return its rows."""
    program, weights, channels = walk.program, walk.weights, source.channels
    factors = coefficients(layer, weights, at)
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
