"""convert: a model from one file format to another, its knobs baked where the new one has none."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..models.errors import InvalidType, InvalidValue, UnknownName
from ..models.formats.writers import format_of
from ..models.model import Model, load
from .model_levels import loudness_and_gain

NUMBERS = ("loudness", "gain", "input_level_dbu", "output_level_dbu")
CHOICES = {
    "gear_type": ("amp", "pedal", "pedal_amp", "amp_cab", "amp_pedal_cab", "preamp", "studio"),
    "tone_type": ("clean", "overdrive", "crunch", "hi_gain", "fuzz"),
}
NAM_KEYS = ("name", "modeled_by", "gear_make", "gear_model", *CHOICES, *NUMBERS)


def convert(
    source: Model | str | Path,
    out: str | Path,
    *,
    settings: Mapping[str, Any] | None = None,
    format: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    **reading: Any,
) -> Model:
    """Write a model in another format, and return it as written.

    A .nam gets loudness and gain, by which its players level models, measured where the source does not say them.

    Args:
        source: a Model, or a file of any format `wetdry.models.load` reads.
        out: the file to write; its suffix names the format (`Model.save`).
        settings: knob → value: these knobs are fixed there and gone (`Model.baked`).
        format: the format's name, where the suffix does not say it.
        metadata: what the file shall say of itself, over what the source says. A .nam takes name, modeled_by,
            gear_make, gear_model, gear_type, tone_type, input_level_dbu, output_level_dbu, loudness, gain.
        reading: options of `wetdry.models.load`.

    Raises:
        CannotHold: the format has no room for the model; names field, reason and next step. Nothing is written.
        UnknownName, InvalidValue, InvalidType: a knob, setting, format or key of the metadata that is not allowed.
        FileProblem, ModelFileError: a file that cannot be read or written.

    Example:
        convert("clone.safetensors", "clone.nam", settings={"drive": 7.5}, metadata={"gear_type": "amp"})
    """
    out = Path(out)
    name = format_of(out, format)
    model = source if isinstance(source, Model) else load(source, **reading)
    model = model.baked(settings or {})
    given = _nam_metadata(metadata or {}) if name == "nam" else dict(metadata or {})
    model = replace(model, metadata={**model.metadata, **given})
    if name == "nam" and not model.spec.knobs:
        model = with_levels(model)
    model.save(out, name)
    return model


def with_levels(model: Model) -> Model:
    """Return `model` with loudness, gain and the baked knob settings in its metadata, where it does not say them yet."""
    found = dict(model.metadata)
    if found.get("loudness") is None or found.get("gain") is None:
        levels = loudness_and_gain(model)
        for key, value in zip(("loudness", "gain"), levels or (), strict=False):
            found[key] = round(value, 4) if found.get(key) is None else found[key]
    if model.training.get("baked"):
        found.setdefault("settings", model.training["baked"])
    return replace(model, metadata=found)


def _nam_metadata(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata as NAM's players expect it; raises naming the key."""
    checked: dict[str, Any] = {}
    for key, value in given.items():
        if key not in NAM_KEYS:
            raise UnknownName("key of .nam metadata", key, NAM_KEYS)
        if key in CHOICES and value not in CHOICES[key]:
            raise InvalidValue(f"metadata {key} = {value!r} is not one of {', '.join(CHOICES[key])}")
        checked[key] = _number(key, value) if key in NUMBERS else value
    return checked


def _number(key: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InvalidType(f"metadata {key} is a number, got {value!r}") from None
    if not -200 <= number <= 200:
        raise InvalidValue(f"metadata {key} = {number:g} is outside -200 to 200")
    return number
