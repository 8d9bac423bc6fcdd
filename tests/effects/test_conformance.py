"""What every effect must do with a call: shapes, dtypes, errors, knobs, copies. A new effect gets all of this for free."""

import copy
import pickle

import numpy as np
import pytest
from conforming import NO_SOURCE, RATE, noise

import wetdry
from wetdry.effects import REGISTRY, Effect
from wetdry.models.errors import InvalidType, InvalidValue, LayoutError, UnknownName

UNLINKED = {"NeuralCompressor": {"stereo_link": 0.0}}  # knobs at which channels hear nothing of each other
SIDED = {"Pan"}  # left and right are not treated alike: that is what it does


def test_constructs_without_arguments(make):
    assert isinstance(make(), Effect)
    assert make().is_effect
    assert not make().is_instrument


@pytest.mark.parametrize("channels", [None, 1, 2, 3])
def test_keeps_shape_and_leaves_the_input_alone(make, channels):
    audio = noise(500, channels)
    before = audio.copy()
    wet = make()(audio, RATE)
    assert wet.shape == audio.shape
    assert wet.dtype == np.float32
    assert wet.flags.c_contiguous
    assert wet.flags.writeable
    assert not np.shares_memory(wet, audio)
    assert np.array_equal(audio, before)
    assert np.isfinite(wet).all()


def test_leaves_the_blocks_of_a_stream_alone(make):
    effect, audio = make(), noise(500, 2)
    before = audio.copy()
    audio.flags.writeable = False
    wet = effect(audio, RATE, reset=False)
    kept = wet.copy()
    effect(audio, RATE, reset=False)
    assert np.array_equal(audio, before)
    assert np.array_equal(wet, kept)  # what was handed out is the caller's


def test_takes_either_layout_and_float64(make):
    audio = noise(500, 2)
    rows = make()(audio, RATE)
    assert np.array_equal(make()(audio.T, RATE), rows.T)
    assert np.array_equal(make()(audio.astype(np.float64), RATE), rows)
    assert np.array_equal(make()(np.asfortranarray(audio), RATE), rows)
    assert np.array_equal(make()(np.repeat(audio, 2, axis=1)[:, ::2], RATE), rows)


def test_channels_are_independent(name, make):
    audio, knobs = noise(800, 2), UNLINKED.get(name, {})
    if name in SIDED:
        assert not make(**knobs)(audio * [[1], [0]], RATE)[1].any()
        return
    both = make(**knobs)(audio, RATE)
    for row, wet in zip(audio, both, strict=True):
        assert np.array_equal(make(**knobs)(row, RATE), wet)


def test_takes_a_signature_as_pedalboard_does(make):
    audio = noise(500)
    expected = make()(audio, RATE)
    assert np.array_equal(make().process(audio, RATE, 64, True), expected)
    assert np.array_equal(make().process(input_array=audio, sample_rate=float(RATE), buffer_size=17, reset=True), expected)


@pytest.mark.parametrize("dtype", [np.int16, np.float16, np.complex64, bool])
def test_refuses_other_dtypes(make, dtype):
    with pytest.raises(TypeError, match="32-bit and 64-bit"):
        make()(np.zeros(10, dtype), RATE)


def test_refuses_what_is_no_audio(make):
    with pytest.raises(InvalidType):
        make()([0.0, 1.0], RATE)
    with pytest.raises(LayoutError):
        make()(np.zeros((2, 2), np.float32), RATE)
    with pytest.raises(LayoutError):
        make()(np.zeros((2, 2, 2), np.float32), RATE)


@pytest.mark.parametrize(
    ("rate", "size"), [(0, 512), (-1, 512), (np.nan, 512), (np.inf, 512), ("48k", 512), (RATE, 0), (RATE, -1), (RATE, 1.5)]
)
def test_refuses_rates_and_buffers_that_hang_elsewhere(make, rate, size):
    with pytest.raises((InvalidValue, InvalidType)):
        make()(noise(10), rate, buffer_size=size)


def test_goes_on_after_what_it_refused(make):
    effect, audio = make(), noise(600)
    first = effect(audio[:300], RATE, reset=False)
    for bad in (np.zeros(10, np.int16), np.zeros((2, 2, 2), np.float32)):
        with pytest.raises((TypeError, LayoutError)):
            effect(bad, RATE, reset=False)
    rest = effect(audio[300:], RATE, reset=False)
    assert np.array_equal(np.concatenate([first, rest]), make()(audio, RATE, reset=False))


@pytest.mark.parametrize("rate", [8000, 44100, 96000, 192000])
def test_plays_at_other_rates_or_says_which_it_needs(make, rate):
    effect = make()
    fixed = getattr(effect, "sample_rate", None)
    if fixed and fixed != rate:
        with pytest.raises(InvalidValue, match=f"{fixed:g}"):
            effect(noise(100), rate)
        return
    wet = effect(noise(rate // 10, 2), rate)
    assert wet.shape == (2, rate // 10)
    assert np.isfinite(wet).all()
    assert np.abs(wet).max() < 100


def test_bad_samples_count_as_silence(make):
    audio = noise(1000)
    hurt, silenced = audio.copy(), audio.copy()
    hurt[[100, 101, 700]] = np.nan, np.inf, -np.inf
    silenced[[100, 101, 700]] = 0
    assert np.array_equal(make()(hurt, RATE), make()(silenced, RATE))


def test_huge_input_leaves_no_damage_behind(make):
    effect = make()
    effect(np.full(256, 3e38, np.float32), RATE, reset=False)
    after = effect(noise(2000), RATE, reset=False)
    assert np.isfinite(after).all()


def test_empty_blocks(make):
    effect = make()
    assert effect(np.zeros(0, np.float32), RATE).shape == (0,)
    assert effect(np.zeros((2, 0), np.float32), RATE).shape == (2, 0)


def test_silence_stays_silence_or_settles(make):
    wet = make()(np.zeros(RATE, np.float32), RATE)
    assert np.isfinite(wet).all()
    assert np.ptp(wet[RATE // 2 :]) < 1e-6


def turned(effect):
    """Turn every knob somewhere else."""
    for i, bound in enumerate(effect.parameters.values()):
        bound.raw_value = 0.3 + 0.1 * (i % 4)
    return effect


def test_pickles_copies_and_prints(name, make):
    effect, audio = turned(make()), noise(500)
    wet = effect(audio, RATE)
    for twin in (pickle.loads(pickle.dumps(effect)), copy.copy(effect), copy.deepcopy(effect)):
        assert type(twin) is type(effect)
        assert repr(twin) == repr(effect)
        assert np.array_equal(twin(audio, RATE), wet)
        for bound in twin.parameters.values():
            bound.raw_value = 0.0
    assert np.array_equal(effect(audio, RATE), wet)  # a copy's knobs are its own
    if name not in NO_SOURCE:
        names = {**vars(wetdry.effects), **REGISTRY}
        assert np.array_equal(eval(repr(effect), names)(audio, RATE), wet)


def test_knobs_can_be_given_by_name(make):
    values = {name: bound.value for name, bound in turned(make()).parameters.items()}
    effect = make(**values)
    assert {name: getattr(effect, name) for name in values} == values


def test_typos_raise(make):
    effect = make()
    with pytest.raises(UnknownName, match="knob"):
        effect.no_such_knob = 1
    with pytest.raises(UnknownName, match="no_such_knob"):
        _ = effect.no_such_knob
    with pytest.raises(UnknownName):
        effect.parameters["no_such_knob"]
    with pytest.raises(UnknownName):
        effect.schedule(0, "no_such_knob", 1)
    with pytest.raises(TypeError, match="no_such_knob"):
        make(no_such_knob=1)


def test_knobs_are_checked(name, make):
    effect, plain = make(), name in REGISTRY  # a variant may have turned its knobs
    for name, bound in effect.parameters.items():
        before, knob = getattr(effect, name), bound.parameter
        assert before == bound.value
        assert not plain or before == knob.default
        assert name in dir(effect)
        for bad in ("no such choice", None, -7) if knob.choices else (knob.maximum + 1, knob.minimum - 1, np.nan, np.inf):
            with pytest.raises(ValueError, match=name):
                setattr(effect, name, bad)
            with pytest.raises(ValueError, match=name):
                make(**{name: bad})
        if not knob.choices:
            for bad in ("loud", None, [1.0], True):
                with pytest.raises(TypeError, match=name):
                    setattr(effect, name, bad)
        assert getattr(effect, name) == before  # what was refused changed nothing
        if knob.automatable:
            with pytest.raises((ValueError, TypeError)):
                effect.schedule(0, name, "no such value")
        else:
            with pytest.raises(InvalidValue, match="cannot be automated"):
                effect.schedule(0, name, knob.default)


def test_knobs_turn_over_their_whole_range(make):
    effect = make()
    for name, bound in effect.parameters.items():
        knob = bound.parameter
        if knob.choices:
            assert bound.valid_values == list(knob.choices)
            for choice in knob.choices:
                setattr(effect, name, choice)
                assert getattr(effect, name) == choice
                assert bound.parameter.from_raw(bound.raw_value) == choice
            continue
        assert bound.range[:2] == (knob.minimum, knob.maximum)
        for raw in (0.0, 0.25, 1.0):
            bound.raw_value = raw
            assert bound.raw_value == pytest.approx(raw, abs=1e-9)
        for end in (knob.minimum, knob.maximum):
            setattr(effect, name, end)
            assert getattr(effect, name) == end
            assert np.isfinite(effect(noise(300), RATE)).all()


def test_knobs_are_named_with_their_unit(make):
    """A musician reads the unit in the name: `drive_db`, `tone_hz`, `attack_ms`."""
    suffixes = {"dB": "_db", "Hz": "_hz", "ms": "_ms", "s": "_seconds", "bits": "", "": "", "%": "", "cents": "_cents"}
    for knob in type(make()).parameters_table:
        assert knob.name.isidentifier() and knob.name == knob.name.lower()
        assert knob.name.endswith(suffixes.get(knob.unit, f"_{knob.unit.lower()}")), knob.name
