"""`wetdry render`."""

from typing import Annotated

import typer

from .common import console, open_target, set_knobs


def run(
    processor: Annotated[str, typer.Argument(help="A model (clone.safetensors), a .vst3, or a built-in effect.")],
    dry: Annotated[str, typer.Argument(help="The audio file to play through it: any format, rate and channel count.")],
    wet: Annotated[str, typer.Argument(help="The file to write: .wav (32-bit float), .flac or .aiff.")],
    setting: Annotated[list[str] | None, typer.Option("--set", help="A knob, as name=value; may be repeated.")] = None,
) -> None:
    """Play an audio file through a clone, a plugin or an effect."""
    import numpy as np

    from ...models.errors import InvalidType, InvalidValue
    from ..audio_file import read_audio, write_audio

    audio, rate = read_audio(dry)
    played = open_target(processor)
    if getattr(played, "is_instrument", False):
        raise InvalidType(f"{processor} is an instrument; wetdry plays audio through effects")
    set_knobs(played, setting or [])
    own_rate = getattr(played, "sample_rate", None)
    if own_rate and own_rate != rate:
        import soxr

        console.print(f"[dim]{dry} is at {rate} Hz, the model plays at {own_rate:g} Hz: resampled there and back[/dim]")
        inside = np.ascontiguousarray(soxr.resample(audio.T, rate, own_rate, quality="VHQ").T, np.float32)
        out = np.ascontiguousarray(soxr.resample(played(inside, own_rate).T, own_rate, rate, quality="VHQ").T, np.float32)
        out = np.pad(out, ((0, 0), (0, max(0, audio.shape[1] - out.shape[1]))))[:, : audio.shape[1]]
    else:
        channels = getattr(played, "channels", None)
        if channels and audio.shape[0] not in channels:
            raise InvalidValue(f"{dry} has {audio.shape[0]} channels, {processor} takes {' or '.join(map(str, channels))}")
        out = played(audio, rate) if audio.shape[1] > audio.shape[0] else played(audio[0], rate)[None]
    write_audio(wet, out, rate)
    peak = float(np.abs(out).max())
    level = f"{20 * np.log10(peak):.1f} dBFS" if peak > 0 else "silence"
    console.print(f"{wet}: {out.shape[1] / rate:.2f} s, {out.shape[0]} ch, {rate} Hz, peak {level}")
