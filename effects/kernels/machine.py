"""The machine that vector code is made for: its vector width, and how LLVM is told about it."""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import llvmlite.binding as llvm
from numba.core import config


@dataclass(frozen=True)
class Machine:
    """A target of the code generator.

    Attributes:
        triple, cpu, features: as LLVM spells them.
        lanes: floats in a vector.
        registers: vector registers.
    """

    triple: str
    cpu: str
    features: str
    lanes: int
    registers: int

    def target_machine(self) -> Any:
        """Return LLVM's code generator for this machine. Raises RuntimeError where LLVM was built without it."""
        target = llvm.Target.from_triple(self.triple)
        return target.create_target_machine(cpu=self.cpu, features=self.features, opt=3, codemodel="jitdefault")


ARM64 = Machine("aarch64-unknown-linux-gnu", "generic", "+neon", 4, 32)


@cache
def host() -> Machine:
    """Return the machine this process runs on, as numba sees it (NUMBA_CPU_NAME and NUMBA_CPU_FEATURES restrict both).

    WETDRY_VECTOR_LANES=8 narrows the vectors where a processor slows its clock for the widest ones.
    """
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    cpu = getattr(config, "CPU_NAME", None) or llvm.get_host_cpu_name()
    features = getattr(config, "CPU_FEATURES", None) or llvm.get_host_cpu_features().flatten()
    triple = llvm.get_process_triple()
    if not triple.startswith(("x86_64", "amd64")):
        return Machine(triple, cpu, features, 4, 32)
    names = features.split(",")
    lanes = 16 if "+avx512f" in names else 8 if "+avx2" in names and "+fma" in names else 4
    lanes = min(lanes, int(os.environ.get("WETDRY_VECTOR_LANES", lanes)))
    return Machine(triple, cpu, features, lanes, 32 if "+avx512vl" in names else 16)
