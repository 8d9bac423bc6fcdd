"""Plain: frozen, fully checked plain data, the base of every part of a spec."""

import reprlib
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import InvalidValue

LARGEST_RECEPTIVE_FIELD = 2_000_000
LARGEST_WIDTH = 1024

Shapes = dict[str, tuple[int, ...]]
Width = Annotated[int, Field(ge=1, le=LARGEST_WIDTH, strict=True)]
Taps = Annotated[int, Field(ge=1, le=LARGEST_RECEPTIVE_FIELD, strict=True)]
Flag = Annotated[bool, Field(strict=True)]


class Plain(BaseModel):
    """Frozen, fully checked plain data; what does not fit raises InvalidValue naming the field."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise InvalidValue(_first_problem(type(self).__name__, error)) from None


def _first_problem(name: str, error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in (name, *first["loc"]))
    nested = first.get("ctx", {}).get("error")
    if isinstance(nested, InvalidValue):  # a part that was checked on its own already says what and where
        return f"{where}.{str(nested).partition('.')[2]}" if "." in str(nested) else f"{where}: {nested}"
    shown = "" if first["type"] == "missing" else f", got {reprlib.repr(first['input']):.60}"
    return f"{where}: {first['msg'].removeprefix('Value error, ')}{shown}"
