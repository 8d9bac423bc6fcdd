"""Training on several processes, by lightning's strategies: which one this is, and what they agree on.

Every process holds the same net and hears its share of each batch; lightning averages the gradients. What depends on time
(the budget, when to validate and to save) goes by the first one's clock, or they would part and wait for each other for ever.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import lightning
import torch
from lightning.pytorch.utilities import rank_zero_only
from torch import distributed

from ..errors import InvalidValue

SET_BY_LIGHTNING = ("MASTER_ADDR", "MASTER_PORT", "NODE_RANK", "LOCAL_RANK", "WORLD_SIZE", "OMP_NUM_THREADS")


def is_first() -> bool:
    """Tell whether this is the process that prints and writes: the only one there is, or the first."""
    return getattr(rank_zero_only, "rank", 0) == 0


def place() -> tuple[int, int]:
    """Return which process this is, counted from 0, and of how many that train together."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


def share_of(count: int) -> range:
    """Return which of `count` items are this process's."""
    rank, processes = place()
    return range(rank, count, processes)


def check_shares(batch_size: int, processes: int) -> None:
    """Raise InvalidValue where a batch cannot be shared out evenly."""
    if batch_size % processes:
        near = max(round(batch_size / processes), 1) * processes
        raise InvalidValue(f"batch_size = {batch_size} segments cannot be shared evenly by {processes} processes; take {near}")


def total(values: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Return the sum over all processes, on the CPU."""
    if place()[1] > 1:
        values = values.to(device)
        distributed.all_reduce(values)
    return values.cpu()


def share_buffers(net: torch.nn.Module) -> None:
    """Take over the first process's statistics: each has its own from its share of the last batch."""
    if place()[1] > 1:
        for buffer in net.buffers():
            distributed.broadcast(buffer, 0)


def of_the_first(value: float, device: torch.device) -> float:
    """Return the first process's value, in all of them."""
    if place()[1] == 1:
        return value
    shared = torch.tensor([value], dtype=torch.float64, device=device)
    distributed.broadcast(shared, 0)
    return float(shared)


def tolerate_unused(trainer: lightning.Trainer) -> None:
    """Have lightning's DDP take parameters that no loss depends on: the last layer of NAM's WaveNets has some."""
    options = getattr(trainer.strategy, "_ddp_kwargs", None)
    if options is not None:
        options.setdefault("find_unused_parameters", True)


@contextmanager
def left_as_it_was() -> Iterator[None]:
    """Undo what a strategy leaves behind in this process, so that another training can begin: environment and connection."""
    before, connected = {name: os.environ.get(name) for name in SET_BY_LIGHTNING}, place()[1] > 1
    try:
        yield
    finally:
        if place()[1] > 1 and not connected:
            distributed.destroy_process_group()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
