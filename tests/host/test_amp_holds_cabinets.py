"""What a recording is found to hold, over real amps and cabinets: right, or not sure, and never wrong unsaid."""

import os
from pathlib import Path

import numpy as np
import pytest

from wetdry import TubeSaturator, load_plugin
from wetdry.effects.impulse_response import ImpulseResponse
from wetdry.host.amp.holds import what_it_holds
from wetdry.host.cabinet import through_cabinet
from wetdry.models.audio_file import read_audio

RATE, SECONDS = 48_000, 15
AUDIO = Path(os.environ.get("WETDRY_AUDIO", Path(__file__).parents[3] / "shared/audio"))
CABINETS = ("celestion", "eminence", "mesa")
ZAM_TUBE = Path("/usr/lib/vst3/ZamTube.vst3")


def amplifier(name):
    if name == "TubeSaturator":
        return TubeSaturator(drive_db=24)
    if not ZAM_TUBE.exists():
        assert not os.environ.get("WETDRY_CI"), f"{ZAM_TUBE} is missing"
        pytest.skip(f"{ZAM_TUBE} is missing")
    return load_plugin(str(ZAM_TUBE), parameter_values={"tube_drive": 8})


def cabinet_taps(name):
    response = ImpulseResponse.of(AUDIO / f"ir/{name}.wav")
    assert response
    return response.prepared(RATE).mean(axis=0)


@pytest.mark.skipif(not (AUDIO / "ir").is_dir(), reason=f"no recordings at {AUDIO}")
@pytest.mark.parametrize("dry", ["guitar_jazz_trot", "bass_downtown"])
@pytest.mark.parametrize("amp", ["ZamTube", "TubeSaturator"])
def test_never_wrong_unsaid(dry, amp):
    clean = read_audio(AUDIO / f"dry/{dry}.wav", 600)[0][0, : SECONDS * RATE]
    wet = np.asarray(amplifier(amp)(clean, RATE))
    responses = {name: read_audio(AUDIO / f"ir/{name}.wav") for name in CABINETS}
    for there in ("no cabinet", *CABINETS):
        heard = wet if there not in responses else through_cabinet(wet[None], RATE, *responses[there])[0]
        for given in CABINETS:
            found = what_it_holds(clean, heard, cabinet_taps(given), RATE)
            case, sure = f"{there} recorded, {given} given: {found}", not found.warning
            if there not in (given, "no cabinet"):
                assert not sure, case
            else:  # a clipper at 24 dB leaves little of a signal that a cabinet could be recognised by
                assert found.cabinet == (there == given) and (sure or (amp == "TubeSaturator" and there == "mesa")), case
