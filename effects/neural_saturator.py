"""NeuralSaturator: the neural twin of TubeSaturator."""

from ..models.parameter import Parameter
from .kernels.neural_saturator import neural_saturator_part
from .kernels.program import Part
from .registry import REGISTRY
from .twin_effect import TwinEffect


@REGISTRY.register
class NeuralSaturator(TwinEffect):
    """Model → mix → output gain.

    The factory clone is a twin of `TubeSaturator` at 8 times oversampling and a bias of 0.1, so that the same stage can be
    heard and measured as maths and as a net. Its certificate says how close it is: `effect.model.certificate`.

    Args:
        model: a `Model`, or the path of any file `wetdry.models.load` reads, with one input and one output; None: the
            factory clone.
        **knobs: as below.

    Knobs:
        those of the model, under their own names, smoothed by 10 ms; the factory clone's are
            drive_db: gain into the curve, 0 to 48 dB; tone_hz: low-pass cutoff, 200 to 20000 Hz, log scale.
        mix: dry 0 to saturated 1, as late as each other.
        output_db: gain after the mix, -24 to 24 dB.

    Each channel has a state of its own. At another sample rate than the model's the net is resampled (see
    `kernels.resampler_filter`): 101 samples late at 44.1 kHz for a model of 48 kHz, at equal rates 0; TubeSaturator is 91
    samples late at 8x. Tail: the receptive field, 43 ms.

    Source of the maths: the docstring of `models.spec.WaveNet`; FiLM: Perez et al., "FiLM: Visual Reasoning with a General
    Conditioning Layer", AAAI 2018.

    Example:
        >>> import numpy as np
        >>> from wetdry import TubeSaturator
        >>> dry = 0.3 * np.sin(np.arange(9600) * 0.05).astype("float32")
        >>> twin, maths = (kind(drive_db=18, tone_hz=6000)(dry, 48000) for kind in (NeuralSaturator, TubeSaturator))
        >>> bool(abs(twin - maths)[4800:].max() < 0.1)
        True
    """

    factory_clone = "tube_saturator"
    own_knobs = (Parameter("mix", "", 0.0, 1.0, 1.0), Parameter("output_db", "dB", -24.0, 24.0, 0.0))

    mix: float
    output_db: float

    def _parts(self, sample_rate: float, channels: int) -> list[Part]:
        net, latency = self._net_part(sample_rate, channels), self._latency(sample_rate)
        return [neural_saturator_part(net, latency, channels, self._own_motion())]
