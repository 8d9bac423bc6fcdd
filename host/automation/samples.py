"""Samples: a knob's course as an array, a value a sample."""

from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import InvalidType, InvalidValue
from ...models.parameter import Parameter
from .curve import Curve
from .time import Time


class Samples(Curve):
    """A value for every sample of the stream; after the last one it holds.

    Args:
        values: numbers (samples,) in the knob's unit; for a switch its choices, or numbers that count them from 0.
        sample_rate: in Hz, where the values are meant for that alone; None: for any.

    Raises:
        InvalidType, InvalidValue: not one row of numbers or choices, or one of them is not finite.
    """

    __slots__ = ("path", "sample_rate", "values")

    def __init__(self, values: Any, sample_rate: float | None = None) -> None:
        self.values = _checked(values)
        self.sample_rate = None if sample_rate is None else float(sample_rate)
        self.path: Path | None = None

    @classmethod
    def from_file(cls, path: str | Path) -> "Samples":
        """Return the values in a mono WAV file, for its sample rate alone. Raises FileProblem, InvalidValue."""
        from .samples_file import read_values

        values, sample_rate = read_values(Path(path))
        samples = cls(values, sample_rate)
        samples.path = Path(path)
        return samples

    def save(self, path: str | Path, sample_rate: float) -> None:
        """Write a WAV file of 64-bit floats, which `from_file` reads back exactly; it is the curve's file from now on."""
        from .samples_file import write_values

        if self.values.dtype.kind == "O":
            raise InvalidValue("a WAV file holds numbers; give a switch's choices by their number, from 0")
        write_values(Path(path), self.values, sample_rate)
        self.path = Path(path)

    def check(self, parameter: Parameter) -> None:
        """Look whether every value can be set; see `Curve.check`."""
        if parameter.choices:
            _indices(parameter, self.values)
            return
        if self.values.dtype.kind == "O":
            raise InvalidType(f"{parameter.name} takes numbers, got {self.values[0]!r:.60} at sample 0")
        for at in (int(np.argmin(self.values)), int(np.argmax(self.values))):
            if not parameter.minimum <= self.values[at] <= parameter.maximum:
                low, high = parameter.text(parameter.minimum), parameter.text(parameter.maximum)
                raise InvalidValue(f"sample {at}: {parameter.name} = {self.values[at]:g} is out of range [{low}, {high}]")

    def numbers(self, parameter: Parameter, start: int, samples: int, time: Time) -> np.ndarray:
        """Return where the knob stands; see `Curve.numbers`. Raises InvalidValue at another sample rate than the values'."""
        if self.sample_rate is not None and time.sample_rate != self.sample_rate:
            raise InvalidValue(f"the automation of {parameter.name} is a value a sample at {self.sample_rate:g} Hz, but "
                               f"{time.sample_rate:g} Hz play; resample what is played, or draw breakpoints")  # fmt: skip
        last = len(self.values) - 1
        if start >= 0 and start + samples <= last + 1:
            wanted = self.values[start : start + samples]
        else:
            wanted = self.values[np.clip(np.arange(start, start + samples), 0, last)]
        return _indices(parameter, wanted) if parameter.choices else wanted.astype(np.float64)

    def to_data(self) -> dict[str, Any]:
        """Return `{samples: path}`. Raises InvalidValue where the values have no file."""
        if self.path is None:
            raise InvalidValue("these values have no file yet: write them with curve.save('knob.wav', sample_rate)")
        return {"samples": str(self.path)}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Samples):
            return False
        return self.sample_rate == other.sample_rate and np.array_equal(self.values, other.values)

    def __hash__(self) -> int:
        return hash((self.sample_rate, self.values.shape, self.values[:8].tobytes()))

    def __repr__(self) -> str:
        return f"<{len(self.values)} samples, {self.values[0]!s} … {self.values[-1]!s}>"

    def __reduce__(self) -> tuple:
        return _rebuild, (self.values, self.sample_rate, self.path)


def _checked(values: Any) -> np.ndarray:
    try:
        array = np.array(values)
    except (ValueError, TypeError):
        raise InvalidType(f"automation a sample is one row of numbers, got {values!r:.60}") from None
    if array.ndim != 1 or not len(array):
        raise InvalidValue(f"automation a sample is one row of values, (samples,), got the shape {array.shape}")
    if array.dtype.kind in "USO":
        array = array.astype(object)
    elif array.dtype.kind not in "fiub":
        raise InvalidType(f"automation a sample is numbers, got {array.dtype}")
    elif array.dtype != np.float32:
        array = array.astype(np.float64)
    if array.dtype.kind == "f" and not (finite := np.isfinite(array)).all():
        at = int(np.argmin(finite))
        raise InvalidValue(f"sample {at} is {array[at]}; automation is finite numbers")
    array.flags.writeable = False
    return array


def _indices(parameter: Parameter, values: np.ndarray) -> np.ndarray:
    """Return a switch's choices as their numbers, float64. Raises InvalidValue naming one that it does not have."""
    if values.dtype.kind == "O":
        return np.array([parameter.to_number(value) for value in values])
    numbers = values.astype(np.float64)
    wrong = (numbers != np.rint(numbers)) | (numbers < 0) | (numbers > parameter.maximum)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise InvalidValue(
            f"sample {at}: {parameter.name} = {numbers[at]:g} counts none of its {len(parameter.choices)} choices"
        )
    return numbers


def _rebuild(values: np.ndarray, sample_rate: float | None, path: Path | None) -> Samples:
    samples = Samples(values, sample_rate)
    samples.path = path
    return samples
