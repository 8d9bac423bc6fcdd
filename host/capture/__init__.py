"""Capture: dry/wet pairs of any processor over its knobs, in worker processes, resumable, exact."""

from ...models.dataset import CaptureFolder
from .run import capture

__all__ = ["CaptureFolder", "capture"]
