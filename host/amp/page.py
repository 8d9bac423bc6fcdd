"""The page of a recorded amp: how close it is, to be heard, and the pictures in plain words; one file for the browser."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...models.errors import FileProblem
from ...models.files import write_atomically
from ..evaluation.cell import METRICS, loudest_start
from ..evaluation.summary import GRADES, LOWEST_GRADE, figure
from ..players import player_data
from ..report import LARGEST_BYTES, page_template
from .files import ThreeFiles
from .judging import Judged, Kept
from .pictures import pictures

if TYPE_CHECKING:
    from .making import RecordedAmp

CLIP_SECONDS = 8.0
TITLES = {
    "dry": "Clean",
    "target": "Amp, recorded",
    "twin": "Amp, modelled",
    "whole": "Whole, modelled",
    "residual": "Difference",
}
ROWS = {"separated": "the amp, then the cabinet", "whole": "both in one net", "clean": "no amp, the cabinet alone"}


def write_page(made: "RecordedAmp", files: ThreeFiles, kept: Kept, tracks: dict[str, np.ndarray], path: Path) -> None:
    """Write the page. Raises FileProblem: it would be too large, or cannot be written."""
    html = page_template("amp/page.html.jinja").render(**page_data(made, files, kept, tracks)).encode()
    if len(html) > LARGEST_BYTES:
        raise FileProblem(f"{path} would have {len(html)} bytes, {LARGEST_BYTES} are allowed")
    write_atomically(path, html)


def page_data(made: "RecordedAmp", files: ThreeFiles, kept: Kept, tracks: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return everything the template names: texts, figures as SVG, audio as data addresses."""
    length = min(round(CLIP_SECONDS * kept.sample_rate), len(kept.target))
    start = loudest_start(kept.target, length)
    heard = {name: audio[start : start + length] for name, audio in tracks.items()}
    heard["residual"] = heard["target"] - heard["separated"]
    named = {("twin" if name == "separated" else name): audio for name, audio in heard.items()}
    order = [name for name in TITLES if name in named]
    begins = (kept.first + start) / kept.sample_rate
    best = made.judged[0]
    return {
        "made": made,
        "best": best,
        "word": word_for(best),
        "metrics": METRICS,
        "rows": [(ROWS[row.name], row) for row in made.judged],
        "clip": player_data({name: named[name] for name in order}, kept.sample_rate, TITLES),
        "begins": begins,
        "pictures": pictures(heard, kept.sample_rate, files.taps, made.model, begins),
        "kept_seconds": kept.seconds,
        "names": {"clean": files.clean_path.name, "amp": files.amp_path.name, "cabinet": files.cabinet_path.name},
        "net": made.model.training.get("net", "a net of its own"),
        "number": figure,
    }


def word_for(judged: Judged) -> str:
    """Return a word for how close a model is, by its ESR: those of the clone report."""
    esr = judged.figures["esr"]
    if esr is None:
        return "Not judged"
    return next((word for word, limit, _ in GRADES if esr <= limit), LOWEST_GRADE)
