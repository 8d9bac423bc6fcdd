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

    return yaml.dump(_plain(data), Dumper=_dumper(), sort_keys=False, width=WIDTH, allow_unicode=True)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inside) for key, inside in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inside) for inside in value]
    whole = isinstance(value, float) and abs(value) < 1e15 and value == int(value) and str(value) != "-0.0"
    return int(value) if whole else value


def _open(nodes: list[Any]) -> None:
    """Have mappings of mappings begin on their own line: the entries of a list, the parts of a rig."""
    for node in nodes:
        if type(node).__name__ == "MappingNode" and any(type(value).__name__ == "MappingNode" for _, value in node.value):
            node.flow_style = False


def _fits_a_line(value: Any) -> bool:
    """Tell what stands on one line: a scalar, lists of those, the knobs of one processor, and its name before them."""
    if isinstance(value, Mapping):
        inside = list(value.values())
        return _fit(inside) and (len(inside) == 1 or not any(isinstance(one, Mapping) for one in inside))
    if isinstance(value, list):
        return _fit(value) and not any(isinstance(one, Mapping) for one in value)
    return not isinstance(value, bytes) and "\n" not in str(value)


def _fit(values: list[Any]) -> bool:
    return all(_fits_a_line(value) for value in values) and (len(str(values)) < WIDTH or not any(_holds(v) for v in values))


def _holds(value: Any) -> bool:
    return isinstance(value, Mapping | list)


@cache
def _dumper() -> Any:
    import yaml

    class Dumper(yaml.SafeDumper):
        """SafeDumper that knows YAML 1.2's numbers too, writes ~ for nothing and several lines as they are."""

        def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> Any:
            return super().represent_mapping(tag, mapping, _fits_a_line(dict(mapping)))

        def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> Any:
            node = super().represent_sequence(tag, sequence, _fits_a_line(sequence))
            _open(node.value)
            return node

        def represent(self, data: Any) -> None:
            node = self.represent_data(data)
            _open([value for _, value in node.value])
            self.serialize(node)

        def ignore_aliases(self, data: Any) -> bool:
            return True

    for tag, (pattern, first) in NUMBERS.items():
        Dumper.add_implicit_resolver(tag, re.compile(f"(?:{pattern})$"), list(first))
    Dumper.add_representer(type(None), lambda dumper, _: dumper.represent_scalar("tag:yaml.org,2002:null", "~"))
    Dumper.add_representer(str, _text)
    return Dumper


def _text(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)
