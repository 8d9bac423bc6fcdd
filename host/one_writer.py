"""One process at a time writes into a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..models.errors import FileProblem, WetdryError


@contextmanager
def only_writer(file: Path, refusal: WetdryError) -> Iterator[None]:
    """Hold a lock; it goes with the process that holds it, however that ends.

    Args:
        file: of the lock, made where it is not there; it stays, and means nothing by itself.
        refusal: raised where another process holds it.

    Raises:
        FileProblem: the file cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = file.open("a")
    except OSError as error:
        raise FileProblem(f"cannot write into {file.parent}: {error.strerror or error}") from None
    with lock:
        try:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # Windows: one writer a folder is the caller's care
            pass
        except OSError:
            raise refusal from None
        yield
