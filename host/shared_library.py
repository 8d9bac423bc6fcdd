"""A VST3 that both hosts have loaded: what keeps either from cleaning it up under the other.

Each host tells a library to clean up (`ModuleExit`) when its own last instance goes, and knows nothing of the other's. A
library that does not count, as those built with DPF, then has nothing left: the other host's next load crashes the process.
"""

from pathlib import Path
from typing import Any
from weakref import WeakSet

_held: dict[Path, dict[str, WeakSet[Any]]] = {}  # path → host → who holds instances of it
_kept: dict[Path, list[Any]] = {}


def keep_for_both(path: Path, host: str, holder: Any) -> None:
    """Note that `holder` has an instance of a VST3 in `host`; where the other host has one too, each keeps one for good."""
    path = path.resolve()
    hosts = _held.setdefault(path, {})
    hosts.setdefault(host, WeakSet()).add(holder)
    natives = list(hosts.get("pedalboard", ()))
    if path not in _kept and natives and hosts.get("dawdreamer"):
        _kept[path] = natives[:1]
        _kept[path].append(_engine_with(path))


def _engine_with(path: Path) -> Any:
    """Return an engine of DawDreamer's that holds an instance and nothing else; those that play may hold much audio."""
    from ._dawdreamer import Engine  # which imports this

    engine = Engine(48000.0, 512)
    engine.plugin("kept", path)
    return engine
