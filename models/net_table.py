"""The nets by name, each with the numbers it trains well with: what `train(model=...)` and `wetdry train --model` take.

    name          hears back at 48 kHz   good for
    standard      43 ms                  saturators, clippers, most pedals; the default
    lstm, gru     by state               the same, at a third of the cost a sample; states reach some 0.1 s
    lstm-96       by state               the same, larger
    guitarml      by state               what GuitarML and AIDA-X play: LSTM-40, knobs as inputs
    nam-standard, nam-lite, nam-feather, nam-nano
                  85 ms                  amps; without knobs, or baked, they are stock .nam files
    nam-a2, nam-a2-lite
                  132 ms                 amps with a cabinet behind them
    convnet       85 ms                  NAM's ConvNet
    dense         2.7 ms                 a filter and a curve, as cheap as it gets
    classic-cnn   44 us                  the small CNN of early amp modelling, at eight times the rate: a baseline to beat
    tcn-100       93 ms                  dynamics that let go within that time
    tcn-300       278 ms
    tcn-1000      926 ms
    compressor    278 ms                 a gain from 0 to 1 times the input: compressors without make-up gain
    s4d           2.5 s, by state        what remembers for seconds: a fuzz whose bias drifts, a leveller with make-up gain
    s4d-gain      the same               compressors without make-up gain that let go within seconds
    tfilm         43 ms, and by state    convolutions whose FiLMs follow the level, block by block: the same targets

Other packages add theirs by the entry-point group `wetdry.nets`: a function (sample_rate, knobs, level) → ModelSpec, with an
attribute `training`, a dict of Recipe's numbers, where it has any. `auto` goes by `net_choice.RULES`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any

from .errors import InvalidValue, UnknownName
from .parameter import Parameter
from .spec import ModelSpec
from .spec.nets import SPECS, standard

MakeSpec = Callable[[float, tuple[Parameter, ...], float], ModelSpec]

WAVENET = {"batch_size": 8, "segment": 8192, "learning_rate": 4e-3}
RECURRENT = {"batch_size": 32, "segment": 1280, "lead_in": 3072, "learning_rate": 5e-3, "loss": "esr"}
LASTING = {"batch_size": 4, "segment": 32_768, "lead_in": 16_384, "learning_rate": 5e-3, "loss": "esr"}
TCN = {"batch_size": 8, "segment": 16_384, "learning_rate": 5e-3}
NUMBERS: dict[str, dict[str, Any]] = {
    "standard": {},
    "nam-standard": WAVENET,
    "nam-lite": WAVENET,
    "nam-feather": WAVENET,
    "nam-nano": WAVENET,
    "nam-a2": WAVENET,
    "nam-a2-lite": WAVENET,
    "lstm": RECURRENT,
    "lstm-96": RECURRENT | {"learning_rate": 2e-3},
    "gru": RECURRENT,
    "guitarml": RECURRENT,
    "tcn-100": TCN,
    "tcn-300": {"batch_size": 16, "segment": 16_000, "every": 100, "loss": "esr-plain"},
    "tcn-1000": TCN | {"segment": 65_536, "batch_size": 2},
    "compressor": {"batch_size": 16, "segment": 48_000, "every": 100, "loss": "esr+level"},
    "s4d": LASTING,
    "s4d-gain": LASTING,
    "tfilm": LASTING,
    "convnet": WAVENET,
    "dense": {"batch_size": 16, "segment": 8192},
    "classic-cnn": {"batch_size": 32, "segment": 256, "epochs": 50, "oversampling": 8, "learning_rate": 1e-3,
                    "loss": "mse+emphasised"},
}  # fmt: skip


@dataclass(frozen=True)
class Net:
    """A net to start from: what makes its spec, and the numbers of `Recipe` it trains well with (the rest are defaults).

    `epochs` among them is its budget where none is given; with `oversampling`, `make` is called with that many times the rate.
    """

    make: MakeSpec
    training: Mapping[str, Any] = field(default_factory=dict)


class Nets(Mapping[str, Net]):
    """Net by name; an unknown name raises UnknownName listing near misses."""

    def __init__(self) -> None:
        self._nets = {name: Net(SPECS[name], numbers) for name, numbers in NUMBERS.items()}
        self._searched = False

    def _all(self) -> dict[str, Net]:
        if not self._searched:
            self._searched = True
            for point in entry_points(group="wetdry.nets"):
                if point.name in self._nets or point.name == "auto":
                    raise InvalidValue(f"a net named {point.name!r} is there already; {point.value} needs another name")
                make = point.load()
                self._nets[point.name] = Net(make, dict(getattr(make, "training", {})))
        return self._nets

    def __getitem__(self, name: str) -> Net:
        if name not in self._all():
            raise UnknownName("net", name, (*self._all(), "auto"))
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


NETS = Nets()


def check_name(name: str | None) -> None:
    """Raise UnknownName where no net has that name, before anything long begins; None and "auto" are fine."""
    if name not in (None, "auto"):
        NETS[name]


default_spec = standard
