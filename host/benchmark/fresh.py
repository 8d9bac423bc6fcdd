"""What loading a model costs a process that has just started: seconds to the first block, and memory."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..fresh_process import TIMEOUT, answer_of


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


def fresh_start(path: Path, loading: dict[str, Any] | None = None, timeout: float = TIMEOUT) -> FreshStart:
    """Load a model file in a new process and play one block of 64.

    Args:
        path: the file.
        loading: keyword arguments for `wetdry.models.load`.
        timeout: seconds it may take.

    Raises:
        PluginError: the process fails or hangs.
    """
    command = ["-m", f"{__package__}.fresh_child", str(path), json.dumps(loading or {})]
    return FreshStart(**answer_of(command, str(path), timeout))
