"""Metrics against independent implementations (auraloss, pyloudnorm, librosa, scipy) and cases worked out by hand."""

import numpy as np
import pytest

from wetdry.models import metrics
from wetdry.models.errors import InvalidType, InvalidValue, WetdryError

RATE = 48000


def pluck(seconds=2.0, pitch_hz=146.8, seed=0, rate=RATE):
    time = np.arange(int(seconds * rate)) / rate
    generator = np.random.default_rng(seed)
    partials = sum(np.sin(2 * np.pi * pitch_hz * k * time + k) / k * np.exp(-time * k * 0.6) for k in range(1, 20))
    return (0.3 * partials + 1e-4 * generator.standard_normal(time.size)).astype(np.float32)


@pytest.fixture(scope="module")
def signals():
    dry = pluck()
    target = np.tanh(5 * dry).astype(np.float32)
    return target, (np.tanh(4.5 * dry) * 1.02).astype(np.float32)


def test_esr_by_hand():
    assert metrics.esr([1.0, -1.0, 2.0], [1.0, -1.0, 2.0]) == 0
    assert metrics.esr([3.0, 4.0], [0.0, 0.0]) == pytest.approx(1.0)
    assert metrics.esr([3.0, 4.0], [-3.0, -4.0]) == pytest.approx(4.0)
    assert metrics.esr([0.0, 0.0], [1e-4, 0.0]) == pytest.approx(1.0)  # 1e-8 / 1e-8
    assert metrics.preemphasised_esr([1.0, 0.0], [0.0, 0.0]) == pytest.approx(1.0)
    assert metrics.preemphasis([1.0, 1.0, 0.0]) == pytest.approx([1.0, 0.15, -0.85])
    assert metrics.dc_error([1.0, -1.0], [1.5, -0.5]) == pytest.approx(0.25)
    assert metrics.level_dbfs(np.full(10, 0.1)) == pytest.approx(-20)
    assert metrics.level_dbfs(np.zeros(3)) == -np.inf


def test_esr_agrees_with_auraloss(signals):
    auraloss, torch = pytest.importorskip("auraloss"), pytest.importorskip("torch")
    target, estimate = (torch.from_numpy(s)[None, None] for s in signals)
    assert metrics.esr(*signals) == pytest.approx(float(auraloss.time.ESRLoss()(estimate, target)), rel=1e-4)
    assert metrics.dc_error(*signals) == pytest.approx(float(auraloss.time.DCLoss()(estimate, target)), rel=1e-3)


def test_preemphasis_is_the_fir_of_scipy(signals):
    from scipy.signal import lfilter

    assert metrics.preemphasis(signals[0]) == pytest.approx(lfilter([1, -0.85], 1, signals[0].astype(float)), abs=1e-6)


@pytest.mark.parametrize("length", [1025, 4800, 48001, 96000])
def test_mr_stft_agrees_with_auraloss(signals, length):
    auraloss, torch = pytest.importorskip("auraloss"), pytest.importorskip("torch")
    target, estimate = (s[:length] for s in signals)
    wanted = auraloss.freq.MultiResolutionSTFTLoss()(*(torch.from_numpy(s.copy())[None, None] for s in (estimate, target)))
    assert metrics.mr_stft(target, estimate) == pytest.approx(float(wanted), rel=1e-4)


def test_mr_stft_of_many_is_that_of_each(signals):
    target, estimate = signals
    many = metrics.mr_stft_many(target, [estimate, target, 0.5 * estimate])
    assert many == pytest.approx([metrics.mr_stft(target, e) for e in (estimate, target, 0.5 * estimate)], abs=1e-12)
    assert many[1] == 0


def test_loudness_agrees_with_pyloudnorm(signals):
    import pyloudnorm

    meter = pyloudnorm.Meter(RATE)
    levels = [meter.integrated_loudness(s.astype(float)) for s in signals]
    assert metrics.loudness_difference(*signals, RATE) == pytest.approx(abs(levels[0] - levels[1]), abs=1e-9)
    assert metrics.loudness_difference(signals[0], 0.5 * signals[0], RATE) == pytest.approx(6.0206, abs=1e-3)


def test_no_loudness_where_there_is_none(signals):
    silent = np.zeros(RATE, np.float32)
    short = signals[0][:1000]
    assert metrics.loudness_difference(signals[0][:RATE], silent, RATE) is None
    assert metrics.loudness_difference(short, short, RATE) is None
    assert metrics.loudness(1e-6 * signals[0], RATE) is None
    assert metrics.mfcc_distance(silent, silent, RATE) is None


@pytest.mark.parametrize(("rate", "length"), [(44100, 44100), (48000, 30001)])
def test_mfcc_agrees_with_librosa(signals, rate, length):
    librosa = pytest.importorskip("librosa")
    signal = signals[0][:length].astype(np.float64)
    wanted = librosa.feature.mfcc(y=signal, sr=rate)
    ours = metrics.mfcc(signal, rate)
    assert ours.shape == wanted.shape
    assert ours == pytest.approx(wanted, abs=1e-3 * np.abs(wanted).max())


def test_mfcc_distance_agrees_with_the_recipe_done_by_librosa():
    librosa = pytest.importorskip("librosa")
    import pyloudnorm

    rate = 44100
    dry = np.concatenate([np.zeros(9000, np.float32), pluck(2.5, rate=rate)])
    target, estimate = np.tanh(5 * dry), np.tanh(2 * dry)
    kept = slice(*librosa.effects.trim(target, top_db=40)[1])
    gain = 10 ** ((-16 - pyloudnorm.Meter(rate).integrated_loudness(target[kept].astype(float))) / 20)
    wanted = np.mean(np.abs(np.subtract(*(librosa.feature.mfcc(y=s[kept] * gain, sr=rate) for s in (target, estimate)))))
    found = metrics.mfcc_distance(target, estimate, rate)
    assert found is not None
    assert found.distance == pytest.approx(wanted, rel=1e-3)
    assert found.pieces == 1


def test_predicted_mushra_bends_where_it_should():
    assert metrics.predicted_mushra(0) == metrics.predicted_mushra(2.91) == 100
    assert metrics.predicted_mushra(10) == pytest.approx(100 - 69.4 * (1 - 0.464))
    assert metrics.predicted_mushra(1e6) == 0


def test_mfcc_pieces_skip_the_quiet(signals):
    quiet_then_loud = np.concatenate([np.zeros(3 * RATE, np.float32), np.tile(signals[0], 2)[: 3 * RATE]])
    found = metrics.mfcc_distance(quiet_then_loud, quiet_then_loud, RATE)
    assert found is not None
    assert (found.distance, found.mushra, found.pieces) == (0, 100, 1)


def test_segments_flag_the_quiet_ones():
    target = np.concatenate([np.full(100, 0.5), np.full(100, 1e-4), np.full(40, 0.5)])
    ratios, quiet = metrics.segment_esr(target, 0.9 * target, 1000, seconds=0.1)
    assert quiet.tolist() == [False, False]  # the rest of 40 samples joined the last, which keeps it loud
    ratios, quiet = metrics.segment_esr(target[:200], 0.9 * target[:200], 1000, seconds=0.1)
    assert quiet.tolist() == [False, True]
    assert ratios[0] == pytest.approx(0.01)


def test_a_linear_system_has_no_aliasing():
    assert metrics.aliasing_ratio_db(lambda x: 0.5 * x, RATE, 1249) < -120
    shifted = metrics.aliasing_ratio_db(lambda x: x + np.float32(0.1), RATE, 1249)  # DC of its own is no aliasing
    assert shifted < -120


def test_aliasing_of_a_polynomial_is_what_theory_says():
    """x^9 of a sine holds harmonics 9, 7, 5, 3, 1 with known weights; those past 24 kHz fold and are aliasing."""
    frequency = 4186.0
    weights = {9: 1, 7: 9, 5: 36, 3: 84, 1: 126}
    alias = sum(w**2 for k, w in weights.items() if k * frequency > RATE / 2)
    signal = sum(w**2 for k, w in weights.items() if k * frequency < RATE / 2)
    wanted = 10 * np.log10(alias / signal)
    assert metrics.aliasing_ratio_db(lambda x: x.astype(np.float64) ** 9, RATE, frequency) == pytest.approx(wanted, abs=0.01)


def test_aliasing_ignores_the_lead_in_and_hum_of_its_own():
    def humming(x):
        hum = 0.1 * np.sin(2 * np.pi * 50 / RATE * np.arange(x.size))
        start = np.exp(-np.arange(x.size) / 300)
        return x + hum + start * x

    assert metrics.aliasing_ratio_db(humming, RATE, 1249) < -80
    table = metrics.aliasing_table(humming, RATE, (1249, 2489), (-20, 0, 6))
    assert table.shape == (2, 3)
    assert (table < -60).all()


def test_aliasing_does_not_hear_the_tone_end():
    """A linear-phase filter rings before the last sample of what it is given."""
    taps = np.sinc(np.arange(-60, 61) / 2) / 2 * np.hanning(121)
    assert metrics.aliasing_ratio_db(lambda x: np.convolve(x, taps, mode="same"), RATE, 1249) < -120


@pytest.mark.parametrize("measure", [metrics.esr, metrics.preemphasised_esr, metrics.dc_error, metrics.mr_stft])
def test_bad_signals_are_named(measure):
    good = np.zeros(2000, np.float32)
    with pytest.raises(InvalidValue, match="2000 samples and estimate 1999"):
        measure(good, good[1:])
    broken = good.copy()
    broken[7] = np.nan
    with pytest.raises(InvalidValue, match="estimate: sample 7 is nan"):
        measure(good, broken)
    with pytest.raises(InvalidValue, match=r"shape \(2, 1000\)"):
        measure(good.reshape(2, -1), good)
    with pytest.raises(InvalidType, match="complex"):
        measure(good.astype(complex), good)


def test_other_bad_values_are_named():
    good = np.zeros(2000, np.float32)
    cases = [
        lambda: metrics.mr_stft(good[:1024], good[:1024]),
        lambda: metrics.loudness(good, 0),
        lambda: metrics.loudness(good, "48k"),  # type: ignore[arg-type]
        lambda: metrics.segment_esr(good, good, RATE, seconds=0),
        lambda: metrics.predicted_mushra(float("nan")),
        lambda: metrics.aliasing_ratio_db(lambda x: x, RATE, 24000),
        lambda: metrics.aliasing_ratio_db(lambda x: x[1:], RATE, 1000),
        lambda: metrics.aliasing_ratio_db(None, RATE, 1000),  # type: ignore[arg-type]
        lambda: metrics.aliasing_ratio_db(lambda x: x, RATE, 1000, float("nan")),
    ]
    for case in cases:
        with pytest.raises(WetdryError):
            case()


def test_metrics_need_neither_torch_nor_scipy_signal_to_import():
    import subprocess
    import sys

    code = "import sys, wetdry.models.metrics; print([m for m in ('torch', 'scipy.signal', 'librosa') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_gain_trace_is_the_gain_and_says_nothing_of_silence():
    dry = pluck(2.0)
    gain = np.where(np.arange(dry.size) < dry.size // 2, 0.5, 0.25).astype(np.float32)
    trace = metrics.gain_trace_db(dry, gain * dry, RATE)
    assert trace.size == 2000 - 9
    assert trace[:980] == pytest.approx(20 * np.log10(0.5), abs=1e-3) and trace[1000:] == pytest.approx(
        20 * np.log10(0.25), abs=1e-3
    )
    dry[: RATE // 2] *= 1e-4
    assert np.isnan(metrics.gain_trace_db(dry, dry, RATE)[:480]).all()
    assert metrics.gain_trace_db(dry[:100], dry[:100], RATE).size == 0


def test_a_gain_error_is_the_mean_of_the_difference():
    dry = pluck(1.0)
    assert metrics.gain_error_db(dry, 0.5 * dry, 0.5 * dry, RATE) == 0
    assert metrics.gain_error_db(dry, 0.5 * dry, 0.25 * dry, RATE) == pytest.approx(20 * np.log10(2), abs=1e-3)
    half = np.where(np.arange(dry.size) < dry.size // 2, 0.5, 0.25) * dry
    assert metrics.gain_error_db(dry, 0.5 * dry, half, RATE) == pytest.approx(10 * np.log10(2), rel=0.02)
    assert metrics.gain_error_db(1e-4 * dry, dry, dry, RATE) is None
