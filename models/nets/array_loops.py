"""Forward and backward of one WaveNet array for one item of a batch, compiled, free of the GIL.

An arena holds every activation of an item as rows of float32, each with `lead` zeros before sample 0:

    rows 0..3           the net's input, ones, zeros, zeros
    layer l, C = width  y at 4 + 2 C l (the layer's input), a at y + C (its activation), next y at y + 2 C

FiLM is folded into the weights of the item beforehand, so a layer is a = tanh(W rows), y' = y + R [a, ones].
"""

from typing import Any

import numba
import numpy as np

from .row_vectors import correlate_rows, weigh_rows

compiled: Any = numba.njit  # not cached on disk: numba would not notice a change in row_vectors; 2 s a process

FIRST = 4  # rows before the first layer
TILE = 512  # samples that go through all layers while they are in the cache

# tanh(x) = x P(x^2) / Q(x^2) on |x| <= 8.6: our own weighted least-squares fit, 3.3e-7 off at worst
_P = tuple(map(np.float32, (0.999999993, 0.134181846, 3.53977273e-3, 2.13399685e-5, 1.43797704e-8)))
_Q = tuple(map(np.float32, (1.0, 0.467515107, 2.60449272e-2, 3.35803079e-4, 8.19317118e-7)))
_P0, _P1, _P2, _P3, _P4 = _P
_Q0, _Q1, _Q2, _Q3, _Q4 = _Q
_LIMIT, _ONE = np.float32(8.6), np.float32(1.0)


@compiled(inline="always", nogil=True, fastmath={"contract", "nnan", "nsz"}, error_model="numpy")
def curved_tanh(z):
    """Return tanh(z), 3.3e-7 off at worst."""
    x = min(max(z, -_LIMIT), _LIMIT)
    u = x * x
    return x * (_P0 + u * (_P1 + u * (_P2 + u * (_P3 + u * _P4)))) / (_Q0 + u * (_Q1 + u * (_Q2 + u * (_Q3 + u * _Q4))))


@compiled(nogil=True, fastmath={"contract", "nnan", "nsz"}, error_model="numpy")
def _activate(z, head):
    """z = tanh(z), head += z; both shape (frames,)."""
    for t in range(z.shape[0]):
        y = curved_tanh(z[t])
        z[t] = y
        head[t] += y


@compiled(nogil=True, fastmath={"contract"}, error_model="numpy")
def _through_activation(gradient, from_head, activation):
    """Gradient = (gradient + from_head) * tanh'; all shape (frames,)."""
    for t in range(gradient.shape[0]):
        gradient[t] = (gradient[t] + from_head[t]) * (_ONE - activation[t] * activation[t])


@compiled(nogil=True, error_model="numpy")
def forward_item(arena, head, lead, width, weights, residual, row_offsets, activation_offsets):
    """Fill the arena and add every activation to `head`.

    arena: (rows, stride) with the input, ones and the first y filled in. head: (width, frames).
    weights: (layers, convolution rows, width); residual: (layers, width + 4, width): last rows input, ones, 0, 0.
    row_offsets, activation_offsets: (layers, rows) int64, bytes from the arena's row 0 at the same time.
    """
    layers, rows, stride, frames = weights.shape[0], weights.shape[1], 4 * arena.shape[1], head.shape[1]
    for start in range(0, frames, TILE):
        n = min(TILE, frames - start)
        now = arena.ctypes.data + 4 * (lead + start)
        for layer in range(layers):
            y = FIRST + 2 * width * layer
            a = y + width
            weigh_rows(
                now + stride * a, stride, 0, now, row_offsets[layer].ctypes.data, rows, weights[layer].ctypes.data, width, n
            )
            for c in range(width):
                _activate(arena[a + c, lead + start : lead + start + n], head[c, start : start + n])
            weigh_rows(now + stride * (a + width), stride, now + stride * y, now, activation_offsets[layer].ctypes.data,
                       width + FIRST, residual[layer].ctypes.data, width, n)  # fmt: skip


@compiled(nogil=True, error_model="numpy")
def backward_item(arena, lead, width, transposed, residual, row_offsets, activation_offsets, later_offsets, plain_offsets,
                  to_y, to_head, inner, weight_sums, residual_sums):  # fmt: skip
    """Turn the gradient of the last y, `to_y` (width, frames), into that of the first, and sum the weights' gradients.

    to_head: (width, frames), the gradient of the summed activations. inner: scratch (width, frames + lead).
    transposed: (layers, taps * width, width), the convolution seen from its output; residual: (layers, width, width).
    later_offsets, plain_offsets: bytes from inner's, and to_y's, row 0. sums: (layers, width, rows, LANES).
    """
    layers, taps, frames = transposed.shape[0], transposed.shape[1], to_head.shape[1]
    reach, y_stride = 4 * inner.shape[1], 4 * frames
    inner[:, frames:] = 0.0
    for layer in range(layers - 1, -1, -1):
        a = FIRST + 2 * width * layer + width
        for start in range((frames - 1) // TILE * TILE, -1, -TILE):
            n = min(TILE, frames - start)
            now = arena.ctypes.data + 4 * (lead + start)
            gradient, z = to_y.ctypes.data + 4 * start, inner.ctypes.data + 4 * start
            weigh_rows(z, reach, 0, gradient, plain_offsets.ctypes.data, width, residual[layer].ctypes.data, width, n)
            for c in range(width):
                activation = arena[a + c, lead + start : lead + start + n]
                _through_activation(inner[c, start : start + n], to_head[c, start : start + n], activation)
            correlate_rows(residual_sums[layer].ctypes.data, gradient, y_stride, width, now,
                           activation_offsets[layer].ctypes.data, width + FIRST, n)  # fmt: skip
            correlate_rows(weight_sums[layer].ctypes.data, z, reach, width, now, row_offsets[layer].ctypes.data,
                           row_offsets.shape[1], n)  # fmt: skip
            weigh_rows(gradient, y_stride, gradient, z, later_offsets[layer].ctypes.data, taps,
                       transposed[layer].ctypes.data, width, n)  # fmt: skip
