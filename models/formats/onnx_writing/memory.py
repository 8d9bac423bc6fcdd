"""StateSpace and TemporalFiLM as operators: matrices over chunks, and a step from chunk to chunk."""

import math

import numpy as np

from ...spec import StateSpace, TemporalFiLM
from .graph import DOUBLE, FLOAT, INT64, Graph, Signal
from .knobs import dense
from .recurrent import lstm_arrays

CHUNK = 32  # samples a matrix plays; larger ones cost more numbers in the file, smaller ones more steps


class Tables:
    """What the matrices of a state space hold, for chunks of `CHUNK` samples.

    With P the pairs, a state is (r of every pair, i of every pair), (channels, streams, 2 P), and T = CHUNK:

        carried   (channels, 2 P, T): what a state adds to the samples after it
        within    (channels, T, T): a chunk's answer to itself, row the sample in, column the sample out
        leaving   (channels, T, 2 P): the state a chunk leaves behind, from zero
        turned, swapped   (T + 1, channels, 1, 2 P), float64: the state k samples on is turned · state + swapped · (i, r)
    """

    def __init__(self, layer: StateSpace, weights: dict[str, np.ndarray], at: str) -> None:
        time, frequency, output, direct = (
            weights[f"{at}{name}"].astype(np.float64) for name in ("time", "frequency", "output", "direct")
        )
        span = math.log(layer.longest_samples / layer.shortest_samples)
        decay = np.exp(-span * 0.5 * (1.0 + np.tanh(0.5 * time))) / layer.shortest_samples
        powers = np.exp((-decay + 1j * decay * frequency)[..., None] * np.arange(CHUNK + 1))  # channels, pairs, T + 1
        self.pole = powers[..., 1]
        factor = -2.0 * np.expm1(-decay) * (output[..., 0] + 1j * output[..., 1])
        answers = factor[..., None] * powers
        impulse = np.real(answers[..., :-1]).sum(1)
        impulse[:, 0] += direct
        late = np.arange(CHUNK)[None] - np.arange(CHUNK)[:, None]
        self.within = np.where(late >= 0, impulse[:, np.maximum(late, 0)], 0.0)
        self.carried = np.concatenate([np.real(answers[..., 1:]), -np.imag(answers[..., 1:])], axis=1)
        left = powers[..., CHUNK - 1 :: -1].transpose(0, 2, 1)
        self.leaving = np.concatenate([np.real(left), np.imag(left)], axis=2)
        along = powers.transpose(2, 0, 1)[:, :, None]
        self.turned = np.concatenate([np.real(along), np.real(along)], axis=3)
        self.swapped = np.concatenate([-np.imag(along), np.imag(along)], axis=3)


def state_space(graph: Graph, layer: StateSpace, x: Signal, at: str, weights: dict[str, np.ndarray]) -> Signal:
    """Return what a state space makes of `x`; its state is float64, (channels, streams, 2 pairs): it lasts for seconds."""
    tables, channels, size = Tables(layer, weights, at), x.channels, 2 * layer.pairs
    add, integers, source, chunk = graph.add, graph.integers, x.by_channel, graph.integers(CHUNK)
    state = graph.state(at, (channels, 1, size), 1, np.float64)
    graph.poles[state.input] = tables.pole
    streams, samples = add("Shape", source, start=0, end=1), add("Shape", source, start=2, end=3)
    chunks = add("Div", add("Add", samples, integers(CHUNK - 1)), chunk)
    missing = add("Sub", add("Mul", chunks, chunk), samples)  # of the last chunk
    padded = add("Pad", source, add("Concat", integers(0, 0, 0, 0, 0), missing, axis=0))
    parts = add("Reshape", padded, integers(0, channels, -1, CHUNK))
    rows = add("Transpose", parts, perm=[1, 2, 0, 3])  # channels, chunks, streams, T
    flat = add("Reshape", rows, integers(channels, -1, CHUNK))
    shape = add("Concat", integers(channels), chunks, streams, integers(size), axis=0)
    left = add("Reshape", add("Cast", add("MatMul", flat, graph.constant(tables.leaving)), to=DOUBLE), shape)
    turned, swapped = (graph.constant(table[CHUNK], np.float64) for table in (tables.turned, tables.swapped))

    def step(state: str, left: str) -> list[str]:
        return [_later(graph, layer, state, turned, swapped, left), add("Identity", state)]

    loop = {"body": graph.body(2, step, DOUBLE), "num_scan_inputs": 1, "scan_input_axes": [1], "scan_output_axes": [1]}
    _, before = graph.add_many("Scan", (state.input, left), 2, **loop)
    heard = add("Reshape", add("Cast", before, to=FLOAT), integers(channels, -1, size))
    matrix = graph.constant(np.concatenate([tables.within, tables.carried], axis=1))
    out = add("MatMul", add("Concat", flat, heard, axis=2), matrix)
    four = add("Concat", integers(channels), chunks, streams, chunk, axis=0)
    ordered = add("Transpose", add("Reshape", out, four), perm=[2, 0, 1, 3])
    joined = add("Reshape", ordered, integers(0, channels, -1))
    graph.write_state(state, "Identity", _ended(graph, layer, tables, rows, before, missing))
    return Signal(graph, channels, by_channel=add("Slice", joined, integers(0), samples, integers(2)))


def _later(graph: Graph, layer: StateSpace, state: str, turned: str, swapped: str, added: str) -> str:
    """Return a state as it stands samples later, plus what these leave behind."""
    pairs = layer.pairs
    other = graph.add("Gather", state, graph.integers(*range(pairs, 2 * pairs), *range(pairs)), axis=2)
    both = graph.add("Add", graph.add("Mul", state, turned), graph.add("Mul", other, swapped))
    return graph.add("Add", both, added)


def _ended(graph: Graph, layer: StateSpace, tables: Tables, rows: str, before: str, missing: str) -> str:
    """Return the state after the last chunk, which may be short: `missing` samples of it were not played."""
    add, integers, one, last = graph.add, graph.integers, graph.integers(1), graph.integers(-1)
    chunk = integers(CHUNK)
    count = add("Sub", chunk, missing)
    played = add("Slice", add("Squeeze", add("Gather", rows, last, axis=1), one), integers(0), count, integers(2))
    short = add("MatMul", played, add("Slice", graph.constant(tables.leaving), missing, chunk, one))
    turned, swapped = (add("Squeeze", add("Gather", graph.constant(table, np.float64), count, axis=0), integers(0))
                       for table in (tables.turned, tables.swapped))  # fmt: skip
    state = add("Squeeze", add("Gather", before, last, axis=1), one)
    return _later(graph, layer, state, turned, swapped, add("Cast", short, to=DOUBLE))


def temporal_film(graph: Graph, layer: TemporalFiLM, x: Signal, at: str, weights: dict[str, np.ndarray]) -> Signal:
    """Return `x` through the FiLM that follows its level.

    States: where in its block the stream stands, (1,), the block's peaks so far, (streams, channels), and the LSTM's.
    """
    add, integers = graph.add, graph.integers
    channels, block, source = x.channels, integers(layer.block_samples), x.by_channel
    place, peaks = graph.state(f"{at}position", (1,), -1), graph.state(f"{at}peaks", (1, channels), 0)
    hidden, cell = (graph.state(f"{at}{name}", (1, 1, layer.hidden), 1) for name in ("hidden", "cell"))
    zeros, one, last = integers(0, 0), integers(1), integers(-1)
    position, samples = add("Cast", place.input, to=INT64), add("Shape", source, start=2, end=3)
    total = add("Add", position, samples)
    ended = add("Div", total, block)  # blocks that end within this call
    touched = add("Mul", add("Add", ended, one), block)
    pads = add("Concat", zeros, position, zeros, add("Sub", touched, total), axis=0)
    blocks = add("Reshape", add("Pad", source, pads), integers(0, channels, -1, layer.block_samples))
    found = add("ReduceMax", add("Abs", blocks), axes=[3], keepdims=0)  # streams, channels, blocks
    earlier = add("Pad", add("Unsqueeze", peaks.input, integers(2)), add("Concat", integers(0, 0, 0, 0, 0), ended, axis=0))
    found = add("Max", found, earlier)
    graph.write_state(peaks, "Squeeze", add("Gather", found, last, axis=2), integers(2))
    graph.write_state(place, "Cast", add("Sub", total, add("Mul", ended, block)), to=FLOAT)
    fed = add("Transpose", add("Slice", found, integers(0), ended, integers(2)), perm=[2, 0, 1])
    inputs = [fed, *lstm_arrays(graph, weights, at), "", hidden.input, cell.input]
    units, _, after = graph.add_many("LSTM", tuple(inputs), 3, hidden_size=layer.hidden)
    units = add("Concat", hidden.input, add("Squeeze", units, one), axis=0)  # before each block, and after the last to end
    graph.write_state(hidden, "Gather", units, last, axis=0)
    graph.write_state(cell, "Where", add("Greater", ended, integers(0)), after, cell.input)
    factors = add("Transpose", dense(graph, units, weights[f"{at}weight"], weights[f"{at}bias"]), perm=[1, 2, 0])
    column = add("Unsqueeze", factors, integers(3))
    scale, shift = graph.add_many("Split", (column, integers(channels, channels)), 2, axis=1)
    out = add("Reshape", add("Add", add("Mul", blocks, scale), shift), integers(0, channels, -1))
    return Signal(graph, channels, by_channel=add("Slice", out, position, total, integers(2)))
