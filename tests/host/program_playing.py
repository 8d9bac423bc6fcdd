"""How a foreign program is heard: whole, and in any blocks."""

import itertools

import numpy as np

RATE = 48000


def noise(samples, seed=0, channels=None):
    shape = samples if channels is None else (channels, samples)
    return (0.3 * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def streamed(model, audio, cuts, rate=RATE):
    """Return what a stream in these blocks gives after its end has been pushed out."""
    model.reset()
    edges = [0, *sorted(set(cuts)), audio.shape[-1]]
    parts = [model(audio[..., a:b], rate, reset=False) for a, b in itertools.pairwise(edges)]
    flush = np.zeros((*audio.shape[:-1], model.latency_samples), np.float32)
    parts.append(model(flush, rate, reset=False))
    for (a, b), part in zip(itertools.pairwise(edges), parts, strict=False):
        late = model.latency_samples
        assert part.shape[-1] == max(0, b - late) - max(0, a - late)  # constant, whatever the blocks
    return np.concatenate(parts, -1)


def check(model, audio, wanted, within=1e-5, exact=False):
    heard = model(audio, RATE)
    assert heard.shape == audio.shape and np.abs(heard - wanted).max() <= within
    length = audio.shape[-1]
    for cuts in ([1, 2, 5, 100, 101], range(1, length, 64), np.random.default_rng(5).integers(1, length, 9).tolist()):
        again = streamed(model, audio, cuts)
        assert np.array_equal(again, heard) if exact else np.abs(again - heard).max() <= 1e-6
