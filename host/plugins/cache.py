"""Where probes of plugins are remembered, and how a plugin file is told from another."""

import hashlib
import json
from pathlib import Path
from typing import Any

from ...models.errors import FileProblem
from ...models.files import cache_folder, write_atomically
from ...models.locations import Location


def plugin_files(path: Path) -> list[Path]:
    """Return the files of a plugin: itself, or all files of its bundle folder, sorted."""
    return sorted(f for f in path.rglob("*") if f.is_file()) if path.is_dir() else [path]


def cache_file(path: Path, plugin_name: str | None, *versions: object) -> Path:
    """Return the file that remembers the probe of `path`: another mtime, size or version is another file."""
    stats = [f.stat() for f in plugin_files(path)]
    key = [
        str(path.resolve()),
        plugin_name,
        max((s.st_mtime_ns for s in stats), default=0),
        sum(s.st_size for s in stats),
        *versions,
    ]
    digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:20]
    return cache_folder() / "plugins" / f"{path.stem}-{digest}.json"


def plugin_sha256(path: Path) -> str:
    """Return the SHA-256 over the plugin's files (relative names and contents)."""
    total = hashlib.sha256()
    for file in plugin_files(path):
        total.update(str(file.relative_to(path)).encode() + b"\0")
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def remember(file: Path, data: dict[str, Any]) -> None:
    """Write `data` atomically; a cache that cannot be written is no reason to stop."""
    try:
        write_json(file, data)
    except FileProblem:
        return


def recall(file: Location) -> dict[str, Any] | None:
    """Return what was remembered, or None (missing, unreadable, not JSON)."""
    try:
        data = json.loads(file.read_text())
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None


def write_json(file: Location, data: Any) -> None:
    """Write JSON, whole or not at all. Raises FileProblem."""
    write_atomically(file, json.dumps(data, indent=1).encode() + b"\n")
