"""The threads of a training process."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ..nets import Network
from ..nets.recurrent import Recurrent
from ..nets.wavenet import WaveNetArray


def set_threads(net: Network) -> None:
    """Leave the cores to the net's own threads where it has them, and a recurrent net one: torch's threads would wait for
    each other at every small step, and a recurrent net takes one a sample.

    On a busy machine that made a step ten times slower. Denormals, which a fading signal leaves behind, count as zero.
    """
    arrays = [module for module in net.modules() if isinstance(module, WaveNetArray)]
    compiled = arrays and all(a.runs_compiled(torch.device("cpu"), torch.float32) for a in arrays)
    if compiled or any(isinstance(module, Recurrent) for module in net.modules()):
        torch.set_num_threads(1)
    torch.set_flush_denormal(True)


@contextmanager
def training_threads(net: Network) -> Iterator[None]:
    """Set this process's threads, see `set_threads`; restore them on the way out."""
    before = torch.get_num_threads()
    set_threads(net)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.set_flush_denormal(False)
