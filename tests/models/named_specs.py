"""Shapes that musicians have or engines are measured by, as specs: `SHAPES`, by name."""

from wetdry.models import Parameter
from wetdry.models.spec import (
    GRU,
    LSTM,
    Activation,
    BatchNorm,
    Conv1d,
    Conv2d,
    Dense,
    Gain,
    KnobInputs,
    MaxPool,
    ModelSpec,
    Residual,
    WaveNet,
    WaveNetArray,
    tcn,
    wavenet,
)

KNOBS = (Parameter("drive"), Parameter("tone"))
SHORT, LONG = (1, 2, 4, 8, 16, 32, 64), (128, 256, 512, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
OCTAVES = tuple(2**i for i in range(10))
A2_DILATIONS = (1, 3, 7, 17, 41, 101, 239, 1, 3, 7, 17, 41, 101, 239, 1, 13, 1, 3, 7, 17, 41, 101, 239)
A2_TAPS = (6,) * 14 + (15, 15) + (6,) * 7


def net(*layers, knobs=(), **fields):
    return ModelSpec(sample_rate=48000.0, layers=layers, knobs=knobs, **fields)


def nam(channels, first=SHORT, second=LONG):
    """Return the two arrays of a NAM preset."""
    half = channels // 2
    arrays = (WaveNetArray(channels=channels, dilations=first, head_channels=half, head_bias=False, film=False),
              WaveNetArray(channels=half, dilations=second, film=False))  # fmt: skip
    return net(WaveNet(arrays=arrays, head_scale=0.02))


def a2(channels):
    """Return NAM's A2: 23 layers of mixed kernels, leaky, a head of 16 taps."""
    array = WaveNetArray(channels=channels, dilations=A2_DILATIONS, kernel_size=A2_TAPS, head_kernel_size=16, film=False,
                         activation=Activation(name="leaky_relu", slope=0.01))  # fmt: skip
    return net(WaveNet(arrays=(array,), head_scale=0.01))


def convnet():
    """Return NAM's ConvNet: kernels of 2, normalised."""
    blocks = [
        (Conv1d(channels=16, kernel_size=2, dilation=d, bias=False), BatchNorm(), Activation(name="tanh")) for d in OCTAVES
    ]
    return net(*(layer for block in blocks for layer in block), Dense(channels=1))


def smart_amp():
    """Return a gated WaveNet as PedalNet trains it."""
    array = WaveNetArray(channels=16, dilations=OCTAVES * 2, gating="gated", film=False)
    return net(Conv1d(channels=16), WaveNet(arrays=(array,)))


def separable():
    """Return depthwise convolutions with 1x1 ones between."""
    pairs = [(Conv1d(channels=12, groups=12, kernel_size=5, dilation=d), Conv1d(channels=12), Activation(name="relu"))
             for d in (1, 4, 16)]  # fmt: skip
    return net(Conv1d(channels=12), *(layer for pair in pairs for layer in pair), Conv1d(channels=1))


def over_features():
    """Return convolutions over time and features, as Keras nets for spectra have them."""
    return net(Dense(channels=16), Conv2d(features=16, filters=4, kernel_size=(3, 5), stride=2, padding="same"),
               BatchNorm(channels=4), Activation(name="elu"), Conv2d(features=8, filters=2, kernel_size=(2, 3), dilation=2),
               MaxPool(kernel_size=3), Activation(name="prelu", slopes=12), Dense(channels=1))  # fmt: skip


SHAPES = {
    "nam standard": nam(16, OCTAVES, OCTAVES), "nam lite": nam(12), "nam feather": nam(8), "nam nano": nam(4),
    "a2 full": a2(8), "a2 lite": a2(3), "convnet": convnet(), "linear": net(Conv1d(channels=1, kernel_size=2048)),
    "knobs": wavenet(48000, KNOBS), "gated knobs": wavenet(48000, KNOBS, channels=8, gating="gated"),
    "tcn-300": tcn(44100), "tcn-300 knobs": tcn(44100, KNOBS),
    "compressor": tcn(48000, KNOBS, channels=16, ends="gain"), "smart amp": smart_amp(), "separable": separable(),
    "over features": over_features(),
    "proteus": net(Residual(body=(LSTM(hidden=40), Dense(channels=1)))),
    "proteus knob": net(Residual(body=(KnobInputs(knobs=1), LSTM(hidden=40), Dense(channels=1))), knobs=KNOBS[:1]),
    "aida-x": net(Gain(level_db=3.0), Residual(body=(LSTM(hidden=16), Dense(channels=1))), Gain(level_db=-6.0)),
    **{f"lstm {h}": net(LSTM(hidden=h), Dense(channels=1)) for h in (8, 16, 20, 24, 32, 40)},
    **{f"gru {h}": net(GRU(hidden=h), Dense(channels=1)) for h in (8, 10, 16, 32, 40)},
    "nam lstm 3 x 16": net(*(LSTM(hidden=16, initial_state=True) for _ in range(3)), Dense(channels=1), prewarm_samples=24000),
}  # fmt: skip
