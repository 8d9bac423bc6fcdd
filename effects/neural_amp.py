"""NeuralAmp: a captured amplifier or pedal, ready to play: levels, any sample rate, and a cabinet behind it."""

import copy
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from ..models.decibels import factor
from ..models.errors import InvalidType, InvalidValue
from ..models.model import Model
from ..models.parameter import Parameter
from .cabinet_ir import CabinetIR
from .calibration import RAW, ModelLevels
from .effect import Effect
from .impulse_response import ImpulseResponse
from .kernels import neural_amp as compiled
from .kernels.bypass import with_bypass
from .kernels.dc_block import DC_BLOCK_HZ, settling_seconds
from .kernels.nested import in_series
from .kernels.program import Knob, Part
from .kernels.wire import WIRE
from .model_effect import ModelEffect, given_model, net_part
from .player import Player
from .registry import REGISTRY

GAIN_SMOOTHING_MS, BYPASS_SMOOTHING_MS = 5.0, 10.0
GAINS = ("input_db", "output_db")
CABINET = "cabinet_"
CABINET_KNOBS = {CABINET + p.name for p in CabinetIR.parameters_table}


@REGISTRY.register
class NeuralAmp(ModelEffect):
    """DC block → input gain → model → DC block → output gain → cabinet.

    Args:
        model: a `Model`, or the path of any file `wetdry.models.load` reads (.nam, .safetensors, AIDA-X, GuitarML, …);
            None: the factory clone of a tube preamplifier.
        cabinet: what the sound goes through last: a `CabinetIR`, or what it takes as its impulse response. None: nothing.
        **knobs: as below.

    Knobs:
        input_db: gain before the model, -24 to 24 dB; how hard the amp is driven. Both gains glide, as linear factors,
            in 5 ms.
        tube_drive: of the factory clone, 0.1 to 11; how hard its valve is driven.
        treble: of the factory clone, 0 to 10.
        output_db: gain after the model, -48 to 24 dB.
        calibration: "raw": as trained; "normalised": output gain -18 dB - `loudness`; "calibrated": input gain
            `interface_level_dbu` - `input_level_dbu`, output gain `output_level_dbu` - `interface_level_dbu`. Models
            whose metadata lack these values do without that choice. A change glides as the gains do.
        interface_level_dbu: the level at the interface's input, in dBu, that gives full scale, -20 to 40; heard only
            with "calibrated".
        cabinet_bypass: True takes the cabinet out, in 10 ms.
        cabinet_normalise, cabinet_trim, cabinet_minimum_phase, cabinet_low_cut_hz, cabinet_high_cut_hz, cabinet_mix,
            cabinet_level_db: as in `CabinetIR`; not heard without a cabinet.

    Another model brings its own knobs instead, smoothed by 10 ms; one whose name is taken here gets `model_` before it.
    Model and cabinet can be changed while audio plays, and fade over in 20 ms. The presets are for the factory clone.

    Each channel has a state of its own. At another sample rate than the model's the model is resampled, there and back
    (see `kernels.resampler_filter`): 101 samples late at 44.1 kHz for a model of 48 kHz, at equal rates 0. After a reset it
    idles as if silence had been playing. Tail: that of the model, of a DC block (0.17 s) and of the cabinet.

    Source of the maths: the model's, in `NeuralEffect`; levels: NeuralAmpModelerPlugin; DC block: `kernels.dc_block`.

    Example:
        >>> import numpy as np
        >>> dry = 0.2 * np.sin(np.arange(44100) * 0.05).astype("float32")
        >>> amp = NeuralAmp(input_db=6)
        >>> amp(dry, 44100).shape, amp.latency_samples
        ((44100,), 101)
    """

    factory_clone = "zamtube"
    factory_defaults: ClassVar = {"tube_drive": 6.0}

    input_db: float
    output_db: float
    calibration: str
    interface_level_dbu: float
    cabinet_bypass: bool

    def __init__(self, model: Model | str | os.PathLike[str] | None = None, cabinet: Any = None, **knobs: Any) -> None:
        self._take(model, given_model(model, self.factory_clone))
        self.__dict__["_cabinet"] = copy.copy(cabinet) if isinstance(cabinet, CabinetIR) else CabinetIR(cabinet)
        self._set_up(self._knob_table(), {**_cabinet_values(self._cabinet), **knobs})

    def _take(self, given: Any, model: Model) -> None:
        self._take_model(model)
        self.__dict__["_levels"] = ModelLevels.of(model.metadata)
        self.__dict__["_given"] = os.fspath(given) if isinstance(given, os.PathLike) else given

    def _knob_table(self) -> list[Parameter]:
        first, *last = _own_knobs(self._levels)
        last += [replace(p, name=CABINET + p.name) for p in CabinetIR.parameters_table]
        taken = {*dir(type(self)), first.name, *(p.name for p in last)}
        return [first, *self._model_knobs(taken), *last]

    @property
    def model(self) -> Model | None:
        """The model being played; set a `Model` or a path. Knobs that both have stay where they are."""
        return self._model

    @model.setter
    def model(self, given: Any) -> None:
        model, playing = given_model(given, self.factory_clone), self._net[0]
        part = net_part(model, *playing) if playing and isinstance(model, Model) else None  # slow: before the lock
        with self._lock:
            self._take(given, model)
            if part:
                self.__dict__["_net"] = (playing, part)
            self._put_table(self._knob_table())
            self._changed()

    def _put_table(self, table: Sequence[Parameter]) -> None:
        """Replace the table of knobs; values that the new one allows stay."""
        before, own = self._values, self.__dict__
        own["_table"] = {p.name: p for p in table}
        own["_values"] = {p.name: _kept(p, before.get(p.name, p.default)) for p in table}
        own["_places"] = {p.name: i for i, p in enumerate(p for p in table if p.automatable)}
        own["_numbers"] = [self._kernel_number(p, own["_values"][p.name]) for p in table if p.automatable]
        self._scheduled.clear()

    @property
    def cabinet(self) -> ImpulseResponse | None:
        """The cabinet's impulse response; set a `CabinetIR`, with its knobs, or what it takes, or None for no cabinet."""
        return self._cabinet.impulse_response

    @cabinet.setter
    def cabinet(self, given: Any) -> None:
        values = _cabinet_values(given) if isinstance(given, CabinetIR) else {}
        self._cabinet.impulse_response = given.impulse_response if isinstance(given, CabinetIR) else given
        with self._lock:
            for name, value in values.items():
                self._put(name, value)
            self._changed()

    def _plays_in(self, player: Player, sample_rate: float) -> None:
        super()._plays_in(player, sample_rate)
        self._cabinet._plays_in(player, sample_rate)

    @property
    def tail_seconds(self) -> float:
        """Seconds until the model's memory, a DC block and the cabinet have fallen by 90 dB."""
        return super().tail_seconds + settling_seconds(DC_BLOCK_HZ) + self._cabinet.tail_seconds

    # knobs

    def _put(self, name: str, value: Any) -> None:
        if name in ("calibration", "interface_level_dbu"):
            self._put_calibration(name, value)
            return
        with self._lock:
            super()._put(name, value)
            if name in CABINET_KNOBS:
                self._cabinet._put(name.removeprefix(CABINET), value)

    def _put_calibration(self, name: str, value: Any) -> None:
        """Set what the gains are reckoned from; they glide to where that puts them."""
        if name == "calibration":
            self._levels.check(value)
        parameter = self._table[name]
        kept = parameter.from_number(parameter.to_number(value))
        with self._lock:
            self._values[name] = kept
            for gain in GAINS:
                super()._put(gain, self._values[gain])

    def _kernel_numbers(self, parameter: Parameter, numbers: np.ndarray) -> np.ndarray:
        name = parameter.name
        if name in GAINS:
            offsets = self._levels.gains_db(self._values["calibration"], self._values["interface_level_dbu"])
            return factor(numbers + offsets[name])
        if name in CABINET_KNOBS:
            return self._cabinet._kernel_numbers(self._cabinet._table[name.removeprefix(CABINET)], numbers)
        return super()._kernel_numbers(parameter, numbers)

    # sound

    def _parts(self, sample_rate: float, channels: int) -> list[Part]:
        amp = compiled.neural_amp_part(
            self._net_part(sample_rate, channels), sample_rate, channels, Knob(GAIN_SMOOTHING_MS, 1.0)
        )
        bypass, cabinet_knobs = Knob(BYPASS_SMOOTHING_MS, 1.0), self._cabinet._knobs()
        if not self.cabinet:
            return [amp, Part(WIRE, [bypass, *cabinet_knobs])]
        cabinet = in_series(self._cabinet._parts(sample_rate, channels))
        return [amp, with_bypass(cabinet, bypass, channels)]

    # identity

    def _arguments(self) -> tuple[Any, ...]:
        if self.cabinet:
            return (self._given, self.cabinet)
        return (self._given,) if self._given is not None else ()

    def __reduce__(self) -> Any:
        rebuild, (kind, _, values) = super().__reduce__()
        given = self._model if self._given is not None else None  # a file may be elsewhere, or another, where it is unpickled
        return rebuild, (kind, (given, self.cabinet), values)

    def __copy__(self) -> Effect:
        twin = type(self)(self._model, self.cabinet, **self._values)
        twin.__dict__["_given"] = self._given
        return twin


def _own_knobs(levels: ModelLevels) -> list[Parameter]:
    return [
        Parameter("input_db", "dB", -24.0, 24.0, 0.0, smoothing_ms=GAIN_SMOOTHING_MS),
        Parameter("output_db", "dB", -48.0, 24.0, 0.0, smoothing_ms=GAIN_SMOOTHING_MS),
        Parameter("calibration", default=RAW, choices=levels.choices, automatable=False),
        Parameter("interface_level_dbu", "dBu", -20.0, 40.0, 12.0, automatable=False),
        Parameter("cabinet_bypass", default=False, choices=(False, True)),
    ]


def _cabinet_values(cabinet: CabinetIR) -> dict[str, Any]:
    return {CABINET + name: value for name, value in cabinet._values.items()}


def _kept(parameter: Parameter, value: Any) -> Any:
    """Return the value, or the default where the knob does not allow it."""
    try:
        return parameter.from_number(parameter.to_number(value))
    except (InvalidType, InvalidValue):
        return parameter.default
