"""What the WaveNet kernel reads: a table of whole numbers, packed weights, and the state they need."""

from dataclasses import dataclass

import numpy as np

from ...models.spec import Conditioning, WaveNet
from ..kernels.kernel import TILE
from ..kernels.vectors import GROUP

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
