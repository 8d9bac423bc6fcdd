"""A recorded amplifier: from a clean file, what the amp made of it and a cabinet's impulse response to a playable model."""

from .making import RecordedAmp, amp

__all__ = ["RecordedAmp", "amp"]
