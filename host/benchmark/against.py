"""Outside engines: any program that times a model file and prints ns a sample."""

import math
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ...models.errors import InvalidValue, PluginError

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class OutsideEngine:
    """A command with `{model}`, `{block}` and perhaps `{seconds}` in it; run without a shell.

    Attributes:
        command: as a person writes it; quotes work as in a shell.
        timeout: seconds one run may take.
    """

    command: str
    timeout: float = 120.0

    def __post_init__(self) -> None:
        self._words()

    @property
    def name(self) -> str:
        """The program's file name."""
        return Path(self._words()[0]).name

    def best_pass(self, model: Path, buffer_size: int, seconds: float) -> float:
        """Run the command once and return the ns a sample it prints; a pass is to be over `seconds` of audio.

        Raises:
            PluginError: it cannot be started, fails, hangs, or prints no number; one line with its own last words.
        """
        given = {"{model}": str(model), "{block}": str(buffer_size), "{seconds}": f"{seconds:g}"}
        words = [re.sub("|".join(map(re.escape, given)), lambda found: given[found[0]], word) for word in self._words()]
        try:
            done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=self.timeout,
                                  stdin=subprocess.DEVNULL)  # fmt: skip
        except subprocess.TimeoutExpired:
            raise PluginError(
                f"--against {self.name}: no answer within {self.timeout:g} s at blocks of {buffer_size}"
            ) from None
        except OSError as error:
            raise PluginError(f"--against {words[0]}: cannot be started ({error.strerror or error})") from None
        last = _last_line(done.stdout)
        if done.returncode:
            said = _last_line(done.stderr) or last or "and says nothing"
            raise PluginError(f"--against {self.name}: exit code {done.returncode}: {said:.200}")
        numbers = _NUMBER.findall(last)
        nanoseconds = float(numbers[-1]) if numbers else math.nan
        if not 0 < nanoseconds < 1e12:
            raise PluginError(f"--against {self.name}: its last line is {last!r:.120}; it must end in ns a sample")
        return nanoseconds

    def _words(self) -> list[str]:
        try:
            words = shlex.split(self.command)
        except ValueError as error:
            raise InvalidValue(f"--against {self.command!r}: {error}") from None
        if not words:
            raise InvalidValue("--against is empty: write a command such as './engine {model} {block}'")
        return words


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
