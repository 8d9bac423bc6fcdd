"""Automation: knobs that move while audio plays."""

from .breakpoints import Breakpoints
from .curve import Curve
from .samples import Samples
from .steps import Steps
from .tempo import Tempo
from .time import Time

__all__ = ["Breakpoints", "Curve", "Samples", "Steps", "Tempo", "Time"]
