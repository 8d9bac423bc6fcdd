"""An amp learned in front of its cabinet, played through another; beside it the small classic CNN, in the same time.

python tests/benchmarks/amp_before_cabinet.py OUT MINUTES CAB.wav OTHER_CAB.wav DRY…      DRY: four recordings of 48 kHz or more

ZamTube at a high drive plays; the last three recordings are kept from the training. The classic net learns of the amp
alone, where its window is long enough. Seed 0.
"""

import sys
from pathlib import Path

import numpy as np
import soundfile

from wetdry import CabinetIR, NeuralAmp, capture_recordings, load_plugin, train
from wetdry.host.evaluation.surroundings import machine, versions
from wetdry.models.audio_file import read_audio
from wetdry.models.metrics import esr

RATE, KEPT = 48_000, 3


def scaled(path: str, out: Path) -> Path:
    """Write a response so that a recording through it stays below full scale."""
    response, rate = read_audio(Path(path))
    soundfile.write(out / f"{Path(path).stem}.wav", 0.07 * response[0], rate, subtype="FLOAT")
    return out / f"{Path(path).stem}.wav"


def main(out: str, minutes: str, cabinet: str, other: str, *dry: str) -> None:
    home = Path(out)
    home.mkdir(parents=True, exist_ok=True)
    cabinets = [scaled(path, home) for path in (cabinet, other)]
    amp = load_plugin("/usr/lib/vst3/ZamTube.vst3", parameter_values={"tube_drive": 8})
    heard = [read_audio(Path(path))[0][0] for path in dry]
    clean = np.concatenate(heard[:-KEPT])
    for name, wet in (("amp", amp(clean, RATE)), ("both", CabinetIR(cabinets[0])(amp(clean, RATE), RATE))):
        soundfile.write(home / f"{name}.wav", wet, RATE, subtype="FLOAT")
    soundfile.write(home / "clean.wav", clean, RATE, subtype="FLOAT")
    runs = {"before its cabinet": ("both", "standard", cabinets[0]), "classic-cnn, the amp alone": ("amp", "classic-cnn", None)}
    for number, (what, (recording, net, before)) in enumerate(runs.items()):
        folder = home / str(number)
        through = {} if before is None else {"cabinet": before}
        capture_recordings([(home / "clean.wav", home / f"{recording}.wav")], folder / "capture", **through)
        model = train(folder / "capture", folder, model=net, minutes=float(minutes), seed=0, **through)
        for response in cabinets:
            errors = [esr(CabinetIR(response)(NeuralAmp(model)(x, RATE), RATE), CabinetIR(response)(amp(x, RATE), RATE))
                      for x in heard[-KEPT:]]  # fmt: skip
            print(f"{what}, {model.training['steps']} steps, through {response.stem}: ESR {np.mean(errors):.5f}")
    print(f"{minutes} minutes each, seed 0; {machine()}; {versions('torch', 'pedalboard')}")


if __name__ == "__main__":
    main(*sys.argv[1:])
