"""Memory that a net's compiled loops take again at every step."""

import torch
from torch import Tensor


class Arenas:
    """Keeps the arenas of the last `shapes` shapes for the next step: fresh memory would cost half a step in page faults."""

    def __init__(self, shapes: int) -> None:
        self._shapes = shapes
        self._free: dict[tuple[tuple[int, ...], int], list[Tensor]] = {}  # by (shape, lead), the last used one last

    def take(self, shape: tuple[int, ...], lead: int = 0) -> Tensor:
        """Return an arena of zeros, or a used one, whose first `lead` samples a row are zeros still."""
        free = self._free[shape, lead] = self._free.pop((shape, lead), [])
        if len(self._free) > self._shapes:
            del self._free[next(iter(self._free))]
        return free.pop() if free else torch.zeros(shape)

    def give_back(self, arena: Tensor, lead: int = 0) -> None:
        """Have the next `take` of that shape and lead return this one."""
        if (tuple(arena.shape), lead) in self._free:
            self._free[tuple(arena.shape), lead].append(arena)
