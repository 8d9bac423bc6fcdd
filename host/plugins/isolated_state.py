"""What an isolated plugin was told to be: its own bytes, its presets, and that a loaded one outlives its process."""

from pathlib import Path
from typing import Any

from ...models.errors import FileProblem, InvalidType


class FarState:
    """What `IsolatedPlugin` is to presets and recipes."""

    _lock: Any
    _process: Any
    _state: bytes | None
    _positions: dict[str, float]
    _ask: Any
    _awake: Any
    _forget: Any

    @property
    def raw_state(self) -> bytes:
        """The plugin's own state, never stale; what it was last told to be, where it has crashed."""
        with self._lock:
            if self._process is None and self._state is not None:
                return self._state
            return self._ask("get", "raw_state")

    @raw_state.setter
    def raw_state(self, data: bytes) -> None:
        if not isinstance(data, bytes | bytearray):
            raise InvalidType(f"raw_state is bytes, got {type(data).__name__}")
        with self._lock:
            self._awake()
            self._ask("put", "raw_state", bytes(data))
            self._told(bytes(data))

    @property
    def preset_data(self) -> bytes:
        """The state as the bytes of a preset file, never stale."""
        return self._ask("get", "preset_data")

    def save_preset(self, path: str | Path) -> None:
        """Write a preset. Raises FileProblem."""
        self._ask("call", "save_preset", str(Path(path).absolute()))

    def load_preset(self, path: str | Path) -> None:
        """Load a preset and reset. Raises FileProblem or PluginError."""
        if not Path(path).is_file():
            raise FileProblem(f"no preset at {path}: pass a preset file")
        with self._lock:
            self._awake()
            self._ask("call", "load_preset", str(Path(path).absolute()))
            self._told(self._ask("get", "raw_state"))

    def _told(self, state: bytes) -> None:
        self.__dict__["_state"], self.__dict__["_turned"] = state, {}
        self._positions.update(self._ask("get", "raw_values"))
        self._forget()

    @property
    def holds_state(self) -> bool:
        """Whether a state or preset was loaded into it: its knobs alone may then not say what it is."""
        return self._state is not None
