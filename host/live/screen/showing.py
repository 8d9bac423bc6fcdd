"""Shows a session on a terminal until it ends, the time is up, or `q` is pressed."""

import time
from typing import Any

from rich.console import Console, Group
from rich.live import Live

from .drawing import drawn
from .gathering import Gathering
from .hands import Hands
from .keys import Keys

PICTURES_A_SECOND = 12


def show(session: Any, console: Console, seconds: float | None = None) -> None:
    """Draw the session's screen again and again, and do what its keys say.

    Args:
        session: a live `Session`, begun.
        console: of a terminal; the screen is the terminal's second one, so that what stood there comes back.
        seconds: how long; None: until `q`, or the session's end.
    """
    hands, gathering = Hands(session), Gathering(session)
    ends = time.monotonic() + seconds if seconds is not None else float("inf")
    with Keys() as keys, Live(console=console, screen=True, auto_refresh=False) as live:
        while session.running and not hands.done and time.monotonic() < ends:
            picture = gathering.snapshot(hands)
            size = console.size
            live.update(Group(*drawn(picture, size.width, size.height)), refresh=True)
            due = time.monotonic() + 1 / PICTURES_A_SECOND
            while (left := due - time.monotonic()) > 0 and not hands.done:
                pressed = keys.pressed(left)
                for key in pressed:
                    hands.press(key)
                if pressed:
                    break  # seen at once
                if not keys.listens:
                    time.sleep(max(due - time.monotonic(), 0))
