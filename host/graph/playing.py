"""A plan played as a whole, and a graph that stands in a chain."""

from collections.abc import Callable

import numpy as np

from ..non_finite import refuse_non_finite
from ..offline import offline_reason
from ..stages import Stage, push_through
from ..whole_signal import in_step, whole_signal
from .plan import Plan
from .streaming import stages_of


def play_plan(plan: Plan, stacked: np.ndarray) -> np.ndarray:
    """Return the outputs' rows of a whole signal, float32 (channels, samples), for the inputs' rows; latency taken out."""
    if any(offline_reason(node.processor) for node in plan.nodes.values()):
        from .offline import play_offline

        return plan.stack(play_offline(plan, plan.split(stacked)))
    stages, rate, processors = stages_of(plan), plan.sample_rate, [node.processor for node in plan.nodes.values()]

    def play() -> np.ndarray:
        for stage in stages:
            stage.start()
        return whole_signal(lambda block: push_through(stages, block, rate), stacked.copy(), rate, list(plan.nodes))[0]

    played = in_step(play, processors)
    refuse_non_finite(processors)
    return played


class NestedStage:
    """A graph that stands in a chain: planned when the first block tells how many channels come.

    Args:
        plan_for: returns the plan for a sample rate and a channel count.
    """

    def __init__(self, plan_for: Callable[[float, int], Plan]) -> None:
        self._plan_for = plan_for
        self._planned_for: tuple[float, int] | None = None
        self._stages: list[Stage] = []

    def start(self) -> None:
        """Begin a stream."""
        for stage in self._stages:
            stage.start()

    def push(self, block: np.ndarray, sample_rate: float) -> np.ndarray:
        """Play the next block."""
        wanted = sample_rate, len(block)
        if self._planned_for != wanted:
            self._stages, self._planned_for = stages_of(self._plan_for(*wanted)), wanted
            self.start()
        return push_through(self._stages, block, sample_rate)
