"""ModelSpec, the hub: what a network is, as plain data.

A format reads a file into (spec, weights); a net turns a spec into a torch module; the runtime turns
(spec, weights) into a kernel. None of them knows another: each only knows this file.

Weights are float32 arrays in a flat dict. Names and shapes are the spec's to say (`ModelSpec.weight_shapes`),
in torch's convention: a convolution is (out, in, taps), its last tap multiplies the newest sample.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, field_serializer, field_validator

from .errors import InvalidValue
from .parameter import Parameter

LARGEST_RECEPTIVE_FIELD = 2_000_000

Shapes = dict[str, tuple[int, ...]]
Width = Annotated[int, Field(ge=1, le=512, strict=True)]
Dilation = Annotated[int, Field(ge=1, le=LARGEST_RECEPTIVE_FIELD, strict=True)]


class Plain(BaseModel):
    """Frozen, fully checked plain data; what does not fit raises InvalidValue naming the field."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise InvalidValue(_first_problem(type(self).__name__, error)) from None


class Conditioning(Plain):
    """The net that turns knob positions into a vector for every FiLM: dense layers, tanh after each.

    Its input is each knob's raw position mapped from 0..1 to -1..1; its output has `hidden[-1]` values.
    """

    hidden: Annotated[tuple[Width, ...], Field(min_length=1, max_length=16)] = (16, 16)

    def weight_shapes(self, knobs: int) -> Shapes:
        """Return name → shape for `knobs` inputs."""
        shapes: Shapes = {}
        for i, (before, after) in enumerate(zip((knobs, *self.hidden), self.hidden, strict=False)):
            shapes[f"conditioning.{i}.weight"] = (after, before)
            shapes[f"conditioning.{i}.bias"] = (after,)
        return shapes


class WaveNetArray(Plain):
    """One layer array of NAM's WaveNet (see `WaveNet`).

    Attributes:
        channels: width of the residual path.
        dilations: one layer each.
        kernel_size: taps of the dilated convolution.
        activation: "tanh".
        gating: "none", or "gated": the convolution has 2 x channels, the second half passes a sigmoid
            and multiplies the activated first half.
        head_channels: outputs of the 1x1 head; the last array's are the net's output.
        head_bias: whether the head has a bias.
        film: whether a FiLM (scale and shift from the conditioning) follows each dilated convolution.
    """

    channels: Width
    dilations: Annotated[tuple[Dilation, ...], Field(min_length=1, max_length=512)]
    kernel_size: Width = 3
    activation: Literal["tanh"] = "tanh"
    gating: Literal["none", "gated"] = "none"
    head_channels: Width = 1
    head_bias: Annotated[bool, Field(strict=True)] = True
    film: Annotated[bool, Field(strict=True)] = True

    @property
    def convolution_channels(self) -> int:
        """Outputs of each dilated convolution."""
        return self.channels * (2 if self.gating == "gated" else 1)


class WaveNet(Plain):
    """A stack of NAM-shaped layer arrays, mono in and out.

    For each array, with x the array's input and c the net's input signal:

        y = rechannel(x)                                   1x1, no bias
        each layer:  z = film(conv(y) + mixin(c))          dilated, causal; FiLM scales and shifts
                     a = tanh(z)   (gated: tanh(z[:C]) * sigmoid(z[C:]))
                     head = head + a
                     y = y + residual(a)                   1x1
        head = head_rechannel(head)                        1x1, starts the next array's head

    The output is `head_scale` times the last head. At fixed knobs each FiLM folds into conv and mixin,
    which leaves a stock NAM WaveNet. Every convolution is padded with zeros at its own input.
    """

    kind: Literal["WaveNet"] = "WaveNet"
    arrays: Annotated[tuple[WaveNetArray, ...], Field(min_length=1, max_length=64)]
    head_scale: FiniteFloat = 1.0

    @field_validator("arrays")
    @classmethod
    def _heads_meet(cls, arrays: tuple[WaveNetArray, ...]) -> tuple[WaveNetArray, ...]:
        following = [*(a.channels for a in arrays[1:]), 1]
        for i, (array, wanted) in enumerate(zip(arrays, following, strict=True)):
            if array.head_channels != wanted:
                raise ValueError(f"array {i} has {array.head_channels} head_channels, {wanted} are taken up")
        return arrays

    @property
    def conditioned(self) -> bool:
        """Whether any part needs the conditioning vector."""
        return any(a.film for a in self.arrays)

    @property
    def receptive_field(self) -> int:
        """Input samples that one output sample depends on."""
        return 1 + sum((a.kernel_size - 1) * d for a in self.arrays for d in a.dilations)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds a sample, activations and FiLM not counted."""
        count, before = 0, 1
        for a in self.arrays:
            layer = a.channels * a.convolution_channels * a.kernel_size + a.convolution_channels + a.channels**2
            count += before * a.channels + len(a.dilations) * layer + a.channels * a.head_channels
            before = a.channels
        return count

    def weight_shapes(self, prefix: str, conditioning: int) -> Shapes:
        """Return name → shape; `conditioning` is the length of the conditioning vector."""
        shapes: Shapes = {}
        before = 1
        for i, a in enumerate(self.arrays):
            at = f"{prefix}arrays.{i}."
            shapes[f"{at}rechannel.weight"] = (a.channels, before, 1)
            for j in range(len(a.dilations)):
                layer = f"{at}layers.{j}."
                shapes[f"{layer}conv.weight"] = (a.convolution_channels, a.channels, a.kernel_size)
                shapes[f"{layer}conv.bias"] = (a.convolution_channels,)
                shapes[f"{layer}mixin.weight"] = (a.convolution_channels, 1, 1)
                if a.film:
                    shapes[f"{layer}film.weight"] = (2 * a.convolution_channels, conditioning)
                    shapes[f"{layer}film.bias"] = (2 * a.convolution_channels,)
                shapes[f"{layer}residual.weight"] = (a.channels, a.channels, 1)
                shapes[f"{layer}residual.bias"] = (a.channels,)
            shapes[f"{at}head.weight"] = (a.head_channels, a.channels, 1)
            if a.head_bias:
                shapes[f"{at}head.bias"] = (a.head_channels,)
            before = a.channels
        return shapes


Layer = WaveNet  # a second kind of layer makes this a union discriminated by `kind`


class ModelSpec(Plain):
    """A network as plain data.

    Attributes:
        sample_rate: the only rate, in Hz, at which the net means what it learned.
        layers: run in order.
        knobs: what can be turned; their raw positions enter the conditioning net in this order.
        conditioning: the net between knobs and FiLMs; None exactly where there are no knobs.

    Raises:
        InvalidValue: naming the field that does not fit.
    """

    sample_rate: Annotated[float, Field(ge=1.0, le=1e7, strict=True)]
    layers: Annotated[tuple[Layer, ...], Field(min_length=1, max_length=1024)]
    knobs: Annotated[tuple[Parameter, ...], Field(max_length=64)] = ()
    conditioning: Conditioning | None = None

    @field_validator("knobs", mode="before")
    @classmethod
    def _read_knobs(cls, knobs: Any) -> Any:
        if not isinstance(knobs, list | tuple):
            raise ValueError("a list of knobs is needed")
        return tuple(k if isinstance(k, Parameter) else Parameter.from_dict(k) for k in knobs)

    @field_serializer("knobs")
    def _write_knobs(self, knobs: tuple[Parameter, ...]) -> list[dict[str, Any]]:
        return [k.to_dict() for k in knobs]

    def model_post_init(self, context: Any, /) -> None:
        """Check what no single field can see."""
        if len({k.name for k in self.knobs}) != len(self.knobs):
            raise InvalidValue("ModelSpec.knobs: two have the same name")
        if bool(self.knobs) != (self.conditioning is not None):
            raise InvalidValue("ModelSpec.conditioning: needed exactly where there are knobs")
        if not self.knobs and any(layer.conditioned for layer in self.layers):
            raise InvalidValue("ModelSpec.layers: film needs knobs, and there are none")
        if self.receptive_field > LARGEST_RECEPTIVE_FIELD:
            raise InvalidValue(f"ModelSpec.layers: receptive field {self.receptive_field} is above {LARGEST_RECEPTIVE_FIELD}")

    @property
    def receptive_field(self) -> int:
        """Input samples that one output sample depends on."""
        return 1 + sum(layer.receptive_field - 1 for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds a sample, activations and conditioning not counted."""
        return sum(layer.multiply_adds for layer in self.layers)

    @property
    def weight_shapes(self) -> Shapes:
        """Name → shape of every weight array, in a fixed order."""
        shapes: Shapes = self.conditioning.weight_shapes(len(self.knobs)) if self.conditioning else {}
        length = self.conditioning.hidden[-1] if self.conditioning else 0
        for i, layer in enumerate(self.layers):
            shapes.update(layer.weight_shapes(f"layers.{i}.", length))
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


def _first_problem(name: str, error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in (name, *first["loc"]))
    nested = first.get("ctx", {}).get("error")
    if isinstance(nested, InvalidValue):  # a part that was checked on its own already says what and where
        return f"{where}.{str(nested).partition('.')[2]}" if "." in str(nested) else f"{where}: {nested}"
    shown = "" if first["type"] == "missing" else f", got {first['input']!r:.60}"
    return f"{where}: {first['msg'].removeprefix('Value error, ')}{shown}"
