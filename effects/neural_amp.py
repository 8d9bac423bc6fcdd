"""NeuralAmp: a captured amplifier or pedal, ready to play: levels, any sample rate, and a cabinet behind it."""

import copy
import math
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from ..models.errors import InvalidValue
from ..models.model import Model, load
from ..models.parameter import Parameter
from .cabinet_ir import CabinetIR
from .effect import Effect
from .impulse_response import ImpulseResponse
from .kernels import neural_amp as compiled
from .kernels.bypass import with_bypass
from .kernels.dc_block import SETTLED_SECONDS
from .kernels.nested import in_series
from .kernels.program import Knob, Part
from .kernels.wire import WIRE
from .model_effect import ModelEffect

FACTORY_CLONE = "zamtube"
RAW, NORMALISED, CALIBRATED = "raw", "normalised", "calibrated"
NEEDED = {RAW: (), NORMALISED: ("loudness",), CALIBRATED: ("input_level_dbu", "output_level_dbu")}  # of a model's metadata
NORMALISED_DB = -18.0  # where the loudness of every model is put
GAIN_SMOOTHING_MS, BYPASS_SMOOTHING_MS = 5.0, 10.0
GAINS = ("input_db", "output_db")
CABINET = "cabinet_"
CABINET_KNOBS = {CABINET + p.name for p in CabinetIR.parameters_table}


class NeuralAmp(ModelEffect):
    """DC block → input gain → model → DC block → output gain → cabinet.

    Args:
        model: a `Model`, or the path of any file `wetdry.models.load` reads (.nam, .safetensors, AIDA-X, GuitarML, …);
            None: the factory clone of a tube preamplifier.
        cabinet: what the sound goes through last: a `CabinetIR`, or what it takes as its impulse response. None: nothing.
        **knobs: as below.

    Knobs:
        input_db: gain before the model, -24 to 24 dB; how hard the amp is driven.
        those of the model, under their own names (`model_` before a name that is taken here), smoothed by 10 ms.
        output_db: gain after the model, -48 to 24 dB. Both gains glide, as linear factors, in 5 ms.
        calibration: "raw": as trained; "normalised": output gain -18 dB - `loudness`; "calibrated": input gain
            `interface_level_dbu` - `input_level_dbu`, output gain `output_level_dbu` - `interface_level_dbu`. Models
            whose metadata lack these values do without that choice.
        interface_level_dbu: the level at the interface's input, in dBu, that gives full scale, -20 to 40; heard only
            with "calibrated".
        cabinet_bypass: True takes the cabinet out, in 10 ms.
        cabinet_…: the knobs of `CabinetIR`; not heard without a cabinet.

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

    input_db: float
    output_db: float
    calibration: str
    interface_level_dbu: float
    cabinet_bypass: bool

    def __init__(self, model: Model | str | os.PathLike[str] | None = None, cabinet: Any = None, **knobs: Any) -> None:
        self.__dict__["_given"] = os.fspath(model) if isinstance(model, os.PathLike) else model
        self._take_model(_loaded(model))
        cabinet = copy.copy(cabinet) if isinstance(cabinet, CabinetIR) else CabinetIR(cabinet)
        self.__dict__["_cabinet"] = cabinet
        own = _own_knobs(self._metadata)
        behind = [*own[1:], *_cabinet_knobs(cabinet)]
        taken = {*dir(type(self)), *(p.name for p in (own[0], *behind))}
        self._set_up([own[0], *self._model_knobs(taken), *behind], {**_cabinet_values(cabinet), **knobs})

    @property
    def _metadata(self) -> Mapping[str, Any]:
        return self._model.metadata if self._model else {}

    @property
    def cabinet(self) -> ImpulseResponse | None:
        """The cabinet's impulse response; set a `CabinetIR`, with its knobs, or what it takes, or None for no cabinet."""
        return self._cabinet.impulse_response

    @cabinet.setter
    def cabinet(self, given: Any) -> None:
        response = given.impulse_response if isinstance(given, CabinetIR) else ImpulseResponse.of(given)
        with self._lock:
            self._cabinet.impulse_response = response
            for name, value in _cabinet_values(given).items() if isinstance(given, CabinetIR) else ():
                self._put(name, value)
            self._changed()

    @property
    def tail_seconds(self) -> float:
        """Seconds until the model's memory, a DC block and the cabinet have fallen by 90 dB."""
        return super().tail_seconds + 0.75 * SETTLED_SECONDS + self._cabinet.tail_seconds

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
        if name == "calibration" and isinstance(value, str):
            missing = [key for key in NEEDED.get(value, ()) if _number(self._metadata, key) is None]
            if missing:
                raise InvalidValue(f"calibration = {value!r}: the model's metadata lack {' and '.join(missing)}; use 'raw' "
                                   "and set input_db and output_db by ear")  # fmt: skip
        parameter = self._table[name]
        kept = parameter.from_number(parameter.to_number(value))
        with self._lock:
            self._values[name] = kept
            for gain in GAINS:
                super()._put(gain, self._values[gain])

    def _kernel_number(self, parameter: Parameter, value: Any) -> float:
        name = parameter.name
        if name in GAINS:
            return 10.0 ** ((parameter.to_number(value) + self._offset_db(name)) / 20.0)
        if name in CABINET_KNOBS:
            return self._cabinet._kernel_number(self._cabinet._table[name.removeprefix(CABINET)], value)
        return super()._kernel_number(parameter, value)

    def _offset_db(self, gain: str) -> float:
        """Return what the calibration adds to a gain."""
        values = {key: _number(self._metadata, key) or 0.0 for keys in NEEDED.values() for key in keys}
        chosen, interface = self._values["calibration"], self._values["interface_level_dbu"]
        if chosen == CALIBRATED:
            return interface - values["input_level_dbu"] if gain == "input_db" else values["output_level_dbu"] - interface
        return NORMALISED_DB - values["loudness"] if chosen == NORMALISED and gain == "output_db" else 0.0

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


def _loaded(model: Any) -> Model:
    if model is None:
        return _factory_clone()
    return load(Path(model)) if isinstance(model, str | os.PathLike) else model


@cache
def _factory_clone() -> Model:
    from ..presets import clone_path  # type: ignore[attr-defined]

    return load(clone_path(FACTORY_CLONE))


def _number(metadata: Mapping[str, Any], key: str) -> float | None:
    """Return a finite number of the metadata, or None."""
    value = metadata.get(key)
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain and math.isfinite(value) else None  # type: ignore[arg-type]


def _own_knobs(metadata: Mapping[str, Any]) -> list[Parameter]:
    possible = tuple(name for name, keys in NEEDED.items() if all(_number(metadata, key) is not None for key in keys))
    return [
        Parameter("input_db", "dB", -24.0, 24.0, 0.0, smoothing_ms=GAIN_SMOOTHING_MS),
        Parameter("output_db", "dB", -48.0, 24.0, 0.0, smoothing_ms=GAIN_SMOOTHING_MS),
        Parameter("calibration", default=RAW, choices=possible, automatable=False),
        Parameter("interface_level_dbu", "dBu", -20.0, 40.0, 12.0, automatable=False),
        Parameter("cabinet_bypass", default=False, choices=(False, True)),
    ]


def _cabinet_knobs(cabinet: CabinetIR) -> list[Parameter]:
    return [replace(p, name=CABINET + p.name) for p in cabinet.parameters_table]


def _cabinet_values(cabinet: CabinetIR) -> dict[str, Any]:
    return {CABINET + name: value for name, value in cabinet._values.items()}
