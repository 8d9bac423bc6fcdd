"""compare: the same targets cloned by several nets in equal training time, one row a clone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..models.errors import InvalidValue
from .capture.target import Ranges
from .clone import Clone, clone
from .model_pages.facts import cost_of

Progress = Callable[[str, float, float, str], None]
NETS = ("tcn-300", "standard", "lstm", "gru", "s4d")


@dataclass(frozen=True)
class ComparedClone:
    """What one net made of one target.

    Attributes:
        target: its name. net: as `train` takes it for `model`.
        esr_median, esr_p90, esr_worst: on recordings and knob settings that no training saw.
        mushra: predicted listening score, median, 0 to 100.
        weights: trained numbers. ns_per_sample: in blocks of 64, compiled. file_bytes: of the model file.
        minutes, steps: of training.
        path: the clone.
    """

    target: str
    net: str
    esr_median: float
    esr_p90: float
    esr_worst: float
    mushra: float | None
    weights: int
    ns_per_sample: float | None
    file_bytes: int
    minutes: float
    steps: int
    path: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)


def compare(
    targets: Sequence[tuple[Any, Ranges | Iterable[str]]],
    out: str | Path,
    nets: Sequence[str] = NETS,
    *,
    minutes: float = 8.0,
    dry: str | Path | Sequence[str | Path] | None = None,
    seed: int = 0,
    capturing: Mapping[str, Any] | None = None,
    evaluating: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> list[ComparedClone]:
    """Clone every target with every net for the same time, on one capture a target, and measure them alike.

    Each clone lies in `out`/NUMBER_TARGET/NET with its page. The same call again goes on where a killed one was.

    Args:
        targets: (target, knobs) pairs, each as `clone` takes them.
        out: folder.
        nets: names of `wetdry train --model`.
        minutes: of training, each.
        dry: recordings, or folders of them; None: the built-in excitation.
        seed: of everything that is drawn.
        capturing, evaluating: further arguments of `capture` and `evaluate`.
        progress: called with (stage, done, total, note); the stage says target and net.

    Raises:
        InvalidValue: nothing to compare. WetdryError: what `clone` raises.
    """
    if not targets or not nets:
        raise InvalidValue(f"compare: {len(targets)} targets and {len(nets)} nets; at least one of each is needed")
    rows = []
    for number, (target, knobs) in enumerate(targets, 1):
        name = Path(target).stem if isinstance(target, str | Path) else type(target).__name__
        home = Path(out) / f"{number}_{name}"
        for net in nets:
            made = clone(target, knobs, home / net, capture_folder=home / "capture", dry=dry, seed=seed,
                         capturing=capturing, training={"model": net, "minutes": minutes}, evaluating=evaluating,
                         progress=_telling(progress, f"{name}, {net}"))  # fmt: skip
            rows.append(_row(net, made))
    return rows


def _telling(progress: Progress | None, who: str) -> Progress | None:
    return progress and (lambda stage, done, total, note: progress(f"{who}: {stage}", done, total, note))


def _row(net: str, made: Clone) -> ComparedClone:
    summary, model = made.evaluation.summary["twin"], made.model
    esr = summary["esr"]
    return ComparedClone(
        target=made.evaluation.name,
        net=net,
        esr_median=esr["median"],
        esr_p90=esr["p90"],
        esr_worst=esr["worst"],
        mushra=summary["mushra"]["median"],
        weights=model.weight_count,
        ns_per_sample=cost_of(model),
        file_bytes=made.model_path.stat().st_size,
        minutes=model.training["minutes"],
        steps=model.training["steps"],
        path=str(made.model_path),
    )
