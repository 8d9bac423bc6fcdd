"""A model as the teacher of a smaller one: it renders what the other learns from, no plugin needed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..effects import NeuralEffect
from ..models.dataset import CaptureFolder
from ..models.errors import InvalidValue
from ..models.formats import safetensors
from ..models.model import Model, load
from .capture import capture
from .smaller import Compared, Contender, compare, material

Progress = Callable[[str, float, float, str], None]
TEACHER_NAME, SMALL_NAME = "teacher.safetensors", "small.safetensors"
SETTINGS, VALIDATION_SETTINGS, SECONDS_PER_TAKE = 64, 8, 20.0
KNOBLESS = {"settings": 12, "validation_settings": 2}  # takes walk around the same recordings: more would repeat them


@dataclass(frozen=True)
class Smaller:
    """What `distil` and `prune` leave: the smaller model, its file, and the model before and after."""

    model: Model
    path: Path
    compared: Compared


def lesson(teacher: Model, out: Path, seed: int, capturing: Mapping[str, Any], progress: Progress | None) -> CaptureFolder:
    """Return a capture of a model, all its knobs turned over their whole range; in `out`/lesson.

    Raises InvalidValue for a model of several channels; what `capture` raises.
    """
    spec = teacher.spec
    if (spec.input_channels, spec.output_channels) != (1, 1):
        raise InvalidValue(
            f"the model has {spec.input_channels} inputs and {spec.output_channels} outputs; a mono one can teach"
        )
    teacher.save(out / TEACHER_NAME)
    effect = NeuralEffect(load(out / TEACHER_NAME))
    counts = {"settings": SETTINGS, "validation_settings": VALIDATION_SETTINGS} if spec.knobs else KNOBLESS
    options = {**counts, "seconds_per_take": SECONDS_PER_TAKE, "sample_rate": round(spec.sample_rate), **capturing}
    return capture(effect, [k.name for k in spec.knobs], out / "lesson", seed=seed, progress=progress, **options)


def measured(before: Model, after: Model, out: Path, seed: int, target: Any, truth: Any) -> Smaller:
    """Save the smaller model and return it with size, speed and ESR of both."""
    path = out / SMALL_NAME
    after.save(path)
    passages = material(before, target=target, capture=truth, seed=seed)
    sides = Contender.of(before, len(safetensors.content(before))), Contender.of(load(path), path.stat().st_size)
    against = "the model itself" if target is None and truth is None else "the target"
    return Smaller(load(path), path, compare(*sides, passages, against))
