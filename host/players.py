"""A page's player: tracks of one sound that run together, on one gain, as data addresses."""

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import figures_sound

FULL_SCALE = 0.98
MOST_RAISE_DB = 60


def player_data(tracks: Mapping[str, np.ndarray], sample_rate: float, titles: Mapping[str, str]) -> dict[str, Any]:
    """Return what `player.html.jinja` draws: dry, target and twin on one gain, the residual raised by a stated one.

    Args:
        tracks: "dry", "target", "twin" and "residual" (target minus twin), float32 (samples,).
        titles: of each, as the buttons say it.
    """
    peak = max(float(np.abs(tracks[name]).max()) for name in tracks if name != "residual")
    lowered = min(1.0, FULL_SCALE / peak) if peak else 1.0
    residual_peak = float(np.abs(tracks["residual"]).max()) * lowered
    raise_db = int(np.clip(np.floor(20 * np.log10(FULL_SCALE / max(residual_peak, 1e-9))), 0, MOST_RAISE_DB))
    gains = {name: lowered for name in tracks} | {"residual": lowered * 10 ** (raise_db / 20)}
    top = max(float(np.abs(tracks["target"]).max()), float(np.abs(tracks["twin"]).max()), 1e-9)
    return {
        "seconds": len(tracks["target"]) / sample_rate,
        "frames": len(tracks["target"]),
        "lowered_db": 20 * np.log10(lowered),
        "raise_db": raise_db,
        "tracks": [(name, titles[name], _address(tracks[name] * gains[name], sample_rate)) for name in tracks],
        "target_path": figures_sound.outline(tracks["target"], scale=top),
        "residual_path": figures_sound.outline(tracks["residual"], scale=top),
    }


def _address(samples: np.ndarray, sample_rate: float) -> str:
    """Return the samples as a data address: FLAC of 16 bits, which every browser plays and which loses nothing more."""
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(samples, -1, 1), round(sample_rate), format="FLAC", subtype="PCM_16")
    return "data:audio/flac;base64," + base64.b64encode(buffer.getvalue()).decode()
