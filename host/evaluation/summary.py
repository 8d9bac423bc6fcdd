"""What all cells say together: figures, and the verdict in one line."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .cell import METRICS, Metric

REDUCED_DB = 6.0  # a target this far below its input is a compressor at work
FAR = 0.05  # of a knob's range: closer than this to a capture, looking the capture up is as good as a model

# word, largest median ESR, largest 90th percentile
GRADES = (("Excellent", 0.003, 0.01), ("Very good", 0.01, 0.03), ("Good", 0.03, 0.1), ("Fair", 0.1, 0.3))
LOWEST_GRADE = "Poor"


def summarise(
    cells: Sequence[dict[str, Any]], probes: Sequence[dict[str, Any]], gestures: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Return the figures over all cells whose target is not quiet (under -60 dBFS), as plain data.

    For the twin and each baseline and every metric: `median`, `p90` (nine cells in ten do at least as well), `worst`
    and `worst_cell`. `beats_nearest`: of the cells further than 5 % of a knob's range from every capture, how many
    have a lower ESR than the target at its nearest captured setting. `reduced`: the twin's figures, and the median ESR of
    dry, over the cells at drawn settings whose target is 6 dB or more below dry; None where there are none. `there`: the
    figures of twin and dry at the output of what they have their place in, over the cells that are not quiet there; None
    where they stood alone. `gestures`: ESR of twin and dry while the knobs move, and of the energy above 5 kHz during ramps,
    in dB of all there, the medians and the twin's largest difference; None where there are none.
    """
    heard = [c for c in cells if not c["quiet"]]
    who = ("twin", "dry", "nearest")
    figures: dict[str, Any] = {name: {m.key: _spread(heard, name, m) for m in METRICS} for name in who}
    replicate = [c["replicate_esr"] for c in heard if c["replicate_esr"] is not None]
    far = [c for c in heard if c["distance"] > FAR]
    won = sum(c["twin"]["esr"] < c["nearest"]["esr"] for c in far)
    differences = [row["difference_db"] for p in probes for row in p["aliasing"]]
    reduced = [c for c in heard if c.get("reduction_db", 0.0) >= REDUCED_DB and c["kind"] == "drawn"]
    return {
        **figures,
        "reduced": _reduced(reduced) if reduced else None,
        "there": _there(cells),
        "gestures": _moving(gestures),
        "cells": len(cells),
        "quiet_cells": len(cells) - len(heard),
        "replicate_esr": {"median": _number(np.median(replicate)), "worst": max(replicate)} if replicate else None,
        "beats_nearest": {"cells": len(far), "won": won, "share": won / len(far) if far else None, "further_than": FAR},
        "aliasing_db": {"median": _number(np.median(differences)), "worst": max(differences)} if differences else None,
    }


def grade(summary: dict[str, Any]) -> str:
    """Return the word for these figures: the first of `GRADES` whose two ESR limits hold, else Poor."""
    esr = summary["twin"]["esr"]
    if esr["median"] is None:
        return "Not judged"
    fitting = (word for word, median, p90 in GRADES if esr["median"] <= median and esr["p90"] <= p90)
    return next(fitting, LOWEST_GRADE)


def verdict(summary: dict[str, Any], speed: dict[str, Any] | None) -> str:
    """Return the evaluation in one line: a word tied to thresholds, and the figures it stands on."""
    esr, mushra = summary["twin"]["esr"], summary["twin"]["mushra"]
    if esr["median"] is None:
        return "Not judged: the target is below -60 dBFS in every cell."
    judged = summary["cells"] - summary["quiet_cells"]
    cells = f"{judged} unseen cell{'s' if judged != 1 else ''}"
    parts = [
        f"ESR median {figure(esr['median'])}, 90th percentile {figure(esr['p90'])}, worst {figure(esr['worst'])} of {cells}"
    ]
    if mushra["median"] is not None:
        parts.append(f"predicted listening score {mushra['median']:.0f}/100")
    there = summary["there"]
    if there and there["twin"]["esr"]["median"] is not None:
        found = there["twin"]["esr"]
        parts.append(f"in its place, at the output: ESR median {figure(found['median'])}, worst {figure(found['worst'])}")
    moving = summary["gestures"]
    if moving and moving["esr"]["median"] is not None:
        zipper = moving["zipper"]
        above = f", zipper above 5 kHz {zipper['median_db']:+.1f} dB beside the target" if zipper else ""
        parts.append(
            f"knobs moving: ESR median {figure(moving['esr']['median'])}, worst {figure(moving['esr']['worst'])}{above}"
        )
    beats = summary["beats_nearest"]
    if beats["cells"]:
        parts.append(f"beats the nearest capture in {beats['won']} of {beats['cells']}")
    if speed:
        parts.append(f"{figure(speed['twin'])} x real time")
    return f"{grade(summary)}: {'; '.join(parts)}."


def figure(value: float | None, digits: int = 2) -> str:
    """Return a number with `digits` significant digits and no exponent down to 1e-6; a dash for None."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    if abs(value) < 1e-6:
        return f"{value:.0e}"
    decimals = max(0, digits - 1 - int(np.floor(np.log10(abs(value)))))
    return f"{value:.{decimals}f}"


def _reduced(cells: Sequence[dict[str, Any]]) -> dict[str, Any]:
    keys = ("esr", "lufs_difference", "gain_error_db")
    figures = {m.key: _spread(cells, "twin", m) for m in METRICS if m.key in keys}
    shares = [c["twin"]["esr"] / c["dry"]["esr"] for c in cells]
    return {**figures, "cells": len(cells), "settings": len({c["setting"] for c in cells}), "by_db": REDUCED_DB,
            "dry_esr": _number(np.median([c["dry"]["esr"] for c in cells])), "share_of_dry": max(shares)}  # fmt: skip


def _there(cells: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    found = [{**c["there"], "cell": c["cell"]} for c in cells if "there" in c]
    heard = [c for c in found if not c["quiet"]]
    figures: dict[str, Any] = {who: {m.key: _spread(heard, who, m) for m in METRICS} for who in ("twin", "dry")}
    return {**figures, "cells": len(found), "quiet_cells": len(found) - len(heard)} if found else None


def _moving(gestures: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    if not gestures:
        return None
    heard = [g for g in gestures if not g["quiet"]]
    found = {who: [g[who]["esr"] for g in heard] for who in ("twin", "dry")}
    spread = {"median": None, "p90": None, "worst": None, "worst_gesture": None}
    if heard:
        spread = {"median": _number(np.median(found["twin"])), "p90": _number(np.quantile(found["twin"], 0.9)),
                  "worst": max(found["twin"]), "worst_gesture": heard[int(np.argmax(found["twin"]))]["gesture"]}  # fmt: skip
    return {"gestures": len(gestures), "quiet_gestures": len(gestures) - len(heard), "esr": spread,
            "dry_esr": _number(np.median(found["dry"])) if heard else None, "zipper": _zipper(heard)}  # fmt: skip


def _zipper(heard: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    rows = [g["zipper"] for g in heard if g["zipper"]["difference_db"] is not None]
    if not rows:
        return None
    still = [row["still_difference_db"] for row in rows if row["still_difference_db"] is not None]
    medians = {who: _number(np.median([row[f"{who}_db"] for row in rows])) for who in ("target", "twin")}
    differences = [row["difference_db"] for row in rows]
    return {"gestures": len(rows), **{f"{who}_db": value for who, value in medians.items()},
            "median_db": _number(np.median(differences)), "worst_db": max(differences),
            "still_db": _number(np.median(still)) if still else None}  # fmt: skip


def _spread(cells: Sequence[dict[str, Any]], who: str, metric: Metric) -> dict[str, Any]:
    rows = [(c[who][metric.key], c["cell"]) for c in cells if c[who] is not None and c[who].get(metric.key) is not None]
    if not rows:
        return {"median": None, "p90": None, "worst": None, "worst_cell": None}
    values = np.array([value for value, _ in rows])
    worst = int(np.argmax(values) if metric.lower_is_better else np.argmin(values))
    ninety = np.quantile(values, 0.9 if metric.lower_is_better else 0.1)
    return {"median": _number(np.median(values)), "p90": _number(ninety), "worst": rows[worst][0], "worst_cell": rows[worst][1]}


def _number(value: Any) -> float:
    return float(value)
