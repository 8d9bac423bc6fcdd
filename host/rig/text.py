"""Plain data as the YAML of a rig file: short mappings on one line, what could be taken for a number in quotes."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from .lines import NUMBERS

WIDTH = 120


def write_yaml(data: Mapping[str, Any]) -> str:
    """Return the text that `read_yaml` reads back as the same data."""
    import yaml

    return yaml.dump(_plain(data), Dumper=_dumper(), default_flow_style=None, sort_keys=False, width=WIDTH, allow_unicode=True)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inside) for key, inside in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inside) for inside in value]
    whole = isinstance(value, float) and abs(value) < 1e15 and value == int(value) and str(value) != "-0.0"
    return int(value) if whole else value


@cache
def _dumper() -> Any:
    import yaml

    class Dumper(yaml.SafeDumper):
        """SafeDumper that knows YAML 1.2's numbers too, writes ~ for nothing and several lines as they are."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    for tag, (pattern, first) in NUMBERS.items():
        Dumper.add_implicit_resolver(tag, re.compile(f"(?:{pattern})$"), list(first))
    Dumper.add_representer(type(None), lambda dumper, _: dumper.represent_scalar("tag:yaml.org,2002:null", "~"))
    Dumper.add_representer(str, _text)
    return Dumper


def _text(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)
