"""What every DawDreamer processor is to its caller: whole signals in, whole signals out, latency taken out."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...models.errors import PluginError
from .._dawdreamer import BLOCK_SIZE, Engine
from ..plugins.face import PluginFace
from ..plugins.knobs import Knob


class DawDreamerNode(PluginFace):
    """A processor that DawDreamer plays, over whole signals only: each render resets what is in the engine.

    A subclass gives `add_to`, sets the channel counts, and then calls `_take_knobs` and `_forget`; where it holds the knobs
    itself (`HeldKnob`), it need not say how one is turned.

    Attributes:
        input_channels, output_channels: of its signal, the side-chain not counted.
        offline_reason: why it cannot stream and what to do instead.
    """

    input_channels: int
    output_channels: int

    @property
    def offline_reason(self) -> str:
        """Why `process(reset=False)` raises, and what to do instead."""
        return (f"{self.name} cannot stream: DawDreamer, which plays it, resets it at every call; "
                "play the whole signal at once, process(audio, sample_rate)")  # fmt: skip

    @property
    def channels(self) -> tuple[int, ...]:
        """Channel counts it takes."""
        return (self.input_channels,)

    @property
    def knobs(self) -> dict[str, Knob]:
        """Its knobs as rows, by name."""
        return dict(self._table)

    def values(self) -> dict[str, Any]:
        """Return where every knob stands, by name, in its unit."""
        return {name: self._get(name) for name in self._table}

    @property
    def latency_samples(self) -> int:
        """Samples by which its sound lags, at the rate last played; `process` compensates them."""
        return 0

    @property
    def tail_seconds(self) -> float:
        """Seconds it rings on, where that is known; else 0."""
        return 0.0

    def _put(self, name: str, raw: float) -> None:
        with self._lock:
            self._foreign[name].raw_value = raw

    def add_to(self, engine: Engine, name: str) -> Any:
        """Put a new instance, the knobs as they stand, into `engine` as `name` and return DawDreamer's processor.

        It hears `input_channels` rows, then `key_channels` more, and answers with `output_channels`.
        """
        raise NotImplementedError

    def automate(self, native: Any, name: str, numbers: np.ndarray) -> None:
        """Have a knob of an instance move, by float64 numbers as `Parameter.to_number` counts, one a sample of its engine.

        Where the engine's blocks begin, the knob is turned to the number there.
        """
        raise NotImplementedError

    def after_render(self, native: Any, sample_rate: float) -> int:
        """Return the latency in samples of an instance that has just rendered, and remember it: some say it only then."""
        return 0

    def reset(self) -> None:
        """Forget the channel layout; there is no sound to clear, every call starts anew."""
        with self._lock:
            self._forget()

    def _run(self, planar: np.ndarray, rate: float, block: int, reset: bool, key: np.ndarray | None) -> np.ndarray:
        if not reset:
            raise PluginError(self.offline_reason)
        try:
            return self._in_step(planar, rate, block, key)
        finally:
            self.__dict__.pop("_moving", None)

    def _in_step(self, planar: np.ndarray, rate: float, block: int, key: np.ndarray | None) -> np.ndarray:
        samples = planar.shape[1]
        for _ in range(2):  # a plugin may say another latency once it has played: then once more, with room for that
            latency = self.latency_samples
            heard = self.play_new(_fed(planar, key, self.key_channels, latency), rate, block)
            if self.latency_samples == latency:
                return np.ascontiguousarray(heard[:, latency : latency + samples])
        raise PluginError(f"{self.name} says another latency after every render ({self.latency_samples} samples now), so its "
                          "sound cannot be lined up: leave the knob that changes it alone")  # fmt: skip

    def play_new(self, fed: np.ndarray, rate: float, block: int = BLOCK_SIZE) -> np.ndarray:
        """Return what a new instance makes of float32 (input and key channels, samples), latency left in."""
        courses, block = self.__dict__.get("_moving") or ({}, block)
        engine = Engine(rate, block)
        native = self.add_to(engine, "node")
        for knob, numbers in courses.items():
            self.automate(native, knob, numbers)
        return self._play_in(engine, native, fed)

    def move(self, courses: Mapping[str, np.ndarray], block: int) -> None:
        """Have knobs move in the next call, by numbers as `automate` takes them, held over blocks of so many samples."""
        self.__dict__["_moving"] = dict(courses), block

    def _play_in(self, engine: Engine, native: Any, fed: np.ndarray) -> np.ndarray:
        graph: list[tuple[Any, list[str]]] = [(native, [])]
        if len(fed):
            graph = [(engine.playback("input", fed), []), (native, ["input"])]
        heard = engine.render(graph, fed.shape[1])[native.get_name()]
        self.after_render(native, engine.sample_rate)
        return heard[: self.output_channels]


def _fed(planar: np.ndarray, key: np.ndarray | None, key_channels: int, latency: int) -> np.ndarray:
    """Stack audio and key, with room for the latency behind."""
    channels, samples = planar.shape
    fed = np.zeros((channels + key_channels, samples + latency), np.float32)
    fed[:channels, :samples] = planar
    if key is not None:
        fed[channels:, :samples] = key
    return fed
