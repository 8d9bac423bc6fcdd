"""What is wrong with a rig file: all of it together, each with its line and field."""

from collections.abc import Iterator
from contextlib import contextmanager

from ...models.errors import RigFileError, WetdryError

Path = tuple[str | int, ...]
MOST_SHOWN = 10
LONGEST_NAME = 60
LONGEST = 300  # characters of a problem


class Problems:
    """Collects problems by the path of the field, and says them in the file's order.

    Attributes:
        lines: line (from 1) of each part of the file, by its path.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {(): 1}
        self._found: dict[tuple[Path, str], int] = {}

    def __len__(self) -> int:
        return len(self._found)

    def add(self, path: Path, what: str, at: Path | None = None) -> None:
        """Note what is wrong with a field; `at` says where it stands, if not at its beginning."""
        line = " ".join(what.split())
        shown = line if len(line) <= LONGEST else f"{line[:LONGEST]} …"
        self._found[path, shown] = self.line(path if at is None else at)

    @contextmanager
    def at(self, path: Path) -> Iterator[None]:
        """Note what is raised inside as a problem of this field, and go on after it."""
        try:
            yield
        except (WetdryError, OSError) as error:
            self.add(path, str(error))

    def line(self, path: Path) -> int:
        """Return the line of a field, or of the nearest part around it that is in the file."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)

    def raise_if_any(self) -> None:
        """Raise RigFileError with the first `MOST_SHOWN` problems, if there are any."""
        if not self._found:
            return
        ordered = sorted(self._found.items(), key=lambda found: found[1])
        texts = [": ".join(part for part in (f"{self.file}:{line}", spelled(path), what) if part)
                 for (path, what), line in ordered]  # fmt: skip
        more = len(texts) - MOST_SHOWN
        raise RigFileError(texts[:MOST_SHOWN] + ([f"{self.file}: and {more} more"] if more > 0 else []))


def spelled(path: Path) -> str:
    """Return a path as a person writes it: `chain[2].TubeSaturator.drive_db`."""
    text = ""
    for part in path:
        name = part if isinstance(part, int) or len(part) <= LONGEST_NAME else f"{part[:LONGEST_NAME]}…"
        text += f"[{name}]" if isinstance(name, int) else f".{name}" if text else name
    return text
