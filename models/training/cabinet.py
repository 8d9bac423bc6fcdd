"""A fixed impulse response behind the net while it learns: what is compared with the recording is conv(net(dry), response).

So the net learns the amp alone, of a recording that has the cabinet in it, and plays through any other cabinet afterwards.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..audio_file import read_audio
from ..errors import InvalidValue
from ..files import sha256_of
from ..response_rate import resampled, without_lead

LONGEST_SECONDS = 5.0
LEARNED_FROM = 1e-6  # of the energy: the tail that holds less teaches nothing a net could follow, and costs as much
FAINT = 1e-2  # of the energy: what a net answers so long before is heard, and need not be learned from


@dataclass(frozen=True, eq=False)
class Cabinet:
    """The taps of a response at the net's rate, and convolution with them.

    Attributes:
        taps: float64 (taps,).
        ahead: of them, how many come before the response's beginning (where oversampling made it ring): so many samples
            the input has to run ahead for the output to be in time.
        identity: `name` and `sha256` of the file.
        oversampling: how many times the recordings' rate the net's is.
    """

    taps: np.ndarray
    ahead: int
    identity: dict[str, str]
    oversampling: int = 1
    _spectra: dict[Any, Tensor] = field(default_factory=dict)

    @classmethod
    def read(cls, path: str | Path, sample_rate: float, oversampling: int = 1) -> "Cabinet":
        """Read a response as `CabinetIR` plays it on mono audio at `sample_rate`, its level included.

        Args:
            path: of a WAV, FLAC or AIFF file of at most 5 s; of several channels the mean is taken.
            sample_rate: of the capture, in Hz.
            oversampling: how many times that the net's rate is.

        Raises:
            FileProblem: the file is missing or no audio. InvalidValue: it is silent, not finite or too long.
        """
        path = Path(path).expanduser()
        audio, rate = read_audio(path, LONGEST_SECONDS)
        if not audio.any():
            raise InvalidValue(f"{path} is silence: nothing would be heard through it; export it again")
        taps, ahead = audio.astype(np.float64), 0
        if rate != sample_rate:
            taps, before = resampled(taps, rate, sample_rate)
            taps = without_lead(taps, before)
        mono = taps.mean(axis=0)
        if oversampling > 1:
            rows, ahead = resampled(mono[None], sample_rate, oversampling * sample_rate)
            mono = rows[0]
        return cls(mono, ahead, {"name": path.name, "sha256": sha256_of(path)}, oversampling)

    @property
    def lead_in(self) -> int:
        """Samples before a segment that are heard in it."""
        return len(self.taps) - 1

    @property
    def gain(self) -> float:
        """How much louder white noise gets, as far up as the recordings reach."""
        return float(np.sqrt(self.oversampling * np.sum(self.taps**2)))

    @property
    def faint(self) -> int:
        """How many of `lead_in`, from the first on, are heard in a segment with a hundredth of the energy in all."""
        return self.lead_in - max(self._last(FAINT), self.ahead)

    def to_learn_from(self) -> "Cabinet":
        """Return it without the tail that holds less than a millionth of the energy."""
        return replace(self, taps=self.taps[: max(self._last(LEARNED_FROM), self.ahead) + 1], _spectra={})

    def _last(self, share: float) -> int:
        """Return the last tap from which on more than a share of the energy is left."""
        left = np.cumsum(self.taps[::-1] ** 2)[::-1]
        return int(np.flatnonzero(left > share * left[0])[-1])

    def __call__(self, audio: Tensor) -> Tensor:
        """Return what comes of (batch, samples), without the `lead_in` first samples, for which too little was heard."""
        from scipy.fft import next_fast_len

        samples, wide = audio.shape[1], torch.float64 if audio.dtype == torch.float64 else torch.float32
        size = int(next_fast_len(samples, real=True) or samples)
        with torch.autocast(audio.device.type, enabled=False):
            spectrum = self._spectrum(size, audio.device, wide)
            heard = torch.fft.irfft(torch.fft.rfft(audio.to(wide), size) * spectrum, size)
        return heard[:, self.lead_in : samples]

    def _spectrum(self, size: int, device: torch.device, wide: torch.dtype) -> Tensor:
        key = (size, device, wide)
        if key not in self._spectra:
            self._spectra[key] = torch.fft.rfft(torch.from_numpy(self.taps), size).to(device).to(wide.to_complex())
        return self._spectra[key]
