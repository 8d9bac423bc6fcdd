"""Recorded gear on the command line: what to train on where no plugin can be rendered."""

from collections.abc import Callable
from pathlib import Path

from ...models.errors import InvalidValue
from ...models.locations import Location, location_of
from .common import console, given_knobs

DRY_HELP = "What was played into a device, with --wet, instead of a capture folder."
WET_HELP = "What came back from it."
RECORDINGS_HELP = "Recorded takes, instead of a capture folder: a CSV file with columns dry, wet, then one a knob."
KNOBS_HELP = (
    "With --recordings: ranges of its knobs, where they go further than they were turned: drive=0:10,tone=20:20000:log."
)


def training_capture(
    capture: str | None, dry: Path | None, wet: Path | None, recordings: Path | None, knobs: str | None, out: Path,
    progress: Callable[[str, float, float, str], None], cabinet: Path | None = None,
) -> Location:  # fmt: skip
    """Return the capture folder to train on: the one given, or `out`/capture, made of recordings (through a cabinet)."""
    if (dry is None) != (wet is None):
        raise InvalidValue(f"{'--wet' if dry is None else '--dry'} needs {'--dry' if dry is None else '--wet'}: "
                           "what was played and what came back")  # fmt: skip
    if sum(given is not None for given in (capture, dry, recordings)) != 1:
        raise InvalidValue("give one of: a capture folder, --dry with --wet, --recordings")
    if knobs and not recordings:
        raise InvalidValue("--knobs gives the ranges of --recordings; a capture folder has its own")
    if capture is not None:
        return location_of(capture)
    from ..recorded import capture_recordings

    takes = recordings if recordings is not None else [(dry, wet)]
    folder = capture_recordings(takes, out / "capture", knobs=given_knobs(knobs) if knobs else None,
                                cabinet=None if cabinet is None else str(cabinet), progress=progress)  # fmt: skip
    for take in folder.record.checks["takes"]:
        polarity = "inverted" if take["polarity"] < 0 else "as played"
        rates = "" if take["wet_rate"] == folder.record.sample_rate else f", resampled from {take['wet_rate']} Hz"
        console.print(f"{take['wet']}: {take['delay_samples']:.2f} samples late (by {take['how']}), {polarity}{rates}")
    floor = folder.record.checks["replicate_esr"]
    if floor is not None:
        console.print(f"the device repeats itself to an ESR of {floor:.2g}")
    for warning in folder.record.warnings:
        console.print(f"[yellow]warning:[/yellow] {warning}")
    return folder.path
