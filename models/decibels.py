"""Decibels."""


def factor(level_db: float) -> float:
    """Return the linear factor of a level or gain in dB."""
    return 10.0 ** (level_db / 20.0)
