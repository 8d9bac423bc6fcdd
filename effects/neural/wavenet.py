"""Streaming kernel of a WaveNet spec: one compiled function serves every width, depth and dilation.

Each layer keeps its input in a buffer that is written forward and moved back when full, so a tap is a plain
offset. FiLM is evaluated at tile starts when a knob has moved and ramped across the tile.
"""

import numpy as np

from ..kernels.kernel import TILE, Kernel, helper
from ..kernels.maths import sigmoid, tanh
from ..kernels.vectors import GROUP, add_product
from .wavenet_table import (
    A_COLUMNS,
    A_HEAD,
    A_HEAD_BIAS,
    A_HEAD_WIDTH,
    A_INPUTS,
    A_LAYERS,
    A_RECHANNEL,
    A_TAPS,
    A_WIDE,
    A_WIDTH,
    ARRAY_TABLE,
    ARRAYS,
    CHANNEL_SIZE,
    CHANNEL_STATE,
    D_BIAS,
    D_COLUMNS,
    D_INPUTS,
    D_OUTPUTS,
    D_WEIGHT,
    DENSE,
    DENSE_TABLE,
    FILM,
    KNOBS,
    L_BIAS,
    L_BUFFER,
    L_COLUMNS,
    L_CONV,
    L_DILATION,
    L_FILM,
    L_FILM_AT,
    L_HISTORY,
    L_MIXIN,
    L_RESIDUAL,
    L_RESIDUAL_BIAS,
    L_STRIDE,
    LAYER_TABLE,
    LAYERS,
    POSITIONS,
    ROOM,
    ROWS,
    SEEN,
    WIDEST,
)


@helper
def _condition(knobs, memory, state, weights):
    """Evaluate the dense layers at the tile's first sample; returns where in `state` the vector lies."""
    source, target = 0, int(memory[FILM]) // 2
    inputs = int(memory[KNOBS])
    for k in range(inputs):
        state[source + k] = np.float32(2.0) * knobs[k, 0] - np.float32(1.0)
    for layer in range(int(memory[DENSE])):
        at = int(memory[DENSE_TABLE]) + layer * D_COLUMNS
        inputs, outputs = int(memory[at + D_INPUTS]), int(memory[at + D_OUTPUTS])
        weight, bias = int(memory[at + D_WEIGHT]), int(memory[at + D_BIAS])
        for o in range(outputs):
            total = weights[bias + o]
            for i in range(inputs):
                total += weights[weight + o * inputs + i] * state[source + i]
            state[target + o] = tanh(total)
        source, target = target, source
    return source


@helper
def _film(knobs, memory, state, weights):
    """At a tile's start: let each FiLM start where it ended, and end where the knobs now say."""
    moved, first = False, False
    seen = int(memory[SEEN])
    for k in range(int(memory[KNOBS])):
        value = np.float64(knobs[k, 0])
        if memory[seen + k] != value:
            moved = True
            first |= np.isnan(memory[seen + k])
            memory[seen + k] = value
    vector, length = 0, 0
    if moved:
        vector = _condition(knobs, memory, state, weights)
        last = int(memory[DENSE_TABLE]) + (int(memory[DENSE]) - 1) * D_COLUMNS
        length = int(memory[last + D_OUTPUTS])
    layer = int(memory[LAYER_TABLE])
    for a in range(int(memory[ARRAYS])):
        array = int(memory[ARRAY_TABLE]) + a * A_COLUMNS
        values = 2 * int(memory[array + A_WIDE])
        for _ in range(int(memory[array + A_LAYERS])):
            film = int(memory[layer + L_FILM])
            start = int(memory[FILM]) + int(memory[layer + L_FILM_AT])
            if film >= 0:
                for v in range(values):
                    state[start + v] = state[start + values + v]
                if moved:
                    for v in range(values):
                        at = film + v * (length + 1)
                        total = weights[at + length]
                        for i in range(length):
                            total += weights[at + i] * state[vector + i]
                        state[start + values + v] = total
                        if first:
                            state[start + v] = total
            layer += L_COLUMNS


@helper
def _layer(memory, state, weights, layer, array, position, input_row, z, head, frames, column, next_row, next_stride, wanted):
    """One layer: conv and mixin into rows `z`, FiLM, activation, head sum, residual into `next_row`."""
    width, wide = int(memory[array + A_WIDTH]), int(memory[array + A_WIDE])
    taps, dilation = int(memory[array + A_TAPS]), int(memory[layer + L_DILATION])
    stride = int(memory[layer + L_STRIDE])
    bias, mixin = int(memory[layer + L_BIAS]), int(memory[layer + L_MIXIN])
    dry = state[input_row : input_row + TILE]
    for o in range(wide):
        b, m, row = weights[bias + o], weights[mixin + o], state[z + o * TILE : z + (o + 1) * TILE]
        for j in range(frames):
            row[j] = m * dry[j] + b
    source = position - (taps - 1) * dilation
    conv = int(memory[layer + L_CONV])
    add_product(state, weights, z, TILE, wide // GROUP, source, stride, width, taps, dilation, conv, frames)
    film = int(memory[FILM]) + int(memory[layer + L_FILM_AT])
    filmed = memory[layer + L_FILM] >= 0
    for o in range(wide):
        row = state[z + o * TILE : z + (o + 1) * TILE]
        if filmed:
            scale, shift = state[film + o], state[film + wide + o]
            scale_step = (state[film + 2 * wide + o] - scale) * np.float32(1.0 / TILE)
            shift_step = (state[film + 3 * wide + o] - shift) * np.float32(1.0 / TILE)
            for j in range(frames):
                along = np.float32(column + j + 1)
                row[j] = (scale + scale_step * along) * row[j] + (shift + shift_step * along)
        if o < width:
            for j in range(frames):
                row[j] = tanh(row[j])
        else:
            gated = state[z + (o - width) * TILE : z + (o - width + 1) * TILE]
            for j in range(frames):
                gated[j] = gated[j] * sigmoid(row[j])
    for o in range(width):
        row, total = state[z + o * TILE : z + (o + 1) * TILE], state[head + o * TILE : head + (o + 1) * TILE]
        for j in range(frames):
            total[j] = total[j] + row[j]
    if wanted:
        bias = int(memory[layer + L_RESIDUAL_BIAS])
        for o in range(width):
            b, to, of = weights[bias + o], next_row + o * next_stride, position + o * stride
            after, before = state[to : to + TILE], state[of : of + TILE]
            for j in range(frames):
                after[j] = before[j] + b
        residual = int(memory[layer + L_RESIDUAL])
        add_product(state, weights, next_row, next_stride, width // GROUP, z, TILE, width, 1, 0, residual, frames)


@helper
def _buffer(memory, state, layer, positions, base, width, frames):
    """Return where this layer's newest samples go; move the history back where the buffer is full."""
    history, stride = int(memory[layer + L_HISTORY]), int(memory[layer + L_STRIDE])
    start = base + int(memory[layer + L_BUFFER])
    position = int(memory[positions])
    if position + frames > history + ROOM:
        for c in range(width):
            row = start + c * stride
            for j in range(history):
                state[row + j] = state[row + position - history + j]
        position = history
    memory[positions] = position + frames
    return start + position


def _kernel(audio, start, frames, clock, knobs, memory, state, weights):
    column = clock % TILE
    if column == 0 and memory[KNOBS] > 0:
        _film(knobs, memory, state, weights)
    arrays, layers = int(memory[ARRAYS]), int(memory[LAYERS])
    rows, widest = int(memory[ROWS]), int(memory[WIDEST])
    for channel in range(audio.shape[0]):
        base = int(memory[CHANNEL_STATE]) + channel * int(memory[CHANNEL_SIZE])
        input_row = base + int(memory[CHANNEL_SIZE]) - (1 + rows + 2 * widest) * TILE
        z = input_row + TILE
        head, path = z + rows * TILE, z + (rows + widest) * TILE
        for j in range(frames):
            state[input_row + j] = audio[channel, start + j]
        for j in range(widest * TILE):
            state[head + j] = np.float32(0.0)
        positions = int(memory[POSITIONS]) + channel * layers
        layer = int(memory[LAYER_TABLE])
        source, source_stride = input_row, TILE
        for a in range(arrays):
            array = int(memory[ARRAY_TABLE]) + a * A_COLUMNS
            count, width = int(memory[array + A_LAYERS]), int(memory[array + A_WIDTH])
            position = _buffer(memory, state, layer, positions, base, width, frames)
            stride = int(memory[layer + L_STRIDE])
            for o in range(width):
                for j in range(frames):
                    state[position + o * stride + j] = np.float32(0.0)
            rechannel, inputs = int(memory[array + A_RECHANNEL]), int(memory[array + A_INPUTS])
            add_product(
                state, weights, position, stride, width // GROUP, source, source_stride, inputs, 1, 0, rechannel, frames
            )
            for n in range(count):
                following, next_stride = path, TILE
                if n + 1 < count:
                    following = _buffer(memory, state, layer + L_COLUMNS, positions + 1, base, width, frames)
                    next_stride = int(memory[layer + L_COLUMNS + L_STRIDE])
                wanted = n + 1 < count or a + 1 < arrays
                _layer(memory, state, weights, layer, array, position, input_row, z, head, frames, column,
                       following, next_stride, wanted)  # fmt: skip
                position = following
                layer += L_COLUMNS
                positions += 1
            source, source_stride = path, TILE
            head_width, bias = int(memory[array + A_HEAD_WIDTH]), int(memory[array + A_HEAD_BIAS])
            for o in range(head_width):
                for j in range(frames):
                    state[z + o * TILE + j] = weights[bias + o]
            add_product(
                state, weights, z, TILE, head_width // GROUP, head, TILE, width, 1, 0, int(memory[array + A_HEAD]), frames
            )
            for o in range(widest):
                for j in range(frames):
                    state[head + o * TILE + j] = state[z + o * TILE + j] if o < head_width else np.float32(0.0)
        for j in range(frames):
            audio[channel, start + j] = state[head + j]


WAVENET = Kernel(_kernel)
