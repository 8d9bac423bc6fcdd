"""The study: a reference and its rivals, what each costs in blocks of every size, and how close each sounds."""

from .result import Entry, Study

__all__ = ["Entry", "Study"]
