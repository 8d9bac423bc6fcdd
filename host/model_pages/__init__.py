"""What a model file is, drawn and in words, and whether two of them sound the same."""

from .facts import ModelFacts, facts_of
from .verify import Difference, compare_models

__all__ = ["Difference", "ModelFacts", "compare_models", "facts_of"]
