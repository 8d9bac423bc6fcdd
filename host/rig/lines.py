"""A rig's text as plain data, and the line on which each part of it stands."""

import base64
import re
from functools import cache
from typing import Any

from .problems import Path, Problems

MOST_BYTES = 1 << 22
MOST_PARTS = 100_000
DEEPEST = 64

NUMBERS = {  # as YAML 1.2 reads them: 1e3 is a number, and on, off, yes and 1:30 are texts
    "tag:yaml.org,2002:bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "tag:yaml.org,2002:null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "tag:yaml.org,2002:int": (r"[-+]?[0-9]+", "-+0123456789"),
    "tag:yaml.org,2002:float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
}


def read_yaml(content: bytes, problems: Problems) -> Any:
    """Return YAML as plain data: mappings with texts as keys, lists, texts, numbers, true, false, null and bytes.

    The line of each part goes to `problems.lines`. What is not YAML, or no such data, goes to `problems`; it is null then.
    """
    import yaml

    if len(content) > MOST_BYTES:
        problems.add((), f"{len(content)} bytes; a rig takes up to {MOST_BYTES}: keep states in files of their own")
        return None
    try:
        return _Reader(problems).value(yaml.compose(content, _loader()), (), 1)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problems.lines[()] = mark.line + 1 if mark else 1
        problems.add((), f"not YAML: {error.problem or error.context}")
        return None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problems.add((), f"not YAML: {' '.join(str(error).split())[:200]}")
        return None
    except _TooLarge as error:
        problems.add((), f"no rig: {error}")
        return None


@cache
def _loader() -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """SafeLoader with YAML 1.2's rules for what is a number, true, false or null, and an end to what it takes."""

        parts = depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            self.parts, self.depth = self.parts + 1, self.depth + 1
            _check_size(self.parts, self.depth)
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

    Loader.yaml_implicit_resolvers = {}
    for tag, (pattern, first) in NUMBERS.items():
        Loader.add_implicit_resolver(tag, re.compile(f"(?:{pattern})$"), list(first))
    return Loader


def _check_size(parts: int, depth: int) -> None:
    if depth > DEEPEST:
        raise _TooLarge(f"it is more than {DEEPEST} levels deep")
    if parts > MOST_PARTS:
        raise _TooLarge(f"it has more than {MOST_PARTS} parts")


class _TooLarge(ValueError):
    """A file beyond what a rig can need."""


class _Reader:
    """Turns YAML's nodes into data."""

    def __init__(self, problems: Problems) -> None:
        self._problems, self._parts = problems, 0

    def value(self, node: Any, path: Path, depth: int) -> Any:
        self._parts += 1
        if node is None:
            return None
        self._problems.lines.setdefault(path, node.start_mark.line + 1)
        _check_size(self._parts, depth)  # again: what an anchor names counts each time
        kind = type(node).__name__
        if kind == "MappingNode":
            return self._mapping(node, path, depth)
        if kind == "SequenceNode":
            return [self.value(item, (*path, i), depth + 1) for i, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: Any, path: Path, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in node.value:
            name = getattr(key, "value", None)
            if not isinstance(name, str):
                self._problems.add(path, "a key is a name, not a list or a mapping")
                continue
            inner = (*path, name)
            if name in found:
                self._problems.lines[inner] = key.start_mark.line + 1
                self._problems.add(inner, "stands there twice")
                continue
            self._problems.lines[inner] = key.start_mark.line + 1
            found[name] = self.value(item, inner, depth + 1)
        return found

    def _scalar(self, node: Any, path: Path) -> Any:
        tag = node.tag
        try:
            if tag.endswith(":bool"):
                return node.value.lower() == "true"
            if tag.endswith(":null"):
                return None
            if tag.endswith(":int"):
                return int(node.value) if len(node.value) < 40 else float(node.value)
            if tag.endswith(":float"):
                return float(re.sub(r"\.(?=inf|nan)", "", node.value.lower()))
            if tag.endswith(":binary"):
                return base64.b64decode("".join(node.value.split()), validate=True)
        except ValueError:
            self._problems.add(path, f"{node.value[:60]!r} is not what its tag says")
            return None
        if node.style == "|":
            for i in range(min(len(node.value.splitlines()), MOST_PARTS)):
                self._problems.lines[(*path, i)] = node.start_mark.line + 2 + i
        if not tag.endswith(":str"):
            self._problems.add(path, f"a rig holds data only, and {tag[:60]!r} is not")
            return None
        return node.value
