"""What every benchmark says of how it measured."""

from dataclasses import asdict, dataclass, field
from typing import Any

from ..machine import machine, versions


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How a benchmark was measured.

    Attributes:
        rounds: turns that each took.
        seed: of its signals and weights.
        machine, versions: what it ran on.
    """

    rounds: int
    seed: int
    machine: dict[str, Any] = field(default_factory=machine)
    versions: dict[str, str] = field(default_factory=lambda: versions("llvmlite"))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)
