"""What an evaluation records about itself: the capture, the twin, the versions, the machine."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from ...models.dataset import CaptureFolder
from ...models.model import Model
from ..machine import machine, versions

__all__ = ["about_capture", "about_twin", "machine", "versions", "weights_hash"]


def weights_hash(model: Model) -> str:
    """Return the SHA-256 over spec and weights: the sound of a model, whatever is written about it."""
    digest = hashlib.sha256(json.dumps(model.spec.to_dict(), sort_keys=True).encode())
    for name in sorted(model.weights):
        digest.update(name.encode() + b"\0" + np.ascontiguousarray(model.weights[name]).tobytes())
    return digest.hexdigest()


def about_twin(model: Model, path: Path | None) -> dict[str, Any]:
    """Return size, hash and training record; the size of a model without a file is that of its weights."""
    return {
        "file_name": path.name if path else "a model without a file",
        "bytes": path.stat().st_size if path else sum(w.nbytes for w in model.weights.values()),
        "sha256": weights_hash(model),
        "weights": model.weight_count,
        "multiply_adds": model.spec.multiply_adds,
        "receptive_field": model.spec.receptive_field,
        "training": model.training,
    }


def about_capture(folder: CaptureFolder) -> dict[str, Any]:
    """Return how much was captured of what, and what the capture found out."""
    record, takes = folder.record, [t for t in folder.takes if t.replicate_of is None]
    return {
        "settings": len({t.setting for t in takes}),
        "takes": len(takes),
        "seconds": sum(t.frames for t in takes) / record.sample_rate,
        "seed": record.seed,
        "sources": [d.source for d in record.dry if d.split != "test"],
        "warnings": list(record.warnings),
        "checks": record.checks,
        "latency": record.latency,
        "positions": {str(take.setting): dict(take.raw) for take in folder.takes},
    }
