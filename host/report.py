"""The page: one self-contained HTML file that shows how close a twin is, and lets a person hear it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..models.dataset import read_mono
from ..models.errors import FileProblem
from ..models.files import write_atomically
from ..models.locations import Location, location_of
from ..models.parameter import Parameter
from . import figures, figures_moving, figures_sound
from .evaluation.cell import METRICS
from .evaluation.clips import MOVING, THERE, TRACKS
from .evaluation.result import Evaluation
from .evaluation.summary import FAR, GRADES, figure, grade
from .players import player_data

LARGEST_BYTES = 20_000_000
PANELS = 3
_TRACK_TITLES = {"dry": "Dry", "target": "Target", "twin": "Twin", "residual": "Residual"}


def write_report(evaluation: Evaluation, capture_folder: str | Location | None = None, out: str | Path | None = None) -> Path:
    """Write `report.html`: verdict, players, plots and every cell, in one file that asks the network for nothing.

    Args:
        evaluation: with its audio in `evaluation.folder`, as `evaluate` or `Evaluation.load` gives it.
        capture_folder: where the capture lies, named on the page; None leaves the name out.
        out: the folder, or a file ending in .html; None is the evaluation's own folder.

    Returns:
        The path of the page.

    Raises:
        FileProblem: the audio of a clip is missing, or the page cannot be written.
    """
    folder = evaluation.folder or Path(out or ".")
    path = Path(out or folder)
    path = path if path.suffix == ".html" else path / "report.html"
    html = page_template("report.html.jinja").render(
        **page_data(evaluation, folder, location_of(capture_folder).name if capture_folder else "")
    )
    content = html.encode()
    if len(content) > LARGEST_BYTES:
        raise FileProblem(f"{path} would have {len(content)} bytes, {LARGEST_BYTES} are allowed; keep fewer or shorter clips")
    write_atomically(path, content)
    return path


def page_data(evaluation: Evaluation, folder: Path, capture_name: str = "") -> dict[str, Any]:
    """Return everything the template names: texts, figures as SVG, audio as data addresses."""
    knobs, summary = evaluation.parameters, evaluation.summary
    clips = [_clip(evaluation, clip, folder) for clip in evaluation.clips]
    heard = [c for c in evaluation.cells if not c["quiet"]]
    panels = _panels(evaluation.probes)
    titles = [_setting_text(evaluation, p["setting"], "\n") for p in panels]
    drawings = {
        "spread": figures.spread(heard) if heard else "",
        "distance": figures.distance(heard) if any(c["distance"] > 0 for c in heard) else "",
        "knob_map": _knob_map(evaluation, heard) if heard and knobs else "",
        "transfer": figures_sound.transfer(panels, titles) if panels else "",
        "harmonics": figures_sound.harmonics(panels, titles) if panels else "",
    }
    word, _, rest = evaluation.verdict.partition(": ")
    return {
        "evaluation": evaluation,
        "summary": summary,
        "knobs": knobs,
        "metrics": METRICS,
        "word": word,
        "rest": rest,
        "grade": grade(summary),
        "grades": GRADES,
        "far_percent": round(100 * FAR),
        "clips": clips,
        "drawings": drawings,
        "rows": [_row(evaluation, cell) for cell in evaluation.cells],
        "gestures": [{**g, "knobs_text": _moving_text(g)} for g in evaluation.gestures],
        "aliasing": _aliasing(evaluation.probes),
        "capture_name": capture_name,
        "number": figure,
        "place_text": _place_text(evaluation),
        "setting_text": lambda index: _setting_text(evaluation, index),
    }


def page_template(name: str) -> Any:
    """Return a page's template by its path in this room."""
    import jinja2

    loader = jinja2.PackageLoader(__package__ or "wetdry.host", ".")
    return jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    ).get_template(name)


def _clip(evaluation: Evaluation, clip: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return a player's data: the three tracks on one gain, the residual raised by a stated one, and its drawings."""
    tracks = {name: read_mono(folder / clip["files"][name], evaluation.sample_rate, again="evaluate") for name in TRACKS}
    rate = evaluation.sample_rate
    return {
        **clip,
        **_heard(evaluation, clip),
        **player_data(tracks, rate, _TRACK_TITLES),
        "waveform": figures_sound.waveform(tracks["target"], tracks["twin"], rate, clip["start_seconds"]),
        "spectrum": figures_sound.spectrum(tracks, rate),
        "gain": figures_sound.gain(tracks, rate, clip["start_seconds"]),
        "courses": _courses(evaluation, clip, tracks),
    }


def _heard(evaluation: Evaluation, clip: dict[str, Any]) -> dict[str, Any]:
    """Return what a clip's head says of the cell or gesture it is of."""
    if clip["why"] == MOVING:
        row = evaluation.gestures[clip["gesture"]]
        said = {"title": f"{_moving_text(row)}", "recording_name": row["recording"], "row_text": f"gesture {row['gesture']}"}
        return {**said, "there": False, "row_esr": row["twin"]["esr"], "mushra": row["twin"]["mushra"],
                "tag": "worst gesture, knobs moving"}  # fmt: skip
    cell, there = evaluation.cells[clip["cell"]], clip["why"] == THERE
    judged = cell["there"] if there else cell
    of = (evaluation.place or {}).get("of", "")
    return {"title": _setting_text(evaluation, clip["setting"]), "there": there, "row_text": f"cell {clip['cell']}",
            "recording_name": evaluation.recordings[clip["recording"]]["name"], "row_esr": judged["twin"]["esr"],
            "mushra": judged["twin"]["mushra"],
            "tag": f"median cell, there: the output of the {of}" if there else f"{clip['why']} cell"}  # fmt: skip


def _courses(evaluation: Evaluation, clip: dict[str, Any], tracks: dict[str, np.ndarray]) -> str:
    if clip["why"] != MOVING:
        return ""
    return figures_moving.courses(evaluation.parameters, evaluation.gestures[clip["gesture"]], tracks, evaluation.sample_rate)


def _row(evaluation: Evaluation, cell: dict[str, Any]) -> dict[str, Any]:
    setting = evaluation.settings[cell["setting"]]
    return {
        **cell,
        "values": [(knob_text(k, setting["values"][k.name]), setting["raw"][k.name]) for k in evaluation.parameters],
        "recording_name": evaluation.recordings[cell["recording"]]["name"],
        "is_worst": cell["cell"] == evaluation.summary["twin"]["esr"]["worst_cell"],
    }


def _setting_text(evaluation: Evaluation, index: int, separator: str = ", ") -> str:
    values = evaluation.settings[index]["values"]
    texts = [f"{k.name} {knob_text(k, values[k.name])} {k.unit}".rstrip() for k in evaluation.parameters]
    return separator.join(texts) or "as it stands"


def _moving_text(gesture: dict[str, Any]) -> str:
    words = {"ramp": "ramps", "step": "jumps", "smooth": "glides", "lfo": "swings"}
    return ", ".join(f"{name} {words.get(kind, kind)}" for name, kind in gesture["kinds"].items())


def _place_text(evaluation: Evaluation) -> str:
    place = evaluation.place or {}
    name, whole = place.get("name"), place.get("of", "")
    return f"node {name} of a {whole}" if isinstance(name, str) else f"place {name} of a {whole}, counted from 0"


def knob_text(knob: Parameter, value: Any) -> str:
    """Return a knob's value with the decimals its range calls for, without the unit."""
    if isinstance(value, bool | str) or knob.choices:
        return str(value)
    if knob.scale != "linear":
        return figure(value, 3) if value >= 0 else f"{value:.3g}"
    decimals = max(0, 2 - int(np.floor(np.log10(knob.maximum - knob.minimum))))
    return f"{value:.{decimals}f}"


def _knob_map(evaluation: Evaluation, heard: Sequence[dict[str, Any]]) -> str:
    found: dict[int, list[float]] = {}
    for cell in heard:
        found.setdefault(cell["setting"], []).append(cell["twin"]["esr"])
    settings = [evaluation.settings[index] for index in found]
    captured = list(evaluation.capture["positions"].values())
    return figures.knob_map(evaluation.parameters, settings, [float(np.mean(v)) for v in found.values()], captured)


def _panels(probes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return up to three probes whose target differs the most in output: the quietest, the middle, the loudest."""
    ordered = sorted(probes, key=lambda p: np.mean(p["target"]["output_dbfs"]))
    if len(ordered) <= PANELS:
        return list(ordered)
    return [ordered[round(i)] for i in np.linspace(0, len(ordered) - 1, PANELS)]


def _aliasing(probes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a row for each frequency and level: medians over the probed settings, and the worst difference."""
    found: dict[tuple[float, float], list[dict[str, float]]] = {}
    for probe in probes:
        for row in probe["aliasing"]:
            found.setdefault((row["frequency_hz"], row["level_dbfs"]), []).append(row)
    rows = []
    for (frequency, level), group in sorted(found.items()):
        medians = {k: float(np.median([r[k] for r in group])) for k in ("target_db", "twin_db", "difference_db")}
        rows.append(
            {"frequency_hz": frequency, "level_dbfs": level, **medians, "worst_db": max(r["difference_db"] for r in group)}
        )
    return rows
