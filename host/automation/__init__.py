"""Automation: knobs that move while audio plays."""

from .breakpoints import Breakpoints
from .curve import Curve
from .data import as_curve, curve_from
from .follower import EnvelopeFollower
from .lfo import LFO
from .samples import Samples
from .steps import Steps
from .tempo import Tempo
from .time import Time

__all__ = ["LFO", "Breakpoints", "Curve", "EnvelopeFollower", "Samples", "Steps", "Tempo", "Time", "as_curve", "curve_from"]
