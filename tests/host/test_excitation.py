import time

import numpy as np
import pytest
import soundfile

from wetdry.host.excitation import excitation, excitation_layout, write_excitation
from wetdry.models.errors import FileProblem, InvalidType, InvalidValue

RATE = 48_000


def test_the_same_seed_gives_the_same_samples_and_another_seed_others():
    first = excitation(10, RATE, 4)
    assert np.array_equal(first, excitation(10, RATE, 4))
    assert not np.array_equal(first, excitation(10, RATE, 5))
    assert first.dtype == np.float32 and first.shape == (480_000,) and np.isfinite(first).all()


def test_the_layout_holds():
    audio, layout = excitation(12, RATE, 1), excitation_layout(12, RATE)
    quiet = audio[: layout.first].copy()
    assert [quiet[b] for b in layout.blips] == [0.5, 0.5]
    quiet[list(layout.blips)] = 0
    assert not quiet.any()
    first = audio[layout.first : layout.first + layout.repeated]
    second = audio[layout.second : layout.second + layout.repeated]
    assert np.array_equal(first, second) and np.sqrt(np.mean(first**2)) > 0.01
    assert layout.frames == len(audio) == layout.second + layout.repeated


def test_levels_and_spectrum_are_those_of_playing():
    audio = excitation(60, RATE, 2)
    levels = 20 * np.log10(np.sqrt(np.mean(audio.reshape(-1, 2400) ** 2, axis=1)) + 1e-9)
    assert np.abs(audio).max() <= 0.8901
    assert -45 < np.median(levels) < -20 and np.percentile(levels, 95) > -16
    for low, high in [(-60, -45), (-45, -30), (-30, -20), (-20, -10)]:
        assert np.mean((levels > low) & (levels < high)) > 0.05, (low, high)
    assert abs(audio.mean()) < 1e-3
    power = np.abs(np.fft.rfft(audio)) ** 2
    hz = np.fft.rfftfreq(len(audio), 1 / RATE)
    assert power[(hz > 80) & (hz < 5000)].sum() > 0.7 * power.sum()
    assert power[(hz > 5000) & (hz < 20_000)].sum() > 0.001 * power.sum()


def test_a_plucked_string_sounds_at_its_pitch():
    from wetdry.host.strings import _string

    out, burst = np.zeros(RATE), np.random.default_rng(0).uniform(-1, 1, 437)
    for period in (436.36, 109.09):
        out[:] = 0
        _string(out, burst[: int(period)], period, 0.995, 0.9, RATE, 0.1, 0.0, 0.0, 1.0)
        power = np.abs(np.fft.rfft(out[4800:] * np.hanning(RATE - 4800)))
        hz = np.fft.rfftfreq(RATE - 4800, 1 / RATE)
        near = (hz > 0.8 * RATE / period) & (hz < 1.2 * RATE / period)
        assert abs(hz[near][np.argmax(power[near])] / (RATE / period) - 1) < 0.01


def test_a_minute_renders_in_seconds():
    excitation(8)
    begun = time.perf_counter()
    excitation(60)
    assert time.perf_counter() - begun < 5


def test_it_can_be_written_and_played(tmp_path):
    write_excitation(tmp_path / "signal.wav", 8, RATE, 3)
    audio, rate = soundfile.read(tmp_path / "signal.wav", dtype="float32")
    assert rate == RATE and np.array_equal(audio, excitation(8, RATE, 3))
    with pytest.raises(FileProblem):
        write_excitation(tmp_path / "signal.wav" / "below.wav", 8)


@pytest.mark.parametrize(("seconds", "rate", "kind"), [(2, RATE, InvalidValue), (float("nan"), RATE, InvalidValue),
                                                        ("8", RATE, InvalidType), (8, 0, InvalidValue)])  # fmt: skip
def test_bad_arguments(seconds, rate, kind):
    with pytest.raises(kind):
        excitation(seconds, rate)
