"""Models and effects on lesser machines: code for AVX2 and for SSE2 is run here, in processes that see no more than that.

Code for AArch64 (and its runner) is emitted and read, not run: nothing here could run it.
"""

import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from playing import peak_error
from restricted_machine import EFFECTS, MODELS, answers_to, kernel_of

from wetdry.effects.kernels import compiled_runner
from wetdry.effects.kernels.machine import ARM64
from wetdry.effects.kernels.native import assembly

pytestmark = pytest.mark.usefixtures("own_cache")
SSE2 = "+cmov,+cx8,+fxsr,+mmx,+sse,+sse2,-sse3,-ssse3,-sse4.1,-sse4.2,-avx,-avx2,-fma,-avx512f"
AVX2 = "+cmov,+cx8,+fxsr,+mmx,+sse,+sse2,+sse3,+ssse3,+sse4.1,+sse4.2,+avx,+avx2,+fma,+f16c,+bmi,+bmi2,-avx512f,-avx512vl"
RESTRICTED = {"avx2": ("x86-64-v3", AVX2), "sse2": ("x86-64", SSE2)}
EXPECTED = {"avx2": (8, 16), "sse2": (4, 16)}  # lanes, registers


def runs_here(name):
    """Return whether this processor has what is to be restricted to."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return False
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    return name == "sse2" or bool(features.get("avx2") and features.get("fma"))


@pytest.fixture(scope="module")
def audio():
    return (0.4 * np.random.default_rng(4).standard_normal(3000)).astype(np.float32)


@pytest.fixture(scope="module")
def here(audio, own_cache):
    """What this machine, unrestricted, answers."""
    return answers_to(audio)


@pytest.fixture(scope="module")
def there(audio, here, tmp_path_factory):
    """Name of the machine → (what it says of itself, its answers); the machines work side by side."""
    folder, running, found = tmp_path_factory.mktemp("machines"), {}, {}
    np.savez(folder / "audio.npz", audio=audio)
    script = Path(__file__).with_name("restricted_machine.py")
    for name, (cpu, features) in RESTRICTED.items():
        if runs_here(name):
            settings = {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": features, "WETDRY_CACHE": str(folder / name)}
            command = [sys.executable, str(script), str(folder / "audio.npz"), str(folder / f"{name}.npz")]
            running[name] = subprocess.Popen(command, env={**os.environ, **settings}, text=True,
                                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    for name, process in running.items():
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        with np.load(folder / f"{name}.npz") as answers:
            found[name] = json.loads(out), dict(answers)
    return found


@pytest.fixture(params=RESTRICTED)
def machine(request, there):
    if request.param not in there:
        pytest.skip(f"this processor has no {request.param}")
    return request.param, *there[request.param]


def test_a_lesser_machine_plays_the_same(machine, here):
    _, _, answers = machine
    assert set(answers) == {*MODELS, *EFFECTS}
    for name, wet in answers.items():
        assert np.abs(here[name]).max() > 1e-3, name
        assert peak_error(wet, here[name]) < 1e-5, name


def test_no_wider_register_is_used_than_it_has(machine):
    name, counts, _ = machine
    assert (counts["lanes"], counts["registers"]) == EXPECTED[name]
    assert counts["zmm"] == 0
    if name == "avx2":
        assert counts["ymm"] > 1000
        assert counts["vfmadd"] > 300
    else:
        assert counts["ymm"] == counts["vfmadd"] == 0
        assert counts["xmm"] > 1000


@pytest.mark.parametrize("name", [*MODELS, *EFFECTS])
def test_aarch64_code_is_emitted_and_not_run(name):
    text = assembly(kernel_of(name).module(ARM64), ARM64)
    assert len(re.findall(r"\bfmla\s+v\d+\.4s", text)) > 20
    assert "wetdry_kernel:" in text
    assert not re.search(r"[xyz]mm\d|\bcall\b", text)


def test_the_aarch64_runner_is_emitted_and_not_run():
    text = assembly(compiled_runner.module(ARM64), ARM64)
    assert "wetdry_run:" in text
    assert "blr" in text  # calls kernels by their address
    assert "mxcsr" not in text
