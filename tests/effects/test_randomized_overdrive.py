"""RandomizedOverdrive: any seed is a usable pedal, and its net is the one that its docstring says."""

import copy
import pickle

import numpy as np
import pytest

from wetdry.effects import RandomizedOverdrive
from wetdry.effects.random_net import GAINS, guitar_like
from wetdry.models.errors import InvalidType, InvalidValue
from wetdry.models.metrics import esr

RATE = 48000
pytestmark = pytest.mark.usefixtures("own_cache")


def plucks(seconds=2.0, level_dbfs=-22.0, rate=RATE, seed=5):
    """Plucked strings (Karplus-Strong): not the signal that the effect measures itself with."""
    random, audio = np.random.default_rng(seed), np.zeros(int(seconds * rate))
    for start in np.arange(0, max(seconds - 0.2, 0.1), 0.21):
        period = int(rate / (82.4 * 2 ** random.uniform(0, 2.5)))
        string, notes = random.uniform(-1, 1, period), []
        for _ in range(8):  # a finger, not a hammer
            string = 0.5 * (string + np.roll(string, 1))
        string -= string.mean()
        while len(notes) * period < 0.6 * rate:
            notes.append(string)
            string = 0.996 * 0.5 * (string + np.roll(string, 1))
        note, at = np.concatenate(notes), int(start * rate)
        audio[at : at + len(note)] += note[: len(audio) - at]
    return (audio * 10 ** (level_dbfs / 20) / np.sqrt(np.mean(audio**2))).astype(np.float32)


def rms_db(audio):
    return 10 * np.log10(np.mean(audio.astype(np.float64) ** 2))


def figures(seeds, audio, **arguments):
    """Level against dry in dB, DC in dBFS and ESR against dry, of each seed."""
    rows = []
    for seed in seeds:
        wet = RandomizedOverdrive(seed, **arguments)(audio, RATE)
        assert np.isfinite(wet).all()
        dc = 20 * np.log10(abs(wet.mean(dtype=np.float64)) + 1e-12)
        rows.append((rms_db(wet) - rms_db(audio), dc, float(esr(wet, audio))))
    return np.array(rows).T


def check(levels, dc, errors):
    print(f"level {levels.min():.2f} to {levels.max():.2f} dB, DC at most {dc.max():.1f} dBFS, ESR at least {errors.min():.3f}")
    assert np.abs(levels).max() < 6
    assert dc.max() < -60
    assert errors.min() > 0.01


def test_fifty_seeds_are_usable():
    check(*figures(range(50), plucks()))


@pytest.mark.exhaustive
def test_a_thousand_seeds_are_usable():
    check(*figures(range(1000), plucks()))


@pytest.mark.exhaustive
def test_a_thousand_seeds_are_usable_on_a_guitar(shared):
    import soundfile

    audio, rate = soundfile.read(shared / "audio/dry/guitar_john.wav", dtype="float32", frames=2 * RATE)
    assert rate == RATE
    check(*figures(range(1000), audio))


@pytest.mark.parametrize("activation", GAINS)
def test_every_activation_and_shape(activation):
    shapes = ({"layers": 2, "kernel_size": 6, "channels": 3}, {"layers": 8, "kernel_size": 2, "dilation_growth": 2},
              {"layers": 3, "channels": 20, "dilation_growth": 10, "weight_spread": 4.0})  # fmt: skip
    for arguments in shapes:
        levels, dc, errors = figures(range(4), plucks(1.5), activation=activation, **arguments)
        assert np.abs(levels).max() < 10, arguments  # a net may favour brighter notes than it was measured with
        assert dc.max() < -60, arguments
        assert errors.min() > 0.01, arguments


@pytest.mark.parametrize("drive_db", [0, 9, 48])
@pytest.mark.parametrize("rate", [44100, 96000])
def test_the_level_holds_at_every_drive_and_rate(drive_db, rate):
    audio = plucks(1.0, rate=rate)
    for seed in range(5):
        assert (
            abs(rms_db(RandomizedOverdrive(seed, drive_db=drive_db)(audio, rate)) - rms_db(audio)) < 10
        )  # what is bright differs in level


def by_hand(model, audio):
    """The net of the docstring in float64."""
    rows, layers = audio[None].astype(np.float64), model.spec.layers
    for i, layer in enumerate(layers):
        if layer.kind == "Activation":
            assert layer.name == "tanh"
            rows = np.tanh(rows)
            continue
        weight, bias = (model.weights[f"layers.{i}.{name}"].astype(np.float64) for name in ("weight", "bias"))
        padded = np.pad(rows, ((0, 0), ((layer.kernel_size - 1) * layer.dilation, 0)), mode="edge")
        taps = [padded[:, k * layer.dilation : k * layer.dilation + rows.shape[1]] for k in range(layer.kernel_size)]
        rows = sum(weight[:, :, k] @ tap for k, tap in enumerate(taps)) + bias[:, None]
    return rows[0]


def test_is_its_net_behind_drive_and_before_high_passes_and_tone():
    from scipy.signal import bilinear, lfilter

    audio, effect = plucks(0.5), RandomizedOverdrive(3, drive_db=18, tone_hz=3000, mix=0.7, output_db=-3)
    audio[:200] = 0  # the net by hand idles from its first sample
    wet, pole = effect(audio, RATE), np.exp(-2 * np.pi * 7 / RATE)
    shaped = by_hand(effect.model, audio * 10 ** (18 / 20))
    level = np.sqrt(np.mean(guitar_like(RATE) ** 2))
    measured = by_hand(effect.model, np.concatenate([np.zeros(200), guitar_like(RATE) * 10 ** (18 / 20)]))[200:]
    shaped = shaped * level / measured.std()
    for _ in range(2):
        shaped = lfilter([1, -1], [1, -pole], shaped)
    warped = 2 * RATE * np.tan(np.pi * 3000 / RATE)
    shaped = lfilter(*bilinear([warped], [1, warped], RATE), shaped)
    expected = (0.3 * audio + 0.7 * shaped) * 10 ** (-3 / 20)
    assert np.abs(wet - expected).max() < 1e-5 * np.abs(expected).max()


def test_silence_is_silence_from_the_first_sample():
    for seed in range(20):
        assert (
            np.abs(RandomizedOverdrive(seed, activation="sigmoid", tone_hz=20000)(np.zeros(2000, np.float32), RATE)).max()
            < 1e-5
        )


def test_the_same_seed_is_the_same_pedal_and_another_is_not():
    audio = plucks(0.2)
    effect = RandomizedOverdrive(12345, layers=3, activation="elu", weight_spread=2.0, drive_db=30)
    wet = effect(audio, RATE)
    for twin in (pickle.loads(pickle.dumps(effect)), copy.deepcopy(effect), eval(repr(effect))):
        assert np.array_equal(twin(audio, RATE), wet)
    assert esr(RandomizedOverdrive(12346, layers=3, activation="elu", weight_spread=2.0, drive_db=30)(audio, RATE), wet) > 0.05


def test_new_seeds_of_one_shape_compile_nothing(monkeypatch):
    from wetdry.effects.kernels import native

    audio = plucks(0.1)
    RandomizedOverdrive(0)(audio, RATE)
    monkeypatch.setattr(native, "optimised", None)  # any compilation would call it
    for seed in range(1, 4):
        RandomizedOverdrive(seed)(audio, RATE)
    with pytest.raises(TypeError):
        RandomizedOverdrive(0, channels=7)(audio, RATE)


def test_a_new_seed_fades_in_while_playing():
    effect, sine = RandomizedOverdrive(1), (0.1 * np.sin(2 * np.pi * 100 * np.arange(RATE) / RATE)).astype(np.float32)
    before = effect(sine[:24000], RATE, reset=False)
    effect.seed = 2
    after = effect(sine[24000:], RATE, reset=False)
    steps = np.abs(np.diff(np.concatenate([before, after])))
    assert effect.seed == 2
    assert steps[23000:26000].max() <= 1.2 * max(steps[12000:23000].max(), steps[36000:].max())
    assert np.allclose(after[-4800:], RandomizedOverdrive(2)(sine, RATE)[-4800:], atol=1e-3)


@pytest.mark.parametrize(("arguments", "error", "says"), [
    ({"seed": -1}, InvalidValue, "seed = -1"),
    ({"seed": 1.5}, InvalidType, "seed is a whole number, got 1.5"),
    ({"layers": 0}, InvalidValue, r"layers = 0 is out of range \[1, 16\]"),
    ({"channels": True}, InvalidType, "channels is a whole number"),
    ({"activation": "gelu"}, InvalidValue, "activation = 'gelu' is not one of tanh"),
    ({"weight_spread": float("nan")}, InvalidValue, "weight_spread = nan"),
    ({"layers": 16, "dilation_growth": 16}, InvalidValue, "samples back, 96000 are allowed"),
    ({"treble": 3}, InvalidType, "treble"),
])  # fmt: skip
def test_arguments_are_checked(arguments, error, says):
    with pytest.raises(error, match=says):
        RandomizedOverdrive(**arguments)


def test_a_net_that_lets_nothing_through_says_so():
    effect = RandomizedOverdrive(0, layers=16, dilation_growth=1, activation="sigmoid", weight_spread=0.1)
    with pytest.raises(InvalidValue, match="larger weight_spread"):
        effect(plucks(0.1), RATE)
