"""What a study shows: its pictures, its tables, its findings in words, and both sounds beside each other while they play."""

from .pages import draw_study

__all__ = ["draw_study"]
