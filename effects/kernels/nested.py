"""Kernels that play other kernels: a resampler around a net, a delay whose loop runs through an amp.

`wrap` packs the parts that are played inside a kernel into one Part. A kernel written with `Kernel` then calls

    play_inner(number, audio, start, frames, clock, inner_knobs, memory, state, weights)

with its own memory, state and weights as they came, rows of its choosing as audio and knobs, and any count of
samples as the clock, as long as it starts at a multiple of TILE from the reset, grows by `frames`, and no call crosses
a multiple of TILE on it. Inner kernels, compiled by numba or emitted, follow the same contract.

The kernel finds its own memory and state from place 0, its own weights from `own_weights(number of inner parts)`.
Addresses lie in the weights: memory and state are saved and restored by users, and would bring back stale ones.
A weight is a float32, exact up to 24 bits: an address or an offset takes two.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from .abi import KERNEL_KIND
from .arena import LINE, joined, lines
from .kernel import SIGNATURE, Kernel, helper
from .program import Compiled, Part

RECORD = LINE  # weights that describe one inner part: whole lines keep the vectors behind them aligned
PIECE_BITS = 24
PIECE = 1 << PIECE_BITS
ADDRESS, MEMORY, MEMORY_END, STATE, STATE_END, WEIGHTS, WEIGHTS_END, KNOBS, KNOBS_END = (0, 2, 4, 6, 8, 10, 12, 14, 15)


def own_weights(inner_parts: int = 1) -> int:
    """Return where the weights of a kernel around `inner_parts` parts begin."""
    return RECORD * inner_parts


def wrap(kernel: Compiled, inner: Sequence[Part], own: Part, inner_knobs: Sequence[int] | None = None,
         prewarm_samples: int | None = None) -> Part:  # fmt: skip
    """Return one Part for a kernel that plays others.

    Args:
        kernel: the outer kernel.
        inner: the parts it plays, numbered from 0.
        own: knobs, memory, state and weights of the kernel itself (its `kernel` is not read). The inner parts' lie
            behind them, in order.
        inner_knobs: for each inner part the row of its first knob in the rows that the kernel hands to `play_inner`;
            by default the rows of the joined knobs: own first, then each inner part's.
        prewarm_samples: silence to play before a stream; by default the sum of the inner parts'.

    Raises OverflowError for an address above 48 bits.
    """
    knobs, records = list(own.knobs), np.zeros((len(inner), RECORD), np.float32)
    arenas = [[own.memory], [own.state], [np.concatenate([records.ravel(), own.weights])]]
    ends = [lines(arrays[0].size) for arrays in arenas]
    for number, (part, record) in enumerate(zip(inner, records, strict=True)):
        numbers = [part.kernel.address]
        for k, array in enumerate((part.memory, part.state, part.weights)):
            arenas[k].append(array)
            numbers += [ends[k], ends[k] + array.size]
            ends[k] += lines(array.size)
        record[:KNOBS] = [piece for n in numbers for piece in _pieces(n)]
        first = len(knobs) if inner_knobs is None else inner_knobs[number]
        record[KNOBS], record[KNOBS_END] = first, first + len(part.knobs)
        knobs += part.knobs
    memory, state, weights = joined(np.float64, arenas[0]), joined(np.float32, arenas[1]), joined(np.float32, arenas[2])
    weights[: records.size] = records.ravel()
    if prewarm_samples is None:
        prewarm_samples = sum(part.prewarm_samples for part in inner)
    return Part(kernel, knobs, memory, state, weights, prewarm_samples)


def in_series(parts: Sequence[Part]) -> Part:
    """Return one Part that plays `parts` one after the other; their knobs are joined in order."""
    first, *rest = parts
    return wrap(PAIR, [first, in_series(rest)], Part(PAIR)) if rest else first


def _pieces(number: int) -> tuple[int, int]:
    """Return a number as two that float32 holds exactly, the low one first."""
    if not 0 <= number < PIECE * PIECE:
        raise OverflowError(f"{number:#x} does not fit into {2 * PIECE_BITS} bits")
    return number % PIECE, number // PIECE


def _call_kernel(typingctx: Any, address, audio, start, frames, clock, knobs, memory, state, weights) -> Any:
    """Call the kernel at `address` with the arguments of the kernel type."""
    signature = types.void(types.int64, *SIGNATURE.args)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any):
        target, *passed = arguments
        builder.call(builder.inttoptr(target, KERNEL_KIND.as_pointer()), passed)
        return context.get_dummy_value()

    return signature, generate


call_kernel: Any = intrinsic(_call_kernel)


@helper
def whole_number(weights, at):
    """Return the number that lies in two pieces."""
    return np.int64(weights[at]) + np.int64(weights[at + 1]) * PIECE


@helper
def play_inner(number, audio, start, frames, clock, knobs, memory, state, weights):
    """Play an inner part over columns `start … start + frames` of `audio`.

    `memory`, `state` and `weights` are the outer kernel's own arguments; `knobs` holds the inner part's rows where
    `wrap` was told, their columns by `clock % TILE`.
    """
    at = number * RECORD
    call_kernel(
        whole_number(weights, at + ADDRESS), audio, start, frames, clock,
        knobs[np.int64(weights[at + KNOBS]) : np.int64(weights[at + KNOBS_END])],
        memory[whole_number(weights, at + MEMORY) : whole_number(weights, at + MEMORY_END)],
        state[whole_number(weights, at + STATE) : whole_number(weights, at + STATE_END)],
        weights[whole_number(weights, at + WEIGHTS) : whole_number(weights, at + WEIGHTS_END)],
    )  # fmt: skip


def _pair(audio, start, frames, clock, knobs, memory, state, weights):
    play_inner(0, audio, start, frames, clock, knobs, memory, state, weights)
    play_inner(1, audio, start, frames, clock, knobs, memory, state, weights)


PAIR = Kernel(_pair)
