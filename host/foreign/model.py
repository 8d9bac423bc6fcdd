"""ForeignModel: a program without a spec, with the face of an effect."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...effects.call import check_call
from ...effects.layout import ChannelLayout
from ...models.errors import FileProblem, InvalidValue
from .facts import Given, Program
from .knobs import KnobFace
from .onnx_program import OnnxProgram
from .stream import Stream, block_and_latency, inner_rate_of
from .torch_program import TorchProgram

ONNX_SUFFIXES, TORCH_SUFFIXES = (".onnx",), (".ts", ".nm", ".pt")
SUFFIXES = (*ONNX_SUFFIXES, *TORCH_SUFFIXES)
USUAL_RATE = 48000.0


class ForeignModel(KnobFace):
    """An ONNX or TorchScript model: knobs as attributes, any block size, any sample rate, one constant latency.

    A program of one input and one output plays every channel on its own; another takes as many channels as it has inputs.
    It is fed in its own block size and at its own rate, resampled by the filters that `NeuralAmp` uses (101 samples late
    at 44.1 kHz for a model of 48 kHz). What it answers does not depend on how the host cuts the audio, but for the rounding
    of a program that takes any block; a knob holds from the program's next block on. A NaN or infinity in the input counts
    as 0; an answer that is not finite is silence, and the program starts anew.

    Args:
        path: a file that ends in one of `SUFFIXES`.
        given: what the user says of the program (see `load_plugin`).
        trusted: that a TorchScript may run.

    Attributes:
        path, name: of the file.
        facts: what it says of itself, or what was measured.
        kind: "ONNX" or "TorchScript".
    """

    is_effect = True
    is_instrument = False

    def __init__(self, path: str | Path, given: Given | None = None, trusted: bool = False) -> None:
        own = self.__dict__  # past __setattr__, which only lets knobs through
        own["path"], own["_given"], own["_trusted"] = Path(path), given or Given(), bool(trusted)
        own["_program"] = _loaded(self.path, self._given, self._trusted)
        own["name"], own["kind"], own["facts"] = self.path.stem, self._program.kind, self._program.facts
        self._take_knobs(self.facts.knobs, set(own))
        own["_layout"] = ChannelLayout(self._only_channels)
        own["_streams"], own["_playing"] = [], None  # (rate, channels) of the stream under way
        own["_rate"] = USUAL_RATE

    # sound

    @property
    def _only_channels(self) -> int | None:
        sizes = (self.facts.input_channels, self.facts.output_channels)
        return None if sizes == (1, 1) else sizes[0]

    @property
    def latency_samples(self) -> int:
        """Samples by which the sound lags, at the rate last played (before that, 48 kHz); `process` compensates it."""
        return self._block_and_latency(self._rate)[1]

    def _block_and_latency(self, rate: float) -> tuple[int, int]:
        return block_and_latency(self.facts, rate, self._given.buffer_size or 1)

    @property
    def tail_seconds(self) -> float:
        """What the program remembers and its latency, in seconds, as far as that is known."""
        facts = self.facts
        behind = max(facts.look_behind, facts.memory_samples, *facts.block_sizes, 0)
        return behind / inner_rate_of(facts, self._rate) + self.latency_samples / self._rate

    def reset(self) -> None:
        """Clear the sound and the channel layout; the knobs stay."""
        with self._lock:
            self.__dict__["_layout"] = ChannelLayout(self._only_channels)
            self.__dict__["_playing"] = None

    def process(self, input_array: np.ndarray, sample_rate: float, buffer_size: int = 8192, reset: bool = True) -> np.ndarray:
        """Run audio through the program; arguments, layouts and lengths as `Effect.process`.

        Raises:
            InvalidValue: a channel count it does not take; a block that is no multiple of the `buffer_size` it was loaded for.
            InvalidType, LayoutError: dtype or shape.
            PluginError: the program fails.
        """
        rate = check_call(sample_rate, buffer_size)
        with self._lock:
            planar = self._layout.to_planar(input_array)
            heard = self.play_planar(planar, rate, reset)
            spread = input_array.ndim == 1 and len(heard) > 1
            return heard if spread else self._layout.from_planar(heard, input_array)

    __call__ = process

    def play_planar(self, planar: np.ndarray, rate: float, reset: bool) -> np.ndarray:
        """Play float32 (channels, samples) as `process` does, the layout being known."""
        inputs, only = self.facts.input_channels, self._only_channels
        if only is not None and len(planar) != inputs:
            raise InvalidValue(f"{self.name} takes {inputs} channel(s), got {len(planar)}: pass that many, or one model each")
        if not np.isfinite(planar).all():
            planar = np.where(np.isfinite(planar), planar, np.float32(0))
        with self._lock:
            block, latency = self._block_and_latency(rate)
            if reset or self._playing != (rate, len(planar)):
                self._begin(rate, len(planar), block)
            return self._whole(planar, latency) if reset else self._next(planar, latency)

    def _begin(self, rate: float, channels: int, block: int) -> None:
        """Start a stream on every row the program plays on its own."""
        own, rows = self.__dict__, channels if self._only_channels is None else 1
        before = own["_streams"][:rows]
        voices = [stream.voice for stream in before]
        for voice in voices:
            voice.reset()
        voices += [self._program.voice() for _ in range(rows - len(voices))]
        inner = inner_rate_of(self.facts, rate)
        own["_streams"] = [Stream(self._program, voice, rate, inner, block) for voice in voices]
        own["_playing"], own["_rate"] = (rate, channels), rate

    def _push(self, planar: np.ndarray) -> None:
        width = self.facts.input_channels
        for i, stream in enumerate(self._streams):
            stream.push(planar[i * width : (i + 1) * width], self._numbers)

    def _next(self, planar: np.ndarray, latency: int) -> np.ndarray:
        told = self._given.buffer_size
        if told and planar.shape[1] % told:
            raise InvalidValue(f"{self.name} was loaded for blocks of buffer_size = {told} samples, got {planar.shape[1]}: "
                               "stream multiples of it, or load it without buffer_size")  # fmt: skip
        self._push(planar)
        first = self._streams[0] if self._streams else None
        due = max(0, first.pushed - latency) - first.taken if first else 0
        return self._taken(due)

    def _whole(self, planar: np.ndarray, latency: int) -> np.ndarray:
        samples = planar.shape[1]
        self._push(planar)
        flushed = False
        while self._streams and self._streams[0].available < samples:
            flushed = True
            self._push(np.zeros((len(planar), max(latency, 64)), np.float32))
        heard = self._taken(samples)
        if flushed or latency:
            self.__dict__["_playing"] = None  # silence went in: the next block starts a stream
        return heard

    def _taken(self, samples: int) -> np.ndarray:
        if not self._streams:
            return np.zeros((0, samples), np.float32)
        return np.ascontiguousarray(np.concatenate([stream.take(samples) for stream in self._streams]))

    @property
    def state(self) -> dict[str, np.ndarray]:
        """Everything a stream left behind, as arrays; setting it on an equal model replays the same samples.

        Raises:
            PluginError: a TorchScript keeps its state where nobody can take it out.
        """
        with self._lock:
            if self._playing is None:
                return {}
            kept = {f"{i}.{name}": a for i, stream in enumerate(self._streams) for name, a in stream.state.items()}
            return {"sample_rate": np.array(self._playing[0]), "channels": np.array(self._playing[1]), **kept}

    @state.setter
    def state(self, arrays: Mapping[str, np.ndarray]) -> None:
        with self._lock:
            self.__dict__["_playing"] = None
            if not arrays:
                return
            rate, channels = float(arrays["sample_rate"]), int(arrays["channels"])
            self._begin(rate, channels, self._block_and_latency(rate)[0])
            for i, stream in enumerate(self._streams):
                stream.state = {name.partition(".")[2]: a for name, a in arrays.items() if name.startswith(f"{i}.")}

    # identity

    def arguments(self) -> dict[str, Any]:
        """Return the keywords of `load_plugin` that load it again, knobs left out."""
        return self._given.said() | ({"trusted": True} if self._trusted else {})

    def __reduce__(self) -> Any:
        return _rebuild, (self.path, self._given, self._trusted, dict(self._values))

    def __repr__(self) -> str:
        moved = {name: value for name, value in self._values.items() if value != self._table[name].default}
        rest = "".join(f", {name}={value!r}" for name, value in self.arguments().items())
        return f"load_plugin({str(self.path)!r}, None, {moved!r}{rest})"


def _loaded(path: Path, given: Given, trusted: bool) -> Program:
    if not path.is_file():
        raise FileProblem(f"{path}: there is no such file")
    return OnnxProgram(path, given) if path.suffix.lower() in ONNX_SUFFIXES else TorchProgram(path, given, trusted)


def _rebuild(path: Path, given: Given, trusted: bool, values: Mapping[str, Any]) -> ForeignModel:
    model = ForeignModel(path, given, trusted)
    for name, value in values.items():
        model.parameters[name].value = value
    return model
