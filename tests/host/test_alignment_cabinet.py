"""A recording through a cabinet lies where the amp answered: the cabinet's own delay stays the cabinet's."""

import numpy as np
import pytest
from amp_files import OWN_DELAY, loudspeaker
from recorded_gear import RATE, device, guitar, late, write
from scipy.signal import oaconvolve

from wetdry.host.recorded import capture_recordings
from wetdry.host.recorded.alignment import align
from wetdry.models.errors import CaptureError
from wetdry.models.metrics import esr


@pytest.mark.parametrize("noise_dbfs", [None, -80, -60])
@pytest.mark.parametrize("samples", [-700.25, 1234.0])
def test_the_delay_before_the_cabinet_is_found(samples, noise_dbfs):
    dry, cabinet = guitar(12.0), loudspeaker()
    wet = oaconvolve(-late(device(dry), samples, len(dry) + 2000), cabinet)[: len(dry) + 2000]
    if noise_dbfs is not None:
        wet = wet + 10 ** (noise_dbfs / 20) * np.random.default_rng(0).standard_normal(len(wet))
    found = align(dry, wet.astype(np.float32), RATE, cabinet=cabinet)
    assert found.polarity == -1 and found.confidence > 0.85
    assert -0.1 < found.delay_samples - samples < 1.7
    plain = align(dry, wet.astype(np.float32), RATE)
    assert plain.delay_samples - samples > OWN_DELAY - 2  # without being told, the cabinet's delay counts as the cables'


def test_a_capture_leaves_the_cabinet_its_delay(tmp_path):
    dry, cabinet = guitar(14.0), loudspeaker()
    write(tmp_path / "clean.wav", dry)
    write(tmp_path / "amp.wav", late(oaconvolve(device(dry), cabinet)[: len(dry)], 500.0, len(dry) + 900))
    takes = [(tmp_path / "clean.wav", tmp_path / "amp.wav")]
    folder = capture_recordings(takes, tmp_path / "capture", cabinet=(cabinet, RATE))
    left = 500.0 - folder.record.checks["takes"][0]["taken_out_samples"]
    assert 0.3 < left < 2.1  # never ahead of its cause
    take = folder.takes[0]
    wanted = late(oaconvolve(device(dry), cabinet), left)[take.dry_start :][: take.frames]
    assert esr(wanted[4800:], folder.read_wet(take)[4800:]) < 1e-4
    with pytest.raises(CaptureError, match="another capture"):
        capture_recordings(takes, tmp_path / "capture")
