"""Where a capture lies: a folder of this machine, or one at a URL that fsspec opens (s3://, gs://, ftp://, sftp://, …)."""

import io
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar
from urllib.parse import urlsplit

from .errors import FileProblem, InvalidType, InvalidValue, MissingExtra

ATTEMPTS = 3
PAUSE_SECONDS = 0.5
Answer = TypeVar("Answer")

_connected = threading.local()  # root of a URL → its store: some (FTP) are one connection, which threads cannot share


class _Size(NamedTuple):
    st_size: int


@dataclass(frozen=True)
class RemotePath:
    """A file or folder at a URL, with as much of pathlib.Path's face as a capture needs.

    Every call goes to the store: nothing is remembered, so what another machine wrote is seen. A connection that broke is
    made anew, three times in all. Printed, it leaves out a password. Each thread has connections of its own.

    Raises:
        FileProblem: (all methods) no such file, no permission, no connection.
        MissingExtra: fsspec, or its part for this protocol, is not installed.
    """

    url: str

    def __truediv__(self, name: str) -> Self:
        return type(self)(f"{self.url.rstrip('/')}/{name}")

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        user, at, host = parts.netloc.rpartition("@")
        return self.url.replace(parts.netloc, f"{user.partition(':')[0]}{at}{host}", 1) if at else self.url

    __repr__ = __str__

    @property
    def name(self) -> str:
        """The last part of the URL."""
        return self.url.rstrip("/").rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The last part without its suffix."""
        return Path(self.name).stem

    def read_bytes(self) -> bytes:
        """Return the whole file."""
        return self._do(lambda fs, path: fs.cat_file(path))

    def read_text(self, encoding: str = "utf-8") -> str:
        """Return the whole file as text."""
        return self.read_bytes().decode(encoding)

    def open(self) -> io.BytesIO:
        """Return the whole file, to read from: stores differ too much in how they read parts."""
        return io.BytesIO(self.read_bytes())

    def write_bytes(self, content: bytes) -> None:
        """Write the whole file over what was there, and the folders above it where the store has folders."""

        def write(fs: Any, path: str) -> None:
            try:
                with fs.open(path, "wb", block_size=max(len(content), 5 * 2**20)) as file:  # one request, whatever the store
                    file.write(content)
            except Exception:
                with suppress(Exception):  # it may be there, made by another; the next attempt tells
                    fs.makedirs(path.rpartition("/")[0], exist_ok=True)
                raise

        self._do(write)

    def make_folder(self) -> None:
        """Make the folder and those above it, where the store has folders."""
        self._do(lambda fs, path: fs.makedirs(path, exist_ok=True))

    def sizes(self) -> dict[str, int]:
        """Return name → bytes of the files in this folder; empty where there is none."""

        def look(fs: Any, path: str) -> dict[str, int]:
            fs.invalidate_cache()
            found = fs.ls(path, detail=True)
            return {f["name"].rstrip("/").rpartition("/")[2]: int(f["size"] or 0) for f in found if f["type"] == "file"}

        try:
            return self._do(look)
        except FileProblem as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return {}
            raise

    def stat(self) -> _Size:
        """Return an object whose `st_size` is the length in bytes."""

        def look(fs: Any, path: str) -> int:
            fs.invalidate_cache()
            return int(fs.info(path)["size"] or 0)

        return _Size(self._do(look))

    def is_file(self) -> bool:
        """Return whether a file is there."""

        def look(fs: Any, path: str) -> bool:
            fs.invalidate_cache()
            return bool(fs.isfile(path))

        return self._do(look)

    def _do(self, action: Callable[[Any, str], Answer]) -> Answer:
        for attempt in range(1, ATTEMPTS + 1):
            fs, path = self._store(fresh=attempt > 1)
            try:
                return action(fs, path)
            except FileNotFoundError as error:
                if attempt > 1:  # a connection that was closed for idleness says the same, once
                    raise FileProblem(f"{self}: no such file or folder") from error
            except PermissionError as error:
                raise FileProblem(f"{self}: no permission; the store refuses it") from error
            except Exception as error:  # ftplib, botocore and paramiko have roots of their own
                if attempt == ATTEMPTS:
                    raise FileProblem(f"{self}: {_one_line(error)}") from error
                time.sleep(PAUSE_SECONDS * attempt)
        raise AssertionError

    def _store(self, fresh: bool) -> tuple[Any, str]:
        """Return the store, connected by this thread, and this file's path in it."""
        parts = urlsplit(self.url)
        root = f"{parts.scheme}://{parts.netloc}"
        stores = _connected.__dict__
        if fresh or root not in stores:
            stores.pop(root, None)
            stores[root] = self._connect(root)
        return stores[root], stores[root]._strip_protocol(self.url)

    def _connect(self, root: str) -> Any:
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise MissingExtra(f"a folder at {self}", "host", "fsspec") from None
        try:
            return url_to_fs(root, skip_instance_cache=True)[0]
        except ImportError as error:
            raise InvalidValue(f"{self}: {_one_line(error)}, and run again") from None
        except ValueError as error:
            raise InvalidValue(f"{self}: {_one_line(error)}; pass a folder, or a URL that fsspec knows") from None
        except Exception as error:
            raise FileProblem(f"{self}: cannot be reached ({_one_line(error)})") from error


Location = Path | RemotePath


def location_of(place: "str | Path | RemotePath") -> Location:
    """Return a folder or file as what it is: a path of this machine (file:// too), or a RemotePath.

    Raises:
        InvalidType: it is neither text nor a path. InvalidValue: a URL whose files no other process would see.
    """
    if isinstance(place, RemotePath):
        return place
    if not isinstance(place, str | Path):
        raise InvalidType(f"a folder is a path or a URL, got {place!r:.80}")
    text = str(place)
    scheme, found, rest = text.partition("://")
    if isinstance(place, Path) or not found:
        return Path(place)
    if scheme in ("file", "local"):
        return Path(rest)
    if scheme == "memory":
        raise InvalidValue(f"{text}: what lies in one process's memory no worker can reach; pass a folder or another URL")
    return RemotePath(text.rstrip("/"))


def _one_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0][:200]
