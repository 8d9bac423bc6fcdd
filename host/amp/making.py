"""amp: three files in; a model of the amplifier, what it sounds like through the cabinet, and the page that shows both."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...models.dataset import CaptureFolder
from ...models.errors import InvalidValue
from ...models.files import write_atomically
from ...models.model import Model
from ...models.net_table import check_name
from ..audio_file import write_audio
from ..recorded import capture_recordings
from ..recorded.alignment import laid_roughly
from .files import ThreeFiles
from .holds import AmpHolds, Holds, what_it_holds
from .judging import Judged, Kept, judge, play

Progress = Callable[[str, float, float, str], None]
SOUND_NAME, WHOLE_SOUND_NAME = "modeled_amp_with_cab.wav", "modeled_whole.wav"
MODEL_NAMES = {"separated": "amp.safetensors", "whole": "whole.safetensors"}
RESULT_NAME, PAGE_NAME = "amp.json", "report.html"
STAGES = {"separated": "the amp", "whole": "the whole"}  # of the progress bars


@dataclass(frozen=True)
class RecordedAmp:
    """What a run leaves.

    Attributes:
        models: "separated" → the amp alone; "whole" → amp and cabinet in one net, where it was asked for.
        judged: figures of each on what was kept back, and of the clean signal through the cabinet.
        holds: whether the recording has the cabinet in it.
        said: what was done to the files, a line each; `warnings`: what a person should look into.
        capture: recording and clean signal laid against each other.
        out: the folder: amp.safetensors, modeled_amp_with_cab.wav, report.html, amp.json.
    """

    models: Mapping[str, Model]
    judged: tuple[Judged, ...]
    holds: Holds
    said: tuple[str, ...]
    warnings: tuple[str, ...]
    capture: CaptureFolder
    out: Path

    @property
    def model(self) -> Model:
        """The amp alone: `NeuralAmp(model, cabinet="another.wav")` plays it through any cabinet."""
        return self.models["separated"]


def amp(
    clean: str | Path,
    amp: str | Path,
    cabinet: str | Path,
    out: str | Path,
    *,
    amp_holds: AmpHolds = "auto",
    whole: bool = False,
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda line: None,
    seed: int = 0,
    **training: Any,
) -> RecordedAmp:
    """Model an amplifier from three files, apart from its cabinet.

    The recording is laid against the clean file (delay found, polarity kept), the last tenth kept back, and the net learns
    in front of the cabinet's fixed response, so that it becomes the amp alone and plays through any other cabinet. Run again
    with the same arguments a killed run goes on.

    Args:
        clean: what was played into the amp; any format, rate and channel count (mixed to mono). Its rate becomes the model's.
        amp: what was recorded of it; another rate, length and beginning are fine.
        cabinet: the impulse response of the cabinet and microphone.
        out: folder of the run.
        amp_holds: "both": `amp` was recorded through the cabinet; "amp": before it (from a load box, say); "auto" measures.
        whole: also train a net that is amp and cabinet in one.
        progress: called with (stage, done, total, note).
        say: called with what was done to the files and what to look into, a line each, before anything is trained.
        seed: of everything that is drawn.
        training: further arguments of `train`: model, minutes, epochs, batch_size, segment, oversampling, learning_rate, loss,
            precision, accelerator.

    Raises:
        FileProblem, InvalidValue: a file that cannot be read, is silent or too short, or does not follow the clean one.
        CaptureError, TrainingError: the folder holds another run. UnknownName: no such net or loss.
    """
    from .page import write_page

    check_name(training.get("model"))
    home, tell = Path(out).expanduser(), progress or (lambda *_: None)
    files = ThreeFiles.read(clean, amp, cabinet)
    _check_it_follows(files)
    holds = what_it_holds(files.clean, files.amp, files.taps, files.sample_rate, amp_holds)
    heard, alone = _captures(files, holds, home, seed, progress)
    said = (*files.said, *_found(files, holds, heard))
    warnings = tuple(filter(None, (holds.warning, *heard.record.warnings)))
    for line in (*said, *(f"warning: {warning}" for warning in warnings)):
        say(line)
    models = _trained(files, holds, heard, alone, home, whole, {"seed": seed, **training}, tell)
    kept = Kept.of(heard)
    judged, tracks = judge(kept, models, files.response)
    models = {name: _written(name, model, judged, home) for name, model in models.items()}
    _write_sound(files, models, home)
    made = RecordedAmp(models, tuple(judged), holds, said, warnings, heard, home)
    write_atomically(home / RESULT_NAME, json.dumps(_result(made), indent=1).encode())
    write_page(made, files, kept, tracks, home / PAGE_NAME)
    return made


def _check_it_follows(files: ThreeFiles) -> None:
    """Raise InvalidValue, naming the files, where the recording is not of the clean signal."""
    try:
        laid_roughly(files.clean, files.amp, files.sample_rate)
    except InvalidValue as error:
        raise InvalidValue(f"{files.amp_path} against {files.clean_path}: {error}") from None


def _captures(
    files: ThreeFiles, holds: Holds, home: Path, seed: int, progress: Progress | None
) -> tuple[CaptureFolder, CaptureFolder]:
    """Return the capture of amp and cabinet together, and that which the amp is learned from."""
    takes, cabinet = [(files.clean_path, files.amp_path)], (files.response.samples, files.response.sample_rate)
    heard = capture_recordings(takes, home / "capture", cabinet=cabinet, cabinet_recorded=holds.cabinet, seed=seed,
                               sample_rate=files.sample_rate, progress=progress)  # fmt: skip
    if holds.cabinet:
        return heard, heard
    return heard, capture_recordings(takes, home / "capture_amp", seed=seed, sample_rate=files.sample_rate, progress=progress)


def _trained(
    files: ThreeFiles, holds: Holds, heard: CaptureFolder, alone: CaptureFolder, home: Path, whole: bool,
    options: dict[str, Any], tell: Progress,
) -> dict[str, Model]:  # fmt: skip
    """Return the trained nets by name; each goes on in its own folder."""
    from ...models.training import train

    def told_as(name: str) -> Progress:
        return lambda _, done, total, note: tell(STAGES[name], done, total, note)

    before = {"cabinet": files.cabinet_path} if holds.cabinet else {}
    models = {"separated": train(alone, home / "separated", **before, **options, progress=told_as("separated"))}
    if whole:
        models["whole"] = train(heard, home / "whole", **options, progress=told_as("whole"))
    return models


def _written(name: str, model: Model, judged: list[Judged], home: Path) -> Model:
    """Return the model with its figures in its file."""
    figures = next(row for row in judged if row.name == name).to_dict()
    model = replace(model, certificate={"recorded_amp": figures}, path=home / MODEL_NAMES[name])
    model.save(home / MODEL_NAMES[name])
    return model


def _write_sound(files: ThreeFiles, models: Mapping[str, Model], home: Path) -> None:
    """Play the whole clean file through what was learned."""
    sound = play(models["separated"], files.clean, files.sample_rate, files.response)
    write_audio(home / SOUND_NAME, sound, files.sample_rate)
    if "whole" in models:
        write_audio(home / WHOLE_SOUND_NAME, play(models["whole"], files.clean, files.sample_rate), files.sample_rate)


def _found(files: ThreeFiles, holds: Holds, heard: CaptureFolder) -> tuple[str, ...]:
    """Return how the recording lies against the clean file, and what it holds, a line each."""
    take, name = heard.record.checks["takes"][0], files.amp_path.name
    late = take["delay_samples"] / files.sample_rate
    lines = [f"{name}: begins {1000 * abs(late):.2f} ms {'after' if late >= 0 else 'before'} {files.clean_path.name} "
             f"({take['delay_samples']:+.2f} samples): laid against it",
             f"{name}: {'inverted, and so will the model be' if take['polarity'] < 0 else 'polarity as played'}"]  # fmt: skip
    longer = len(files.amp) / files.sample_rate - late - len(files.clean) / files.sample_rate
    if abs(longer) > 0.01:
        lines.append(f"{name}: ends {abs(longer):.2f} s {'after' if longer > 0 else 'before'} {files.clean_path.name}")
    return (*lines, f"{name}: {holds.said}")


def _result(made: RecordedAmp) -> dict[str, Any]:
    """Return plain JSON data."""
    trained = {name: {key: model.training.get(key) for key in ("net", "minutes", "steps", "loss", "seed", "validation_esr")}
               for name, model in made.models.items()}  # fmt: skip
    return {"files": list(made.said), "warnings": list(made.warnings), "holds": made.holds.to_dict(), "training": trained,
            "judged": [row.to_dict() for row in made.judged]}  # fmt: skip


def judged_of(made: RecordedAmp, name: str) -> Judged:
    """Return the figures of one model. Raises InvalidValue where it was not trained."""
    for row in made.judged:
        if row.name == name:
            return row
    raise InvalidValue(f"{name!r} was not judged; there are {', '.join(row.name for row in made.judged)}")
