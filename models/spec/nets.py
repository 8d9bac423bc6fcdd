"""Nets to start a training from, by name: each a function of (sample rate, knobs, level) that returns a spec.

`sample_rate` in Hz; `knobs` are Parameters, a FiLM each where the net has one; `level` is the rms of what the net shall put
out, full scale: nets with a scale of their own start there. Dilations are in samples, as published for 44.1 and 48 kHz,
but for `standard`, whose reach stays 43 ms. What each is good for, and what it is trained with: `models/net_table.py`.
"""

import math
from functools import partial
from typing import Any

from ..parameter import Parameter
from .convolutions import Conv1d, Dense
from .layer import Activation
from .layers import BatchNorm, FiLM, KnobInputs
from .memory_nets import s4d, tfilm
from .model import Conditioning, ModelSpec, tcn
from .recurrent import GRU, LSTM
from .residual import Residual
from .wavenet import WaveNet, WaveNetArray

Knobs = tuple[Parameter, ...]

OCTAVES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
SHORT, LONG = OCTAVES[:7], (*OCTAVES[7:], *OCTAVES)
A2_CYCLE = (1, 3, 7, 17, 41, 101, 239)
A2_DILATIONS = (*A2_CYCLE, *A2_CYCLE, 1, 13, *A2_CYCLE)
A2_TAPS = (*(6,) * 14, 15, 15, *(6,) * 7)
SETTLING_SECONDS = 0.1  # of silence before a recurrent net plays: its zero state is no state that silence leaves
MANY_KNOBS = 4


def _conditioning(knobs: Knobs) -> Conditioning | None:
    """Return the net behind the FiLMs: 16, 16, and 32, 32 from four knobs on, which interact as a tone stack's do."""
    return Conditioning(hidden=(32, 32) if len(knobs) >= MANY_KNOBS else (16, 16)) if knobs else None


def _spec(sample_rate: float, knobs: Knobs, *layers: Any, **more: Any) -> ModelSpec:
    filmed = any(layer.conditioned for layer in layers)
    return ModelSpec(sample_rate=float(sample_rate), layers=layers, knobs=knobs,
                     conditioning=_conditioning(knobs) if filmed else None, **more)  # fmt: skip


def _film(knobs: Knobs) -> tuple[FiLM, ...]:
    return (FiLM(),) if knobs else ()


def _scale(level: float) -> float:
    return float(f"{max(level, 1e-4):.3g}")


def standard(sample_rate: float, knobs: Knobs = (), level: float = 0.1, *, channels: int = 16) -> ModelSpec:
    """Return the default: one array of 16 channels, 10 layers of 3 taps, 43 ms, 10.4 k multiply-adds a sample.

    The reach in milliseconds is that of 48 kHz at any rate from 32 kHz; dilations double further at higher rates.
    """
    extra = max(0, round(math.log2(sample_rate / 48_000)))
    dilations = (*OCTAVES, *(1024 * 2**i for i in range(extra)))
    array = WaveNetArray(channels=channels, dilations=dilations, film=bool(knobs))
    return _spec(sample_rate, knobs, WaveNet(arrays=(array,), head_scale=_scale(level)))


def nam(sample_rate: float, knobs: Knobs = (), level: float = 0.1, *, channels: int = 16) -> ModelSpec:
    """Return NAM's two-array WaveNet, 85 ms: standard has 16 channels, lite 12, feather 8, nano 4.

    Without knobs, or with every knob baked, it is a stock .nam.
    """
    first, second = (OCTAVES, OCTAVES) if channels == 16 else (SHORT, LONG)
    film, half = bool(knobs), channels // 2
    arrays = (WaveNetArray(channels=channels, dilations=first, head_channels=half, head_bias=False, film=film),
              WaveNetArray(channels=half, dilations=second, film=film))  # fmt: skip
    return _spec(sample_rate, knobs, WaveNet(arrays=arrays, head_scale=_scale(level)))


def nam_a2(sample_rate: float, knobs: Knobs = (), level: float = 0.1, *, channels: int = 8) -> ModelSpec:
    """Return the shape of NAM's A2: 23 layers of 6 and 15 taps, leaky ReLUs, a head of 16 taps; 132 ms."""
    array = WaveNetArray(channels=channels, dilations=A2_DILATIONS, kernel_size=A2_TAPS, head_kernel_size=16,
                         activation=Activation(name="leaky_relu", slope=0.01), film=bool(knobs))  # fmt: skip
    return _spec(sample_rate, knobs, WaveNet(arrays=(array,), head_scale=_scale(level)))


def recurrent(sample_rate: float, knobs: Knobs = (), level: float = 0.1, *, kind: type[LSTM] | type[GRU] = LSTM,
              hidden: int = 32) -> ModelSpec:  # fmt: skip
    """Return one recurrent layer and a dense head beside the dry signal (Wright et al. 2019, "skip").

    With knobs a FiLM and a tanh follow the recurrent layer: without the tanh, knobs could only fade between the same curves.
    """
    turned = (FiLM(), Activation(name="tanh")) if knobs else ()
    body = (kind(hidden=hidden), *turned, Dense(channels=1))
    return _spec(sample_rate, knobs, Residual(body=body), prewarm_samples=round(SETTLING_SECONDS * sample_rate))


def with_knob_inputs(sample_rate: float, knobs: Knobs = (), level: float = 0.1, *, kind: type[LSTM] | type[GRU] = LSTM,
                     hidden: int = 40) -> ModelSpec:  # fmt: skip
    """Return the net of GuitarML and AIDA-X: the knobs are inputs of the recurrent layer, as their files hold it."""
    inputs = (KnobInputs(knobs=len(knobs)),) if knobs else ()
    body = (*inputs, kind(hidden=hidden), Dense(channels=1))
    return _spec(sample_rate, knobs, Residual(body=body), prewarm_samples=round(SETTLING_SECONDS * sample_rate))


def convnet(sample_rate: float, knobs: Knobs = (), level: float = 0.1, *, channels: int = 16) -> ModelSpec:
    """Return NAM's ConvNet: 12 convolutions of 2 taps, batch normalisation, FiLM, tanh; no shortcuts; 85 ms."""
    layers: list[Any] = []
    for dilation in (*OCTAVES, 1024, 2048):
        convolution = Conv1d(channels=channels, kernel_size=2, dilation=dilation, bias=False)
        layers += [convolution, BatchNorm(), *_film(knobs), Activation(name="tanh")]
    return _spec(sample_rate, knobs, *layers, Dense(channels=1))


def dense(sample_rate: float, knobs: Knobs = (), level: float = 0.1, *, channels: int = 24, taps: int = 128) -> ModelSpec:
    """Return a window of 128 samples (2.7 ms) into two layers that see nothing but it: a filter and a curve."""
    tanh = Activation(name="tanh")
    window = Conv1d(channels=channels, kernel_size=taps)
    return _spec(sample_rate, knobs, window, *_film(knobs), tanh, Dense(channels=channels), *_film(knobs), tanh,
                 Dense(channels=1))  # fmt: skip


def classic_cnn(sample_rate: float, knobs: Knobs = (), level: float = 0.1, *, channels: int = 32) -> ModelSpec:
    """Return the small CNN that amps were first modelled with: four convolutions of 3 taps, tanh between, a linear end.

    6,433 weights that hear 17 samples: made for audio at eight times the rate, where that is 44 us. Here it is causal.
    """
    layers: list[Any] = []
    for dilation in (1, 2, 4):
        layers += [Conv1d(channels=channels, kernel_size=3, dilation=dilation), *_film(knobs), Activation(name="tanh")]
    return _spec(sample_rate, knobs, *layers, Conv1d(channels=1, kernel_size=3))


def micro_tcn(sample_rate: float, knobs: Knobs = (), level: float = 0.1, **shape: Any) -> ModelSpec:
    """Return a TCN of micro-tcn (see `tcn`): by `blocks`, `kernel_size`, `channels`, `ends`."""
    return tcn(sample_rate, knobs, **shape)


SPECS = {
    "standard": standard,
    "nam-standard": nam,
    "nam-lite": partial(nam, channels=12),
    "nam-feather": partial(nam, channels=8),
    "nam-nano": partial(nam, channels=4),
    "nam-a2": nam_a2,
    "nam-a2-lite": partial(nam_a2, channels=3),
    "lstm": recurrent,
    "lstm-96": partial(recurrent, hidden=96),
    "gru": partial(recurrent, kind=GRU),
    "guitarml": with_knob_inputs,
    "tcn-100": partial(micro_tcn, kernel_size=5),
    "tcn-300": micro_tcn,
    "tcn-1000": partial(micro_tcn, kernel_size=5, blocks=5),
    "compressor": partial(micro_tcn, channels=16, ends="gain"),
    "s4d": s4d,
    "s4d-gain": partial(s4d, ends="gain"),
    "tfilm": tfilm,
    "convnet": convnet,
    "dense": dense,
    "classic-cnn": classic_cnn,
}
