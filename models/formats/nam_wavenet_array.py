"""One layer array of a .nam WaveNet."""

from dataclasses import dataclass
from typing import Any, get_args

from ..spec import LARGEST_RECEPTIVE_FIELD, SignalFiLM, WaveNetArray
from ..spec.wavenet import SLOTS, Gating
from .json_file import Node
from .nam_net import NamCurve, Weights, curve, flag, whole


@dataclass(frozen=True)
class NamArray:
    """A layer array as the file has it.

    Attributes:
        node: its object.
        spec: what it is; `signal_films` in the order of the file's weights.
        slopes: those of PReLUs, by name inside the array.
        allowed_channels: the widths a slimmable array may take; empty: it has one.
    """

    node: Node
    spec: WaveNetArray
    slopes: Weights
    allowed_channels: tuple[int, ...]


def read_array(node: Node) -> NamArray:
    """Read one entry of `layers`. Raises ModelFileError or InvalidValue naming the field."""
    dilations = tuple(d.whole(1, LARGEST_RECEPTIVE_FIELD) for d in node["dilations"].entries(1, 512))
    count, channels = len(dilations), whole(node, "channels", 1, 1024)
    gates, curves, seconds = _gates(node, count), _curves(node["activation"], count), []
    if any(gate != "none" for gate in gates):
        seconds = _second_curves(node, gates)
    slopes: Weights = {}
    for j in range(count):
        slopes.update(curves[j].weights(f"layers.{j}.activation."))
        if gates[j] != "none":
            slopes.update(seconds[j].weights(f"layers.{j}.secondary."))
    values: dict[str, Any] = {
        "channels": channels,
        "dilations": dilations,
        "kernel_size": _one(_kernel_sizes(node, count)),
        "activation": _one([c.activation for c in curves]),
        "gating": _one(gates),
        "bottleneck": whole(node, "bottleneck", 1, 1024, channels),
        "groups": whole(node, "groups_input", 1, 1024, 1),
        "mixin_groups": whole(node, "groups_input_mixin", 1, 1024, 1),
        "film": False,
        "signal_films": _films(node),
        **_one_by_ones(node),
        **_head(node),
    }
    if seconds:
        values["secondary"] = _one([c.activation for c in seconds])
    return NamArray(node, WaveNetArray(**values), slopes, _allowed_channels(node, channels))


def _one(entries: list[Any]) -> Any:
    """Return the entry they all are, else a tuple of all."""
    return entries[0] if all(entry == entries[0] for entry in entries) else tuple(entries)


def _per_layer(node: Node, count: int) -> list[Node]:
    """Return one node a layer: the entries of a list, or the node itself for each."""
    return node.entries(count, count) if isinstance(node.value, list) else [node] * count


def _kernel_sizes(node: Node, count: int) -> list[int]:
    if node.get("kernel_size") is not None and node.get("kernel_sizes") is not None:
        raise node["kernel_sizes"].problem("only one of kernel_size and kernel_sizes is allowed")
    if node.get("kernel_sizes") is not None:
        return [k.whole(1, LARGEST_RECEPTIVE_FIELD) for k in node["kernel_sizes"].entries(count, count)]
    return [whole(node, "kernel_size", 1, LARGEST_RECEPTIVE_FIELD)] * count


def _curves(node: Node, count: int) -> list[NamCurve]:
    if isinstance(node.value, list):
        return [curve(entry) for entry in node.entries(count, count)]
    return [curve(node)] * count


def _gates(node: Node, count: int) -> list[str]:
    mode = node.get("gating_mode")
    if mode is not None:
        return [entry.text(get_args(Gating)) for entry in _per_layer(mode, count)]
    return ["gated" if flag(node, "gated", False) else "none"] * count


def _second_curves(node: Node, gates: list[str]) -> list[NamCurve]:
    """Return the curves of the second halves; sigmoid where a layer is not gated or the file does not say."""
    sigmoid = curve(Node("Sigmoid", node.path))
    found = node.get("secondary_activation")
    if found is None:
        return [sigmoid] * len(gates)
    entries = _per_layer(found, len(gates))
    return [sigmoid if gate == "none" else curve(entry) for gate, entry in zip(gates, entries, strict=True)]


def _one_by_ones(node: Node) -> dict[str, Any]:
    values: dict[str, Any] = {}
    residual, projection = node.get("layer1x1"), node.get("head1x1")
    if residual is not None:
        values["residual"] = flag(residual, "active", True)
        values["residual_groups"] = whole(residual, "groups", 1, 1024, 1) if values["residual"] else 1
    if projection is not None and flag(projection, "active", False):
        values["head_projection"] = whole(projection, "out_channels", 1, 1024)
        values["head_projection_groups"] = whole(projection, "groups", 1, 1024, 1)
    return values


def _head(node: Node) -> dict[str, Any]:
    head = node.get("head")
    if head is None:  # files before 0.6.0
        return {"head_channels": whole(node, "head_size", 1, 1024), "head_bias": node["head_bias"].flag()}
    return {
        "head_channels": whole(head, "out_channels", 1, 1024),
        "head_kernel_size": whole(head, "kernel_size", 1, LARGEST_RECEPTIVE_FIELD),
        "head_dilation": whole(head, "head_dilation", 1, LARGEST_RECEPTIVE_FIELD, 1),
        "head_bias": head["bias"].flag(),
    }


def _films(node: Node) -> tuple[SignalFiLM, ...]:
    films = []
    for slot in get_args(SLOTS):
        found = node.get(f"{slot}_film")
        if found is None or found.value is False or not flag(found, "active", True):
            continue
        groups = whole(found, "groups", 1, 1024, 1)
        films.append(SignalFiLM(slot=slot, shift=flag(found, "shift", True), groups=groups))
    return tuple(films)


def _allowed_channels(node: Node, channels: int) -> tuple[int, ...]:
    slimmable = node.get("slimmable")
    method = slimmable.get("method") if slimmable is not None else None
    if slimmable is None or method is None or method.value == "":
        return ()
    method.text(("slice_channels_uniform",))
    settings = slimmable.get("kwargs")
    allowed = settings.get("allowed_channels") if settings is not None else None
    if allowed is None:
        return tuple(range(1, channels + 1))
    found = tuple(entry.whole(1, channels) for entry in allowed.entries(1, channels))
    if list(found) != sorted(set(found)) or found[-1] != channels:
        raise allowed.problem(f"must rise to the array's {channels} channels")
    return found
