"""The state side of a bridged plugin: its own bytes and presets, never stale."""

from pathlib import Path
from typing import Any

from ...models.errors import FileProblem, InvalidType, PluginError
from .vst3_preset import chunks_of


class PluginState:
    """State and presets over a pedalboard plugin.

    A plugin saves what it was like when audio last ran; `_stale` says that a knob has moved since.
    """

    path: Path
    plugin_name: str | None
    name: str
    native: Any
    report: Any
    raw_values: Any
    _lock: Any
    _stale: bool
    _prepared: Any

    def reset(self) -> None:
        """Clear the sound; the knobs stay."""
        raise NotImplementedError

    def settle(self) -> None:
        """Make moved knobs stick, with a block of silence."""
        raise NotImplementedError

    @property
    def raw_state(self) -> bytes:
        """The plugin's own state, never stale.

        A plugin saves what it was like when audio last ran. Where a knob has moved since, one block of silence
        runs first: through this instance, then reset, where no stream is running; through a second instance with
        the same knobs where one is, so that the stream does not notice.
        """
        return bytes(self._settled().raw_state)

    @raw_state.setter
    def raw_state(self, data: bytes) -> None:
        if not isinstance(data, bytes | bytearray):
            raise InvalidType(f"raw_state is bytes, got {type(data).__name__}")
        chunks_of(bytes(data))  # pedalboard takes any bytes, and says nothing
        with self._lock:
            try:
                self.native.raw_state = bytes(data)
            except (RuntimeError, ValueError) as error:
                raise PluginError(f"{self.name} refused this state ({str(error).splitlines()[0]})") from None
            self.__dict__["holds_state"] = True
            self.reset()

    @property
    def preset_data(self) -> bytes:
        """The state as the bytes of a .vstpreset, never stale."""
        return bytes(self._settled().preset_data)

    def save_preset(self, path: str | Path) -> None:
        """Write a .vstpreset. Raises FileProblem."""
        try:
            Path(path).write_bytes(self.preset_data)
        except OSError as error:
            raise FileProblem(f"cannot write {path}: {error.strerror or error}") from None

    def load_preset(self, path: str | Path) -> None:
        """Load a .vstpreset and reset. Raises FileProblem or PluginError."""
        if not Path(path).is_file():
            raise FileProblem(f"no preset at {path}: pass a .vstpreset file")
        with self._lock:
            try:
                self.native.load_preset(str(path))
            except (RuntimeError, ValueError, ImportError) as error:
                raise PluginError(f"{path} is not a preset of {self.name} ({str(error).splitlines()[0]})") from None
            self.__dict__["holds_state"] = True
            self.reset()

    def _settled(self) -> Any:
        with self._lock:
            if not self._stale:
                return self.native
            if self._prepared is None:
                self.reset()
                return self.native
            kind: Any = type(self)
            second = kind(self.path, self.plugin_name, self.report)
            second.native.raw_state = self.native.raw_state
            second.raw_values = self.raw_values
            second.settle()
            return second.native
