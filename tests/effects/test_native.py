"""Differential tests: our effects behave as pedalboard's own plugins do, wherever both are right."""

import numpy as np
import pytest

from wetdry.effects import Gain
from wetdry.effects.layout import ChannelLayout
from wetdry.models.errors import InvalidType, LayoutError

pedalboard = pytest.importorskip("pedalboard")
SHAPES = [1, 1, 2, 2, 2, 3, 4, 5]


def test_layouts_match_over_random_call_sequences():
    generator = np.random.default_rng(2)
    for _ in range(600):
        native, layout = pedalboard.LowpassFilter(500), ChannelLayout()
        for _ in range(generator.integers(1, 6)):
            audio = generator.standard_normal([int(n) for n in generator.choice(SHAPES, 2)]).astype(np.float32)
            expected = planar = None
            try:
                expected = native.process(audio, 44100)
            except RuntimeError as error:
                with pytest.raises(LayoutError, match=str(error)[:30]):
                    layout.to_planar(audio)
                continue
            planar = layout.to_planar(audio)
            rows = np.stack([pedalboard.LowpassFilter(500)(row, 44100) for row in planar])
            assert np.allclose(layout.from_planar(rows, audio), expected, atol=1e-6)


def test_reset_forgets_the_layout_as_natively():
    for effect in (Gain(), pedalboard.Gain()):
        effect(np.zeros((2, 9), np.float32), 48000)
        assert effect(np.zeros((2, 2), np.float32), 48000).shape == (2, 2)
        effect.reset()
        with pytest.raises(RuntimeError, match="Unable to determine channel layout"):
            effect(np.zeros((2, 2), np.float32), 48000)


@pytest.mark.parametrize("audio", [np.zeros(4, np.int16), np.zeros(4, np.float16), np.zeros(4, np.longdouble)])
def test_dtype_errors_match(audio):
    with pytest.raises(TypeError) as native:
        pedalboard.Gain()(audio, 48000)
    with pytest.raises(InvalidType) as ours:
        Gain()(audio, 48000)
    assert str(ours.value).startswith(str(native.value)[:70])


def test_gain_equals_the_native_gain():
    audio = np.random.default_rng(0).standard_normal((2, 1000)).astype(np.float32)
    assert np.allclose(Gain(gain_db=-7.5)(audio, 44100), pedalboard.Gain(-7.5)(audio, 44100), rtol=1e-6)


def test_signature_is_the_native_one():
    audio = np.zeros(16, np.float32)
    for effect in (Gain(), pedalboard.Gain()):
        effect.process(input_array=audio, sample_rate=48000.0, buffer_size=8192, reset=True)
        effect(audio, 48000, 64, False)
        assert effect.is_effect
        assert not effect.is_instrument


def test_the_common_streaming_idiom_keeps_state():
    """`reset=(i == 0)`: without latency, the stream goes on after the first block, as natively."""
    from wetdry.effects import TubeSaturator

    audio = np.random.default_rng(0).standard_normal(3000).astype(np.float32)
    effect = TubeSaturator(oversampling=1)
    whole = effect(audio, 48000)
    parts = [effect(audio[i : i + 500], 48000, reset=i == 0) for i in range(0, 3000, 500)]
    assert np.array_equal(np.concatenate(parts), whole)
