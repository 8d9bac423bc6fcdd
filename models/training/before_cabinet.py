"""A net that hears back far less than the cabinet behind it rings, such as one at eight times the rate."""

import torch
from torch import Tensor

from ..nets import Network, stateful_layers
from ..nets.layers import BatchNorm
from .cabinet import Cabinet

FAR_LESS = 0.1  # of the cabinet's length: what both parts of a segment hear then costs little
PIECE = 8192  # samples of an answer that stay in a core's cache


def heard_alone(net: Network, cabinet: Cabinet | None) -> int:
    """Return how many of the first samples before a segment need no gradient: what is left of them in it is faint.

    0 where the net remembers by a state, goes by a batch's statistics, or hears back too far for that to be worth it.
    """
    if cabinet is None or net.spec.receptive_field > FAR_LESS * cabinet.lead_in or stateful_layers(net):
        return 0
    return 0 if any(isinstance(module, BatchNorm) for module in net.modules()) else cabinet.faint


def answer(net: Network, dry: Tensor, raw: Tensor | None, settling: int, heard: int) -> Tensor:
    """Return a net's answer from sample `settling` on, of which nothing is learned from the first `heard` samples.

    They cost a third of the others that way: of what a cabinet rings for, all but the last hundredths of a second.

    Args:
        dry: (batch, settling + samples), the settling no shorter than what the net hears back. raw: (batch, knobs) or None.

    Returns:
        (batch, samples).
    """
    lead = net.spec.receptive_field - 1
    dry = dry[:, settling - lead :]
    late = net(dry[:, heard:], raw)[:, lead:]
    with torch.no_grad():
        places = range(0, heard, PIECE)
        early = [net(dry[:, first : min(first + PIECE, heard) + lead], raw)[:, lead:] for first in places]
    return torch.cat([*early, late], 1)
