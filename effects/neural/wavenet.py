"""Streaming kernel of a WaveNet spec: one compiled function serves every width, depth and dilation.

Each layer keeps its input in a buffer that is written forward and moved back when full, so a tap is a plain
offset. FiLM is evaluated at tile starts when a knob has moved and ramped across the tile.
"""

from dataclasses import dataclass

import numpy as np

from ...models.spec import Conditioning, WaveNet
from ..kernels.kernel import TILE, Kernel, helper
from ..kernels.maths import sigmoid, tanh
from ..kernels.vectors import GROUP, add_product

ROOM = 512  # samples a buffer takes beyond its history before it is moved back
# memory: the net's table (whole numbers), the knobs last seen, then a buffer position a layer and channel
(
    ARRAYS,
    LAYERS,
    KNOBS,
    DENSE,
    SEEN,
    POSITIONS,
    FILM,
    CHANNEL_STATE,
    CHANNEL_SIZE,
    ROWS,
    WIDEST,
    LAYER_TABLE,
    DENSE_TABLE,
    ARRAY_TABLE,
) = range(14)
HEADER = 14
(
    L_DILATION,
    L_HISTORY,
    L_STRIDE,
    L_BUFFER,
    L_CONV,
    L_BIAS,
    L_MIXIN,
    L_FILM,
    L_FILM_AT,
    L_RESIDUAL,
    L_RESIDUAL_BIAS,
    L_COLUMNS,
) = range(12)
A_LAYERS, A_WIDTH, A_WIDE, A_TAPS, A_INPUTS, A_RECHANNEL, A_HEAD, A_HEAD_BIAS, A_HEAD_WIDTH, A_COLUMNS = range(10)
D_INPUTS, D_OUTPUTS, D_WEIGHT, D_BIAS, D_COLUMNS = range(5)
# scratch of a channel, after its buffers, in rows of TILE: input, ROWS of convolution outputs, WIDEST of head
# sums, WIDEST of the path from array to array


def padded(channels: int) -> int:
    """Return the next multiple of GROUP."""
    return -(-channels // GROUP) * GROUP


@dataclass(frozen=True)
class Packed:
    """Arrays for the kernel, for one channel count."""

    memory: np.ndarray
    state: np.ndarray
    weights: np.ndarray


class _Arena:
    """Appends arrays and hands out their offsets."""

    def __init__(self) -> None:
        self.parts: list[np.ndarray] = []
        self.size = 0

    def add(self, array: np.ndarray) -> int:
        offset = self.size
        self.parts.append(np.asarray(array, np.float32).ravel())
        self.size += self.parts[-1].size
        return offset

    def joined(self) -> np.ndarray:
        return np.concatenate(self.parts)


def _matrix(weight: np.ndarray, inputs: int) -> np.ndarray:
    """(out, in, taps) → [group][input][tap][output], padded with zeros to whole groups and `inputs` inputs."""
    out, filled, taps = weight.shape
    full = np.zeros((padded(out), inputs, taps), np.float32)
    full[:out, :filled] = weight
    return full.reshape(-1, GROUP, inputs, taps).transpose(0, 2, 3, 1)


def _rows(weight: np.ndarray, width: int, halves: int = 1) -> np.ndarray:
    """Pad `halves` equal runs of rows to `width` rows each, with zeros."""
    runs = np.asarray(weight).reshape(halves, -1, *np.shape(weight)[1:])
    full = np.zeros((halves, width, *runs.shape[2:]), np.float32)
    full[:, : runs.shape[1]] = runs
    return full.reshape(halves * width, *runs.shape[2:])


def pack(net: WaveNet, conditioning: Conditioning | None, knobs: int, weights: dict[str, np.ndarray],
         prefix: str, channels: int) -> Packed:  # fmt: skip
    """Return the kernel's arrays for `net`; `weights` by the names of `net.weight_shapes(prefix, …)`."""
    arena, dense, layers, arrays = _Arena(), [], [], []
    hidden = conditioning.hidden if conditioning else ()
    for i, (before, after) in enumerate(zip((knobs, *hidden), hidden, strict=False)):
        dense.append(
            (before, after, arena.add(weights[f"conditioning.{i}.weight"]), arena.add(weights[f"conditioning.{i}.bias"]))
        )
    buffers = films = rows = widest = 0
    for i, a in enumerate(net.arrays):
        at, halves = f"{prefix}arrays.{i}.", 2 if a.gating == "gated" else 1
        width = padded(a.channels)
        scale = net.head_scale if i == len(net.arrays) - 1 else 1.0
        head = arena.add(_matrix(weights[f"{at}head.weight"] * scale, width))
        head_width = padded(a.head_channels)
        bias = arena.add(_rows(weights.get(f"{at}head.bias", np.zeros(a.head_channels)) * scale, head_width))
        inputs = padded(net.arrays[i - 1].channels) if i else 1
        rechannel = arena.add(_matrix(weights[f"{at}rechannel.weight"], inputs))
        arrays.append((len(a.dilations), width, width * halves, a.kernel_size, inputs, rechannel, head, bias, head_width))
        rows, widest = max(rows, width * halves, head_width), max(widest, width)
        for j, dilation in enumerate(a.dilations):
            layer = f"{at}layers.{j}."
            history = (a.kernel_size - 1) * dilation
            stride = history + ROOM + TILE
            conv = _rows(weights[f"{layer}conv.weight"], width, halves)
            film = film_at = -1
            if a.film:
                # rows: scale of each half, then shift of each half; a padded channel scales and shifts by 0
                full = np.concatenate([_rows(weights[f"{layer}film.weight"], width, 2 * halves),
                                       _rows(weights[f"{layer}film.bias"][:, None], width, 2 * halves)], axis=1)  # fmt: skip
                film, film_at = arena.add(full), films
                films += 4 * width * halves  # scale and shift, at the tile's start and at its end
            layers.append((dilation, history, stride, buffers, arena.add(_matrix(conv, width)),
                           arena.add(_rows(weights[f"{layer}conv.bias"], width, halves)),
                           arena.add(_rows(weights[f"{layer}mixin.weight"][:, 0, 0], width, halves)), film, film_at,
                           arena.add(_matrix(weights[f"{layer}residual.weight"], width)),
                           arena.add(_rows(weights[f"{layer}residual.bias"], width))))  # fmt: skip
            buffers += width * stride
    vector = 2 * max(*hidden, knobs, 0)
    scratch = (1 + rows + 2 * widest) * TILE
    memory = np.zeros(HEADER)
    tables = np.concatenate([np.ravel(t) for t in (layers, dense, arrays)]).astype(np.float64)
    memory[[ARRAYS, LAYERS, KNOBS, DENSE, ROWS, WIDEST]] = len(arrays), len(layers), knobs, len(dense), rows, widest
    memory[LAYER_TABLE] = HEADER
    memory[DENSE_TABLE] = HEADER + len(layers) * L_COLUMNS
    memory[ARRAY_TABLE] = memory[DENSE_TABLE] + len(dense) * D_COLUMNS
    memory[SEEN] = HEADER + tables.size
    memory[POSITIONS] = memory[SEEN] + knobs
    memory[FILM], memory[CHANNEL_STATE] = vector, vector + films
    memory[CHANNEL_SIZE] = buffers + scratch
    positions = np.tile([layer[L_HISTORY] for layer in layers], channels).astype(np.float64)
    memory = np.concatenate([memory, tables, np.full(knobs, np.nan), positions])
    state = np.zeros(vector + films + channels * (buffers + scratch), np.float32)
    return Packed(memory, state, arena.joined())


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
    for o in range(wide):
        b, m, row = weights[bias + o], weights[mixin + o], z + o * TILE
        for j in range(frames):
            state[row + j] = m * state[input_row + j] + b
    source = position - (taps - 1) * dilation
    conv = int(memory[layer + L_CONV])
    add_product(state, weights, z, TILE, wide // GROUP, source, stride, width, taps, dilation, conv, frames)
    film = int(memory[FILM]) + int(memory[layer + L_FILM_AT])
    filmed = memory[layer + L_FILM] >= 0
    for o in range(wide):
        row = z + o * TILE
        if filmed:
            scale, shift = state[film + o], state[film + wide + o]
            scale_step = (state[film + 2 * wide + o] - scale) * np.float32(1.0 / TILE)
            shift_step = (state[film + 3 * wide + o] - shift) * np.float32(1.0 / TILE)
            for j in range(frames):
                along = np.float32(column + j + 1)
                state[row + j] = (scale + scale_step * along) * state[row + j] + (shift + shift_step * along)
        if o < width:
            for j in range(frames):
                state[row + j] = tanh(state[row + j])
        else:
            gated = z + (o - width) * TILE
            for j in range(frames):
                state[gated + j] = state[gated + j] * sigmoid(state[row + j])
    for o in range(width):
        row, total = z + o * TILE, head + o * TILE
        for j in range(frames):
            state[total + j] = state[total + j] + state[row + j]
    if wanted:
        bias = int(memory[layer + L_RESIDUAL_BIAS])
        for o in range(width):
            b, row, before = weights[bias + o], next_row + o * next_stride, position + o * stride
            for j in range(frames):
                state[row + j] = state[before + j] + b
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
