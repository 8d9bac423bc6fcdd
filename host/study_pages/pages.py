"""A study's pictures and its text, written beside its figures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...models.files import write_atomically
from ..figures_file import write_figure
from ..study import Study
from . import blocks, harmonics, latency, trade, waveforms
from .findings import listed
from .looks import OURS, esr_of, is_maths, one_each
from .spectra import MovingSpectra, write_moving
from .tables import call_table, cost_table, left_out, quality_table, seed_table, surroundings

TRADE, BLOCKS, LATENCY = "quality_against_cost.png", "buffer_size.png", "latency.png"
HARMONICS, WAVEFORMS, SPECTRA, TEXT = "harmonics.png", "waveforms.png", "spectra.gif", "study.md"
PICTURES = {
    TRADE: "Quality against cost",
    BLOCKS: "What a sample costs as the block shrinks",
    LATENCY: "How late the latest blocks are",
    HARMONICS: "Harmonics, the reference's and every rival's",
    WAVEFORMS: "Waveforms, where the rivals differ most",
    SPECTRA: "Spectra while both play",
}
Progress = Callable[[str, float, float, str], None]


def draw_study(
    study: Study, folder: str | Path, *, rival: str | None = None, moving: str = SPECTRA, progress: Progress | None = None
) -> dict[str, Path]:
    """Draw everything there is to see of a study, and write its tables and findings as `study.md`.

    Args:
        study: its result.
        folder: where it was saved, the audio of its entries with it; pictures are written beside.
        rival: whose spectra move beside the reference's; None: the closest net's.
        moving: file name of that picture: .gif, or .mp4 where ffmpeg is installed.
        progress: called as progress("pictures", done, total, name).

    Returns:
        File name → path.

    Raises:
        FileProblem, InvalidValue: audio is missing, the rival is none, the folder cannot be written.
    """
    folder = Path(folder)
    tracks = waveforms.tracks_of(study, folder)
    drawn: list[tuple[str, Callable[[Any], None], tuple[float, float]]] = [
        (TRADE, lambda figure: trade.draw(figure, study), trade.SIZE),
        (BLOCKS, lambda figure: blocks.draw(figure, study), blocks.size(study)),
        (LATENCY, lambda figure: latency.draw(figure, study), latency.size(study)),
        (HARMONICS, lambda figure: harmonics.draw(figure, study), harmonics.SIZE),
        (WAVEFORMS, lambda figure: waveforms.draw(figure, study, tracks), waveforms.size(study)),
    ]
    tell = progress or (lambda *_: None)
    for done, (name, draw, size) in enumerate(drawn):
        tell("pictures", done, len(drawn) + 1, name)
        write_figure(folder / name, draw, *size)
    tell("pictures", len(drawn), len(drawn) + 1, moving)
    write_moving(folder / moving, moving_spectra(study, folder, rival))
    write_atomically(folder / TEXT, text_of(study, moving).encode())
    tell("pictures", len(drawn) + 1, len(drawn) + 1, "")
    return {name: folder / name for name in (*(name for name, _, _ in drawn), moving, TEXT)}


def moving_spectra(study: Study, folder: str | Path, rival: str | None = None) -> MovingSpectra:
    """Return the spectra of the reference and a rival (None: the closest net), ready to be written or shown.

    Raises:
        UnknownName: no such rival. FileProblem, InvalidValue: their audio.
    """
    from ...models.errors import UnknownName

    others = {entry.rival: entry for entry in one_each(study)[1:]}
    if rival is not None and rival not in others:
        raise UnknownName("rival", rival, others)
    tracks, reference = waveforms.tracks_of(study, Path(folder)), study.entries[0].rival
    name = rival or closest(study)
    return MovingSpectra({key: tracks[key] for key in ("dry", reference, name)}, study.sample_rate)


def closest(study: Study) -> str:
    """Return the net on our engine with the least ESR; without nets, the rival with the least."""
    others = one_each(study)[1:] or [study.entries[0]]
    nets = [entry for entry in others if not is_maths(entry) and entry.engine == OURS]
    return min(nets or others, key=esr_of).rival


def text_of(study: Study, moving: str = SPECTRA) -> str:
    """Return a study as Markdown: findings, tables, pictures; a film, which no page shows as a picture, as a link."""
    links = {name if name != SPECTRA else moving: title for name, title in PICTURES.items()}
    pictures = "\n\n".join(f"{'' if name.endswith('.mp4') else '!'}[{title}]({name})" for name, title in links.items())
    missing = left_out(study)
    return "\n\n".join([
        f"# {study.reference} and its rivals", surroundings(study), "## Found", listed(study),
        "## Cost", cost_table(study), call_table(study), "## Quality", quality_table(study), seed_table(study),
        *(["## Left out", missing] if missing else []), "## Pictures", pictures,
    ]) + "\n"  # fmt: skip
