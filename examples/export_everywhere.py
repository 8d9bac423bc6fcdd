"""Take a clone to where people play: bake its knobs, write every format that can hold it, and play each file back.

python examples/export_everywhere.py [FOLDER] [CLONE.safetensors]    without a clone: ZamTube's, which comes along

AIDA-X and GuitarML players take one LSTM or GRU: a small one of random weights stands for a clone made with --model guitarml.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import wetdry
from wetdry import NeuralEffect, load_plugin
from wetdry.host.strings import riff
from wetdry.models import Model, ModelSpec, Parameter
from wetdry.models.errors import CannotHold
from wetdry.models.spec import LSTM, Dense, KnobInputs, Residual
from wetdry.presets import clone_path

SUFFIXES = {"nam": ".nam", "onnx": ".onnx", "torchscript": ".ts", "header": ".h", "aidax": ".aidax",
            "guitarml": ".guitarml.json", "rtneural": ".rtneural.json"}  # fmt: skip
PROGRAM = """
#include "NAME.h"
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>
int main(int, char** paths) {
    std::ifstream in(paths[1], std::ios::binary);
    std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
    auto net = std::make_unique<wetdry::NAME::CLASS>();
    net->reset();
    auto* audio = reinterpret_cast<float*>(bytes.data());
    net->process(audio, audio, static_cast<int>(bytes.size() / sizeof(float)));
    std::ofstream(paths[2], std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}
"""


def small_lstm() -> Model:
    """Return the net of AIDA-X and GuitarML: knobs and audio enter one LSTM, a dense layer, and the dry signal beside it."""
    body = (KnobInputs(knobs=1), LSTM(hidden=20), Dense(channels=1))
    spec = ModelSpec(sample_rate=48000.0, layers=(Residual(body=body),), knobs=(Parameter("drive", default=0.5),))
    draw = np.random.default_rng(0)
    return Model(spec, {name: draw.normal(0, 0.3, shape).astype(np.float32) for name, shape in spec.weight_shapes.items()})


def played(path: Path, dry: np.ndarray, rate: float) -> np.ndarray | None:
    """Return what a file makes of audio; None where that takes a compiler, and there is none."""
    if path.suffix == ".h":
        return compiled(path, dry)
    if path.suffix in (".onnx", ".ts"):  # programs enter like plugins; TorchScript could do anything, so it must be trusted
        return load_plugin(path, trusted=path.suffix == ".ts")(dry, rate)
    return NeuralEffect(wetdry.models.load(path))(dry, rate)


def compiled(header: Path, dry: np.ndarray) -> np.ndarray | None:
    if not shutil.which("g++"):
        return None
    with tempfile.TemporaryDirectory() as name:
        source, program, sound, answer = (Path(name) / part for part in ("play.cpp", "play", "in.f32", "out.f32"))
        source.write_text(PROGRAM.replace("NAME", header.stem).replace("CLASS", header.stem.capitalize()))
        subprocess.run(["g++", "-std=c++17", "-O2", f"-I{header.parent}", source, "-o", program], check=True)
        dry.astype(np.float32).tofile(sound)
        subprocess.run([program, sound, answer], check=True)
        return np.fromfile(answer, np.float32)


def export(model: Model, folder: Path, name: str) -> None:
    rate = model.spec.sample_rate
    setting = {knob.name: knob.from_raw(0.7) for knob in model.spec.knobs}
    print(f"\n{name}, baked at " + ", ".join(f"{knob.name} {knob.text(setting[knob.name])}" for knob in model.spec.knobs))
    baked, dry = model.baked(setting), riff(2, rate, seed=1)
    wet = NeuralEffect(model, **setting)(dry, rate)
    late = slice(int(rate), None)  # players let a net hear more or less silence first
    for format, suffix in SUFFIXES.items():
        path = folder / f"{name}{suffix}"
        try:
            baked.save(path, format)
        except CannotHold as refusal:
            print(f"  {path.name:<22}{refusal}")
            continue
        answer = played(path, dry, rate)
        heard = (
            "" if answer is None else f"off by at most {np.abs(answer - wet)[late].max() / np.abs(wet).max():.0e} of the peak"
        )
        print(f"  {path.name:<22}{path.stat().st_size:>8} bytes  {heard}")


def main(folder: str = "exported", clone: str = "") -> None:
    out = Path(folder)
    model = wetdry.models.load(clone or clone_path("zamtube"))
    export(model, out, "twin")
    export(small_lstm(), out, "small")

    model.save(out / "live.onnx")  # ONNX, TorchScript and the header keep the knobs
    plugin = load_plugin(out / "live.onnx")
    print("\nlive.onnx keeps the knobs: " + ", ".join(plugin.parameters))


if __name__ == "__main__":
    main(*sys.argv[1:])
