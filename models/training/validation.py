"""Whole recordings through a net, in chunks that fit the cache and share one receptive field of lead-in."""

import numpy as np
import torch
from torch import Tensor, nn

from .data import CaptureDataset

CHUNK = 16_384  # samples of output a piece


@torch.no_grad()
def predict(net: nn.Module, receptive_field: int, dry: np.ndarray, raw: np.ndarray, pieces: int = 16) -> np.ndarray:
    """Return the net's answer to one recording, float32 (frames,), as played after silence; it learns nothing from it.

    Args:
        receptive_field: of the net, in samples: so much silence before the first sample settles it.
        dry: (frames,). raw: (knobs,), positions 0..1. pieces: chunks in one batch.
    """
    device = next(net.parameters()).device
    lead = receptive_field - 1
    count = -(-len(dry) // CHUNK)
    padded = np.zeros(lead + count * CHUNK, np.float32)
    padded[lead : lead + len(dry)] = dry
    chunks = np.lib.stride_tricks.sliding_window_view(padded, lead + CHUNK)[::CHUNK]
    knobs = torch.from_numpy(raw).to(device)
    out: list[Tensor] = []
    learning = net.training
    net.eval()
    for first in range(0, count, pieces):
        audio = torch.from_numpy(chunks[first : first + pieces].copy()).to(device)
        out.append(net(audio, knobs.expand(len(audio), -1))[:, lead:].float().cpu())
    net.train(learning)
    return torch.cat(out).numpy().reshape(-1)[: len(dry)]


def validation_esr(net: nn.Module, receptive_field: int, data: CaptureDataset) -> np.ndarray:
    """Return the error-to-signal ratio of every take of `data`, whole, (takes,)."""
    ratios = []
    for i, frames in enumerate(data.frames):
        error = predict(net, receptive_field, data.dry(i, 0, int(frames)), data.raw[i]) - data.wet(i)
        ratios.append(np.mean(error.astype(np.float64) ** 2) / max(float(data.power[i, 0]), 1e-8))
    return np.array(ratios)
