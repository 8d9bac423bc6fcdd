"""What a session hears and is heard through."""

from collections.abc import Callable
from typing import Any, Protocol

from ...models.errors import InvalidType
from .clock import Clock
from .engine import Engine


class Device(Protocol):
    """What hears and plays: a sound card (`device.SoundCard`), or a clock.

    Attributes:
        name: for people.
        inputs, outputs: its channels.
        block: samples it asks for at once; 0: it varies; None: the engine's own.
        latency_ms: of its input and its output, as it says.
    """

    name: Any
    inputs: Any
    outputs: Any
    block: Any
    latency_ms: Any

    def start(self, engine: Engine, said: Callable[[str], None]) -> None:
        """Begin to call the engine's callback; `said` takes a line: unplugged, back again."""
        ...

    def stop(self) -> None:
        """Stop calling."""
        ...


def chosen_device(device: Any, input: Any, output: Any, host: str | None, rate: int, real_time: bool) -> Device:
    """Return the device that a person means; arguments as `live`."""
    if device == "clock":
        return Clock(sample_rate=rate)
    if device is None:
        from .cards.device import SoundCard

        return SoundCard(input, output, sample_rate=rate, host=host, real_time=real_time)
    if isinstance(device, str) or not callable(getattr(device, "start", None)):
        raise InvalidType(f'device = {device!r:.60}: None is the sound card (input= and output= say which), "clock" is none')
    return device
