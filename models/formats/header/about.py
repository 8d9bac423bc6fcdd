"""The sentences at the top of a header: what the model is, as its file knows it."""

from ...model import Model
from .names import one_line

NAMED = ("name", "modeled_by", "gear_type", "gear_make", "gear_model", "tone_type")  # of a .nam's metadata


def about(model: Model) -> list[str]:
    """Return lines about the model."""
    lines = [f"{key.replace('_', ' ').capitalize():12} {one_line(str(value))[:90]}"
             for key, value in model.metadata.items() if key in NAMED and isinstance(value, str | int | float)]  # fmt: skip
    verdict = model.certificate.get("verdict")
    if isinstance(verdict, str) and verdict:
        lines.append(f"{'Certificate':12} {one_line(verdict)[:90]}")
    return [f"{'Work':12} {model.spec.multiply_adds} multiply-adds a sample", *lines]


def size_text(count: int) -> str:
    """Return bytes as a person writes them."""
    return f"{count / 2**20:.1f} MiB" if count >= 2**20 else f"{-(-count // 1024)} KiB"
