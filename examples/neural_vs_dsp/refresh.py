"""Fill this written study in from a run: tables, findings, pictures.

python examples/neural_vs_dsp/refresh.py RUN [README.md]    RUN: what `wetdry compare … --out RUN` wrote
"""

import sys
from pathlib import Path

from wetdry.host.study_pages.written import refresh


def main(run: str, readme: str = str(Path(__file__).with_name("README.md"))) -> None:
    refresh(Path(readme), Path(run))
    print(f"filled in from {run}: {readme}")


if __name__ == "__main__":
    main(*sys.argv[1:])
