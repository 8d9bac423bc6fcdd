"""What an effect is, in words and drawn."""

from .facts import EffectFacts, facts_of

__all__ = ["EffectFacts", "facts_of"]
