"""Watchdog: looks after an engine, so that what fails is passed by and what waits for the device is done."""

import threading
from collections.abc import Callable

LOOK_SECONDS = 0.05


class Watchdog:
    """A thread that calls `look_after` now and then, and at once where something raises; `said`: takes a line."""

    def __init__(self, look_after: Callable[[], None], said: Callable[[str], None]) -> None:
        self._look_after, self._said = look_after, said
        self._called, self._stopped = threading.Event(), False
        self._told: set[str] = set()
        self._thread = threading.Thread(target=self._work, name="wetdry watchdog", daemon=True)

    def look(self) -> None:
        """Have it look now."""
        self._called.set()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopped = True
        self._called.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _work(self) -> None:
        while not self._stopped:
            self._called.wait(LOOK_SECONDS)
            self._called.clear()
            if not self._stopped:
                self._look()

    def _look(self) -> None:
        try:
            self._look_after()
        except Exception as error:  # whatever a processor raises as it is begun: it goes on looking
            line = f"{type(error).__name__}: {error}".replace("\n", " ")
            if line not in self._told:
                self._told.add(line)
                self._said(line)
