"""An engine's memory: what its resident call, the device's callback and Python share, made once at addresses that stay."""

import math
from collections.abc import Sequence

import numpy as np

from ...effects.fade import FADE_SECONDS
from ...models.errors import InvalidValue
from .core import desk as d
from .core.callback import LARGEST_CALL
from .core.compiled import Semaphore
from .core.levels import DRY_FRAMES, SCOPE_FRAMES
from .core.ring import Ring

RING_SECONDS = 1.5
RECORDED_SECONDS = 20.0
SOUND_SECONDS = 2.0
SMALLEST_BLOCK, LARGEST_BLOCK = 16, 4096


class Memory:
    """The desk, the rings and the rooms of an engine; arguments and errors as `Engine`.

    Attributes:
        desk, meters: see `core.desk`.
        input, output: between the device and the resident call; sound: what generators make; recorded: input and output.
        scope: float32 (SCOPE_FRAMES, 2), the last of what came in and what was heard.
        stamps: int64 (STAMPS, 2), in ns: when each of the last blocks came, and when its last sample did by the rate.
        gap_counts, busy_counts, turn_counts: histograms of times.
        events, moves: rings of knob moves, sent and noted.
        delay: samples between the device's two sides because sound is played in blocks.
    """

    def __init__(
        self,
        sample_rate: int,
        block: int,
        channels: int,
        inputs: int,
        outputs: int,
        device_block: int | None,
        input_map: Sequence[int] | None,
        output_map: Sequence[int] | None,
    ) -> None:
        if not SMALLEST_BLOCK <= block <= LARGEST_BLOCK:
            raise InvalidValue(f"block: {block} samples; {SMALLEST_BLOCK} to {LARGEST_BLOCK} are played, 64 to 256 are usual")
        if not 1 <= channels <= d.MOST_CHANNELS or max(inputs, outputs) > d.MOST_CHANNELS:
            raise InvalidValue(f"{channels} channels, {inputs} inputs and {outputs} outputs; 1 to {d.MOST_CHANNELS} are played")
        asked = block if device_block is None else device_block
        self.delay = asked + block - math.gcd(asked, block) if asked else 2 * block
        self._rate, self._block, self._channels = sample_rate, block, channels
        self.desk, self.meters, self.semaphore = d.fresh(), np.zeros(d.METERS), Semaphore()
        self._make_rings()
        self._make_rooms()
        self._write_desk(inputs, outputs)
        self._write_maps(inputs, outputs, input_map, output_map)

    def _make_rings(self) -> None:
        def ring(channels: int, seconds: float, filled: int = 0) -> Ring:
            return Ring(channels, 1 << int(np.ceil(np.log2(seconds * self._rate + filled + LARGEST_CALL))), filled)

        self.input, self.output = ring(self._channels, RING_SECONDS), ring(self._channels, RING_SECONDS, filled=self.delay)
        self.sound, self.recorded = ring(self._channels, SOUND_SECONDS), ring(2 * self._channels, RECORDED_SECONDS)

    def _make_rooms(self) -> None:
        self.scope = d.room((SCOPE_FRAMES, 2), np.float32)
        self.stamps = d.room((d.STAMPS, 2), np.int64)
        self.gap_counts, self.busy_counts, self.turn_counts = (d.room(d.BINS, np.int64) for _ in range(3))
        self._scratch = [d.room(LARGEST_CALL * d.MOST_CHANNELS, np.float32) for _ in range(2)]
        self._pair = np.zeros(2, np.int64)
        self.events, self._pending = d.room((d.MOST_EVENTS, 3)), d.room((d.MOST_EVENTS, 3))
        self.moves = d.room((d.MOST_MOVES, 3))
        self._blocks = np.zeros((2, self._channels, self._block), np.float32)
        self._dry = d.room((DRY_FRAMES, self._channels), np.float32)

    def _write_desk(self, inputs: int, outputs: int) -> None:
        block, rate = self._block, self._rate
        fixed = {d.BLOCK: block, d.CHANNELS: self._channels, d.DEVICE_INPUTS: inputs, d.DEVICE_OUTPUTS: outputs, d.RATE: rate,
                 d.INPUT_RING: self.input.address, d.OUTPUT_RING: self.output.address, d.SOUND_RING: self.sound.address,
                 d.RECORD_RING: self.recorded.address, d.SCOPE_AT: self.scope.ctypes.data,
                 d.STAMPS_AT: self.stamps.ctypes.data, d.GAP_COUNTS_AT: self.gap_counts.ctypes.data,
                 d.SEMAPHORE: self.semaphore.address, d.FADE: -(-round(FADE_SECONDS * rate) // block) * block,
                 d.PAIR_AT: self._pair.ctypes.data,
                 d.SCRATCH_IN_AT: self._scratch[0].ctypes.data, d.SCRATCH_OUT_AT: self._scratch[1].ctypes.data}  # fmt: skip
        for field, value in fixed.items():
            self.desk[field] = value

    def _write_maps(self, inputs: int, outputs: int, input_map: Sequence[int] | None, output_map: Sequence[int] | None) -> None:
        channels, desk = self._channels, self.desk
        input_map = list(range(channels)) if input_map is None else input_map
        output_map = [min(o, channels - 1) for o in range(outputs)] if output_map is None else output_map
        for which, most in ((input_map, inputs), (output_map, channels)):
            if any(not -1 <= place < most for place in which):
                raise InvalidValue(f"channels {list(which)}: there are {most}, counted from 0; -1 is silence")
        desk[d.INPUT_MAP : d.INPUT_MAP + d.MOST_CHANNELS] = desk[d.OUTPUT_MAP : d.OUTPUT_MAP + d.MOST_CHANNELS] = -1
        desk[d.INPUT_MAP : d.INPUT_MAP + len(input_map)] = [place if place < inputs else -1 for place in input_map]
        desk[d.OUTPUT_MAP : d.OUTPUT_MAP + len(output_map)] = output_map

    def for_the_resident_call(self, targets: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the arguments of `reside`; `targets`: where each knob was last sent."""
        return (self.desk, self.meters, targets, self.events, self._pending, self.moves, self.busy_counts, self.turn_counts,
                self._blocks, self._dry)  # fmt: skip
