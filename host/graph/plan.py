"""The checked plan: a patch at one sample rate and for given channel counts, sub-graphs opened, in playing order."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ...effects.gain import Gain
from .ordering import loops_of


@dataclass(frozen=True, eq=False)
class Node:
    """A processor in its place, or a wire.

    Attributes:
        name: "amp"; inside a sub-graph "rig.amp".
        processor: None: a wire. Inputs, outputs and the doors of a sub-graph ("rig.in") are wires too.
        arriving: channels at its input.
        leaving: channels at its output.
        key: channels that arrive at its side-chain; 0: none, it plays with silence there.
    """

    name: str
    processor: Any
    arriving: int
    leaving: int
    key: int = 0


@dataclass(frozen=True, eq=False)
class Lead:
    """A cable as it is played.

    Attributes:
        source, target: names of nodes.
        into_key: it ends at the side-chain.
        pairs: (channel of the source, channel of the target), each.
        gain: its level; None: none.
        delay_samples: by which the sound arrives later, on purpose.
        closes_loop: it hands sound back; playing order does not wait for it. Its delay is above 0.
    """

    source: str
    target: str
    into_key: bool
    pairs: tuple[tuple[int, int], ...]
    gain: Gain | None = None
    delay_samples: int = 0
    closes_loop: bool = False


@dataclass(frozen=True, eq=False)
class Plan:
    """What an executor plays. Arrays are float32 (channels, samples).

    Attributes:
        sample_rate: in Hz.
        nodes: by name, in playing order: each after all whose sound it gets, loops aside.
        leads: the cables; what arrives at one input is summed in this order.
        inputs: names of the nodes that get a signal from outside.
        outputs: names of the nodes that are listened to: the graph's outputs, or any.
    """

    sample_rate: float
    nodes: Mapping[str, Node]
    leads: tuple[Lead, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @cached_property
    def _into(self) -> dict[str, list[Lead]]:
        return {name: [lead for lead in self.leads if lead.target == name] for name in self.nodes}

    @cached_property
    def _out_of(self) -> dict[str, list[Lead]]:
        return {name: [lead for lead in self.leads if lead.source == name] for name in self.nodes}

    def into(self, name: str) -> list[Lead]:
        """Return the leads that end at a node, its side-chain included."""
        return self._into[name]

    def out_of(self, name: str) -> list[Lead]:
        """Return the leads that begin at a node."""
        return self._out_of[name]

    @cached_property
    def loops(self) -> list[frozenset[str]]:
        """The nodes that hang together in loops, one set for each group; they are neighbours in playing order."""
        pairs = [(lead.source, lead.target) for lead in self.leads]
        return loops_of(pairs, [(lead.source, lead.target) for lead in self.leads if lead.closes_loop])

    def loop_of(self, name: str) -> list[str]:
        """Return the nodes in a loop with this one, in playing order; none where it is in no loop."""
        loop = next((loop for loop in self.loops if name in loop), frozenset[str]())
        return [other for other in self.nodes if other in loop]

    def is_plain(self, lead: Lead) -> bool:
        """Tell whether a lead hands on every channel as it is, to a usual input, now."""
        wide = self.nodes[lead.source].leaving
        straight = wide == self.nodes[lead.target].arriving and lead.pairs == tuple((i, i) for i in range(wide))
        return straight and not (lead.into_key or lead.gain or lead.delay_samples or lead.closes_loop)

    def part(self, names: Collection[str], outputs: Sequence[str]) -> "Plan":
        """Return the plan of some of the nodes; outer nodes whose leads end at them become its inputs, as wires.

        Args:
            names: the nodes; a loop is inside as a whole or not at all.
            outputs: those of them that are listened to.
        """
        leads = tuple(lead for lead in self.leads if lead.target in names)
        given = [n for n in self.nodes if n not in names and any(lead.source == n for lead in leads)]
        given += [n for n in self.inputs if n in names]
        wires = {n: Node(n, None, self.nodes[n].leaving, self.nodes[n].leaving) for n in given if n not in names}
        inside = {n: wires.get(n) or node for n, node in self.nodes.items() if n in names or n in wires}
        return replace(self, nodes=inside, leads=leads, inputs=tuple(given), outputs=tuple(outputs))

    def split(self, stacked: np.ndarray) -> dict[str, np.ndarray]:
        """Return each input's rows of an array that has all of them, in order."""
        return dict(zip(self.inputs, _cut(stacked, self.widths), strict=True))

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of the inputs."""
        return tuple(self.nodes[name].arriving for name in self.inputs)

    def unstack(self, stacked: np.ndarray) -> dict[str, np.ndarray]:
        """Return each output's rows of an array that has all of them, in order."""
        return dict(zip(self.outputs, _cut(stacked, [self.nodes[name].leaving for name in self.outputs]), strict=True))

    def stack(self, heard: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the outputs' rows in one array, in order."""
        if len(self.outputs) == 1:
            return heard[self.outputs[0]]
        return np.concatenate([heard[name] for name in self.outputs])


def _cut(stacked: np.ndarray, widths: Sequence[int]) -> list[np.ndarray]:
    return np.split(stacked, np.cumsum(widths))[:-1]


def routed(audio: np.ndarray, pairs: Iterable[tuple[int, int]], channels: int) -> np.ndarray:
    """Return a new array (channels, samples) with `audio`'s channels where the pairs say, silence elsewhere."""
    out = np.zeros((channels, audio.shape[1]), np.float32)
    for source, target in pairs:
        out[target] = audio[source]
    return out
