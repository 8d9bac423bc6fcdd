"""Runs in a process of its own: `python -m wetdry.host.study.train_child JSON`; prints lines of JSON, [share, note].

It ends when its parent does: what comes from there, nothing, ends then.
"""

import json
import os
import sys
import threading
from pathlib import Path

from wetdry.models.errors import WetdryError


def main(asked: str) -> None:
    """Train a net and write its model."""
    from wetdry.models.training import train

    given = json.loads(asked)
    model = train(given["capture"], given["out"], model=given["net"], progress=_tell, **given["numbers"])
    model.save(Path(given["model"]))


def _tell(stage: str, done: float, total: float, note: str) -> None:
    print(json.dumps([done / total, note]), flush=True)


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        main(sys.argv[1])
    except WetdryError as error:
        sys.exit(" ".join(str(error).split()))
