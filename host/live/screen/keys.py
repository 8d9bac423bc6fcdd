"""Keys: what is typed at a terminal, key by key, without waiting."""

import os
import select
import sys
from types import TracebackType
from typing import Any, Self

NAMES = {"\x1b[A": "up", "\x1b[B": "down", "\x1b[C": "right", "\x1b[D": "left", "\x1bOA": "up", "\x1bOB": "down",
         "\x1bOC": "right", "\x1bOD": "left", "\x1b[1;2C": "far right", "\x1b[1;2D": "far left", "\x1b[5~": "page up",
         "\x1b[6~": "page down", "\x1b[H": "home", "\x1b[F": "end", "\x03": "q", "\x1b": "escape"}  # fmt: skip
WINDOWS_NAMES = {"H": "up", "P": "down", "M": "right", "K": "left", "I": "page up", "Q": "page down", "G": "home", "O": "end"}
LONGEST = max(map(len, NAMES))


class Keys:
    """A terminal in single-key mode, inside a `with` block; left as it was.

    Args:
        file: where keys come from, a file number; None: standard input. What is no terminal gives no keys.
    """

    def __init__(self, file: int | None = None) -> None:
        self._file, self._before, self._rest = file, None, ""

    def __enter__(self) -> Self:
        if self._file is None:
            try:
                self._file = sys.stdin.fileno()
            except (AttributeError, OSError, ValueError):  # no standard input at all
                return self
        if sys.platform != "win32" and os.isatty(self._file):
            import termios
            import tty

            self._before = termios.tcgetattr(self._file)
            tty.setcbreak(self._file, termios.TCSANOW)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._before is not None:
            import termios

            assert self._file is not None
            termios.tcsetattr(self._file, termios.TCSADRAIN, self._before)

    @property
    def listens(self) -> bool:
        """Whether `pressed` waits for keys: there is a terminal, and the system can."""
        return self._before is not None

    def pressed(self, seconds: float = 0.0) -> list[str]:
        """Return the keys pressed since last asked: letters, `up`, `far right`, `escape` …; wait at most so long for one."""
        if sys.platform == "win32":
            return _pressed_on_windows()
        if self._before is None or self._file is None or not select.select([self._file], [], [], seconds)[0]:
            return []
        keys, self._rest = split_keys(self._rest + os.read(self._file, 1024).decode("utf-8", "ignore"))
        return keys


def split_keys(text: str) -> tuple[list[str], str]:
    """Return the keys of what a terminal sent, and the beginning of one that is not yet whole."""
    keys: list[str] = []
    while text:
        known = next((text[:n] for n in range(min(LONGEST, len(text)), 1, -1) if text[:n] in NAMES), text[0])
        if known == "\x1b" and len(text) > 1 and text[1] in "[O":
            end = next((i for i, c in enumerate(text[2:], 2) if "@" <= c <= "~"), None)
            if end is None:
                return keys, text
            text = text[end + 1 :]  # a key that means nothing here
            continue
        keys.append(NAMES.get(known, known))
        text = text[len(known) :]
    return keys, ""


def _pressed_on_windows() -> list[str]:
    import msvcrt

    console: Any = msvcrt
    keys = []
    while console.kbhit():
        key = console.getwch()
        keys.append(WINDOWS_NAMES.get(console.getwch(), "") if key in "\x00\xe0" else NAMES.get(key, key))
    return [key for key in keys if key]
