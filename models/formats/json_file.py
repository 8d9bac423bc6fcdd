"""JSON model files: read within bounds, then asked field by field; whatever does not fit names its field."""

import json
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FileProblem, ModelFileError

LARGEST_FILE = 64 * 2**20
LARGEST_CONTAINERS = 1_000_000  # lists and objects; each costs far more memory than its two bytes of text
DEEPEST_NESTING = 64
_NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*")


class _Refused(ValueError):
    """What the parser met and JSON files here may not hold."""


class Node:
    """A value of a JSON file, and where it stands.

    Attributes:
        value: plain JSON data; every number is finite.
        path: the file.
        field: the way to the value, `config.layers.0.channels`; empty for the whole file.

    Every method that does not find what it asks for raises ModelFileError with file, field and reason.
    """

    __slots__ = ("field", "path", "value")

    def __init__(self, value: Any, path: Path, field: str = "") -> None:
        self.value = value
        self.path = path
        self.field = field

    def problem(self, reason: str) -> ModelFileError:
        """Return the error to raise where this value does not fit."""
        return ModelFileError(self.path, _shown(self.field) or "content", reason)

    def _wrong(self, needed: str) -> ModelFileError:
        shown = {dict: "an object", list: "a list"}.get(type(self.value)) or f"{json.dumps(self.value):.40}"
        return self.problem(f"{needed} is needed, got {shown}")

    def _inner(self, value: Any, key: object) -> "Node":
        return Node(value, self.path, f"{self.field}.{key}" if self.field else str(key))

    def holds(self, *keys: str) -> bool:
        """Return whether this is an object with all of `keys`; never raises."""
        return isinstance(self.value, dict) and all(key in self.value for key in keys)

    def mapping(self) -> dict[str, "Node"]:
        """Return the entries of an object."""
        if not isinstance(self.value, dict):
            raise self._wrong("an object")
        return {key: self._inner(value, key) for key, value in self.value.items()}

    def __getitem__(self, key: str) -> "Node":
        found = self.get(key)
        if found is None:
            raise self._inner(None, key).problem("missing" if key not in self.value else "null; a value is needed")
        return found

    def get(self, key: str) -> "Node | None":
        """Return the entry `key` of an object; None where it is missing or null."""
        if not isinstance(self.value, dict):
            raise self._wrong("an object")
        value = self.value.get(key)
        return None if value is None else self._inner(value, key)

    def entries(self, minimum: int = 0, maximum: int = 10_000_000) -> list["Node"]:
        """Return the entries of a list of `minimum` to `maximum` entries."""
        if not isinstance(self.value, list):
            raise self._wrong("a list")
        self._check_length(minimum, maximum)
        return [self._inner(value, i) for i, value in enumerate(self.value)]

    def _check_length(self, minimum: int, maximum: int) -> None:
        if not minimum <= len(self.value) <= maximum:
            needed = f"{minimum}" if minimum == maximum else f"{minimum} to {maximum}"
            raise self.problem(f"{len(self.value)} entries where {needed} are needed")

    def number(self, minimum: float = -math.inf, maximum: float = math.inf) -> float:
        """Return a number as a float."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self._wrong("a number")
        if not minimum <= self.value <= maximum:
            raise self.problem(f"{self.value:.6g} is outside {minimum:g} to {maximum:g}")
        return float(self.value)

    def whole(self, minimum: int, maximum: int) -> int:
        """Return a whole number; 3.0 counts as one."""
        number = self.number()
        if number != int(number):
            raise self._wrong("a whole number")
        self.number(minimum, maximum)
        return int(number)

    def text(self, allowed: Iterable[str] = ()) -> str:
        """Return a text; one of `allowed` where those are given."""
        if not isinstance(self.value, str):
            raise self._wrong("a text")
        allowed = tuple(allowed)
        if allowed and self.value not in allowed:
            raise self.problem(f"{json.dumps(self.value):.60} is not one of {', '.join(allowed)}")
        return self.value

    def flag(self) -> bool:
        """Return true or false; 1 and 0 count as them."""
        if self.value not in (True, False) or isinstance(self.value, float):
            raise self._wrong("true or false")
        return bool(self.value)

    def floats(self, count: int | None = None, *, as_text: bool = False) -> np.ndarray:
        """Return a list of numbers as a float32 array (count,); `as_text`: each may be written as a text."""
        if not isinstance(self.value, list):
            raise self._wrong("a list of numbers")
        if count is not None:
            self._check_length(count, count)
        return self._float32(self.value, as_text)

    def array(self, *shape: int | None) -> np.ndarray:
        """Return nested lists of numbers as a float32 array of `shape`; None stands for any length of at least 1."""
        flat: list[Any] = [self.value]
        found: list[int] = []
        for needed in shape:
            if not all(isinstance(part, list) for part in flat):
                raise self.problem(f"lists of numbers nested {len(shape)} deep are needed")
            lengths = {len(part) for part in flat}
            if len(lengths) != 1 or not lengths or needed not in (None, *lengths) or lengths == {0}:
                wanted = " x ".join("any" if n is None else str(n) for n in shape)
                raise self.problem(f"numbers of shape {wanted} are needed; a list holds {min(lengths, default=0)} entries")
            found += lengths
            flat = [entry for part in flat for entry in part]
        return self._float32(flat, as_text=False).reshape(found)

    def _float32(self, values: list[Any], as_text: bool) -> np.ndarray:
        if as_text:
            values = [_number_of(value) for value in values]
        if not set(map(type, values)) <= {int, float}:
            i = next(i for i, value in enumerate(values) if type(value) not in (int, float))
            raise self._inner(values[i], i)._wrong("a number")
        with np.errstate(over="ignore"):
            array = np.asarray(values, dtype=np.float64).astype(np.float32)
        if not np.isfinite(array).all():
            i = int(np.flatnonzero(~np.isfinite(array))[0])
            raise self._inner(None, i).problem("beyond the range of float32")
        return array


def read(path: Path) -> Node:
    """Parse a JSON file into its root Node.

    Raises:
        FileProblem: it cannot be read.
        ModelFileError: too large, nested too deep, not UTF-8, not JSON, a key twice, or a number that is not finite.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise FileProblem(f"cannot read {path}: {error.strerror or error}") from None
    if len(content) > LARGEST_FILE:
        raise ModelFileError(path, "size", f"larger than {LARGEST_FILE} bytes")
    if content.count(b"[") + content.count(b"{") > LARGEST_CONTAINERS:
        raise ModelFileError(path, "size", f"more than {LARGEST_CONTAINERS} lists and objects")
    try:
        value = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise ModelFileError(path, "content", f"not UTF-8 text (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise ModelFileError(path, "content", f"broken JSON at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise ModelFileError(path, "content", f"nested deeper than {DEEPEST_NESTING} levels") from None
    except ValueError as error:  # what _object and _no_constant refuse; a number of thousands of digits
        reason = str(error) if isinstance(error, _Refused) else "a number with too many digits"
        raise ModelFileError(path, "content", reason) from None
    _check(Node(value, path))
    return Node(value, path)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _Refused(f"the key {json.dumps(twice):.60} stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise _Refused(f"{name} is not JSON")


def _number_of(value: Any) -> Any:
    return float(value) if isinstance(value, str) and len(value) < 64 and _NUMBER.fullmatch(value) else value


def _check(root: Node) -> None:
    """Raise ModelFileError where nesting is too deep, a number is not finite or a text is not Unicode."""
    waiting = [(root.value, "", 0)]
    while waiting:
        value, field, depth = waiting.pop()
        pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else [("", value)]
        if depth > DEEPEST_NESTING:
            raise ModelFileError(root.path, _shown(field), f"nested deeper than {DEEPEST_NESTING} levels")
        if isinstance(value, dict) and not all(map(_unicode, value)):
            raise ModelFileError(root.path, _shown(field) or "content", "a text that is not Unicode")
        for key, entry in pairs:
            kind = type(entry)
            if kind is float or kind is int:
                if not _finite(entry):
                    raise ModelFileError(root.path, _shown(f"{field}.{key}".strip(".")), "a number beyond the range of float64")
            elif kind is list or kind is dict:
                waiting.append((entry, f"{field}.{key}" if field else str(key), depth + 1))
            elif kind is str and not _unicode(entry):
                raise ModelFileError(root.path, _shown(field) or "content", "a text that is not Unicode")


def _shown(field: str) -> str:
    """Return the way to a value on one line, whatever a stranger's keys hold."""
    field = field if field.isprintable() else field.encode("unicode_escape").decode()
    return field if len(field) <= 120 else f"{field[:60]}…{field[-59:]}"


def _finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number beyond float64
        return False


def _unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
