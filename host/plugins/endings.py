"""How a child process ended, in words for a person."""

import signal


def how_it_ended(code: int, log: str) -> str:
    """Return the signal's name, or the last line of the log, or the exit code."""
    lines = log.strip().splitlines()
    return signal_name(code) or (lines[-1].strip()[:200] if lines else "") or f"exit code {code}"


def signal_name(code: int) -> str:
    """Return the name of the signal behind a negative exit code; "" for other codes."""
    try:
        return signal.Signals(-code).name if code < 0 else ""
    except ValueError:
        return f"signal {-code}"
