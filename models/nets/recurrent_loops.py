"""Forward and backward of an LSTM and a GRU over a whole segment, compiled, a batch side by side in the vector registers.

With B items, a multiple of `FEW_STEP`, H hidden, I inputs and T samples, all float32 and whole in memory:

    heard   (T + 1, H + I + 1, B)   before sample t: the hidden state, the input, ones
    gates   (T, 4 H, B)             LSTM: i, f, g, o; GRU: r, z, what the state gives n, n; backward turns them into gradients
    cells   (T + 1, H, B)           LSTM: the cell before sample t
    curved  (T, H, B)               LSTM: tanh of the cell after it

For answers alone `gates` and `curved` hold one sample, which every next one overwrites.
"""

from typing import Any

import numba
import numpy as np

from .array_loops import curved_tanh
from .row_vectors import weigh_few

compiled: Any = numba.njit
loop: Any = numba.njit(nogil=True, fastmath={"contract", "nnan", "nsz"}, error_model="numpy")
_HALF, _ONE = np.float32(0.5), np.float32(1.0)


@loop
def _tanh(z):
    for k in range(z.shape[0]):
        z[k] = curved_tanh(z[k])


@loop
def _sigmoid(z):
    """Z = sigmoid(2 z): the half is in the weights."""
    for k in range(z.shape[0]):
        z[k] = _HALF + _HALF * curved_tanh(z[k])


@loop
def _tanh_of(out, z):
    for k in range(z.shape[0]):
        out[k] = curved_tanh(z[k])


@loop
def _product(out, x, y):
    for k in range(out.shape[0]):
        out[k] = x[k] * y[k]


@loop
def _add_product(out, x, y):
    for k in range(out.shape[0]):
        out[k] += x[k] * y[k]


@loop
def _mix(out, z, new, old):
    """Out = (1 - z) new + z old."""
    for k in range(out.shape[0]):
        out[k] = new[k] + z[k] * (old[k] - new[k])


@loop
def _through_sigmoid(gradient, value):
    """Gradient = gradient * sigmoid'."""
    for k in range(gradient.shape[0]):
        gradient[k] *= value[k] * (_ONE - value[k])


@loop
def _through_tanh(gradient, value):
    for k in range(gradient.shape[0]):
        gradient[k] *= _ONE - value[k] * value[k]


@loop
def _copy(out, x):
    for k in range(out.shape[0]):
        out[k] = x[k]


@loop
def _add(out, x):
    for k in range(out.shape[0]):
        out[k] += x[k]


@compiled(nogil=True, error_model="numpy")
def lstm_forward(heard, gates, cells, curved, weights, offsets):
    """Fill everything but what `heard` begins with.

    weights: (H + I + 1, 4 H), those of i, f, o halved; offsets: bytes of the rows of a sample of `heard`.
    """
    samples, hidden, batch = cells.shape[0] - 1, cells.shape[1], cells.shape[2]
    n, rows = hidden * batch, heard.shape[1]
    for t in range(samples):
        k = t if gates.shape[0] > 1 else 0
        weigh_few(gates[k].ctypes.data, 4 * batch, 0, heard[t].ctypes.data, offsets.ctypes.data, rows, weights.ctypes.data,
                  4 * hidden, batch)  # fmt: skip
        gate, cell, after = gates[k].reshape(-1), cells[t + 1].reshape(-1), curved[k].reshape(-1)
        _sigmoid(gate[: 2 * n])
        _tanh(gate[2 * n : 3 * n])
        _sigmoid(gate[3 * n :])
        _product(cell, gate[n : 2 * n], cells[t].reshape(-1))
        _add_product(cell, gate[:n], gate[2 * n : 3 * n])
        _tanh_of(after, cell)
        _product(heard[t + 1].reshape(-1)[:n], gate[3 * n :], after)


@compiled(nogil=True, error_model="numpy")
def lstm_backward(heard, gates, cells, curved, weights, offsets, to_out, to_hidden, to_cell):
    """Turn `gates` into the gradients before their curves, `to_hidden` and `to_cell` (H, B) into those of the first states.

    weights: (4 H, H), of the state; offsets: bytes of the rows of a sample's gates; to_out: (T, H, B).
    """
    samples, hidden, batch = to_out.shape
    n = hidden * batch
    state, rest = to_hidden.reshape(-1), to_cell.reshape(-1)
    old = np.empty((4, n), np.float32)
    for t in range(samples - 1, -1, -1):
        gate, after = gates[t].reshape(-1), curved[t].reshape(-1)
        _add(state, to_out[t].reshape(-1))
        for j in range(4):
            _copy(old[j], gate[j * n : (j + 1) * n])
        to_curved = gate[:n]  # for a moment
        _product(to_curved, state, old[3])
        _through_tanh(to_curved, after)
        _add(rest, to_curved)
        _product(gate[:n], rest, old[2])
        _through_sigmoid(gate[:n], old[0])
        _product(gate[n : 2 * n], rest, cells[t].reshape(-1))
        _through_sigmoid(gate[n : 2 * n], old[1])
        _product(gate[2 * n : 3 * n], rest, old[0])
        _through_tanh(gate[2 * n : 3 * n], old[2])
        _product(gate[3 * n :], state, after)
        _through_sigmoid(gate[3 * n :], old[3])
        _copy(old[0], rest)
        _product(rest, old[0], old[1])
        weigh_few(to_hidden.ctypes.data, 4 * batch, 0, gates[t].ctypes.data, offsets.ctypes.data, 4 * hidden,
                  weights.ctypes.data, hidden, batch)  # fmt: skip


@compiled(nogil=True, error_model="numpy")
def gru_forward(heard, gates, weights, offsets):
    """Fill `gates`, and the states of `heard`.

    weights: (H + I + 1, 4 H), those of r and z halved; offsets: bytes of the rows of a sample of `heard`.
    """
    samples, batch = heard.shape[0] - 1, heard.shape[2]
    hidden, rows = gates.shape[1] // 4, heard.shape[1]
    n = hidden * batch
    for t in range(samples):
        k = t if gates.shape[0] > 1 else 0
        weigh_few(gates[k].ctypes.data, 4 * batch, 0, heard[t].ctypes.data, offsets.ctypes.data, rows, weights.ctypes.data,
                  4 * hidden, batch)  # fmt: skip
        gate = gates[k].reshape(-1)
        _sigmoid(gate[: 2 * n])
        _add_product(gate[3 * n :], gate[:n], gate[2 * n : 3 * n])
        _tanh(gate[3 * n :])
        _mix(heard[t + 1].reshape(-1)[:n], gate[n : 2 * n], gate[3 * n :], heard[t].reshape(-1)[:n])


@compiled(nogil=True, error_model="numpy")
def gru_backward(heard, gates, weights, offsets, to_out, to_hidden):
    """Turn `gates` into the gradients before their curves, `to_hidden` (H, B) into that of the first state.

    weights: (3 H, H), of the state; offsets: bytes of the rows of a sample's gates; to_out: (T, H, B).
    """
    samples, hidden, batch = to_out.shape
    n = hidden * batch
    state, past = to_hidden.reshape(-1), np.empty((hidden, batch), np.float32)
    old = np.empty((4, n), np.float32)
    for t in range(samples - 1, -1, -1):
        gate, before = gates[t].reshape(-1), heard[t].reshape(-1)[:n]
        _add(state, to_out[t].reshape(-1))
        for j in range(4):
            _copy(old[j], gate[j * n : (j + 1) * n])
        _product(past.reshape(-1), state, old[1])
        to_new, to_z = gate[3 * n :], gate[n : 2 * n]
        for k in range(n):
            to_new[k] = state[k] - past.reshape(-1)[k]
        _through_tanh(to_new, old[3])
        _product(to_z, state, before)
        for k in range(n):
            to_z[k] -= state[k] * old[3, k]
        _through_sigmoid(to_z, old[1])
        _product(gate[:n], to_new, old[2])
        _through_sigmoid(gate[:n], old[0])
        _product(gate[2 * n : 3 * n], to_new, old[0])
        weigh_few(to_hidden.ctypes.data, 4 * batch, past.ctypes.data, gates[t].ctypes.data, offsets.ctypes.data, 3 * hidden,
                  weights.ctypes.data, hidden, batch)  # fmt: skip
