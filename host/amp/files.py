"""The three files of a recorded amp: read once, brought to one rate, and said in a line each."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...effects.impulse_response import ImpulseResponse
from ...models.audio_file import read_audio
from ...models.errors import InvalidValue
from ..recorded.pairs import SHORTEST_SECONDS, at_rate, mono_of

LOWEST_RATE, HIGHEST_RATE = 8000, 768_000
LONGEST_CABINET_SECONDS = 5.0


@dataclass(frozen=True)
class ThreeFiles:
    """What a guitarist brings.

    Attributes:
        clean_path, amp_path, cabinet_path: the files.
        sample_rate: of the clean file, in Hz; everything is brought to it.
        clean, amp: float32 (samples,) there, channels mixed to mono, as long as they came.
        response: the cabinet as it came.
        said: a line a file.
    """

    clean_path: Path
    amp_path: Path
    cabinet_path: Path
    sample_rate: int
    clean: np.ndarray
    amp: np.ndarray
    response: ImpulseResponse
    said: tuple[str, ...]

    @classmethod
    def read(cls, clean: str | Path, amp: str | Path, cabinet: str | Path) -> "ThreeFiles":
        """Read them.

        Raises:
            FileProblem: missing, or not audio.
            InvalidValue: silent, too short, samples that are not finite, a rate outside 8000 to 768000 Hz, or a cabinet of
                more than 5 s.
        """
        paths = [Path(path).expanduser() for path in (clean, amp, cabinet)]
        (dry, rate), (wet, wet_rate) = (mono_of(path) for path in paths[:2])
        for path, audio, at in ((paths[0], dry, rate), (paths[1], wet, wet_rate)):
            if not LOWEST_RATE <= at <= HIGHEST_RATE:
                raise InvalidValue(f"{path} is at {at} Hz; {LOWEST_RATE} to {HIGHEST_RATE} are allowed: record it at 48000")
            if len(audio) < SHORTEST_SECONDS * at:
                raise InvalidValue(f"{path} lasts {len(audio) / at:.1f} s, {SHORTEST_SECONDS:g} s are needed: record a minute")
        samples, response_rate = read_audio(paths[2], LONGEST_CABINET_SECONDS)
        response = ImpulseResponse.of((samples, float(response_rate)))
        assert response is not None
        said = (_said(paths[0], rate, rate, len(dry) / rate), _said(paths[1], wet_rate, rate, len(wet) / wet_rate),
                _said(paths[2], response_rate, rate, response.seconds, "learned through its mean"))  # fmt: skip
        return cls(paths[0], paths[1], paths[2], rate, dry, at_rate(wet, wet_rate, rate), response, said)

    @property
    def taps(self) -> np.ndarray:
        """The cabinet as `CabinetIR` plays it on mono audio at `sample_rate`, float32 (taps,)."""
        return self.response.prepared(self.sample_rate).mean(axis=0)


def _said(path: Path, rate: int, wanted: int, seconds: float, several: str = "mixed to mono") -> str:
    """Return what a file is, and what is done to it."""
    import soundfile

    channels = soundfile.info(path).channels
    width = "mono" if channels == 1 else f"{'stereo' if channels == 2 else f'{channels} channels'}, {several}"
    length = f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"
    return f"{path.name}: {rate} Hz, {width}, {length}{f', resampled to {wanted} Hz' if rate != wanted else ''}"
