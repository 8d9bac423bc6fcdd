"""What graphs are tested with: signals, streams in random blocks, a rig, a processor with a side-chain."""

import numpy as np

from wetdry import Graph, Pan, TubeSaturator

RATE = 48000


def noise(*shape, seed=0):
    return (0.2 * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def impulse(samples=4800):
    audio = np.zeros(samples, np.float32)
    audio[0] = 1
    return audio


def streamed(graph, audio, seed=0, largest=3000):
    """Random blocks of every input, then silence until everything has come out."""
    given = audio if isinstance(audio, dict) else {graph.inputs[0]: audio}
    generator, parts, at, length = np.random.default_rng(seed), [], 0, next(iter(given.values())).shape[-1]
    graph.reset()

    def play(blocks):
        parts.append(graph(blocks if isinstance(audio, dict) else blocks[graph.inputs[0]], RATE, reset=False))

    while at < length:
        size = int(generator.integers(1, largest + 1))
        play({name: a[..., at : at + size] for name, a in given.items()})
        at += size
    while sum(part.shape[-1] for part in parts) < length:
        play({name: np.zeros((*a.shape[:-1], 777), np.float32) for name, a in given.items()})
    return np.concatenate(parts, axis=-1)[..., :length]


class Keyed:
    """Plays its audio at the level of its key."""

    key_channels = 1

    def __init__(self):
        self.parameters = {}

    def reset(self):
        self.resets = True

    def process(self, input_array, sample_rate, buffer_size=8192, reset=True, *, key=None):
        return input_array * (0 if key is None else key)


def rig():
    nodes = {"amp": TubeSaturator(drive_db=18), "left": Pan(-0.6), "right": Pan(0.6), "bus": None}
    return Graph(
        nodes,
        """
        in -> amp -> left -> bus -> out
        in -> -3 dB -> right -> bus       # the dry side waits for the amp
    """,
    )
