"""How models start, rest and survive: the idle after a reset, impulses, non-finite input, spoiled caches."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
from playing import effect_at, peak_error, played
from random_specs import LAYERS, SHAPES, named_model, positions, random_model
from random_specs import signal as noise

from wetdry.models import Model
from wetdry.models.spec import GRU, LSTM, TemporalFiLM, TwoPaths, WaveNet

pytestmark = pytest.mark.usefixtures("own_cache")
KINDS = [f"{kind} {seed}" for kind in LAYERS for seed in (0, 1)]


def model_of(name):
    if name in SHAPES:
        return named_model(name)
    kind, seed = name.split()
    return random_model(int(seed), kind)


def is_recurrent(layers):
    """Return whether any layer remembers for ever."""
    inner = [
        part
        for layer in layers
        for name, kind in (("body", TwoPaths), ("shortcut", TwoPaths), ("condition", WaveNet))
        if isinstance(layer, kind)
        for part in getattr(layer, name)
    ]
    return any(isinstance(layer, LSTM | GRU | TemporalFiLM) for layer in layers) or (bool(inner) and is_recurrent(inner))


def level(model, raw):
    """Return the peak of what a signal makes of the model."""
    return np.abs(played(model, noise(model.spec, 500, 1), raw)).max()


@pytest.mark.parametrize("name", [*SHAPES, *KINDS])
def test_silence_after_a_reset_is_the_idle_after_two_seconds_of_it(name):
    model = model_of(name)
    spec, raw = model.spec, positions(model.spec, 3)
    if is_recurrent(spec.layers):  # a file says how long its net takes to come to rest
        spec = spec.model_copy(update={"prewarm_samples": max(48_000, spec.silence_before)})
        model = Model(spec, model.weights)
    silence = np.zeros((spec.input_channels, 96_000), np.float32)
    idle = np.atleast_2d(played(model, silence, raw))
    settled = idle[:, -1:]
    assert np.abs(idle - settled).max() < 1e-6 * max(level(model, raw), np.abs(settled).max())


@pytest.mark.parametrize("name", ["lstm 8", "gru 16", "nam lstm 3 x 16", "proteus"])
def test_a_recurrent_net_idles_from_where_its_silence_led(name):
    """The first sample after a reset is the one that follows the prewarming, to whole tiles of 64."""
    model = model_of(name)
    before = -(-model.spec.silence_before // 64) * 64
    cold = Model(model.spec.model_copy(update={"prewarm_samples": 0}), model.weights)
    audio = noise(model.spec, 700)[0]
    longer = played(cold, np.concatenate([np.zeros(before, np.float32), audio]))
    assert np.array_equal(played(model, audio), longer[before:])


@pytest.mark.parametrize("name", [*SHAPES, *KINDS])
def test_an_impulse_and_ten_thousand_zeros_stay_small(name):
    model = model_of(name)
    audio = np.zeros((model.spec.input_channels, 10_001), np.float32)
    audio[:, 0] = 1.0
    wet = played(model, audio, positions(model.spec, 3))
    assert np.isfinite(wet).all()
    assert np.abs(wet).max() < 10


@pytest.mark.parametrize("name", ["nam nano", "lstm 16", "gru 8", "tcn-300 knobs", "proteus knob", "over features", "Conv1d 0"])
def test_a_sample_that_is_no_number_counts_as_zero(name):
    model = model_of(name)
    audio, raw = noise(model.spec, 900, 4), positions(model.spec, 4)
    spoiled, mended = audio.copy(), audio.copy()
    for at, value in ((0, np.nan), (7, np.inf), (64, -np.inf), (500, np.nan), (899, np.nan)):
        spoiled[:, at], mended[:, at] = value, 0.0
    wet = played(model, spoiled, raw)
    assert np.isfinite(wet).all()
    assert np.array_equal(wet, played(model, mended, raw))


@pytest.mark.parametrize("name", ["nam nano", "lstm 16", "gru 8", "tcn-300"])
def test_the_largest_input_leaves_no_trace_for_ever(name):
    """A burst at the top of float32 mutes or bends the output, and the net plays on as before once it is over."""
    model = model_of(name)
    rate, effect = model.spec.sample_rate, effect_at(model)
    burst = np.full(200, 3e38, np.float32)
    assert np.isfinite(effect(burst, rate, reset=False)).all()
    effect(np.zeros(100_000, np.float32), rate, reset=False)
    audio = noise(model.spec, 900)[0]
    assert peak_error(effect(audio, rate, reset=False), played(model, audio)) < 1e-4


CHILD = textwrap.dedent("""
    import sys
    import numpy as np
    from wetdry import NeuralEffect
    from wetdry.models import load
    audio = (0.3 * np.random.default_rng(0).standard_normal(2000)).astype(np.float32)
    np.save(sys.argv[2], NeuralEffect(load(sys.argv[1]))(audio, 48000))
""")


def played_by_a_new_process(folder, cache):
    """Return what a process without anything compiled plays, with `cache` as wetdry's cache folder."""
    command = [sys.executable, "-c", CHILD, str(folder / "model.safetensors"), str(folder / "wet.npy")]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "WETDRY_CACHE": str(cache)})
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return np.load(folder / "wet.npy")


SPOIL = {
    "flipped": lambda content: bytes(255 - b if i % 97 == 60 else b for i, b in enumerate(content)),
    "cut short": lambda content: content[: len(content) // 2], "shorter than its hash": lambda content: content[:20],
    "empty": lambda content: b"", "something else": lambda content: b"\x7fELF" + bytes(5000),
}  # fmt: skip


def test_a_spoiled_cache_is_compiled_anew(tmp_path):
    named_model("nam nano").save(tmp_path / "model.safetensors")
    cache = tmp_path / "cache"
    whole = played_by_a_new_process(tmp_path, cache)
    kept = {path: path.read_bytes() for path in (cache / "kernels").glob("*.o")}
    assert len(kept) == 2  # the model's, and the runner's
    for name, spoil in SPOIL.items():
        for path, content in kept.items():
            path.write_bytes(spoil(content))
        assert np.array_equal(played_by_a_new_process(tmp_path, cache), whole), name
        assert {path: path.read_bytes() for path in kept} == kept, name


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path):
    """Its place is taken by a file, which stops even a superuser."""
    named_model("nam nano").save(tmp_path / "model.safetensors")
    whole = played_by_a_new_process(tmp_path, tmp_path / "cache")
    (tmp_path / "taken").write_text("no folder")
    assert np.array_equal(played_by_a_new_process(tmp_path, tmp_path / "taken"), whole)
    (tmp_path / "half" / "kernels").mkdir(parents=True)
    for path in (tmp_path / "cache" / "kernels").glob("*.o"):
        (tmp_path / "half" / "kernels" / path.name).mkdir()
    assert np.array_equal(played_by_a_new_process(tmp_path, tmp_path / "half"), whole)
