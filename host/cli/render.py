"""`wetdry render`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ..targets import open_target
from .common import console, set_knobs
from .effects import FILE_HELP, PRESET_HELP
from .loading import Activation, PostFilm, ReversedLinear, Slim, loading
from .rig import Trusted, is_rig, open_rig

CAB_HELP = "Impulse response of a loudspeaker cabinet, after the processor: mono or stereo, any rate, played at its own level."


def run(
    processor: Annotated[str, typer.Argument(help="A model (.nam, clone.safetensors, …), a .vst3, a built-in effect, a rig "
                                                  "(.yaml, or a factory rig's name: wetdry rig lists them).")],
    dry: Annotated[str, typer.Argument(help="The audio file to play through it: any format, rate and channel count.")],
    wet: Annotated[str, typer.Argument(help="The file to write: .wav (32-bit float), .flac or .aiff.")],
    setting: Annotated[list[str] | None, typer.Option("--set", help="A knob, as name=value; may be repeated.")] = None,
    preset: Annotated[str | None, typer.Option(help=PRESET_HELP.replace("effect,", "effect or the rig,"))] = None,
    file: Annotated[Path | None, typer.Option(help=FILE_HELP)] = None,
    cab: Annotated[str | None, typer.Option(help=CAB_HELP)] = None,
    midi: Annotated[Path | None, typer.Option(help="A MIDI file that turns the rig's knobs, as its map says.")] = None,
    trusted: Trusted = False,
    slim: Slim = None,
    activation: Activation = "exact",
    layer1x1_post_film: PostFilm = "always",
    reversed_linear: ReversedLinear = False,
) -> None:  # fmt: skip
    """Play an audio file through a model, a plugin, an effect or a rig."""
    import numpy as np

    from ...effects.impulse_response import LONGEST_SECONDS
    from ...models.audio_file import read_audio
    from ...models.errors import InvalidType, InvalidValue
    from ..audio_file import level_text, write_audio
    from ..cabinet import through_cabinet

    audio, rate = read_audio(dry)
    response, response_rate = read_audio(cab, LONGEST_SECONDS) if cab else (None, 0)
    options = loading(slim, activation, layer1x1_post_film, reversed_linear)
    if is_rig(processor):
        if options or file:
            raise InvalidValue(f"{processor} is a rig and says itself what it plays; --set, --preset and --midi turn its knobs")
        played, own_rate = _played_rig(processor, trusted, preset, setting or [], midi)
    else:
        if midi or trusted:
            raise InvalidValue(f"--midi and --trusted are for rigs, and {processor} is none: pass a .yaml")
        played = open_target(processor, options, preset, file)
        set_knobs(played, setting or [])
        own_rate = getattr(played, "sample_rate", None)
    if getattr(played, "is_instrument", False):
        raise InvalidType(f"{processor} is an instrument; wetdry plays audio through effects")
    if own_rate and own_rate != rate:
        console.print(f"[dim]{dry} is at {rate} Hz, {processor} plays at {own_rate:g} Hz: resampled there and back[/dim]")
        out = _at_its_own_rate(played, own_rate, audio, rate)
    else:
        out = _play(played, processor, dry, audio, rate)
    if response is not None:
        if response_rate != rate:
            console.print(f"[dim]{cab} is at {response_rate} Hz: resampled to {rate} Hz[/dim]")
        out = through_cabinet(out, rate, response, response_rate)
    write_audio(wet, out, rate)
    console.print(f"{wet}: {out.shape[1] / rate:.2f} s, {out.shape[0]} ch, {rate} Hz, {level_text(out)}")
    if np.abs(out).max() > 1:
        console.print("[yellow]above full scale: 32-bit float WAV keeps it, any other file or a sound card clips it[/yellow]")


def _played_rig(
    text: str, trusted: bool, preset: str | None, settings: list[str], midi: Path | None
) -> tuple[Any, float | None]:
    """Return (what plays: a rig, its knobs turned, and a MIDI file at them where there is one; its only rate in Hz)."""
    from ...models.errors import InvalidValue

    rig = open_rig(text, trusted)
    doors = (*getattr(rig.board, "inputs", ("in",)), *getattr(rig.board, "outputs", ("out",)))
    if len(doors) != 2:
        raise InvalidValue(f"{text} has the inputs and outputs {', '.join(doors)}; a file goes through rigs with one each, "
                           "this one plays from Python: Rig.load(path).process({name: audio}, rate)")  # fmt: skip
    if preset is not None:
        rig.recall(preset)
    set_knobs(rig, settings)
    return rig if midi is None else rig.played_by(midi), rig.sample_rate


def _play(played: Any, processor: str, dry: str, audio: Any, rate: int) -> Any:
    """Return audio (channels, samples) played at its own rate."""
    from ...models.errors import InvalidValue

    channels = getattr(played, "channels", None)
    if channels and audio.shape[0] not in channels:
        raise InvalidValue(f"{dry} has {audio.shape[0]} channels, {processor} takes {' or '.join(map(str, channels))}")
    return played(audio, rate) if audio.shape[1] > audio.shape[0] else played(audio[0], rate)[None]


def _at_its_own_rate(played: Any, own_rate: float, audio: Any, rate: int) -> Any:
    """Return audio (channels, samples) resampled to the model's rate, played and brought back, as long as it came in."""
    import numpy as np
    import soxr

    inside = np.ascontiguousarray(soxr.resample(audio.T, rate, own_rate, quality="VHQ").T, np.float32)
    out = np.ascontiguousarray(soxr.resample(played(inside, own_rate).T, own_rate, rate, quality="VHQ").T, np.float32)
    return np.pad(out, ((0, 0), (0, max(0, audio.shape[1] - out.shape[1]))))[:, : audio.shape[1]]
