"""What loading a model costs a process that has just started: seconds to the first block, and memory."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...models.errors import PluginError


@dataclass(frozen=True)
class FreshStart:
    """Measured in a process of its own, which has played another effect before, so that Python and numba are there.

    Attributes:
        load_seconds: reading the file and building the effect.
        first_block_seconds: from there to the end of the first block: code fetched or compiled, silence played before.
        resident_bytes: by how much the process grew over both; None where the system does not tell (all but Linux).
    """

    load_seconds: float
    first_block_seconds: float
    resident_bytes: int | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)


def fresh_start(path: Path, loading: dict[str, Any] | None = None, timeout: float = 120.0) -> FreshStart:
    """Load a model file in a new process and play one block of 64.

    Args:
        path: the file.
        loading: keyword arguments for `wetdry.models.load`.
        timeout: seconds it may take.

    Raises:
        PluginError: the process fails or hangs.
    """
    command = [sys.executable, "-m", f"{__package__}.fresh_child", str(path), json.dumps(loading or {})]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=os.environ)
    except subprocess.TimeoutExpired:
        raise PluginError(f"{path} did not play its first block within {timeout:g} s") from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise PluginError(f"{path} cannot be played in a new process: {said:.200}")
    return FreshStart(**json.loads(done.stdout.splitlines()[-1]))
