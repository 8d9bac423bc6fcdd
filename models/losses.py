"""What training minimises, and its parts: per-item errors of (batch, samples) tensors.

Every energy ratio is taken against the power of the *take* a segment was cut from, not of the segment: so each take, loud
or quiet, weighs the same, while a silent moment inside one does not blow up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points

import torch
from torch import Tensor

from .errors import UnknownName

PRE_EMPHASIS = 0.85
CLASSIC_PRE_EMPHASIS, CLASSIC_WEIGHT = 0.95, 0.5
QUIETEST_POWER = 1e-8  # -80 dBFS: takes below it are weighed as if they were that loud

QUIETEST_LEVEL = 1e-3  # of a sample, full scale: far below it a level counts as that

QUIETEST_SEGMENT = 1e-2  # of the take's power: below it the spectral distance is not asked
QUIETEST_BIN = 1e-4  # squared magnitude, at unit rms


@dataclass(frozen=True)
class TakePower:
    """Mean square of the takes that a batch was cut from, each (batch,): plain and after pre-emphasis."""

    plain: Tensor
    emphasised: Tensor

    @classmethod
    def of(cls, target: Tensor) -> "TakePower":
        """Measure it on the target itself, (batch, samples): the ratios become those of the segments."""
        return cls(target.square().mean(1), emphasise(target).square().mean(1))


def emphasise(audio: Tensor) -> Tensor:
    """Return 1 - 0.85 z^-1 of audio (batch, samples), one sample shorter."""
    return audio[:, 1:] - PRE_EMPHASIS * audio[:, :-1]


def esr(prediction: Tensor, target: Tensor, power: TakePower | None = None) -> Tensor:
    """Return the error-to-signal ratio of each item, (batch,)."""
    power = power or TakePower.of(target)
    return (prediction - target).square().mean(1) / power.plain.clamp_min(QUIETEST_POWER)


def emphasised_esr(prediction: Tensor, target: Tensor, power: TakePower | None = None) -> Tensor:
    """Return the error-to-signal ratio of each item after pre-emphasis, (batch,)."""
    power = power or TakePower.of(target)
    floor = QUIETEST_POWER * (1 - PRE_EMPHASIS) ** 2
    return emphasise(prediction - target).square().mean(1) / power.emphasised.clamp_min(floor)


def level_distance(prediction: Tensor, target: Tensor) -> Tensor:
    """Return the mean square of ln |prediction| - ln |target| of each item, (batch,), levels below -60 dBFS counted as that.

    For a target that is the input times a gain this is the error of the gain itself, in nepers: a small one weighs as much
    as in the ESR, and where the target is quiet because it was turned down it weighs no less.
    """
    ratio = (prediction.abs() + QUIETEST_LEVEL).log() - (target.abs() + QUIETEST_LEVEL).log()
    return ratio.square().mean(1)


@cache
def _multi_resolution_stft() -> torch.nn.Module:
    from auraloss.freq import MultiResolutionSTFTLoss

    return MultiResolutionSTFTLoss(eps=QUIETEST_BIN)


def mr_stft(prediction: Tensor, target: Tensor, power: TakePower | None = None) -> Tensor:
    """Return auraloss's multi-resolution STFT distance of the batch, the takes brought to an rms of 1.

    It is relative to the spectrum of the segment and logarithmic, so near silence its slope grows without bound (one such
    segment threw a whole training back): segments 20 dB below their take give 0, bins 66 dB below count as equal.
    """
    power = power or TakePower.of(target)
    loud = target.square().mean(1) > QUIETEST_SEGMENT * power.plain.clamp_min(QUIETEST_POWER)
    if not loud.all():
        prediction, target, power = prediction[loud], target[loud], TakePower(power.plain[loud], power.emphasised[loud])
        if not len(target):
            return prediction.sum()
    gain = power.plain.clamp_min(QUIETEST_POWER).rsqrt()[:, None, None]
    return _multi_resolution_stft()(prediction[:, None] * gain, target[:, None] * gain)


def balanced(prediction: Tensor, target: Tensor, power: TakePower, step: int) -> Tensor:
    """Return the mean of ESR and pre-emphasised ESR."""
    return 0.5 * (esr(prediction, target, power) + emphasised_esr(prediction, target, power)).mean()


def plain(prediction: Tensor, target: Tensor, power: TakePower, step: int) -> Tensor:
    """Return the ESR."""
    return esr(prediction, target, power).mean()


def emphasised(prediction: Tensor, target: Tensor, power: TakePower, step: int) -> Tensor:
    """Return the pre-emphasised ESR."""
    return emphasised_esr(prediction, target, power).mean()


def level(prediction: Tensor, target: Tensor, power: TakePower, step: int) -> Tensor:
    """Return the ESR plus `level_distance`: for compressors."""
    return (esr(prediction, target, power) + level_distance(prediction, target)).mean()


def classic(prediction: Tensor, target: Tensor, power: TakePower, step: int) -> Tensor:
    """Return the mean square error plus half of that after 1 - 0.95 z^-1: full scale, so that loud takes weigh more."""
    error = prediction - target
    after = error[:, 1:] - CLASSIC_PRE_EMPHASIS * error[:, :-1]
    return error.square().mean() + CLASSIC_WEIGHT * after.square().mean()


def spectral(prediction: Tensor, target: Tensor, power: TakePower, step: int) -> Tensor:
    """Return the mean absolute error, each take brought to an rms of 1, plus the MR-STFT distance: micro-TCN's loss."""
    rms = power.plain.clamp_min(QUIETEST_POWER).sqrt()[:, None]
    return ((prediction - target).abs() / rms).mean() + mr_stft(prediction, target, power)


STFT_WEIGHT, STFT_EVERY = 5e-4, 2


def full(prediction: Tensor, target: Tensor, power: TakePower, step: int) -> Tensor:
    """Return `balanced` plus a little MR-STFT: of one item in turn every second step, since it costs a tenth of a step."""
    total = balanced(prediction, target, power, step)
    if step % STFT_EVERY:
        return total
    turn = step // STFT_EVERY % len(target)
    item = slice(turn, turn + 1)
    part = TakePower(power.plain[item], power.emphasised[item])
    return total + STFT_EVERY * STFT_WEIGHT * mr_stft(prediction[item], target[item], part)


Loss = Callable[[Tensor, Tensor, TakePower, int], Tensor]
LOSSES: dict[str, Loss] = {"esr+stft": full, "esr": balanced, "esr-plain": plain, "esr-emphasised": emphasised,
                           "esr+level": level, "mse+emphasised": classic, "l1+stft": spectral}  # fmt: skip
SHORTEST_SPECTRAL = 1025  # samples that auraloss's longest window needs
SPECTRAL = ("esr+stft", "l1+stft")
SAMPLEWISE = ("esr-plain", "esr+level")  # those that compare sample with sample, whatever lies between
DEFAULT_LOSS = "esr+stft"


def named(name: str) -> Loss:
    """Return a loss: (prediction, target, power, step) → scalar, of LOSSES or of the entry-point group `wetdry.losses`.

    Raises UnknownName listing near misses.
    """
    if name in LOSSES:
        return LOSSES[name]
    offered = {point.name: point for point in entry_points(group="wetdry.losses")}
    if name not in offered:
        raise UnknownName("loss", name, (*LOSSES, *offered))
    return offered[name].load()
