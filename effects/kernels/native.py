"""From emitted code to a kernel's address: LLVM at first use, machine code kept on disk afterwards."""

import contextlib
import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm
from llvmlite import ir

from ...models.errors import FileProblem
from ...models.files import cache_folder, write_atomically
from .abi import KERNEL_NAME
from .kernel import sources_stamp
from .machine import Machine, host

KEPT_FILES = 200
_engines: list[Any] = []  # keep the machine code alive
_addresses: dict[tuple[str, str], int] = {}


class Native:
    """Functions emitted as vector code, compiled at the first `address`.

    Args:
        recipe: text that says everything `emit` depends on; with the sources, the machine and LLVM's version it
            names the file that keeps the machine code.
        emit: returns the module that defines the functions.
    """

    def __init__(self, recipe: str, emit: Callable[[Machine], ir.Module]) -> None:
        self._recipe, self._emit = recipe, emit

    def address_of(self, name: str) -> int:
        """Return the address of a function of the module."""
        machine = host()
        key = hashlib.sha256(f"{_stamp()} {machine} {self._recipe}".encode()).hexdigest()
        if (key, name) not in _addresses:
            _addresses[key, name] = self._engine(key, machine).get_function_address(name)
        return _addresses[key, name]

    def module(self, machine: Machine) -> ir.Module:
        """Return the code before LLVM, for any machine."""
        return self._emit(machine)

    def _engine(self, key: str, machine: Machine) -> Any:
        path = cache_folder() / "kernels" / f"{key[:40]}.o"
        content = _kept(path)
        if content is None:
            parsed, target = optimised(self.module(machine), machine)
            content = target.emit_object(parsed)
            _keep(path, content)
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine.target_machine())
        engine.add_object_file(llvm.ObjectFileRef.from_data(content))
        engine.finalize_object()
        _engines.append(engine)
        return engine


class NativeKernel(Native):
    """A kernel emitted as vector code: `emit` defines the function of `declare`."""

    @property
    def address(self) -> int:
        """Address of the compiled function, for the runner."""
        return self.address_of(KERNEL_NAME)


def optimised(module: ir.Module, machine: Machine) -> tuple[Any, Any]:
    """Return (LLVM module after its passes, target machine)."""
    module.triple = machine.triple
    target = machine.target_machine()
    parsed = llvm.parse_assembly(str(module))
    parsed.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = options.slp_vectorization = options.loop_unrolling = False
    passes = llvm.create_pass_builder(target, options)
    passes.getModulePassManager().run(parsed, passes)
    return parsed, target


def assembly(module: ir.Module, machine: Machine) -> str:
    """Return the assembly text for any machine LLVM knows, this one or another."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    parsed, target = optimised(module, machine)
    return target.emit_assembly(parsed)


@cache
def _stamp() -> str:
    return f"{sources_stamp()} {llvmlite.__version__}"


def _kept(path: Path) -> bytes | None:
    """Return the machine code of a file, or None where it is missing or not what was written."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return content[32:] if hashlib.sha256(content[32:]).digest() == content[:32] else None


def _keep(path: Path, content: bytes) -> None:
    """Write machine code behind its hash; a folder that cannot be written means compiling again next time."""
    with contextlib.suppress(FileProblem, OSError):
        write_atomically(path, hashlib.sha256(content).digest() + content)
        files = sorted(path.parent.glob("*.o"), key=lambda f: f.stat().st_mtime)
        for old in files[:-KEPT_FILES]:
            old.unlink(missing_ok=True)
