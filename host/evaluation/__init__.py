"""Evaluation: the twin in the target's place, on recordings and knob settings that no training saw."""

from .cell import METRICS
from .evaluate import evaluate
from .result import Evaluation

__all__ = ["METRICS", "Evaluation", "evaluate"]
