"""Patience: where something takes long, a line says so while it does."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LONG_SECONDS = 1.5


@contextmanager
def said_where_long(say: Callable[[str], None]) -> Iterator[None]:
    """Return a context that says, once it has taken long, that what plays is being made ready."""
    line = "making ready what plays: what is compiled for this machine now is kept for the next time"
    timer = threading.Timer(LONG_SECONDS, say, [line])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
