"""How late a program of fixed blocks and rates is, at least, if it is to be always as late."""

from functools import cache

import numpy as np


@cache
def host_latency(host_block: int, model_block: int, up: int = 1, down: int = 1, lag: int = 0) -> int:
    """Return the smallest constant latency, in host samples, of a model that takes blocks of `model_block` samples.

    Between equal rates and without a lag this is the largest remainder of k · host_block divided by model_block, as in
    the Neutone SDK and in ANIRA: 0 where the host's blocks are whole blocks of the model, model_block - 1 where the host
    may push any number of samples (host_block 1).

    Args:
        host_block: the host pushes this many samples, or a multiple, at a time.
        model_block: samples of the model's rate; 1 for a model that takes any number.
        up, down: the model's rate over the host's, in lowest terms. Inner sample k falls at host sample
            floor(k · down / up), as in `effects.kernels.resampler`, whose own delay is not counted here.
        lag: of the model's answer, in samples of its rate.
    """
    blocks = np.arange(up * host_block, dtype=np.int64)  # block by block it repeats after this many
    pushed = ((blocks + 1) * model_block - 1) * down // up // host_block * host_block  # at most, with the next block incomplete
    answered = -((lag - blocks * model_block) * down // up)  # rounded up
    return max(0, int((pushed - answered).max()))
