"""What a patch is made of: ends of cables, and cables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...effects.gain import Gain
from ...models.errors import InvalidType, InvalidValue

KEY = "key"
LONGEST_DELAY_SECONDS = 60.0


@dataclass(frozen=True)
class End:
    """Where a cable begins or ends.

    Attributes:
        node: name of a node, an input or an output.
        port: "" for the node's usual input or output, "key" for its side-chain, or an input or output of a sub-graph.
        channels: those of the port, counted from 0; None: all.
    """

    node: str
    port: str = ""
    channels: tuple[int, ...] | None = None

    def __str__(self) -> str:
        port = f".{self.port}" if self.port else ""
        return f"{self.node}{port}" + (f"[{','.join(map(str, self.channels))}]" if self.channels is not None else "")


@dataclass(frozen=True)
class Delay:
    """How much later a cable hands on its sound: whole samples, or milliseconds."""

    amount: float
    unit: str  # "samples" or "ms"

    def __post_init__(self) -> None:
        if self.unit not in ("samples", "ms"):
            raise InvalidValue(f"a delay is in samples or ms, got {self.unit!r}")
        if not 0 <= self.amount <= (LONGEST_DELAY_SECONDS * 1000 if self.unit == "ms" else 1e7):
            raise InvalidValue(f"a delay of {self} is outside 0 to {LONGEST_DELAY_SECONDS:g} s (1e7 samples)")
        if self.unit == "samples" and self.amount != int(self.amount):
            raise InvalidValue(f"a delay of {self} is no whole number of samples; write it in ms, which is rounded")

    def samples(self, sample_rate: float) -> int:
        """Return the delay in samples at a rate in Hz, rounded."""
        return int(self.amount) if self.unit == "samples" else round(self.amount * sample_rate / 1000)

    def __str__(self) -> str:
        return f"{_number(self.amount)} {self.unit}"


@dataclass(frozen=True, eq=False)
class Cable:
    """From an output to an input, as the user laid it.

    Attributes:
        gain: its level, a knob that glides; None: handed on as loud as it comes.
        delay: None: handed on at once. A cable that closes a loop has one.
        line: of the patch, counted from 1; 0: laid in Python.
    """

    source: End
    target: End
    gain: Gain | None = None
    delay: Delay | None = None
    line: int = 0

    @property
    def name(self) -> str:
        """What its level's knob is called by: "duck>room"."""
        return f"{self.source}>{self.target}"

    @property
    def said(self) -> str:
        """How an error begins that is about this cable."""
        return f"line {self.line}: {self}" if self.line else str(self)

    def __str__(self) -> str:
        level = f"{_number(self.gain.gain_db)} dB -> " if self.gain else ""
        later = f"{self.delay} -> " if self.delay else ""
        return f"{self.source} -> {level}{later}{self.target}"


def make_cable(
    source: End, target: End, gain_db: float | None = None, delay_samples: int | None = None, delay_ms: float | None = None
) -> Cable:
    """Return a cable with a level in dB and a delay, both optional.

    Raises:
        InvalidValue, InvalidType: a level outside -120 to 48 dB, two delays, a delay that is negative or endless.
    """
    if delay_samples is not None and delay_ms is not None:
        raise InvalidValue(f"{source} -> {target}: give delay_samples or delay_ms, not both")
    for name, value in (("delay_samples", delay_samples), ("delay_ms", delay_ms)):
        if value is not None and (isinstance(value, bool) or not hasattr(value, "__float__")):
            raise InvalidType(f"{source} -> {target}: {name} is a number, got {value!r}")
    delay = None
    if delay_samples is not None or delay_ms is not None:
        delay = Delay(float(delay_samples), "samples") if delay_samples is not None else Delay(float(delay_ms or 0), "ms")
    return Cable(source, target, None if gain_db is None else Gain(gain_db=gain_db), delay)


def channel_numbers(channels: Sequence[int] | int | None) -> tuple[int, ...] | None:
    """Return channel numbers as an `End` holds them.

    Raises:
        InvalidValue: none at all, a negative one, or one twice.
    """
    if channels is None:
        return None
    numbers: tuple[Any, ...] = (channels,) if isinstance(channels, int) else tuple(channels)
    if not numbers or len(set(numbers)) != len(numbers) or not all(type(n) is int and 0 <= n < 256 for n in numbers):
        raise InvalidValue(f"channels {list(numbers)} are not different whole numbers from 0; write [0] or [0,1]")
    return numbers


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
