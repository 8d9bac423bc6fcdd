"""What an evaluation has finished so far, on disk, so that a killed one goes on."""

import json
import os
from pathlib import Path
from typing import Any

from ...models.errors import FileProblem
from ...models.files import write_atomically


class Journal:
    """Lines of JSON: first what is being evaluated, then a line for each finished piece of work.

    A journal of something else (another twin, seed, recording or version) is started over. A last line that a kill
    left half-written is dropped.

    Args:
        path: of the file.
        key: what is evaluated, plain JSON data; only a journal with an equal key is gone on with.

    Raises:
        FileProblem: it cannot be read or written.
    """

    def __init__(self, path: Path, key: dict[str, Any]) -> None:
        self.path = path
        self.found: dict[str, Any] = {}
        whole = self._read(key)
        if whole is None:
            write_atomically(path, json.dumps({"key": key}).encode() + b"\n")
        else:
            with path.open("r+b") as file:
                file.truncate(whole)

    def __contains__(self, name: str) -> bool:
        return name in self.found

    def __getitem__(self, name: str) -> Any:
        return self.found[name]

    def add(self, name: str, data: Any) -> None:
        """Keep the outcome of the piece of work `name`; it is on disk when this returns."""
        line = json.dumps({"name": name, "data": data}).encode() + b"\n"
        try:
            with self.path.open("ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise FileProblem(f"cannot write {self.path}: {error.strerror or error}") from None
        self.found[name] = json.loads(line)["data"]

    def _read(self, key: dict[str, Any]) -> int | None:
        """Read what is there; return the length of its whole lines, or None where it is of something else."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FileProblem(f"cannot read {self.path}: {error.strerror or error}") from None
        length = 0
        for number, line in enumerate(content.splitlines(keepends=True)):
            try:
                entry = json.loads(line) if line.endswith(b"\n") else None
                if number == 0 and (entry is None or entry["key"] != json.loads(json.dumps(key))):
                    return None
                if entry is None:
                    break
                if number:
                    self.found[entry["name"]] = entry["data"]
            except (ValueError, KeyError, TypeError):
                if number == 0:
                    return None
                break
            length += len(line)
        return length or None
