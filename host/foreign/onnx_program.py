"""ONNX files through onnxruntime: stateful by states that come out and go in again, or stateless with samples before."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import MissingExtra, PluginError
from .facts import Facts, Given
from .onnx_signature import Signature, knob_rows, signature_of, tensor_of
from .reach import FIRST_LENGTH, reach_of, reach_within, same_length

SAID_LOOK_BEHIND = ("look_behind", "look_behind_samples")


class OnnxProgram:
    """An ONNX file, loaded once, played on one thread.

    What it says in `metadata_props` is heard: `sample_rate`, `knobs`, `states` and `prewarm_samples` (all as in
    `models.formats.onnx_writing`), `look_behind`, `receptive_field`, `latency_samples`.

    Raises:
        PluginError: it is no ONNX file that onnxruntime plays, or not one of audio.
        MissingExtra: onnxruntime is not installed.
    """

    kind = "ONNX"

    def __init__(self, path: Path, given: Given) -> None:
        self.path, self._session = path, _session(path)
        properties = dict(self._session.get_modelmeta().custom_metadata_map)
        inputs, outputs = ([tensor_of(node, path) for node in nodes]
                           for nodes in (self._session.get_inputs(), self._session.get_outputs()))  # fmt: skip
        self.signature = signature_of(inputs, outputs, properties, path)
        knobs = knob_rows(self.signature, properties, path)
        self._defaults = np.array([k.to_number(k.default) for k in knobs], np.float32)
        self.sample_rate = given.sample_rate or _number(properties, "sample_rate")
        facts = Facts(
            self.signature.channels,
            sample_rates=(self.sample_rate,) if self.sample_rate else (),
            knobs=knobs,
            delay_samples=int(_number(properties, "latency_samples") or 0)
            if given.delay_samples is None
            else given.delay_samples,
            prewarm_samples=int(_number(properties, "prewarm_samples") or 0) if self.signature.states else 0,
            memory_samples=int(_number(properties, "receptive_field") or 0),
        )
        self.facts = self._with_lengths(facts, given, properties)

    def voice(self) -> "OnnxVoice":
        """Return a new voice at its first state."""
        return OnnxVoice(self._session, self.signature, self.sample_rate)

    def _answer(self, audio: np.ndarray) -> np.ndarray:
        return self.voice().play(audio, self._defaults)

    def _with_lengths(self, facts: Facts, given: Given, properties: Mapping[str, str]) -> Facts:
        """Return the facts with blocks and reach: as said, else as measured."""
        fixed, name, channels = self.signature.fixed_samples, str(self.path), facts.input_channels
        samples = fixed or given.block_size or FIRST_LENGTH
        behind = given.look_behind
        for key in SAID_LOOK_BEHIND if behind is None else ():
            behind = int(_number(properties, key) or 0) if key in properties else behind
        if fixed or given.block_size:
            window = fixed or samples + (behind or 0)
            answer = self._answer(np.zeros((channels, window), np.float32))
            facts = replace(facts, output_channels=len(answer))
            behind = self._fixed_look_behind(channels, window, window - answer.shape[1], behind) if fixed else behind or 0
            block = window - behind
            if not (block > 0 and block <= answer.shape[1] <= window):
                raise PluginError(f"{name} answers {window} samples, {behind} of them from before the block, with "
                                  f"{answer.shape[1]}: pass a block_size or look_behind that fits")  # fmt: skip
            return replace(facts, block_sizes=(block,), look_behind=behind)
        outputs, shorter = same_length(self._answer, channels, self._probe_length(channels), name)
        facts = replace(facts, output_channels=outputs)
        if self.signature.states or behind is not None:
            return replace(facts, look_behind=max(behind or 0, shorter))
        if shorter:
            return replace(facts, look_behind=shorter)
        if facts.memory_samples:
            return replace(facts, look_behind=facts.memory_samples - 1)
        before, after = reach_of(self._answer, channels, name)
        return replace(facts, look_behind=before, look_ahead=after, memory_samples=before + 1)

    def _fixed_look_behind(self, channels: int, window: int, shorter: int, said: int | None) -> int:
        """Return the samples before the block in a window of fixed length: at most half of it where they are measured."""
        if said is not None or shorter or self.signature.states:
            return said or shorter
        found = reach_within(self._answer, channels, window)
        return found[0] if found and found[1] == 0 else 0

    def _probe_length(self, channels: int) -> int:
        for length in (1024, FIRST_LENGTH, 2**14, 2**17):
            try:
                if self._answer(np.zeros((channels, length), np.float32)).shape[1]:
                    return length
            except PluginError:
                if length == 2**17:
                    raise
        return 2**17


class OnnxVoice:
    """A stream's states, and the session it shares."""

    def __init__(self, session: Any, signature: Signature, sample_rate: float | None) -> None:
        self._session, self._signature = session, signature
        self._names = [signature.output.name, *(after.name for _, after in signature.states)]
        self._fixed = {t.name: np.full(t.sized(), sample_rate or 48000, t.dtype) for t in signature.rates}
        self.reset()

    def reset(self) -> None:
        """Go back to states of zeros."""
        self._states = {before.name: np.zeros(before.sized(), before.dtype) for before, _ in self._signature.states}

    @property
    def state(self) -> dict[str, np.ndarray]:
        """The states, by the names of their inputs."""
        return {name: value.copy() for name, value in self._states.items()}

    @state.setter
    def state(self, arrays: dict[str, np.ndarray]) -> None:
        self._states = {name: arrays[name].copy() for name in self._states}

    def play(self, audio: np.ndarray, knobs: np.ndarray) -> np.ndarray:
        """Return the answer to float32 (input channels, samples), (output channels, samples)."""
        feeds = {self._signature.audio.name: self._shaped(audio), **self._fixed, **self._states}
        at = 0
        for tensor in self._signature.knobs:
            count = int(np.prod(tensor.sized()))
            feeds[tensor.name] = knobs[at : at + count].astype(tensor.dtype).reshape(tensor.sized())
            at += count
        try:
            answer, *states = self._session.run(self._names, feeds)
        except Exception as error:  # onnxruntime's own errors share no root but this
            raise PluginError(f"{audio.shape[1]} samples: {_first_line(error)}") from None
        for (before, _), value in zip(self._signature.states, states, strict=True):
            self._states[before.name] = value
        return self._planar(answer)

    def _shaped(self, audio: np.ndarray) -> np.ndarray:
        signature = self._signature
        rank = len(signature.audio.shape)
        shaped = audio[0] if rank == 1 else audio
        shaped = shaped if signature.time_axis == rank - 1 else shaped.T
        return np.ascontiguousarray(shaped.reshape((1,) * (rank - shaped.ndim) + shaped.shape), signature.audio.dtype)

    def _planar(self, answer: np.ndarray) -> np.ndarray:
        rank, entered = answer.ndim, len(self._signature.audio.shape)
        axis = self._signature.time_axis if rank == entered else rank - 1
        moved = np.moveaxis(answer, axis, -1)
        return np.ascontiguousarray(moved.reshape(-1, moved.shape[-1]), np.float32)


def _session(path: Path) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtra("playing ONNX", "onnx", "onnxruntime") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise PluginError(f"{path} is no ONNX model that onnxruntime plays: {_first_line(error)}") from None


def _number(properties: Mapping[str, str], key: str) -> float | None:
    try:
        return float(properties[key])
    except (KeyError, ValueError):
        return None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
