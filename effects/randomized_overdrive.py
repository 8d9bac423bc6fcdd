"""RandomizedOverdrive: a net that nobody trained, as an overdrive."""

from typing import Any

import numpy as np

from ..models.model import Model
from ..models.parameter import Parameter
from .effect import Effect
from .kernels import randomized_overdrive as compiled
from .kernels.dc_block import settling_seconds
from .kernels.kernel import TILE
from .kernels.nested import wrap
from .kernels.program import Part
from .kernels.tone import TONE_OFF
from .neural import compile_model
from .random_net import checked, levels_db, random_net, random_spec
from .registry import REGISTRY


@REGISTRY.register
class RandomizedOverdrive(Effect):
    """Drive → a randomly drawn causal convolutional net → level → DC block → low-pass → mix → output gain.

    Every seed is another pedal: `layers` dilated convolutions with an activation after each, their weights drawn from
    the seed and never trained. What a net does to the level is measured on half a second of plucked notes at -22 dBFS
    (always the same ones, at the rate being played) for nine drives, and made good: turning the drive changes the
    sound, and the level by a few dB at most where the playing is of that kind. Silence stays silence, and a net that
    turns the wave over is turned back, so that mix does not cancel. The net has no sample rate of its own: twice the
    rate halves its times.

    Args:
        seed: 0 to 2**63 - 1; may be set while playing, the new net fades in.
        layers: 1 to 16.
        kernel_size: taps of each convolution, 1 to 64; 1 is a static curve.
        channels: 1 to 64.
        activation: tanh, hardtanh, softsign, sigmoid, relu, leaky_relu, elu or silu.
        dilation_growth: 1 to 16; layer i (from 0) looks at samples dilation_growth**i apart. The net may reach back
            96,000 samples.
        weight_spread: 0.1 to 10; the weights' spread over the one that keeps a signal's size from layer to layer. Below 1 the
            net is nearly a filter, above 2 it breaks up like a fuzz.
        **values: knobs to set.

    Knobs:
        drive_db: gain into the net, 0 to 48 dB.
        tone_hz: low-pass, one-pole, 200 to 20000 Hz, log scale; 20000 is off.
        mix: dry 0 to wet 1.
        output_db: gain after the mix, -24 to 24 dB.

    Latency 0 samples. Tail: the net's reach and the DC block's (two one-poles at 7 Hz), 0.3 s to -90 dB. The net runs at
    the sample rate, so high drive on high notes aliases.

    Raises (when playing):
        InvalidValue: no net of this seed and shape lets sound through (many layers with a small weight_spread).

    Source: C. J. Steinmetz, J. D. Reiss, "Randomized Overdrive Neural Networks", NeurIPS 2020 workshop on machine
    learning for creativity and design; the size of the weights: K. He et al., "Delving Deep into Rectifiers", 2015.

    Example:
        >>> import numpy as np
        >>> dry = 0.2 * np.sin(np.arange(4800) * 0.05).astype("float32")
        >>> first, second = (RandomizedOverdrive(seed)(dry, 48000) for seed in (1, 2))
        >>> bool(np.isclose(first, second, atol=0.01).all())
        False
    """

    parameters_table = (
        Parameter("drive_db", "dB", 0.0, compiled.DRIVES_DB[-1], 24.0),
        Parameter("tone_hz", "Hz", 200.0, TONE_OFF, 7000.0, scale="log"),
        Parameter("mix", "", 0.0, 1.0, 1.0),
        Parameter("output_db", "dB", -24.0, 24.0, 0.0),
    )

    drive_db: float
    tone_hz: float
    mix: float
    output_db: float

    def __init__(self, seed: int = 0, layers: int = 4, kernel_size: int = 3, channels: int = 8, activation: str = "tanh",
                 dilation_growth: int = 3, weight_spread: float = 1.5, **values: Any) -> None:  # fmt: skip
        layers, kernel_size = checked("layers", layers, 1, 16), checked("kernel_size", kernel_size, 1, 64)
        channels, dilation_growth = checked("channels", channels, 1, 64), checked("dilation_growth", dilation_growth, 1, 16)
        own = self.__dict__
        own["_seed"] = checked("seed", seed, 0, 2**63 - 1)
        own["_shape"] = (layers, kernel_size, channels, activation, dilation_growth)
        own["_spread"] = checked("weight_spread", weight_spread, 0.1, 10.0, whole=False)
        own["_spec"] = random_spec(layers, kernel_size, channels, activation, dilation_growth)
        own["_drawn"], own["_levels"] = None, {}
        self._set_up(self.parameters_table, values)

    @property
    def seed(self) -> int:
        """What the weights are drawn from."""
        return self._seed

    @seed.setter
    def seed(self, seed: int) -> None:
        with self._lock:
            self.__dict__["_seed"] = checked("seed", seed, 0, 2**63 - 1)
            self.__dict__["_drawn"], self.__dict__["_levels"] = None, {}
            self._changed()

    @property
    def model(self) -> Model:
        """The net that is played, drawn at the first use."""
        with self._lock:
            drawn = self._drawn or random_net(self._seed, self._spec, self._shape[3], self._spread)
            self.__dict__["_drawn"] = drawn
            return drawn

    @property
    def tail_seconds(self) -> float:
        """Seconds until the DC block has fallen by 90 dB, after the net's reach at 48 kHz."""
        return self._spec.receptive_field / self._spec.sample_rate + settling_seconds(compiled.DC_BLOCK_HZ)

    def _parts(self, sample_rate: float, channels: int) -> list[Part]:
        model, silence = self.model, -(-self._spec.receptive_field // TILE) * TILE
        if sample_rate not in self._levels:
            self._levels[sample_rate] = levels_db(model, sample_rate)
        net = compile_model(model, channels)
        own = Part(compiled.RANDOMIZED_OVERDRIVE, self._knobs(), compiled.initial_memory(sample_rate, channels, silence),
                   compiled.initial_state(channels), self._levels[sample_rate].astype(np.float32))  # fmt: skip
        inner = Part(net.kernel, (), net.memory, net.state, net.weights)
        return [wrap(compiled.RANDOMIZED_OVERDRIVE, [inner], own, prewarm_samples=silence)]

    def _arguments(self) -> tuple[Any, ...]:
        return (self._seed, *self._shape, self._spread)
