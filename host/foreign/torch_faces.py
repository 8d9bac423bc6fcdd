"""What TorchScript modules look like from outside: wetdry's own, Neutone's, nn~'s (RAVE), encoders with decoders, plain ones.

A face says the facts and how to call the module. Which one a module has is told by the names of its methods.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...models.errors import PluginError, WetdryError
from ...models.parameter import Parameter
from .facts import Facts, Given
from .reach import FIRST_LENGTH, keeps_nothing, reach_of, same_length

Fresh = Callable[[], Any]
NEUTONE_KNOBS = 4
LARGEST_RATIO = 2**16


@dataclass(frozen=True)
class Face:
    """How a module is played.

    Attributes:
        facts: what a stream needs to know.
        play: (module, audio (channels, samples), knobs (knobs,)) → (channels, samples), tensors all.
        prepare: what a fresh module is told first.
        rewinds: whether `prepare` also brings a module that has played back to its start, and it draws no noise.
    """

    facts: Facts
    play: Callable[[Any, Any, Any], Any]
    prepare: Callable[[Any], None] = lambda module: None
    rewinds: bool = False


def face_of(torch: Any, fresh: Fresh, extra: Mapping[str, Any], given: Given, name: str) -> Face:
    """Return the face of the module that `fresh` makes. Raises PluginError where none is known."""
    module = fresh()
    if "wetdry.json" in extra:
        face = _own(extra["wetdry.json"], given, name)
    elif hasattr(module, "get_native_sample_rates"):
        face = _neutone(torch, module, extra.get("metadata.json", {}), given)
    elif hasattr(module, "forward_params") or (hasattr(module, "encode_params") and hasattr(module, "decode_params")):
        face = _ratios(module, given)
    elif hasattr(module, "encode") and hasattr(module, "decode"):
        face = _encoder(torch, module, given, name)
    else:
        face = _plain(torch, fresh, given, name)
    facts = face.facts
    if given.delay_samples is not None:
        facts = replace(facts, delay_samples=given.delay_samples)
    return replace(face, facts=facts)


def _rates(module: Any, given: Given) -> tuple[float, ...]:
    """Return the rate the user says, else the module's under one of its usual names; empty: any."""
    if given.sample_rate:
        return (float(given.sample_rate),)
    for name in ("sample_rate", "sampling_rate", "sr"):
        value = getattr(module, name, None)
        if value is not None and not callable(value):
            return (float(value),)
    return ()


def _own(said: Mapping[str, Any], given: Given, name: str) -> Face:
    try:
        facts = Facts(
            int(said["input_channels"]), int(said["output_channels"]),
            (float(given.sample_rate or said["sample_rate"]),),
            (given.block_size,) if given.block_size else (),
            knobs=tuple(Parameter.from_dict(row) for row in said["knobs"]),
            delay_samples=int(said["latency_samples"]), memory_samples=int(said["receptive_field"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, WetdryError) as error:
        raise PluginError(f"{name}: its wetdry.json does not say what is needed ({error})") from None
    return Face(facts, lambda module, audio, knobs: module(audio, knobs), lambda module: module.reset(), rewinds=True)


# Neutone


def _neutone(torch: Any, module: Any, metadata: Mapping[str, Any], given: Given) -> Face:
    """Neutone SDK: do_forward_pass(x, params), what it may be fed in get_native_…, look-behind and delay in samples.

    The SDK's own queue and resampler around the model are left out: the stream does that, and filters.
    """
    model = _neutone_model(module)
    rows = _neutone_knobs(module, metadata)
    sizes = tuple(int(n) for n in _asked(model, "get_native_buffer_sizes", []))
    rates = tuple(float(rate) for rate in _asked(model, "get_native_sample_rates", []))
    delay = _asked(model, "calc_model_delay_samples", _asked(model, "calc_min_delay_samples", 0))
    facts = Facts(
        1 if _asked(model, "is_input_mono", True) else 2,
        1 if _asked(model, "is_output_mono", True) else 2,
        (float(given.sample_rate),) if given.sample_rate else rates,
        (given.block_size,) if given.block_size else sizes,
        int(given.look_behind if given.look_behind is not None else _asked(model, "get_look_behind_samples", 0)),
        delay_samples=int(delay),
        knobs=tuple(row for _, row in rows),
    )

    def prepare(fresh: Any) -> None:
        inner = _neutone_model(fresh)
        if facts.block_sizes and hasattr(inner, "set_buffer_size"):
            inner.set_buffer_size(min(facts.block_sizes))

    def play(fresh: Any, audio: Any, knobs: Any) -> Any:
        inner = _neutone_model(fresh)
        values = torch.zeros(NEUTONE_KNOBS, audio.shape[1])
        values[: len(rows)] = knobs[:, None]
        together = inner.aggregate_params(values) if hasattr(inner, "aggregate_params") else values.mean(1, keepdim=True)
        return inner.do_forward_pass(audio, {name: together[i] for i, (name, _) in enumerate(rows)})

    return Face(facts, play, prepare)


def _neutone_model(module: Any) -> Any:
    """Return the model inside the SDK's queue."""
    return module.w2w_base if hasattr(module, "w2w_base") else module


def _neutone_knobs(module: Any, metadata: Mapping[str, Any]) -> list[tuple[str, Parameter]]:
    """Return (name the model knows, knob 0..1) in the model's order."""
    said = _asked(module, "to_metadata", metadata)
    table = getattr(said, "neutone_parameters", None) or (said.get("neutone_parameters") if isinstance(said, dict) else None)
    rows: list[tuple[str, Parameter]] = []
    for key in sorted(table or {}):
        row = table[key]  # type: ignore[index]
        if str(row.get("used", "True")) == "True" and row.get("name"):
            plain = re.sub(r"\W+", "_", str(row["name"]).lower()).strip("_") or key
            default = min(max(float(row.get("default_value", 0.0)), 0.0), 1.0)
            rows.append((str(row["name"]), Parameter(plain, default=default, smoothing_ms=0.0)))
    return rows[:NEUTONE_KNOBS]


def _asked(module: Any, method: str, otherwise: Any) -> Any:
    return getattr(module, method)() if hasattr(module, method) else otherwise


# encoders and decoders


def _ratios(module: Any, given: Given) -> Face:
    """nn~: `<method>_params` holds (channels in, samples a step in, channels out, samples a step out)."""
    direct = hasattr(module, "forward_params") and hasattr(module, "forward")
    methods = ("forward",) if direct else ("encode", "decode")
    table = {name: [int(n) for n in getattr(module, f"{name}_params")] for name in (*methods, "encode", "decode")
             if hasattr(module, f"{name}_params")}  # fmt: skip
    step = max(max(row[1], row[3]) for row in table.values())
    block = given.block_size or step
    facts = Facts(table[methods[0]][0], table[methods[-1]][2], _rates(module, given), (block,) if block > 1 else ())
    return Face(facts, _through(*methods))


def _encoder(torch: Any, module: Any, given: Given, name: str) -> Face:
    """Return the face of encode and decode without a word on their ratio: it is measured."""
    block = given.block_size
    if not block:
        with torch.no_grad():
            block = LARGEST_RATIO // max(1, int(module.encode(torch.zeros(1, 1, LARGEST_RATIO)).shape[-1]))
    play = _through("encode", "decode")
    with torch.no_grad():
        answer = play(module, torch.zeros(1, block), torch.zeros(0))
    if answer.shape[1] != block:
        raise PluginError(f"{name}: encode and decode make {answer.shape[1]} samples of {block}: pass block_size=")
    return Face(Facts(1, int(answer.shape[0]), _rates(module, given), (block,) if block > 1 else ()), play)


def _through(*methods: str) -> Callable[[Any, Any, Any], Any]:
    def play(module: Any, audio: Any, knobs: Any) -> Any:
        for method in methods:
            audio = getattr(module, method)(audio[None] if method == methods[0] else audio)
        return audio[0]

    return play


# plain modules


def _plain(torch: Any, fresh: Fresh, given: Given, name: str) -> Face:
    """Return the face of a `forward(x)`: its shape is found by trying, its reach, where it has no state, by measuring."""
    samples = (given.block_size or FIRST_LENGTH) + (given.look_behind or 0)
    channels, shape, outputs = _taken_shape(torch, fresh, samples, name)
    play, facts = _shaped(shape), Facts(channels, outputs, _rates(fresh(), given))
    if given.block_size:
        return Face(replace(facts, block_sizes=(given.block_size,), look_behind=given.look_behind or 0), play)

    def once(audio: np.ndarray, module: Any = None) -> np.ndarray:
        with torch.no_grad():
            return play(module or fresh(), torch.from_numpy(audio), None).numpy()

    outputs, shorter = same_length(once, channels, FIRST_LENGTH, name)
    facts = replace(facts, output_channels=outputs, look_behind=max(shorter, given.look_behind or 0))
    used = fresh()
    if given.look_behind is None and not shorter and keeps_nothing(lambda audio: once(audio, used), channels, 512):
        before, after = reach_of(once, channels, name)
        facts = replace(facts, look_behind=before, look_ahead=after, memory_samples=before + 1)
    return Face(facts, play)


def _taken_shape(torch: Any, fresh: Fresh, samples: int, name: str) -> tuple[int, tuple[int, ...], int]:
    """Return (channels, shape, output channels) of the first usual shape that a module takes and answers in kind."""
    for same_rank in (True, False):
        for channels, shape in ((1, (1, 1, -1)), (1, (1, -1)), (1, (-1,)), (2, (1, 2, -1)), (2, (2, -1))):
            try:
                with torch.no_grad():
                    answer = fresh()(torch.zeros(channels, samples).reshape(shape))
                if answer.dtype == torch.float32 and answer.numel() and (answer.ndim == len(shape) or not same_rank):
                    return channels, shape, answer.reshape(-1, answer.shape[-1]).shape[0]
            except (RuntimeError, IndexError, AttributeError, TypeError):
                continue
    raise PluginError(f"{name}: its forward takes neither (1, channels, samples), (channels, samples) nor (samples,) of 1 or 2 "
                      "channels, and it has none of Neutone's or nn~'s methods")  # fmt: skip


def _shaped(shape: tuple[int, ...]) -> Callable[[Any, Any, Any], Any]:
    def play(module: Any, audio: Any, knobs: Any) -> Any:
        answer = module(audio.reshape(shape))
        return answer.reshape(-1, answer.shape[-1])

    return play
