"""How close ZamTube's factory clone stays while its knobs move: eight gestures over your recordings, and settings at rest.

python tests/benchmarks/moving_knobs.py OUT DRY…      DRY: recordings or folders of them
"""

import sys
from pathlib import Path

from wetdry import capture, evaluate, load_plugin
from wetdry.host.evaluation.surroundings import machine, versions
from wetdry.models import load
from wetdry.presets import clone_path

GESTURES = 8


def main(out: str, *dry: str) -> None:
    twin = load(clone_path("zamtube"))
    folder = capture(load_plugin("/usr/lib/vst3/ZamTube.vst3"), [knob.name for knob in twin.spec.knobs], Path(out) / "capture",
                     dry=list(dry), settings=4, validation_settings=1, seconds_per_take=1.0, gestures=GESTURES)  # fmt: skip
    found = evaluate(twin, folder, out, settings=2, corners=False, seconds=5.0)
    print(found.verdict)
    for gesture in found.gestures:
        beside = gesture["zipper"]["difference_db"]
        print(f"{gesture['recording']}: ESR {gesture['twin']['esr']:.5f}, above 5 kHz {beside:+.1f} dB beside ZamTube")
    print(f"seed 0; {machine()}; {versions('pedalboard')}")


if __name__ == "__main__":
    main(*sys.argv[1:])
