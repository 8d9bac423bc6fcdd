"""What a process that has just started says, in one line of JSON."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from ..models.errors import PluginError

TIMEOUT = 120.0


def answer_of(arguments: Sequence[str], who: str, timeout: float = TIMEOUT) -> dict[str, Any]:
    """Run Python with `arguments` and return the last line it prints.

    Args:
        arguments: of the interpreter.
        who: plays in it; named in errors.
        timeout: seconds it may take.

    Raises:
        PluginError: the process fails or hangs.
    """
    try:
        done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise PluginError(f"{who} did not play its first block within {timeout:g} s in a new process") from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise PluginError(f"{who} cannot be played in a new process: {said:.200}")
    return json.loads(done.stdout.splitlines()[-1])
