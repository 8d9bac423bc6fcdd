"""Training: a capture folder → a model. Needs the `train` extra (torch, lightning, auraloss)."""

from ..errors import MissingExtra
from ..net_choice import Choice, choose
from ..net_table import NETS, Net, default_spec

try:
    import auraloss  # noqa: F401
    import lightning  # noqa: F401

    from .data import Batches, CaptureDataset
    from .recipe import Recipe
    from .run import train
    from .validation import predict
except ModuleNotFoundError as error:
    if error.name not in ("torch", "lightning", "auraloss"):
        raise
    raise MissingExtra("training", "train", error.name) from None

__all__ = ["NETS", "Batches", "CaptureDataset", "Choice", "Net", "Recipe", "choose", "default_spec", "predict",
           "train"]  # fmt: skip
