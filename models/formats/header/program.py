"""A program: the steps of a net as C++ statements, the rows of samples between them, and the packed weights."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ...errors import CannotHold
from .packing import LINE

TILE, SPARE, LARGEST_ROOM = 64, 16, 1024  # samples; rows.hpp says the same
LARGEST_WEIGHTS = 2**22  # numbers: some 50 MB of text
LARGEST_STATE = 2**28  # bytes, in one object


@dataclass(eq=False)
class Buffer:
    """Rows that a step writes. Where a later step looks back they are a member of their own, else they share scratch."""

    name: str
    channels: int
    history: int = 0
    slot: int = -1

    @property
    def all(self) -> "View":
        """Every row."""
        return View(self, 0, self.channels)

    @property
    def stride(self) -> int:
        """Floats from row to row where the buffer has a history, as `Delay` in rows.hpp lays them out."""
        room = min(max(TILE, 1 << (self.history - 1).bit_length()), LARGEST_ROOM)
        lines = -(-self.history // LINE) + (room + SPARE) // LINE
        return (lines | 1) * LINE

    @property
    def expression(self) -> str:
        """C++ that gives the rows at this call's first sample."""
        return f"{self.name}.now()" if self.history else f"scratch_{self.slot}.rows<{self.channels}>()"


@dataclass(frozen=True)
class View:
    """Some rows of a buffer, one after the other."""

    buffer: Buffer
    first: int
    channels: int

    def part(self, first: int, channels: int) -> "View":
        """Return `channels` of these rows, from `first` on."""
        return View(self.buffer, self.first + first, channels)

    def look_back(self, samples: int) -> "View":
        """Keep at least `samples` before now."""
        self.buffer.history = max(self.buffer.history, samples)
        return self

    @property
    def expression(self) -> str:
        """C++ that gives the rows."""
        whole = self.first == 0 and self.channels == self.buffer.channels
        return self.buffer.expression + ("" if whole else f".part<{self.first}, {self.channels}>()")


@dataclass(frozen=True)
class Call:
    """One statement: `function(rows…, arguments…)`, the first rows being what it writes."""

    function: str
    rows: tuple[View | None, ...]
    arguments: tuple[str, ...]
    comment: str

    @property
    def text(self) -> str:
        """The statement, as lines of a function's body."""
        rows = ["Nothing()" if view is None else view.expression for view in self.rows]
        whole = f"{self.function}({', '.join([*rows, *self.arguments])});"
        return "\n".join(textwrap.wrap(whole, 118, initial_indent=" " * 4, subsequent_indent=" " * 8, break_long_words=False))


@dataclass(frozen=True)
class Array:
    """Packed weights: a C++ array."""

    name: str
    values: np.ndarray
    comment: str

    @property
    def kind(self) -> str:
        """The C++ type of a value."""
        return "double" if self.values.dtype == np.float64 else "float"


@dataclass
class Program:
    """What the walk over a spec collects.

    Attributes:
        calls: in order.
        arrays: weights.
        members: C++ declarations of state that is not rows.
        clears: statements that bring the members back to their start.
        member_floats: how many floats the members hold.
        parts: files of `parts/` that the statements need.
        comment: of the next call.
    """

    source: Buffer
    calls: list[Call] = field(default_factory=list)
    arrays: list[Array] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    clears: list[str] = field(default_factory=list)
    parts: set[str] = field(default_factory=set)
    member_floats: int = 0
    comment: str = ""

    def call(self, part: str, function: str, rows: Sequence[View | None], *arguments: str) -> None:
        """Append a statement of a function that `parts/<part>.hpp` defines; the comment of the moment goes with it."""
        self.parts.add(part)
        self.calls.append(Call(function, tuple(rows), (*arguments, "frames"), self.comment))
        self.comment = ""

    def pack(self, name: str, values: np.ndarray, comment: str = "", precise: bool = False) -> str:
        """Add an array of weights, float64 where `precise`, else float32; return the C++ expression for it."""
        name = name.rstrip(".").replace(".", "_")
        self.arrays.append(Array(name, np.asarray(values, np.float64 if precise else np.float32).ravel(), comment))
        if sum(array.values.size for array in self.arrays) > LARGEST_WEIGHTS:
            raise CannotHold("header", "weights", f"more than {LARGEST_WEIGHTS} numbers; a compiler would choke on the text. "
                             "Write a .safetensors or .nam file instead")  # fmt: skip
        return f"weights::{name}"

    def place(self, sink: View) -> tuple[list[Buffer], list[int]]:
        """Give every buffer its place; return (buffers that are members, channels of each scratch slot)."""
        uses: dict[Buffer, list[int]] = {self.source: [-1]}
        for i, call in enumerate(self.calls):
            for view in call.rows:
                if view is not None:
                    uses.setdefault(view.buffer, []).append(i)
        uses.setdefault(sink.buffer, []).append(len(self.calls))
        slots: list[int] = []
        free_from: list[int] = []  # the last use of what a slot holds
        for buffer, at in uses.items():  # in the order of their first use
            if buffer.history:
                continue
            vacant = [s for s in range(len(slots)) if free_from[s] < at[0]]
            if not vacant:
                vacant = [len(slots)]
                slots.append(0)
                free_from.append(0)
            buffer.slot = min(vacant, key=lambda s: abs(slots[s] - buffer.channels))
            slots[buffer.slot] = max(slots[buffer.slot], buffer.channels)
            free_from[buffer.slot] = at[-1]
        members = [buffer for buffer in uses if buffer.history]
        if self.state_bytes(members, slots) > LARGEST_STATE:
            raise CannotHold("header", "layers", f"the net looks back so far that its state would be above "
                             f"{LARGEST_STATE / 2**20:.0f} MiB; write a .safetensors file instead")  # fmt: skip
        return members, slots

    def state_bytes(self, delays: Sequence[Buffer], slots: Sequence[int]) -> int:
        """Return how large an object is, knobs left out."""
        floats = self.member_floats + sum(slots) * (TILE + SPARE)
        return 4 * (floats + sum(delay.channels * delay.stride for delay in delays))
