"""distil: a smaller net learns to answer as a trained model does."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..models.model import Model, load
from ..models.net_table import check_name
from .teacher import Progress, Smaller, lesson, measured

STUDENT = "nam-feather"


def distil(
    source: Model | str | Path,
    out: str | Path,
    *,
    model: str = STUDENT,
    target: Any = None,
    capture: str | Path | None = None,
    seed: int = 0,
    training: Mapping[str, Any] | None = None,
    capturing: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Smaller:
    """Train a net on what a model answers, over all its knobs, and measure size, speed and ESR of both.

    Writes into `out`: teacher.safetensors, lesson/ (a capture folder), training/, small.safetensors. The same call again
    goes on where a killed one stopped.

    Args:
        source: the teacher: a mono model with or without knobs, or the file of one (any format).
        out: folder of the run.
        model: the student's net, by name (`models.net_table`). A spec of your own: training={"spec": …}.
        target, capture: what the ESR of both is measured against: what the teacher was cloned from (a processor or the path
            of a plugin), or its capture folder. Neither: the teacher itself.
        seed: of everything that is drawn.
        training, capturing: further arguments of `train` and of the capture of the teacher.
        progress: called with (stage, done, total, note).

    Raises:
        WetdryError: what `load`, `capture` and `train` raise; MissingExtra before anything is rendered.
    """
    from ..models.training import train

    teacher, out = source if isinstance(source, Model) else load(source), Path(out)
    options = {**({} if "spec" in (training or {}) else {"model": model}), **dict(training or {})}
    check_name(options.get("model"))
    folder = lesson(teacher, out, seed, capturing or {}, progress)
    student = train(folder, out, seed=seed, progress=progress, **options)
    return measured(teacher, student, out, seed, target, capture)
