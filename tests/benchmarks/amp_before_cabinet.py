"""An amp learned from three files as `wetdry amp` learns it, beside the small classic CNN in the same time.

python tests/benchmarks/amp_before_cabinet.py OUT CAB.wav OTHER_CAB.wav DRY… [--minutes 5] [--seeds 1] [--jobs 2] [--kept 3]

ZamTube at a high drive plays into CAB; the recording begins 0.43 s late and is 0.7 s shorter. Each net learns the amp in front
of the cabinet, amp and cabinet in one, and the amp alone of a recording without cabinet, each for MINUTES on one thread: ours
and the classic side by side. They are judged on the last recordings of DRY (48 kHz or more each), which none of them heard,
against ZamTube through CAB and through OTHER_CAB. Run again after a kill, it goes on.
"""

import argparse
import json
import os
import statistics
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import numpy as np

RATE, DRIVE = 48_000, 8
LATE_SECONDS, SHORT_SECONDS, LONGEST_SECONDS = 0.43, 0.7, 40.0
QUIETER = 0.07  # of a response's level, so that a recording through it stays below full scale
TUBE = "/usr/lib/vst3/ZamTube.vst3"
NETS = ("standard", "classic-cnn")
BARS = {"ESR against the classic's, amp and cabinet recorded (bar: 3 or more)": 3.0,
        "ESR against the classic's, the amp alone recorded (bar: 3 or more)": 3.0,
        "through the other cabinet against through its own, dB (bar: 2 or less)": 2.0}  # fmt: skip


def prepare(home: Path, cabinets: list[str], dry: list[str], kept: int) -> None:
    """Write what is played, what is recorded and, of the recordings that are kept, what the amp answers."""
    from wetdry import CabinetIR, load_plugin
    from wetdry.models.audio_file import read_audio
    from wetdry.models.files import write_wav

    for name, path in zip(("cab", "other"), cabinets, strict=True):
        response, rate = read_audio(Path(path))
        write_wav(home / f"{name}.wav", QUIETER * response.mean(0), rate)
    amp = load_plugin(TUBE, parameter_values={"tube_drive": DRIVE})
    heard = [at_48k(path) for path in dry]
    clean = np.concatenate(heard[:-kept])
    write_wav(home / "clean.wav", clean, RATE)
    wet = np.asarray(amp(clean, RATE))
    for name, sound in (("amp", wet), ("both", CabinetIR(home / "cab.wav")(wet, RATE))):
        late = np.pad(sound, (round(LATE_SECONDS * RATE), 0))[: len(clean) - round(SHORT_SECONDS * RATE)]
        write_wav(home / f"{name}.wav", late, RATE)
    for number, sound in enumerate(heard[-kept:]):
        write_wav(home / f"kept_{number}.wav", sound, RATE)
        write_wav(home / f"kept_{number}_amp.wav", np.asarray(amp(sound, RATE)), RATE)


def at_48k(path: str) -> np.ndarray:
    """Return the first 40 s of a file, mixed to mono."""
    import soxr

    from wetdry.models.audio_file import read_audio

    audio, rate = read_audio(Path(path))
    mono = audio[:, : round(LONGEST_SECONDS * rate)].mean(0)
    return np.asarray(soxr.resample(mono, rate, RATE, quality="VHQ"), np.float32) if rate != RATE else mono


def learn(home: str, net: str, recording: Literal["both", "amp"], minutes: float, seed: int) -> None:
    """Learn of one recording, in a process of its own; of amp and cabinet both apart and in one."""
    import wetdry

    out, both = Path(home) / f"{net}_{recording}_{seed}", recording == "both"
    wetdry.amp(Path(home) / "clean.wav", Path(home) / f"{recording}.wav", Path(home) / "cab.wav", out, whole=both,
               amp_holds=recording, model=net, minutes=minutes, seed=seed, accelerator="cpu")  # fmt: skip


def judged(home: Path, seed: int, kept: int) -> Iterator[dict]:
    """Yield the figures of each net of a seed: ESR on the recordings that none heard, through both cabinets."""
    from wetdry import CabinetIR
    from wetdry.host.evaluation.playing import player
    from wetdry.models.audio_file import read_audio
    from wetdry.models.metrics import esr
    from wetdry.models.model import load

    through = {name: CabinetIR(home / f"{name}.wav") for name in ("cab", "other")}
    audio = [[read_audio(home / f"kept_{number}{end}.wav")[0][0] for end in ("", "_amp")] for number in range(kept)]
    targets = {name: [response(wet, RATE) for _, wet in audio] for name, response in through.items()}
    for net in NETS:
        for what, recording, name in (("apart", "both", "amp"), ("in one", "both", "whole"), ("amp alone", "amp", "amp")):
            model = load(home / f"{net}_{recording}_{seed}" / f"{name}.safetensors")
            played = [np.asarray(player(model)(clean, RATE)) for clean, _ in audio]
            row = {"seed": seed, "net": net, "what": what, "steps": model.training["steps"],
                   "trained_seconds": 60 * model.training["minutes"]}  # fmt: skip
            for cabinet, response in through.items():
                if what == "in one" and cabinet == "other":
                    continue  # it has the first one in it
                heard = played if what == "in one" else [response(y, RATE) for y in played]
                row[cabinet] = [esr(*pair) for pair in zip(targets[cabinet], heard, strict=True)]
            yield row


def bars(rows: list[dict]) -> list[float]:
    """Return what the bars are about, of one seed's rows."""
    means = {
        (row["net"], row["what"]): {key: float(np.mean(row[key])) for key in ("cab", "other") if key in row} for row in rows
    }
    ours, theirs = means[NETS[0], "apart"], min(means[NETS[1], "apart"]["cab"], means[NETS[1], "in one"]["cab"])
    alone = means[NETS[1], "amp alone"]["cab"] / means[NETS[0], "amp alone"]["cab"]
    return [theirs / ours["cab"], alone, 10 * float(np.log10(ours["other"] / ours["cab"]))]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("out", "cabinet", "other"):
        options.add_argument(name)
    options.add_argument("dry", nargs="+")
    options.add_argument("--minutes", type=float, default=5.0)
    for name, default in (("seeds", 1), ("jobs", 2), ("kept", 3)):
        options.add_argument(f"--{name}", type=int, default=default)
    given = options.parse_args()
    if len(given.dry) <= given.kept:
        options.error(f"{given.kept} recordings are kept: pass more than {given.kept}")
    os.environ |= {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}  # before torch is there: a thread each
    home = Path(given.out).absolute()
    home.mkdir(parents=True, exist_ok=True)
    prepare(home, [given.cabinet, given.other], given.dry, given.kept)
    rows = []
    for seed in range(given.seeds):
        with ProcessPoolExecutor(given.jobs, get_context("spawn")) as pool:
            for done in [pool.submit(learn, str(home), net, recording, given.minutes, seed)
                         for recording in ("both", "amp") for net in NETS]:  # fmt: skip
                done.result()
        rows += judged(home, seed, given.kept)
        (home / "rows.json").write_text(json.dumps(rows, indent=1))
    say(rows, given, home)


def say(rows: list[dict], given: argparse.Namespace, home: Path) -> None:
    """Print everything that was measured."""
    from wetdry.host.evaluation.surroundings import machine, versions

    found = json.loads((home / f"{NETS[0]}_both_0" / "amp.json").read_text())
    print("\n".join(line for line in found["files"] if line.startswith("both.wav")))
    for row in rows:
        print(f"seed {row['seed']}, {row['net']}, {row['what']}: {row['steps']} steps in {row['trained_seconds']:.0f} s, ESR "
              + "; ".join(f"through {Path(path).stem} {np.mean(row[key]):.5f} ({', '.join(f'{x:.5f}' for x in row[key])})"
                          for key, path in (("cab", given.cabinet), ("other", given.other)) if key in row))  # fmt: skip
    each = zip(*(bars([row for row in rows if row["seed"] == seed]) for seed in range(given.seeds)), strict=True)
    for (name, bar), values in zip(BARS.items(), each, strict=True):
        spread = f" ± {statistics.stdev(values):.3g}" if len(values) > 1 else ""
        met = statistics.mean(values) <= bar if "or less" in name else statistics.mean(values) >= bar
        print(f"{name}: {statistics.mean(values):.3g}{spread}, {'met' if met else 'NOT met'}")
    about = (*machine().values(), *(f"{name} {version}" for name, version in versions("torch", "pedalboard").items()))
    print(f"unseen: {', '.join(Path(path).name for path in given.dry[-given.kept :])}; ZamTube, tube_drive {DRIVE}; "
          f"{given.minutes:g} minutes each on one thread, seeds 0 to {given.seeds - 1}; {', '.join(about)}")  # fmt: skip


if __name__ == "__main__":
    main()
