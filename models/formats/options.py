"""ReadOptions: what a caller may choose where a file leaves a choice."""

import math
from dataclasses import dataclass
from typing import Literal

from ..errors import InvalidType, InvalidValue


@dataclass(frozen=True)
class ReadOptions:
    """How to read a model file.

    Attributes:
        slim: which size of a slimmable .nam: 0 the smallest to 1 the largest; None: the largest. A file that
            holds one size refuses it.
        activation: "exact", or "fast": tanh, and the sigmoids inside LSTM and GRU, as NAM's plugin plays them
            (rational approximations, 4e-4).
        layer1x1_post_film: "always", or "legacy": the FiLM after a WaveNet's 1x1 convolution is skipped except in
            blended layers, as NeuralAmpModelerCore up to 0.5.5 plays it.
        reversed_linear: read a .nam of architecture Linear as its trainer wrote it before August 2026: the
            impulse response backwards.

    Raises:
        InvalidValue, InvalidType: naming the option.
    """

    slim: float | None = None
    activation: Literal["exact", "fast"] = "exact"
    layer1x1_post_film: Literal["always", "legacy"] = "always"
    reversed_linear: bool = False

    def __post_init__(self) -> None:
        for name, allowed in (("activation", ("exact", "fast")), ("layer1x1_post_film", ("always", "legacy"))):
            if getattr(self, name) not in allowed:
                raise InvalidValue(f"{name} = {getattr(self, name)!r} is not one of {', '.join(allowed)}")
        if not isinstance(self.reversed_linear, bool):
            raise InvalidType(f"reversed_linear is True or False, got {self.reversed_linear!r}")
        if self.slim is None:
            return
        if isinstance(self.slim, bool) or not isinstance(self.slim, int | float):
            raise InvalidType(f"slim is a number from 0 to 1, got {self.slim!r}")
        if not (math.isfinite(self.slim) and 0 <= self.slim <= 1):
            raise InvalidValue(f"slim = {self.slim:g} is outside 0 (smallest) to 1 (largest)")
