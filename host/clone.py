"""clone: capture, train, evaluate, and the page; each step goes on where a killed run stopped."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..models.dataset import CaptureFolder
from ..models.model import Model, load
from ..models.net_table import check_name
from .capture import capture
from .capture.target import Ranges
from .evaluation import Evaluation, evaluate
from .report import write_report

Progress = Callable[[str, float, float, str], None]
MODEL_NAME = "clone.safetensors"


@dataclass(frozen=True)
class Clone:
    """What a clone run leaves: the model with its certificate, the figures, and the files."""

    model: Model
    evaluation: Evaluation
    capture: CaptureFolder
    model_path: Path
    report_path: Path


def clone(
    target: Any,
    knobs: Ranges | Iterable[str],
    out: str | Path,
    *,
    place: int | str | None = None,
    capture_folder: str | Path | None = None,
    dry: str | Path | Sequence[str | Path] | None = None,
    seed: int = 0,
    capturing: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
    evaluating: Mapping[str, Any] | None = None,
    finish: Callable[[Model], Model] | None = None,
    progress: Progress | None = None,
) -> Clone:
    """Make a neural twin of a processor that keeps its knobs, and measure how close it is.

    Writes into `out`: capture/, training/, clone.safetensors, evaluation.json, evaluation.csv, audio/, report.html.
    The same call again goes on where it was; with another target, knobs, recordings or seed it refuses.

    Args:
        target: path of a .vst3, a plugin, an effect, a native pedalboard plugin, a Chain, a Mix or a Graph.
        knobs: names, or name → (minimum, maximum) or (minimum, maximum, "log"), see `capture`.
        out: folder of the run.
        place: index in a Chain or Mix, or name of a node of a Graph: the processor there is cloned over its own knobs, of
            what arrives there, and its twin judged alone and in its place. None: `target` is cloned as a whole.
        capture_folder: where the capture lies, or is made; None: `out`/capture. Several runs may share one.
        dry: recordings and folders of them; None: the built-in excitation.
        seed: of everything that is drawn.
        capturing, training, evaluating: further arguments of `capture`, `train` and `evaluate`.
        finish: what is done to the trained model before it is evaluated.
        progress: called with (stage, done, total, note).

    Raises:
        WetdryError: what `capture`, `train` and `evaluate` raise; MissingExtra before anything is rendered.
    """
    from ..models.training import train

    check_name((training or {}).get("model"))
    out = Path(out)
    folder = capture(
        target, knobs, capture_folder or out / "capture", place=place, dry=dry, seed=seed, progress=progress,
        **dict(capturing or {}),
    )  # fmt: skip
    trained = train(folder, out, seed=seed, progress=progress, **dict(training or {}))
    (finish(trained) if finish else trained).save(out / MODEL_NAME)
    there = {} if place is None else {"chain": target, "place": place}
    evaluation, model = certify(
        load(out / MODEL_NAME), folder, out, seed=seed, progress=progress, **{**there, **dict(evaluating or {})}
    )
    return Clone(model, evaluation, folder, out / MODEL_NAME, out / "report.html")


def certify(model: Model, folder: CaptureFolder, out: Path, **options: Any) -> tuple[Evaluation, Model]:
    """Evaluate a model, write its certificate into its file in `out`, and the page beside it."""
    evaluation = evaluate(model, folder, out, **options)
    model = replace(model, certificate=evaluation.certificate(), path=out / MODEL_NAME)
    model.save(out / MODEL_NAME)
    write_report(evaluation, folder.path, out)
    return evaluation, model
