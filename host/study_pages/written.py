"""The written study: a README whose tables and findings are filled in from a run, its pictures beside it."""

import re
from pathlib import Path

from ...models.errors import FileProblem, InvalidValue
from ...models.files import write_atomically
from ..study import Study
from .conclusion import conclusion, trial
from .findings import listed
from .pages import PICTURES
from .tables import call_table, cost_table, left_out, quality_table, seed_table, surroundings

PARTS = {
    "trial": trial, "surroundings": surroundings, "cost": cost_table, "calls": call_table, "quality": quality_table,
    "seeds": seed_table, "findings": listed, "conclusion": conclusion,
    "left out": lambda study: left_out(study) or "Nothing was left out.",
}  # fmt: skip


def filled(text: str, study: Study) -> str:
    """Return a text with every part between `<!-- study: NAME -->` and `<!-- end -->` as this study has it.

    Raises:
        InvalidValue: a part's name is unknown, or it has no end.
    """

    def part(found: re.Match[str]) -> str:
        name = found["name"]
        if name not in PARTS:
            raise InvalidValue(f"the text asks for the part {name!r}; parts are {', '.join(PARTS)}")
        return f"<!-- study: {name} -->\n{PARTS[name](study)}\n<!-- end -->"

    if text.count("<!-- study:") != text.count("<!-- end -->"):
        raise InvalidValue("a part of the text begins with <!-- study: NAME --> and ends with <!-- end -->; one has no end")
    return re.sub(r"<!-- study: (?P<name>[a-z ]+) -->.*?<!-- end -->", part, text, flags=re.DOTALL)


def refresh(readme: Path, folder: Path) -> None:
    """Fill a written study in from the study in `folder`, and put its pictures and figures beside it.

    Raises:
        FileProblem: something cannot be read or written. InvalidValue: the text's marks.
    """
    study = Study.load(folder)
    try:
        text = readme.read_text("utf-8")
        pictures = {name: (folder / name).read_bytes() for name in (*PICTURES, "study.json")}
    except OSError as error:
        raise FileProblem(f"cannot read {error.filename}: {error.strerror or error}; run wetdry compare first") from None
    for name, content in pictures.items():
        write_atomically(readme.parent / name, content)
    write_atomically(readme, filled(text, study).encode())
