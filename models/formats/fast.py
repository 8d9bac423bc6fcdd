"""Fast curves: a spec with tanh as NAM's plugin plays it."""

from typing import Any

from ..spec import GRU, LSTM, Activation, ModelSpec, TwoPaths, WaveNet, WaveNetArray


def with_fast_curves(spec: ModelSpec) -> ModelSpec:
    """Return `spec` with every tanh as fast_tanh, LSTM and GRU with fast tanh and sigmoid.

    The rule of `enable_fast_tanh` in NeuralAmpModelerCore: a sigmoid outside an LSTM stays exact.
    """
    return spec.model_copy(update={"layers": _layers(spec.layers)})


def _layers(layers: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(_layer(layer) for layer in layers)


def _layer(layer: Any) -> Any:
    match layer:
        case Activation(name="tanh"):
            return layer.model_copy(update={"name": "fast_tanh"})
        case LSTM() | GRU():
            return layer.model_copy(update={"activation": "fast"})
        case TwoPaths():
            return layer.model_copy(update={"body": _layers(layer.body), "shortcut": _layers(layer.shortcut)})
        case WaveNet():
            arrays = tuple(_array(array) for array in layer.arrays)
            return layer.model_copy(update={"arrays": arrays, "condition": _layers(layer.condition)})
    return layer


def _array(array: WaveNetArray) -> WaveNetArray:
    curves = {name: getattr(array, name) for name in ("activation", "secondary")}
    return array.model_copy(update={name: _layers(c) if isinstance(c, tuple) else _layer(c) for name, c in curves.items()})
