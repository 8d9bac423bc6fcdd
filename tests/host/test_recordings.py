"""Real recordings through real parts; skipped where the folder of recordings is not beside the project."""

import numpy as np
import pytest

import wetdry
from wetdry import Chain, TubeSaturator, load_plugin
from wetdry.host.capture.dry import read_recording
from wetdry.host.excitation import excitation
from wetdry.models.audio_file import read_audio

RATE = 48000


@pytest.fixture(scope="module")
def dry(shared):
    return sorted((shared / "audio/dry").glob("*.wav"))


def level_dbfs(audio):
    return 10 * np.log10(np.mean(np.asarray(audio, float) ** 2))


def test_every_recording_is_read_at_48_khz(dry):
    """16 and 24 bit, 44.1 and 48 kHz, plain and extensible WAV."""
    assert len(dry) >= 12
    for path in dry:
        audio, mono = read_audio(path), read_recording(path, RATE)
        assert abs(len(mono) / RATE - audio[0].shape[1] / audio[1]) < 1e-3
        assert -45 < level_dbfs(mono) < -5
        assert abs(level_dbfs(mono) - level_dbfs(audio[0].mean(0))) < 0.1


def test_the_built_in_signal_lies_where_guitars_lie(dry):
    """Loudness of its 50 ms frames: its middle half overlaps that of every guitar."""

    def quartiles(audio):
        frames = audio[: len(audio) // 2400 * 2400].reshape(-1, 2400)
        loud = [level_dbfs(f) for f in frames if np.any(f)]
        return np.quantile([x for x in loud if x > -70], [0.25, 0.75])

    low, high = quartiles(excitation(60, RATE))
    for path in dry:
        if path.name.startswith("guitar"):
            quiet, loud = quartiles(read_recording(path, RATE))
            assert low < loud
            assert quiet < high


def test_a_guitar_through_a_chain_streams_exactly(dry, zamtube):
    audio = read_recording(next(p for p in dry if p.name.startswith("guitar")), RATE)[: 4 * RATE]
    chain = Chain([load_plugin(zamtube, parameter_values={"tube_drive": 8.0}), TubeSaturator(drive_db=18)])
    whole = chain(audio, RATE)
    chain.reset()
    parts = np.concatenate([chain(audio[i : i + 777], RATE, reset=False) for i in range(0, len(audio), 777)])
    assert len(parts) == len(whole) - chain.latency_samples
    assert np.abs(parts - whole[: len(parts)]).max() <= 1e-6 * np.abs(whole).max()
    assert -40 < level_dbfs(whole) < 0
    assert abs(whole.mean()) < 0.01


def test_zamtube_is_captured_with_guitars_and_one_at_another_rate(dry, zamtube, tmp_path):
    files = [p for p in dry if p.name in ("guitar_power.wav", "guitar_john.wav", "guitar_fear.wav", "singing_44k1.wav")]
    folder = wetdry.capture(zamtube, ["tube_drive", "treble"], tmp_path, dry=files, settings=5, validation_settings=1,
                            seconds_per_take=3, unseen=1, workers=2)  # fmt: skip
    assert sorted(d.split for d in folder.record.dry) == ["test", "train", "train", "validation"]
    assert folder.record.checks["deterministic"]
    assert folder.record.checks["replicate_esr"] == 0
    assert any("180 s" in warning for warning in folder.record.warnings)
    plugin = load_plugin(zamtube)
    for take in folder.takes_of("train")[:3]:
        piece, wet = folder.read_dry(take), folder.read_wet(take)
        plugin.raw_values = dict(take.raw)
        direct = plugin(np.concatenate([np.zeros(RATE, np.float32), piece]), RATE)[RATE:]
        assert np.abs(wet - direct).max() < 1e-4 * max(np.abs(direct).max(), 1e-3)
