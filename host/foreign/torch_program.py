"""TorchScript files through torch, once they are trusted: a state of their own in every copy, noise from a seed."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import MissingExtra, PluginError
from .facts import Facts, Given
from .torch_faces import Face, face_of

EXTRA_FILES = ("wetdry.json", "metadata.json")
SEED = 0


class TorchProgram:
    """A TorchScript file, loaded once; every voice is a copy of the module as it was saved.

    Raises:
        PluginError: it is not trusted, is no TorchScript, or has no face that `torch_faces` knows.
        MissingExtra: torch is not installed.
    """

    kind = "TorchScript"

    def __init__(self, path: Path, given: Given, trusted: bool) -> None:
        if not trusted:
            raise PluginError(f"{path} is TorchScript, a program: loading and playing it runs whatever its author wrote, with "
                              f"your rights; if you know where it comes from, pass trusted=True (in a command, write "
                              f"trusted:{path.name})")  # fmt: skip
        self._torch = imported()
        self._module, extra = _load(self._torch, path)
        self._face: Face = face_of(self._torch, self._fresh, extra, given, str(path))
        self.facts: Facts = self._face.facts

    def voice(self) -> "TorchVoice":
        """Return a new voice at its first state."""
        return TorchVoice(self._torch, self._face, self._fresh)

    def _fresh(self) -> Any:
        return copy.deepcopy(self._module)


class TorchVoice:
    """A copy of the module. A module that draws noise draws the same after every reset; torch's own state stays."""

    def __init__(self, torch: Any, face: Face, fresh: Any) -> None:
        self._torch, self._face, self._make = torch, face, fresh
        self._module, self._used = fresh(), False
        self._start()

    def reset(self) -> None:
        """Go back to the module as it was saved."""
        if not self._used:
            return
        self._used = False
        if not self._face.rewinds:
            self._module = self._make()
        self._start()

    def _start(self) -> None:
        self._face.prepare(self._module)
        self._random = self._torch.Generator().manual_seed(SEED).get_state()

    @property
    def state(self) -> dict[str, np.ndarray]:
        """Not to be had: what a TorchScript remembers may lie in attributes of any kind."""
        raise PluginError("a TorchScript keeps its state to itself: reset it, or play the same model from an ONNX file")

    @state.setter
    def state(self, arrays: dict[str, np.ndarray]) -> None:
        raise PluginError("a TorchScript takes no state: reset it, or play the same model from an ONNX file")

    def play(self, audio: np.ndarray, knobs: np.ndarray) -> np.ndarray:
        """Return the answer to float32 (input channels, samples), (output channels, samples)."""
        torch, self._used = self._torch, True
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # on a busy machine several wait for each other at every operator
        try:
            with torch.no_grad():
                tensors = torch.from_numpy(audio), torch.from_numpy(knobs)
                answer = self._face.play(self._module, *tensors) if self._face.rewinds else self._with_own_noise(*tensors)
        except RuntimeError as error:
            raise PluginError(f"{audio.shape[1]} samples: {last_line(error)}") from None
        finally:
            torch.set_num_threads(threads)
        return np.ascontiguousarray(answer.detach().numpy(), np.float32)

    def _with_own_noise(self, audio: Any, knobs: Any) -> Any:
        torch = self._torch
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self._random)
            answer = self._face.play(self._module, audio, knobs)
            self._random = torch.get_rng_state()
        return answer


def imported() -> Any:
    """Return torch."""
    try:
        import torch
    except ImportError:
        raise MissingExtra("playing TorchScript", "train", "torch") from None
    return torch


def last_line(error: Exception) -> str:
    """Return the line of a TorchScript error that says what is wrong: the last one, below the program's own lines."""
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return (lines or [type(error).__name__])[-1].strip()[:200]


def _load(torch: Any, path: Path) -> tuple[Any, dict[str, Any]]:
    from ...models.nets.torchscript import without_deprecations

    files: dict[str, Any] = dict.fromkeys(EXTRA_FILES, "")
    try:
        with without_deprecations():
            module = torch.jit.load(str(path), map_location="cpu", _extra_files=files).eval()
    except (RuntimeError, ValueError, EOFError) as error:
        raise PluginError(f"{path} is no TorchScript that torch {torch.__version__} loads: {last_line(error)}") from None
    return module, {name: _parsed(content) for name, content in files.items() if content}


def _parsed(content: bytes | str) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return {}
