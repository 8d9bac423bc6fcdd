"""ModelSpec: a whole network, and the nets that are built most."""

import math
from typing import Annotated, Any, Literal

from pydantic import Field, field_serializer, field_validator

from ..errors import InvalidValue
from ..parameter import Parameter
from .convolutions import Conv1d, Conv2d, Dense
from .layer import Activation
from .layers import BatchNorm, FiLM, Gain, KnobInputs, MaxPool
from .memory import StateSpace, TemporalFiLM
from .plain import LARGEST_RECEPTIVE_FIELD, Plain, Shapes, Width
from .recurrent import GRU, LSTM
from .residual import Multiply, Residual, run_outputs
from .wavenet import WaveNet, WaveNetArray

Kinds = (
    Activation | BatchNorm | Conv1d | Conv2d | Dense | FiLM | Gain | GRU | KnobInputs | LSTM | MaxPool | Multiply
    | Residual | StateSpace | TemporalFiLM | WaveNet
)  # fmt: skip
Layer = Annotated[Kinds, Field(discriminator="kind")]
for nesting in (Multiply, Residual, WaveNet):  # they hold layers of every kind, themselves included
    nesting.model_rebuild(_types_namespace={"Layer": Layer})


LONGEST_TAIL = 2**26  # samples; 23 minutes at 48 kHz
DEEPEST_NESTING = 64  # lists and mappings within each other; far below what Python's stack bears


class Conditioning(Plain):
    """The net that turns knob positions into a vector for every FiLM: dense layers, an activation after each.

    Its input is each knob's raw position mapped from 0..1 to -1..1; its output has `hidden[-1]` values.
    """

    hidden: Annotated[tuple[Width, ...], Field(min_length=1, max_length=16)] = (16, 16)
    activation: Literal["tanh", "relu"] = "tanh"

    def weight_shapes(self, knobs: int) -> Shapes:
        """Return name → shape for `knobs` inputs."""
        shapes: Shapes = {}
        for i, (before, after) in enumerate(zip((knobs, *self.hidden), self.hidden, strict=False)):
            shapes[f"conditioning.{i}.weight"] = (after, before)
            shapes[f"conditioning.{i}.bias"] = (after,)
        return shapes


class ModelSpec(Plain):
    """A network as plain data.

    Attributes:
        sample_rate: the only rate, in Hz, at which the net means what it learned.
        layers: run in order.
        knobs: what can be turned; their raw positions enter the conditioning net, or `KnobInputs`, in this order.
        conditioning: the net between knobs and FiLMs; None exactly where nothing is FiLM-conditioned.
        input_channels: of the signal; 1: every channel of audio is played on its own.
        prewarm_samples: silence that precedes the first sample, so that a player starts without a click (a player
            fills it up to whole tiles of 64);
            None: `tail_samples`. 0 starts from the zero state.

    Raises:
        InvalidValue: naming the field that does not fit.
    """

    sample_rate: Annotated[float, Field(ge=1.0, le=1e7, strict=True)]
    layers: Annotated[tuple[Layer, ...], Field(min_length=1, max_length=1024)]
    knobs: Annotated[tuple[Parameter, ...], Field(max_length=64)] = ()
    conditioning: Conditioning | None = None
    input_channels: Width = 1
    prewarm_samples: Annotated[int, Field(ge=0, le=LARGEST_RECEPTIVE_FIELD, strict=True)] | None = None

    @field_validator("knobs", mode="before")
    @classmethod
    def _read_knobs(cls, knobs: Any) -> Any:
        if not isinstance(knobs, list | tuple):
            raise ValueError("a list of knobs is needed")
        return tuple(k if isinstance(k, Parameter) else Parameter.from_dict(k) for k in knobs)

    @field_validator("layers", mode="before")
    @classmethod
    def _check_nesting(cls, layers: Any) -> Any:
        level, depth = [layers], 0
        while level:
            level = [x for part in level if isinstance(part, dict | list | tuple)
                     for x in (part.values() if isinstance(part, dict) else part)]  # fmt: skip
            depth += 1
            if depth > DEEPEST_NESTING:
                raise InvalidValue(f"lists and mappings lie more than {DEEPEST_NESTING} deep within each other")
        return layers

    @field_serializer("knobs")
    def _write_knobs(self, knobs: tuple[Parameter, ...]) -> list[dict[str, Any]]:
        return [k.to_dict() for k in knobs]

    def model_post_init(self, context: Any, /) -> None:
        """Check what no single field can see."""
        run_outputs(self.layers, self.input_channels)  # raises where channels do not meet
        if len({k.name for k in self.knobs}) != len(self.knobs):
            raise InvalidValue("ModelSpec.knobs: two have the same name")
        conditioned = any(x.conditioned for x in self.layers)
        entering = frozenset().union(*(x.knob_inputs for x in self.layers))
        if self.conditioning is not None and not self.knobs:
            raise InvalidValue("ModelSpec.conditioning: there are no knobs")
        if conditioned and not self.knobs:
            raise InvalidValue("ModelSpec.layers: film needs knobs, and there are none")
        if conditioned != (self.conditioning is not None):
            raise InvalidValue("ModelSpec.conditioning: needed exactly where a layer has a film")
        if self.knobs and not conditioned and not entering:
            raise InvalidValue("ModelSpec.knobs: no layer reads them; add a FiLM or KnobInputs")
        for count in entering - {len(self.knobs)}:
            raise InvalidValue(f"ModelSpec.layers: KnobInputs takes {count} knobs, the model has {len(self.knobs)}")
        if self.receptive_field > LARGEST_RECEPTIVE_FIELD:
            raise InvalidValue(f"ModelSpec.layers: receptive field {self.receptive_field} is above {LARGEST_RECEPTIVE_FIELD}")
        if self.tail_samples > LONGEST_TAIL:
            raise InvalidValue(f"ModelSpec.layers: state spaces ring for {self.tail_samples} samples, {LONGEST_TAIL} are "
                               "allowed; lower their longest_samples")  # fmt: skip

    @property
    def output_channels(self) -> int:
        """Channels of the output."""
        return run_outputs(self.layers, self.input_channels)[-1]

    @property
    def receptive_field(self) -> int:
        """Input samples that one output sample depends on; a state is not counted."""
        return 1 + sum(layer.receptive_field - 1 for layer in self.layers)

    @property
    def tail_samples(self) -> int:
        """The receptive field, and until every state space has settled to 1e-5 of where it was; an LSTM's state not counted.

        n of them in series, all of time constant t, need 12, 15, 17, 19, … t: (9 + 3 n) t and less.
        """
        lasting = [t for layer in self.layers for t in layer.time_constants]
        return self.receptive_field + (math.ceil((9 + 3 * len(lasting)) * max(lasting)) if lasting else 0)

    @property
    def silence_before(self) -> int:
        """Samples of silence a player plays before the first sample."""
        return self.tail_samples if self.prewarm_samples is None else self.prewarm_samples

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds a sample, activations and conditioning not counted."""
        return sum(x.multiply_adds(c) for x, c in zip(self.layers, run_outputs(self.layers, self.input_channels), strict=False))

    @property
    def weight_shapes(self) -> Shapes:
        """Name → shape of every weight array, in a fixed order."""
        shapes: Shapes = self.conditioning.weight_shapes(len(self.knobs)) if self.conditioning else {}
        length = self.conditioning.hidden[-1] if self.conditioning else 0
        for i, (layer, channels) in enumerate(zip(self.layers, run_outputs(self.layers, self.input_channels), strict=False)):
            shapes.update(layer.weight_shapes(f"layers.{i}.", channels, length))
        return shapes

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data; `ModelSpec(**data)` rebuilds it."""
        return self.model_dump(mode="json")


def wavenet(sample_rate: float, knobs: tuple[Parameter, ...] = (), *, channels: int = 16,
            dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512), kernel_size: int = 3,
            gating: Literal["none", "gated"] = "none", hidden: tuple[int, ...] = (16, 16)) -> ModelSpec:  # fmt: skip
    """Return the spec of one NAM-shaped array, FiLM after each convolution where there are knobs.

    Example:
        >>> wavenet(48000, (Parameter("drive"),), channels=8).receptive_field
        2047
    """
    array = WaveNetArray(channels=channels, dilations=dilations, kernel_size=kernel_size, gating=gating, film=bool(knobs))
    conditioning = Conditioning(hidden=hidden) if knobs else None
    return ModelSpec(sample_rate=float(sample_rate), layers=(WaveNet(arrays=(array,)),), knobs=knobs, conditioning=conditioning)


def tcn(sample_rate: float, knobs: tuple[Parameter, ...] = (), *, channels: int = 32, blocks: int = 4, kernel_size: int = 13,
        growth: int = 10, hidden: tuple[int, ...] = (16, 32, 32),
        ends: Literal["tanh", "gain"] = "tanh") -> ModelSpec:  # fmt: skip
    """Return the spec of a temporal convolutional net; the defaults are TCN-300.

    A block is a dilated convolution, batch normalisation, FiLM where there are knobs and a PReLU a channel, beside
    a depthwise 1x1 shortcut; a 1x1 convolution and a tanh end the net. It ends in "gain" where what it makes is a gain
    from 0 to 1, by a sigmoid, that multiplies its input: a compressor without make-up gain. Steinmetz and Reiss,
    "Efficient neural networks for real-time modeling of analog dynamic range compression", 2022.

    Example:
        >>> tcn(44100).receptive_field
        13333
    """
    layers: list[Any] = []
    for i in range(blocks):
        convolution = Conv1d(channels=channels, kernel_size=kernel_size, dilation=growth**i, bias=False)
        film = (FiLM(),) if knobs else ()
        body = (convolution, BatchNorm(affine=False), *film, Activation(name="prelu", slopes=channels))
        shortcut = Conv1d(channels=channels, groups=channels if i else 1, bias=False)
        layers.append(Residual(body=body, shortcut=(shortcut,)))
    layers += [Conv1d(channels=1), Activation(name="tanh" if ends == "tanh" else "sigmoid")]
    layers = layers if ends == "tanh" else [Multiply(body=tuple(layers))]
    conditioning = Conditioning(hidden=hidden, activation="relu") if knobs else None
    return ModelSpec(sample_rate=float(sample_rate), layers=tuple(layers), knobs=knobs, conditioning=conditioning)
