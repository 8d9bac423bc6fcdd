"""Finding every installed plugin and trying each in a child process of its own; what was found is remembered.

A plugin that hangs, crashes, wants a window or plays nonsense takes nothing along: it is quarantined, with the reason.
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from ...models.errors import InvalidValue
from .child import Ending, run_child
from .folders import plugins_in
from .formats import is_vst3
from .scanned import ScannedPlugin, by_name, checked_folders, display, remember_scan, remembered_scan

TIMEOUT_SECONDS = 30.0
AT_A_TIME = 2
WINDOW_WORDS = ("display", "x11", "xcb", "wayland", "gtk", "opengl", "glx", "window")

Progress = Callable[[int, int, str], None]


def scan(
    folders: Iterable[str | Path] | None = None,
    *,
    timeout: float = TIMEOUT_SECONDS,
    refresh: bool = False,
    progress: Progress | None = None,
) -> list[ScannedPlugin]:
    """Try every plugin below `folders` and return what was found, sorted by name.

    Each is loaded in a child process, two at a time: its names, channels, knobs and one block of audio. What is known of
    a file (path, size, time of change, versions of the hosts) is not asked again, but for one that hung and may now take
    longer, and one that wanted a window and may now have one.

    Args:
        folders: where to look; None: where plugins are installed (`plugin_folders`, with $VST_PATH and $VST3_PATH).
        timeout: seconds each plugin may take, in each host.
        refresh: try all of them again, the quarantined ones too.
        progress: called with (done, of how many, the name just done).

    Raises:
        FileProblem: one of `folders` is none. InvalidValue: timeout.
    """
    if not timeout > 0:
        raise InvalidValue(f"timeout = {timeout} s: pass a positive number of seconds")
    paths = plugins_in(checked_folders(folders))
    found: list[ScannedPlugin] = []
    stop = threading.Event()
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        jobs = {pool.submit(_scanned, path, timeout, refresh, stop): path for path in paths}
        try:
            for done, job in enumerate(as_completed(jobs), 1):
                found += job.result()
                if progress:
                    progress(done, len(paths), jobs[job].name)
        except BaseException:  # Ctrl-C: the children under way end, what is done stays known
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return by_name(found)


# one file


def _scanned(path: Path, timeout: float, refresh: bool, stop: threading.Event) -> list[ScannedPlugin]:
    known = None if refresh else remembered_scan(path)
    if known is not None and not any(0 < one.timeout < timeout for one in known):
        return known
    found = _tried(path, timeout, stop)
    if not stop.is_set():
        remember_scan(path, found)
    return found


def _tried(path: Path, timeout: float, stop: threading.Event) -> list[ScannedPlugin]:
    """Return the plugins of a file; [] where it is none but a library of another kind."""

    def look(host: str, plugin_name: str | None = None) -> ScannedPlugin | list[str]:
        request = {"path": str(path), "plugin_name": plugin_name, "host": host}
        ending = run_child("wetdry.host.plugins.scan_child", request, timeout, stop)
        if "several" in ending.answer:
            return ending.answer["several"]
        return _judged(ending, path, plugin_name, host, timeout)

    first = look("pedalboard" if is_vst3(path) else "dawdreamer")
    if isinstance(first, list):
        return [one for one in (look("pedalboard", name) for name in first) if isinstance(one, ScannedPlugin)]
    if not first.quarantine or not is_vst3(path):
        return [first]
    other = look("dawdreamer")
    if isinstance(other, list) or other.quarantine:
        return [first]
    return [replace(other, note=f"not in pedalboard: {first.quarantine}", timeout=first.timeout)]


def _judged(ending: Ending, path: Path, plugin_name: str | None, host: str, timeout: float) -> ScannedPlugin:
    kind = "VST3" if is_vst3(path) else "VST2"
    if "report" in ending.answer:
        fields = {"path": path, "plugin_name": plugin_name, "format": kind, "host": host, **ending.answer["report"]}
        return ScannedPlugin.from_dict(fields)
    reason = _reason(ending, timeout).removeprefix(f"{path} ")
    spent = timeout if ending.hung else 0.0
    return ScannedPlugin(path, plugin_name, plugin_name or path.stem, kind, quarantine=reason, timeout=spent)


def _reason(ending: Ending, timeout: float) -> str:
    if "refused" in ending.answer:
        return str(ending.answer["refused"])
    if ending.hung:
        return f"hung while {ending.stage} (stopped after {timeout:g} s)"
    asked = [line.strip() for line in ending.log.splitlines() if any(word in line.lower() for word in WINDOW_WORDS)]
    if asked and not display():
        return f"wants a window while {ending.stage}, and there is no display here ({asked[0][:120]})"
    return f"crashed while {ending.stage} ({ending.crash or 'it ended the process'})"
