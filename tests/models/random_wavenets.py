"""WaveNets with options nobody would choose together, from a seed; see random_specs."""

from wetdry.models.spec import SignalFiLM, WaveNet, WaveNetArray

WIDTHS = (1, 2, 3, 4, 5, 7, 8, 12, 16, 20)
SLOTS = ("conv_pre", "conv_post", "input_mixin_pre", "input_mixin_post", "activation_pre", "activation_post",
         "layer1x1_post", "head1x1_post")  # fmt: skip
GATING = ("none", "gated", "blended")
COMMON_CURVES = ("tanh", "tanh", "tanh", "relu", "leaky_relu", "prelu", "hardtanh", "fast_tanh", "sigmoid", "silu",
                 "hardswish", "leaky_hardtanh", "softsign")  # fmt: skip
SECOND_CURVES = ("sigmoid", "sigmoid", "fast_sigmoid", "tanh", "prelu", "softmax", "elu")


def random_wavenet(draw, inputs, condition):
    """Return a WaveNet for `inputs` channels; `condition(draw, channels, count, kinds)` grows its condition layers."""
    layers = condition(draw, inputs, draw.number(1, 2), CONDITIONS) if draw.chance(0.25) else []
    channels = inputs
    for layer in layers:
        channels = layer.outputs(channels)
    count, filmed = draw.one(1, 1, 2, 3), draw.chance(0.4)
    plain = draw.chance(0.25)
    arrays, head = [], draw.one(1, 1, 1, 2, 3)
    for _ in range(count):  # from the last to the first: the head of each is what the next one sums
        array = plain_array(draw, head, filmed) if plain else any_array(draw, head, channels, filmed)
        arrays.insert(0, array)
        head = array.head_width
    return WaveNet(arrays=tuple(arrays), head_scale=draw.one(1.0, 0.5, -0.7), condition=tuple(layers))


CONDITIONS = ("Conv1d", "Activation", "Dense", "LSTM", "KnobInputs", "FiLM", "Residual", "WaveNet")


def plain_array(draw, head, filmed):
    """Return an array as NAM's presets have it."""
    dilations = draw.one((1, 2, 4, 8), (1, 3), (7,))
    return WaveNetArray(channels=draw.one(*WIDTHS), dilations=dilations, kernel_size=draw.one(2, 3, 3, 6),
                        head_channels=head, head_bias=draw.chance(), film=filmed)  # fmt: skip


def any_array(draw, head, condition, filmed):
    """Return an array with any options that fit a condition signal of so many channels."""
    channels, layers = draw.one(*WIDTHS), draw.number(1, 4)
    residual = draw.chance(0.75)
    width = channels if not residual or draw.chance() else draw.one(*WIDTHS)
    projection = draw.one(None, None, *WIDTHS)
    gates = tuple(draw.one(*GATING) for _ in range(layers))
    gating = draw.one(gates, gates[0])
    wide = width if gating == "none" or "none" in gating else 2 * width  # what every layer's groups must divide
    array = {
        "channels": channels, "dilations": tuple(draw.one(1, 2, 3, 5, 8, 13) for _ in range(layers)),
        "kernel_size": tuple(draw.one(1, 2, 3, 5, 6, 15) for _ in range(layers)) if draw.chance() else draw.one(1, 2, 3, 4, 33),
        "activation": tuple(draw.curve(width, COMMON_CURVES) for _ in range(layers)) if draw.chance() else draw.curve(width),
        "secondary": tuple(draw.curve(width, SECOND_CURVES) for _ in range(layers)) if draw.chance() else draw.curve(width),
        "gating": gating, "bottleneck": draw.one(None, width) if width == channels else width,
        "groups": draw.divisor(channels, wide), "mixin_groups": draw.divisor(condition, wide),
        "residual": residual, "residual_groups": draw.divisor(width, channels) if residual else 1,
        "head_projection": projection, "head_projection_groups": draw.divisor(width, projection) if projection else 1,
        "head_channels": head, "head_kernel_size": draw.one(1, 1, 2, 3, 16), "head_dilation": draw.one(1, 1, 2, 3),
        "head_bias": draw.chance(), "film": filmed,
    }  # fmt: skip
    bare = WaveNetArray(**array)
    share = draw.one(0.0, 0.3, 1.0)
    films = tuple(signal_film(draw, bare, slot, condition) for slot in SLOTS if draw.chance(share))
    return WaveNetArray(**array, signal_films=tuple(film for film in films if film is not None))


def signal_film(draw, array, slot, condition):
    """Return a FiLM for `slot`; None where the array has nothing there."""
    if (slot == "layer1x1_post" and not array.residual) or (slot == "head1x1_post" and not array.head_projection):
        return None
    sizes = [array.film_channels(slot, j, condition) for j in range(len(array.dilations))]
    return SignalFiLM(slot=slot, shift=draw.chance(0.7), groups=draw.divisor(condition, *sizes))
