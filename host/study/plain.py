"""A study as plain JSON data, short enough to lie beside a written one."""

import json
from collections.abc import Mapping
from dataclasses import astuple, fields, is_dataclass
from typing import Any

from .figures import Spread


def plain(value: Any, digits: int | None = None) -> Any:
    """Return dataclasses as dicts, a `Spread` as its five numbers in order, floats with `digits` significant digits."""
    if isinstance(value, Spread):
        return [plain(number, digits) for number in astuple(value)]
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name), digits) for f in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(inside, digits) for key, inside in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inside, digits) for inside in value]
    return float(f"{value:.{digits}g}") if digits and isinstance(value, float) else value


def lines_of(data: Mapping[str, Any]) -> str:
    """Return JSON, a line a key, and a line an item where these are dicts: a change of one is a change of a line."""
    parts = []
    for key, value in data.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            inside = ",\n".join(f"  {_short(item)}" for item in value)
            parts.append(f" {json.dumps(key)}: [\n{inside}\n ]")
        else:
            parts.append(f" {json.dumps(key)}: {_short(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _short(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
