"""Chain and Mix: exact however they are streamed, whatever stands in them."""

import pickle

import numpy as np
import pytest
from random_model import random_model

from wetdry import Chain, Mix, TubeSaturator
from wetdry.effects import Gain
from wetdry.models.errors import InvalidType, InvalidValue, PluginError, UnknownName

pedalboard = pytest.importorskip("pedalboard")
RATE = 48000
ZAMAXIMX2 = "/usr/lib/vst3/ZaMaximX2.vst3"


def noise(channels=2, samples=16000):
    return (0.2 * np.random.default_rng(0).standard_normal((channels, samples))).astype(np.float32)


def streamed(processor, audio, seed, largest=4096):
    """Random blocks, then silence until everything has come out."""
    generator, parts, at, length = np.random.default_rng(seed), [], 0, audio.shape[-1]
    processor.reset()
    while at < length:
        size = int(generator.integers(1, largest + 1))
        parts.append(processor(audio[..., at : at + size], RATE, reset=False))
        at += size
    while sum(part.shape[-1] for part in parts) < length:
        parts.append(processor(np.zeros((*audio.shape[:-1], 777), np.float32), RATE, reset=False))
    return np.concatenate(parts, axis=-1)[..., :length]


def bridged(path):
    from wetdry import load_plugin

    return load_plugin(path)


CHAINS = {
    "ours": lambda: Chain([TubeSaturator(), Gain(gain_db=-3), TubeSaturator(tone_hz=900)]),
    "natives": lambda: Chain(
        [pedalboard.HighpassFilter(80), pedalboard.Reverb(), pedalboard.Chorus(), pedalboard.Compressor()]
    ),
    "mixed": lambda: Chain(
        [pedalboard.HighpassFilter(80), TubeSaturator(), pedalboard.BrickwallLimiter(), Chain([TubeSaturator(), None])]
    ),
    "resampling natives": lambda: Chain([pedalboard.Resample(8000.0), TubeSaturator(), pedalboard.MP3Compressor()]),
    "parallel": lambda: Mix(
        [pedalboard.BrickwallLimiter(), None, Chain([TubeSaturator(), pedalboard.Delay(0.01)])], [0, -6, 3]
    ),
    "native containers": lambda: Chain(
        [pedalboard.Mix([pedalboard.Gain(2), pedalboard.BrickwallLimiter()]), pedalboard.Pedalboard([])]
    ),
}


@pytest.mark.parametrize("make", CHAINS.values(), ids=CHAINS.keys())
@pytest.mark.parametrize(("seed", "largest"), [(0, 4096), (1, 4096), (2, 40)])
def test_streamed_equals_one_call(make, seed, largest):
    chain, audio = make(), noise(samples=16000 if largest > 40 else 3000)
    assert np.array_equal(streamed(chain, audio, seed, largest), chain(audio, RATE))


def test_bridged_plugins_stream_exactly_beside_ours(zamtube):
    chain = Chain([pedalboard.HighpassFilter(80), bridged(zamtube), TubeSaturator()])
    chain[1].tube_drive = 7.5
    audio = noise(1)[0]
    whole = chain(audio, RATE)
    assert np.abs(streamed(chain, audio, 4) - whole).max() <= 1e-6 * np.abs(whole).max()


def test_parallel_dry_path_through_a_lookahead_limiter_nulls(zamtube):
    """ZaMaximX2 at a threshold nothing reaches is a delay of 480 samples, which the Mix must line up."""
    limiter = bridged(ZAMAXIMX2)
    assert limiter.latency_samples == 480
    audio = 0.01 * noise()
    alone = limiter(audio, RATE)
    inverted = Chain([limiter, pedalboard.Invert()])
    together = streamed(Mix([None, inverted]), audio, 5)
    assert np.abs(together - (audio - alone)).max() < 1e-7


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_natives_in_a_chain_equal_a_pedalboard(channels):
    audio = noise(channels)

    def plugins():
        return [pedalboard.HighpassFilter(80), pedalboard.Distortion(12), pedalboard.BrickwallLimiter()]

    assert np.array_equal(Chain(plugins())(audio, RATE), pedalboard.Pedalboard(plugins())(audio, RATE))


def test_blocks_larger_than_pedalboard_cuts_them():
    def make():
        return Chain([pedalboard.Reverb(), pedalboard.Chorus(), pedalboard.BrickwallLimiter()])

    chain, audio = make(), noise(samples=40000)
    latency = chain.latency_samples
    wet = np.concatenate([chain(part, RATE, reset=False) for part in np.split(audio, [20000, 20100], axis=1)], axis=1)
    assert np.array_equal(wet, make()(audio, RATE)[:, : 40000 - latency])


def test_known_upstream_bugs_are_still_there():
    """When one of these fails, pedalboard has mended it, and the way around it in stages.py can go."""
    audio = noise(2, 3000)

    def native_stream(board, sizes):
        at, parts = 0, []
        board.reset()
        for size in sizes:
            parts.append(board.process(audio[:, at : at + size], RATE, reset=False))
            at += size
        return np.concatenate(parts, axis=1)

    growing = pedalboard.Pedalboard([pedalboard.Reverb()])
    assert not np.allclose(native_stream(growing, (100, 2900)), growing(audio, RATE)), "a growing block keeps the state now"
    mix = pedalboard.Pedalboard([pedalboard.Mix([pedalboard.BrickwallLimiter(), pedalboard.Gain(0)])])
    streamed_mix = native_stream(mix, (1000, 1000, 1000))
    assert not np.allclose(streamed_mix, mix(audio, RATE)[:, : streamed_mix.shape[1]]), "a native Mix aligns latencies now"


def test_empty_chain_copies_and_empty_mix_is_silent():
    audio = noise()
    assert np.array_equal(Chain()(audio, RATE), audio)
    assert np.array_equal(Chain([None])(audio, RATE), audio)
    assert not Mix()(audio, RATE).any()


def test_mix_sums_with_gains_and_a_move_glides():
    audio = np.ones((1, 9600), np.float32)
    mix = Mix([None, Gain()], gains_db=[0, -6])
    assert np.allclose(mix(audio, RATE), 1 + 10 ** (-6 / 20), atol=1e-6)
    mix.reset()
    first = mix(audio[:, :4800], RATE, reset=False)
    mix.gains_db[1] = -120
    after = mix(audio[:, 4800:], RATE, reset=False)
    assert np.abs(np.diff(np.concatenate([first, after], axis=1))).max() < 0.01
    assert after[0, -1] == pytest.approx(1, abs=1e-4)


def test_a_mix_keeps_its_gains_when_branches_change():
    mix = Mix([Gain(), None], gains_db=[-3, -9])
    mix.insert(0, TubeSaturator())
    assert list(mix.gains_db) == [0, -3, -9]
    del mix[1]
    assert list(mix.gains_db) == [0, -9]
    mix[1] = Gain()
    mix[0] = None
    assert list(mix.gains_db) == [0, -9]
    with pytest.raises(InvalidValue, match="2 branches"):
        mix.gains_db = [1]


def test_list_like():
    first, second, third = TubeSaturator(), pedalboard.Gain(3), Gain()
    chain = Chain([first])
    chain.append(third)
    chain.insert(1, second)
    assert list(chain) == [first, second, third]
    assert second in chain
    assert chain[-1] is third
    assert next(reversed(chain)) is third
    chain[1:2] = [Gain(gain_db=1), Gain(gain_db=2)]
    assert len(chain) == 4
    del chain[0]
    chain.remove(third)
    assert [g.gain_db for g in chain] == [1, 2]
    assert len(chain[:1]) == 1


def test_refuses_what_cannot_be_played():
    for junk in (3, "amp.nam", object(), TubeSaturator):
        with pytest.raises(InvalidType, match="no processor"):
            Chain([junk])
    effect = TubeSaturator()
    with pytest.raises(InvalidValue, match="twice"):
        Chain([effect, Mix([effect])])
    chain = Chain([effect])
    with pytest.raises(InvalidValue, match="twice"):
        chain.append(effect)
    assert len(chain) == 1
    with pytest.raises(AttributeError):
        chain.volume = 3


def test_a_processor_that_swallows_audio_is_named():
    class Sink:
        def reset(self):
            pass

        def process(self, audio, sample_rate, buffer_size=8192, reset=True):
            return audio[:, :0]

    with pytest.raises(PluginError, match="Sink"):
        Chain([Sink()])(np.zeros((1, 100), np.float32), 1000)


def test_knobs_by_name_and_by_place():
    chain = Chain([TubeSaturator(), Gain(), TubeSaturator()])
    chain.parameters["gain_db"].value = -6
    chain.parameters["2.drive_db"].value = 40
    assert chain[1].gain_db == -6
    assert chain[2].drive_db == 40
    with pytest.raises(UnknownName, match=r"0\.drive_db"):
        chain.parameters["drive_db"]


@pytest.mark.parametrize("name", ["ours", "natives", "mixed", "parallel"])
def test_pickled_chains_sound_the_same(name):
    chain, audio = CHAINS[name](), noise()
    assert np.array_equal(pickle.loads(pickle.dumps(chain))(audio, RATE), chain(audio, RATE))


def test_latency_is_reported():
    assert Chain([pedalboard.BrickwallLimiter(), TubeSaturator(oversampling=1)]).latency_samples == 240
    assert Chain([pedalboard.BrickwallLimiter(), TubeSaturator(oversampling=8)]).latency_samples == 240 + 91
    assert Mix([pedalboard.BrickwallLimiter(), None]).latency_samples == 240


def test_a_growing_chain_while_streaming_starts_anew():
    chain, audio = Chain([TubeSaturator()]), noise(1, 500)
    chain(audio, RATE, reset=False)
    chain.append(Gain(gain_db=6))
    anew = Chain([TubeSaturator(), Gain(gain_db=6)])
    assert np.array_equal(chain(audio, RATE, reset=False), anew(audio, RATE, reset=False))


def twin():
    """A NeuralEffect with untrained weights and two knobs."""
    from wetdry import NeuralEffect
    from wetdry.models import Parameter
    from wetdry.models.spec import wavenet

    spec = wavenet(RATE, (Parameter("drive"), Parameter("tone")), channels=8, dilations=(1, 4, 16, 64))
    return NeuralEffect(random_model(spec, scale=0.2))


def test_a_twin_in_a_chain_streams_exactly():
    """Bit for bit where only our kernels run."""
    chain, audio = Chain([TubeSaturator(), twin(), Gain(gain_db=-3)]), noise(1)[0]
    chain[1].drive = 0.9
    whole = chain(audio, RATE)
    for seed in range(3):
        assert np.array_equal(streamed(chain, audio, seed), whole)


def test_a_twin_beside_a_bridged_plugin_streams_within_1e_6(zamtube):
    chain, audio = Chain([pedalboard.HighpassFilter(80), twin(), bridged(zamtube), pedalboard.Reverb()]), noise(1)[0]
    whole = chain(audio, RATE)
    for seed in range(3):
        assert np.abs(streamed(chain, audio, seed) - whole).max() <= 1e-6 * np.abs(whole).max()
