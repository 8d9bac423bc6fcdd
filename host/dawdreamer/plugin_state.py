"""The state side of a plugin in DawDreamer: its own bytes and preset files, never stale.

DawDreamer's own `load_state` opens the plugin's window to make the state stick, which kills the process where there is
no display; so states go in as preset files, which do without.
"""

import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import Any

from ...models.errors import FileProblem, InvalidType, PluginError
from .. import _pedalboard
from ..plugins.formats import is_vst2
from ..plugins.quarantine import scanned_as
from ..plugins.vst3_preset import class_id_of, preset_of
from . import vst2_files


class DawDreamerState:
    """State and presets of a DawDreamerPlugin."""

    path: Path
    name: str
    native: Any
    _lock: threading.RLock
    _loaded: bytes | None
    _moved: dict[str, float]

    def settle(self) -> None:
        """Play silence: a plugin saves what it was like when audio last ran."""
        raise NotImplementedError

    @property
    def raw_state(self) -> bytes:
        """The plugin's own state, never stale: of a VST2 an .fxb, of a VST3 what pedalboard's `raw_state` is too."""
        with self._lock, tempfile.TemporaryDirectory(prefix="wetdry-state-") as folder:
            self.settle()
            file = Path(folder) / "state"
            self.native.save_state(str(file))
            return file.read_bytes()

    @raw_state.setter
    def raw_state(self, data: bytes) -> None:
        if not isinstance(data, bytes | bytearray):
            raise InvalidType(f"raw_state is bytes, got {type(data).__name__}")
        self.put_preset(bytes(data) if is_vst2(self.path) else preset_of(bytes(data), _class_id(self.path)))

    @property
    def preset_data(self) -> bytes:
        """The state as the bytes of a .vstpreset (VST3) or an .fxp (VST2), never stale."""
        state = self.raw_state
        if not is_vst2(self.path):
            return preset_of(state, _class_id(self.path))
        positions = [value for _, value in self.native.get_patch()]
        return vst2_files.program(vst2_files.read(state), positions, self.name)

    def put_preset(self, data: bytes) -> None:
        """Bring the plugin into the state of a preset, given as `preset_data`. Raises PluginError."""
        self._check(data)
        with self._lock:
            self.load_into(self.native, data)
            self.__dict__["_loaded"] = data
            self._moved.clear()
            self.settle()

    def save_preset(self, path: str | Path) -> None:
        """Write a .vstpreset (VST3), an .fxp or, where the path says so, an .fxb (VST2). Raises FileProblem."""
        data = self.raw_state if is_vst2(self.path) and Path(path).suffix.lower() == ".fxb" else self.preset_data
        try:
            Path(path).write_bytes(data)
        except OSError as error:
            raise FileProblem(f"cannot write {path}: {error.strerror or error}") from None

    def load_preset(self, path: str | Path) -> None:
        """Load a .vstpreset (VST3), .fxp or .fxb (VST2). Raises FileProblem or PluginError."""
        try:
            self.put_preset(Path(path).read_bytes())
        except OSError as error:
            kinds = ".fxp or .fxb" if is_vst2(self.path) else ".vstpreset"
            raise FileProblem(f"cannot read {path} ({error.strerror or error}): pass a {kinds} file") from None
        except PluginError as error:
            raise PluginError(f"{path}: {error}") from None

    def _check(self, data: bytes) -> None:
        if is_vst2(self.path):
            ours, theirs = vst2_files.read(self.raw_state).plugin_id, vst2_files.read(data).plugin_id
        else:
            ours, theirs = _class_id(self.path), class_id_of(data)
        if ours != theirs:
            raise PluginError(f"this preset belongs to another plugin than {self.name} ({theirs!r}, not {ours!r})")

    def load_into(self, native: Any, data: bytes) -> None:
        """Bring an instance into the state of a preset. Raises PluginError."""
        suffix, load = (".fxp", native.load_preset) if is_vst2(self.path) else (".vstpreset", native.load_vst3_preset)
        with tempfile.TemporaryDirectory(prefix="wetdry-state-") as folder:
            file = Path(folder) / f"state{suffix}"
            file.write_bytes(data)
            try:
                taken = load(str(file))
            except RuntimeError as error:
                raise PluginError(f"{self.name} refused this preset ({str(error).splitlines()[0]})") from None
        if not taken:
            raise PluginError(f"{self.name} refused this preset")


@cache
def _class_id(path: Path) -> bytes:
    """Return a VST3's class id, which DawDreamer does not tell and pedalboard does. Raises PluginError."""
    known = scanned_as(path)
    if known and known.host == "dawdreamer":  # pedalboard would hang or crash on it
        raise PluginError(f"{path.name} takes and gives no preset here, because pedalboard, which tells whose one is, does "
                          "not load it: keep its raw_values instead")  # fmt: skip
    return class_id_of(bytes(_pedalboard.load_vst3(path, None, "clears").preset_data))
