"""Whether a recording has its cabinet in it: measured on an amp with and without, through another one, in noise."""

import numpy as np
import pytest
from amp_files import loudspeaker
from recorded_gear import RATE, device, guitar
from scipy.signal import oaconvolve

from wetdry.host.amp.holds import band_powers, cabinet_powers, what_it_holds
from wetdry.models.errors import InvalidValue

DRY = guitar(12.0)


@pytest.mark.parametrize("drive_db", [0.0, 30.0])
@pytest.mark.parametrize("noise_dbfs", [-120, -70])
def test_an_amp_with_and_without_its_cabinet(drive_db, noise_dbfs):
    wet = device(DRY, drive_db) + 10 ** (noise_dbfs / 20) * np.random.default_rng(0).standard_normal(len(DRY))
    cabinet = loudspeaker()
    without = what_it_holds(DRY, wet, cabinet, RATE)
    assert not without.cabinet and abs(without.slope) < 0.2 and not without.warning and not without.told
    with_it = what_it_holds(DRY, oaconvolve(wet, cabinet)[: len(DRY)], cabinet, RATE)
    assert with_it.cabinet and 0.75 < with_it.slope < 1.25 and with_it.likeness > 0.6
    assert ("not sure" in with_it.warning) == (drive_db == 30.0), "a third of what is recorded does not follow the clean signal"
    assert "the amp and the cabinet" in with_it.said and "without a cabinet" in without.said


def test_a_person_may_know_better():
    wet, cabinet = device(DRY), loudspeaker()
    told = what_it_holds(DRY, wet, cabinet, RATE, "both")
    assert told.cabinet and told.told and "told that it holds both" in told.warning and "as told" in told.said
    assert not what_it_holds(DRY, wet, cabinet, RATE, "amp").warning
    with pytest.raises(InvalidValue, match="amp_holds = 'cab' is not one of auto, amp, both"):
        what_it_holds(DRY, wet, cabinet, RATE, "cab")


def test_a_flat_cabinet_cannot_be_recognised():
    flat = np.eye(1, 400, 3, dtype=np.float32)[0]
    with pytest.raises(InvalidValue, match="--amp-holds amp or --amp-holds both"):
        what_it_holds(DRY, device(DRY), flat, RATE)
    assert what_it_holds(DRY, device(DRY), flat, RATE, "both").cabinet


def test_bands_are_those_of_the_response():
    """Noise through a cabinet: the ratio of band powers is the cabinet's own band power."""
    noise = np.random.default_rng(0).standard_normal(20 * RATE).astype(np.float32)
    cabinet = loudspeaker(seed=4)
    centres, before = band_powers(noise, RATE)
    ratio = 10 * np.log10(band_powers(oaconvolve(noise, cabinet)[: len(noise)], RATE)[1] / before)
    middle = (centres > 300) & (centres < 5000)
    assert np.abs(ratio - 10 * np.log10(cabinet_powers(cabinet, RATE)))[middle].max() < 0.7
    assert centres[0] == pytest.approx(80 * 2 ** (0.5 / 24)) and centres[-1] < 10_000
