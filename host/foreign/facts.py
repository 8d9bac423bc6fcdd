"""What is known of a program: what it says of itself, what its user says, and what a stream needs of it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from ...models.errors import InvalidValue
from ...models.parameter import Parameter

Play = Callable[[np.ndarray], np.ndarray]  # (channels, samples) → (channels, samples or fewer), from a fresh state


@dataclass(frozen=True)
class Facts:
    """What a stream needs to know of a program.

    Attributes:
        input_channels, output_channels: of its signal.
        sample_rates: in Hz; empty: it plays at any.
        block_sizes: samples it takes at a time; empty: any number.
        look_behind: samples before the block that it is handed with every block.
        look_ahead: samples after the one it answers that it is handed, because it is not causal.
        delay_samples: by which its answer lags, in samples of its own rate.
        knobs: in the order it takes them.
        prewarm_samples: silence to play before the first sample.
        memory_samples: how far back it remembers, where that is known; else 0.
    """

    input_channels: int = 1
    output_channels: int = 1
    sample_rates: tuple[float, ...] = ()
    block_sizes: tuple[int, ...] = ()
    look_behind: int = 0
    look_ahead: int = 0
    delay_samples: int = 0
    knobs: tuple[Parameter, ...] = ()
    prewarm_samples: int = 0
    memory_samples: int = 0

    @property
    def lag(self) -> int:
        """Samples of its own rate from the input to the answer."""
        return self.look_ahead + self.delay_samples


@dataclass(frozen=True)
class Given:
    """What the user says of a program; None: what the program says, or what is measured. As `load_plugin` explains."""

    sample_rate: float | None = None
    block_size: int | None = None
    look_behind: int | None = None
    delay_samples: int | None = None
    buffer_size: int | None = None

    def __post_init__(self) -> None:
        for name, value in self.said().items():
            least = 0 if name in ("look_behind", "delay_samples") else 1
            whole = isinstance(value, int) and not isinstance(value, bool)
            if not (whole or (name == "sample_rate" and isinstance(value, float))) or not least <= value < 1e9:
                raise InvalidValue(f"{name} = {value!r} is not a {'rate in Hz' if name == 'sample_rate' else 'whole number'} "
                                   f"of at least {least}")  # fmt: skip

    def said(self) -> dict[str, Any]:
        """Return what is not None."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class Voice(Protocol):
    """A program with a state of its own."""

    @property
    def state(self) -> dict[str, np.ndarray]:
        """What it remembers, as arrays; raises PluginError where that cannot be taken out."""
        ...

    @state.setter
    def state(self, arrays: dict[str, np.ndarray]) -> None: ...

    def reset(self) -> None:
        """Go back to the first state."""
        ...

    def play(self, audio: np.ndarray, knobs: np.ndarray) -> np.ndarray:
        """Answer float32 (input channels, samples) at knobs (knobs,): (output channels, as many samples or the last ones)."""
        ...


class Program(Protocol):
    """A loaded file: the facts, and as many voices as are wanted."""

    kind: str
    facts: Facts

    def voice(self) -> Voice:
        """Return a new voice at its first state."""
        ...
