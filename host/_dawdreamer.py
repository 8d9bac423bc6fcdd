"""The one file that imports dawdreamer (GPLv3): lazily, and with the pip line where it is missing."""

import atexit
import os
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..models.errors import InvalidValue, MissingExtra, PluginError
from .float_mode import kept_float_mode
from .quiet import quiet_stderr
from .shared_library import keep_for_both

BLOCK_SIZE = 8192  # pedalboard's default: some plugins (ZamComp, ZamDelay) sound by their block


_ENGINES: weakref.WeakSet["Engine"] = weakref.WeakSet()
_FAUST = threading.Lock()  # its compiler has one context a process
# The thread that brought DawDreamer in. A plugin that is loaded, or let go, on another waits for this one for good.
_home: threading.Thread | None = None
_left_elsewhere: deque[dict[str, Any]] = deque()  # what engines held that were let go on another thread


@atexit.register
def _leave_quietly() -> None:
    """Keep the complaints of plugins that are unloaded with the process off the terminal."""
    if len(_ENGINES):
        quiet_stderr().__enter__()


def dawdreamer() -> Any:
    """Return the dawdreamer module. Raises MissingExtra where it is not installed."""
    global _home
    if _home is None:
        _home = threading.main_thread() if "dawdreamer" in sys.modules else threading.current_thread()
    try:
        import dawdreamer as module
    except ImportError:
        raise MissingExtra("hosting VST2 plugins and Faust", "host", "dawdreamer") from None
    return module


def version() -> str:
    """Return dawdreamer's version."""
    from importlib.metadata import version as of

    dawdreamer()
    return of("dawdreamer")


class Engine:
    """A DawDreamer engine that keeps alive what plays in it, and renders whole numbers of samples.

    Every render starts at 0 and resets each processor: nothing streams here.

    Args:
        sample_rate: in Hz.
        block_size: samples a processor is handed at a time.

    Attributes:
        native: the RenderEngine.
    """

    def __init__(self, sample_rate: float, block_size: int = BLOCK_SIZE) -> None:
        self.sample_rate, self.block_size = float(sample_rate), int(block_size)
        self.native = dawdreamer().RenderEngine(self.sample_rate, self.block_size)
        if threading.current_thread() is _home:
            while _left_elsewhere:
                _let_go(_left_elsewhere.popleft())
        _ENGINES.add(self)
        self._kept: dict[str, Any] = {}  # as long as the engine: it plays them by name

    def __del__(self, finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        if finalizing():  # and the names of this module may be gone
            return
        if threading.current_thread() is not _home:  # a garbage collection may run on any
            _left_elsewhere.append(self.__dict__.copy())
        else:
            _let_go(self.__dict__)

    def plugin(self, name: str, path: Path) -> Any:
        """Load a VST2 or VST3 as a new PluginProcessor. Raises PluginError; a plugin that crashes takes the process along."""
        self._check_free(name)
        if threading.current_thread() is not _home:
            raise PluginError(f"{path}: DawDreamer loads plugins on the thread that loaded the first one, and for every whole "
                              "call: call from there, or load_plugin(..., isolated=True), which any thread may")  # fmt: skip
        with quiet_stderr(), kept_float_mode():
            try:
                native = self.native.make_plugin_processor(name, os.fspath(path.absolute()))
            except RuntimeError as error:
                raise PluginError(f"{path} is not a plugin that loads on this machine ({_first_line(error)})") from None
        if path.suffix.lower() == ".vst3":
            keep_for_both(path, "dawdreamer", self)
        return self._keep(name, native)

    def faust(self, name: str) -> Any:
        """Return a new FaustProcessor, not compiled yet."""
        self._check_free(name)
        return self._keep(name, self.native.make_faust_processor(name))

    def built_in(self, kind: str, name: str, *arguments: Any) -> Any:
        """Return a new processor of DawDreamer's own: `make_<kind>_processor(name, *arguments)`."""
        self._check_free(name)
        return self._keep(name, getattr(self.native, f"make_{kind}_processor")(name, *arguments))

    def playback(self, name: str, audio: np.ndarray) -> Any:
        """Return a processor that plays float32 `audio` (channels, samples), the only way audio comes in."""
        if audio.ndim != 2 or audio.dtype != np.float32:
            raise InvalidValue(f"playback takes float32 (channels, samples), got {audio.dtype} {audio.shape}")
        self._check_free(name)
        return self._keep(name, self.native.make_playback_processor(name, np.ascontiguousarray(audio)))

    def remove(self, name: str) -> None:
        """Take a processor out; its name is free again."""
        self.native.load_graph([])
        self.native.remove_processor(name)
        self._kept.pop(name, None)

    def render(self, graph: Sequence[tuple[Any, Sequence[str]]], samples: int, listen: Sequence[str] = ()) -> Mapping[str, Any]:
        """Render `samples` of a graph and return float32 (channels, samples) by name.

        Args:
            graph: (processor, names of what it hears, concatenated channel after channel), in an order that plays.
            samples: at least 1.
            listen: names of the processors wanted; empty: the last one.

        Raises:
            PluginError: DawDreamer refuses the graph.
        """
        names = list(listen) or [graph[-1][0].get_name()]
        for processor, _ in graph:
            processor.record = processor.get_name() in names
        with quiet_stderr(), kept_float_mode():
            try:
                if self.native.load_graph([(processor, list(heard)) for processor, heard in graph]) is False:
                    raise RuntimeError("it was refused without a reason")
                self.native.render((samples + 0.5) / self.sample_rate)  # n / rate loses a sample for 7 % of n
                return {name: self._audio(name, samples) for name in names}
            except RuntimeError as error:
                raise PluginError(f"DawDreamer cannot play this graph ({_first_line(error)})") from None

    def _audio(self, name: str, samples: int) -> np.ndarray:
        return np.ascontiguousarray(self.native.get_audio(name)[:, :samples], np.float32)

    def _check_free(self, name: str) -> None:
        if name in self._kept:  # DawDreamer would replace the one that is there
            raise InvalidValue(f"a processor named {name!r} is in this engine already")

    def _keep(self, name: str, native: Any) -> Any:
        self._kept[name] = native
        return native


def _let_go(held: dict[str, Any]) -> None:
    """Unload what an engine held: its processors, then itself."""
    with quiet_stderr():  # plugin frameworks complain about being unloaded
        held.get("_kept", {}).clear()
        held.pop("native", None)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__


def faust_to_cpp(source: str, folder: str = "") -> str:
    """Return the C++ that Faust makes of a program: the one place where DawDreamer tells units, scales and menus."""
    faust = dawdreamer().faust
    arguments = ["-I", folder] if folder else []
    with _FAUST, faust.FaustContext():
        text = faust.box.boxToSource(faust.box.boxFromDSP(source, arguments), "cpp", "Program", arguments)
    return text.decode() if isinstance(text, bytes) else text
