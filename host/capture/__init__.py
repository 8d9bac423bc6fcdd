"""Capture: dry/wet pairs of any processor over its knobs, in worker processes, resumable, exact."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...models.dataset import CaptureFolder
    from .run import capture

__all__ = ["CaptureFolder", "capture"]


def __getattr__(name: str) -> Any:
    """Load on first use: a dask worker, which only looks after processes, is there 2 s sooner without the effects."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ...models.dataset import CaptureFolder
    from .run import capture

    globals().update(CaptureFolder=CaptureFolder, capture=capture)
    return globals()[name]
