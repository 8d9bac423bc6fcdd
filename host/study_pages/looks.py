"""Who looks how in a study's pictures: a colour for a rival, a mark for an engine, the same in every picture."""

from collections.abc import Sequence
from typing import Any

from ..figures_file import BLUE, GOLD, GREY, INK, ORANGE, VIOLET
from ..study import Entry, Study
from ..study.figures import Spread

GREEN, ROSE, INDIGO, TEAL, BROWN, OLIVE = "#2f8f4e", "#c2255c", "#364fc7", "#0c8599", "#8a5a2b", "#5c6b0d"
MATHS_COLOURS, NET_COLOURS = (INK, BROWN, GREY, TEAL, OLIVE), (ORANGE, BLUE, VIOLET, GOLD, GREEN, ROSE, INDIGO)
ENGINE_COLOURS = {"ours": ORANGE, "torch": VIOLET, "torchscript": GOLD, "onnxruntime": BLUE, "onnxruntime-int8": GREEN}
ENGINE_MARKS = {"ours": "o", "torch": "s", "torchscript": "D", "onnxruntime": "^", "onnxruntime-int8": "v"}
MATHS = ("reference", "dsp")
OURS, TYPICAL_BLOCK = "ours", 64
LEAST_ESR = 1e-7  # drawn for what differs less


def is_maths(entry: Entry) -> bool:
    """Return whether an entry computes the effect instead of having learned it."""
    return entry.kind in MATHS


def rivals_of(study: Study) -> list[str]:
    """Return every rival's name once, the reference first."""
    return list(dict.fromkeys(entry.rival for entry in study.entries))


def colours_of(study: Study) -> dict[str, str]:
    """Return rival → colour: inks for maths, hues for nets; where there are more nets than hues, they come again."""
    maths = {entry.rival for entry in study.entries if is_maths(entry)}
    found, counted = {}, {True: 0, False: 0}
    for rival in rivals_of(study):
        kind = rival in maths
        palette = MATHS_COLOURS if kind else NET_COLOURS
        found[rival] = palette[counted[kind] % len(palette)]
        counted[kind] += 1
    return found


def mark_of(entry: Entry) -> str:
    """Return the mark of the engine it plays on; maths plays on none of them and has a star."""
    return ENGINE_MARKS.get(entry.engine, "*")


def one_each(study: Study) -> list[Entry]:
    """Return one entry a rival: the one on our engine, else its first."""
    found: dict[str, Entry] = {}
    for entry in study.entries:
        if entry.rival not in found or entry.engine == OURS:
            found[entry.rival] = entry
    return list(found.values())


def typical_block(study: Study) -> int:
    """Return the block size that single figures are told at: 64, or the measured one next to it."""
    return min(study.block_sizes, key=lambda size: (abs(size - TYPICAL_BLOCK), size))


def esr_of(entry: Entry) -> float:
    """Return the mean ESR as it is drawn: never below `LEAST_ESR`."""
    return max(entry.quality.esr.mean if entry.quality.esr else 0.0, LEAST_ESR)


def over_seeds(study: Study, rival: str) -> Spread | None:
    """Return the ESR of a net over the seeds it was trained from, None where there is one."""
    return next((net.esr for net in study.trained if net.rival == rival), None)


def close_by(study: Study, entry: Entry) -> float:
    """Return how close a rival comes: the mean ESR over its seeds, where it was trained from several."""
    spread = over_seeds(study, entry.rival)
    return max(spread.mean, LEAST_ESR) if spread else esr_of(entry)


def engine_marks(entries: Sequence[Entry]) -> list[Any]:
    """Return handles for a legend of the engines that are there."""
    from matplotlib.lines import Line2D

    marks = dict.fromkeys((mark_of(entry), "maths" if is_maths(entry) else entry.engine) for entry in entries)
    return [Line2D([], [], color=GREY, marker=mark, linestyle="", label=name) for mark, name in marks]
