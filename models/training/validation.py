"""Whole recordings through a net: in chunks that share one receptive field of lead-in, or one after another by its states."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ..nets import Network, at_rest, going_on, stateful_layers
from .cabinet import Cabinet
from .data import CaptureDataset

CHUNK, PIECES = 16_384, 16  # samples of output a piece, pieces a batch


@torch.no_grad()
def predict(net: Network, receptive_field: int, dry: np.ndarray, raw: np.ndarray, pieces: int = PIECES) -> np.ndarray:
    """Return the net's answer to one recording, float32 (frames,), as played after silence; it learns nothing from it.

    Args:
        receptive_field: of the net, in samples: so much silence before the first sample settles it. A net with a state
            settles as `at_rest` says, and hears the recording in one go.
        dry: (frames,). raw: (knobs,), positions 0..1. pieces: chunks in one batch.
    """
    if stateful_layers(net):
        return _in_one_go(net, [dry], raw[None])[0]
    like = next(net.parameters())
    lead = receptive_field - 1
    count = -(-len(dry) // CHUNK)
    padded = np.zeros(lead + count * CHUNK, np.float32)
    padded[lead : lead + len(dry)] = dry
    chunks = np.lib.stride_tricks.sliding_window_view(padded, lead + CHUNK)[::CHUNK]
    knobs = torch.from_numpy(raw).to(like)
    out: list[Tensor] = []
    learning = net.training
    net.eval()
    for first in range(0, count, pieces):
        audio = torch.from_numpy(chunks[first : first + pieces].copy()).to(like)
        out.append(net(audio, knobs.expand(len(audio), -1))[:, lead:].float().cpu())
    net.train(learning)
    return torch.cat(out).numpy().reshape(-1)[: len(dry)]


@torch.no_grad()
def _in_one_go(net: Network, dry: Sequence[np.ndarray], raw: np.ndarray) -> list[np.ndarray]:
    """Return the answers to recordings of any lengths, side by side; raw is (recordings, knobs)."""
    like, longest = next(net.parameters()), max(map(len, dry))
    knobs, learning = torch.from_numpy(raw).to(like), net.training
    net.eval()
    with at_rest(net) as lead, going_on(net):
        audio = torch.zeros(len(dry), lead + longest).to(like)
        for row, recording in zip(audio, dry, strict=True):
            row[lead : lead + len(recording)] = torch.from_numpy(recording)
        chunk = CHUNK if net.spec.receptive_field == 1 else audio.shape[1]  # convolutions would start anew with every chunk
        out = torch.cat([net(piece, knobs).float().cpu() for piece in audio.split(chunk, 1)], 1).numpy()
    net.train(learning)
    return [row[lead : lead + len(recording)] for row, recording in zip(out, dry, strict=True)]


def validation_esr(
    net: Network, receptive_field: int, data: CaptureDataset, takes: Sequence[int] | None = None, cabinet: Cabinet | None = None
) -> np.ndarray:
    """Return the error-to-signal ratio of every take of `data`, or of these, whole, (takes,); through a cabinet if given."""
    chosen = range(len(data.takes)) if takes is None else takes
    if not chosen:
        return np.zeros(0)
    before, ahead = (cabinet.lead_in, cabinet.ahead) if cabinet else (0, 0)
    dry = [data.dry(i, ahead - before, int(data.frames[i]) + ahead) for i in chosen]
    raw = data.raw[list(chosen)]
    if stateful_layers(net) and receptive_field == 1:
        answers = _in_one_go(net, dry, raw)  # side by side: a loop over samples costs hardly more for many
    else:
        pieces = max(
            1, PIECES // data.oversampling
        )  # the faster, the smaller and wider a net is: its answers stay in the cache
        answers = [predict(net, receptive_field, audio, knobs, pieces) for audio, knobs in zip(dry, raw, strict=True)]
    if cabinet:
        answers = [cabinet(torch.from_numpy(answer)[None].double())[0].numpy() for answer in answers]
    errors = [answer.astype(np.float64) - data.wet(i) for i, answer in zip(chosen, answers, strict=True)]
    powers = np.maximum(data.power[list(chosen), 0].astype(np.float64), 1e-8)
    return np.array([np.mean(error**2) for error in errors]) / powers
