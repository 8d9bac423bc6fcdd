"""Calibration: what a model's metadata say of its levels, and what gains follow from that."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..models.errors import InvalidValue

RAW, NORMALISED, CALIBRATED = "raw", "normalised", "calibrated"
NEEDED = {RAW: (), NORMALISED: ("loudness",), CALIBRATED: ("input_level_dbu", "output_level_dbu")}
NORMALISED_DB = -18.0  # where the loudness of every model is put


@dataclass(frozen=True)
class ModelLevels:
    """The levels of a model, as a .nam file's metadata give them; None where they are missing or no number.

    Attributes:
        loudness: of the model's output for NAM's test signal, in dB.
        input_level_dbu, output_level_dbu: the levels of a sine, in dBu at the gear's jacks, that gave full scale.

    Source: NeuralAmpModelerPlugin, its rules for input and output gain.
    """

    loudness: float | None = None
    input_level_dbu: float | None = None
    output_level_dbu: float | None = None

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> "ModelLevels":
        """Read them from a model's metadata."""
        return cls(*(_number(metadata.get(name)) for name in cls.__dataclass_fields__))

    def missing(self, choice: str) -> list[str]:
        """Return the names of the levels that a choice needs and the model lacks."""
        return [name for name in NEEDED.get(choice, ()) if getattr(self, name) is None]

    @property
    def choices(self) -> tuple[str, ...]:
        """The choices that the model allows."""
        return tuple(choice for choice in NEEDED if not self.missing(choice))

    def check(self, choice: Any) -> None:
        """Raise InvalidValue, naming what is missing, for a choice that the model does not allow."""
        missing = self.missing(choice) if isinstance(choice, str) else []
        if missing:
            raise InvalidValue(f"calibration = {choice!r}: the model's metadata lack {' and '.join(missing)}; use 'raw' and "
                               "set input_db and output_db by ear")  # fmt: skip

    def gains_db(self, choice: str, interface_level_dbu: float) -> dict[str, float]:
        """Return what a choice adds to the gains `input_db` and `output_db`."""
        if choice == CALIBRATED and self.input_level_dbu is not None and self.output_level_dbu is not None:
            return {"input_db": interface_level_dbu - self.input_level_dbu,
                    "output_db": self.output_level_dbu - interface_level_dbu}  # fmt: skip
        if choice == NORMALISED and self.loudness is not None:
            return {"input_db": 0.0, "output_db": NORMALISED_DB - self.loudness}
        return {"input_db": 0.0, "output_db": 0.0}


def _number(value: Any) -> float | None:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain and math.isfinite(value) else None
