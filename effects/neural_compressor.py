"""NeuralCompressor: the neural twin of a compressor, with make-up gain, mix and stereo link."""

from typing import ClassVar

from ..models.parameter import Parameter
from .kernels import neural_compressor as compiled
from .kernels.program import Part
from .registry import REGISTRY
from .twin_effect import TwinEffect


@REGISTRY.register
class NeuralCompressor(TwinEffect):
    """Model → stereo link → make-up gain → mix.

    The factory clone is a twin of ZamComp (release 80 ms, hard knee), a convolutional net that hears 278 ms back and
    multiplies its input by a gain. Its certificate says how close it is: `effect.model.certificate`.

    Args:
        model: a `Model`, or the path of any file `wetdry.models.load` reads, with one input and one output; None: the
            factory clone.
        **knobs: as below.

    Knobs:
        those of the model, under their own names, smoothed by 10 ms; the factory clone's are
            threshold_db: -45 to -10 dB; ratio: 1.5 to 20; attack_ms: 3 to 50 ms.
        makeup_db: gain of the compressed sound, 0 to 30 dB.
        mix: dry 0 to compressed 1, as late as each other.
        stereo_link: 0: each channel by itself; 1: all are turned down as far as the one that is turned down most.

    Each channel is played by the net on its own. The link cannot look into the net: it compares what went in with what
    came out, over 10 ms, and turns the less reduced channel down by (smallest gain / own gain) to the power of
    `stereo_link`. Equal channels are not touched by it. `gain_reduction_db` is the meter.

    At another sample rate than the model's the net is resampled (see `kernels.resampler_filter`): 101 samples late at
    44.1 kHz for a model of 48 kHz, at equal rates 0. Tail: the receptive field.

    Source of the maths: C. J. Steinmetz, J. D. Reiss, "Efficient neural networks for real-time modeling of analog dynamic
    range compression", AES 2022; FiLM: Perez et al., "FiLM: Visual Reasoning with a General Conditioning Layer", 2018.

    Example:
        >>> import numpy as np
        >>> dry = 0.5 * np.sin(np.arange(48000) * 0.05).astype("float32")
        >>> compressor = NeuralCompressor(threshold_db=-30, ratio=8)
        >>> compressor(dry, 48000).shape, bool(compressor.gain_reduction_db > 6)
        ((48000,), True)
    """

    factory_clone = "zamcomp"
    factory_defaults: ClassVar = {"threshold_db": -24.0}
    own_knobs = (
        Parameter("makeup_db", "dB", 0.0, 30.0, 0.0),
        Parameter("mix", "", 0.0, 1.0, 1.0),
        Parameter("stereo_link", "", 0.0, 1.0, 1.0),
    )

    makeup_db: float
    mix: float
    stereo_link: float

    @property
    def gain_reduction_db(self) -> float:
        """How far the most reduced channel is turned down right now, in dB, 0 or more; 0 before the first block.

        The level into the net over the level out of it, link included and make-up gain not, over the last 10 ms.
        """
        memory = self._memory_of(0)
        if memory is None:
            return 0.0
        return float(compiled.gain_reduction_db(memory).max())

    def _parts(self, sample_rate: float, channels: int) -> list[Part]:
        net, latency = self._net_part(sample_rate, channels), self._latency(sample_rate)
        return [compiled.neural_compressor_part(net, latency, sample_rate, channels, self._own_motion())]
