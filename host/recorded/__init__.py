"""Recorded gear: dry and wet files of a device that cannot be rendered, made into an ordinary capture folder."""

from .capture import capture_recordings
from .takes import RecordedTake

__all__ = ["RecordedTake", "capture_recordings"]
