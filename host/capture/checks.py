"""What must be known of a target before its takes can be trusted: latency, tail, repeatability, block size."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..character import Character, measure_character, worst
from ..measure import Delay, difference, measure_delay, measure_tail, noise
from .target import Target

LONGEST_TAIL_SECONDS = 10.0


def check_target(make: Callable[[], Target], settings: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Measure a target at a few knob settings and return plain JSON data.

    Args:
        make: returns a fresh instance.
        settings: at least one; three or more, spread out, find latencies and tails that move with the knobs.

    Returns:
        channels, output_channels: what it is fed and what comes of it; the first is measured and captured.
        latency: reported, left (samples to shift by, beyond what is reported), fractional, polarity, steady.
        tail_seconds: longest to -90 dB; None: longer than 10 s.
        leak_esr: a render, then another at another setting, then the first again: their difference.
        fresh_esr: the same render in two instances. clean: no leak beyond what fresh instances differ by.
        block_esr: blocks of 64 against 8192. moving_esr: the same audio 0.357 s later. All ESR.
        character: the most demanding of these settings (`Character`), which `auto` chooses the net by.
    """
    target = make()
    rate = target.sample_rate
    delays: list[Delay | None] = []
    tails: list[float | None] = []
    characters: list[Character] = []
    for values in settings:
        target.turn(values)
        delays.append(measure_delay(target.play, rate))
        late = delays[-1].samples if delays[-1] and delays[-1].confidence >= 0.5 else 0
        characters.append(measure_character(partial(target.play, shift=late), rate))
        tails.append(measure_tail(target.play, rate, LONGEST_TAIL_SECONDS))
    tail = None if None in tails else max(t for t in tails if t is not None)
    lead = lead_samples(tail, rate)
    audio = noise(int(0.5 * rate), seed=1)
    middle, other = settings[-1], settings[0]
    target.turn(middle)
    first = target.play(audio, lead)
    target.turn(other)
    target.play(noise(int(0.25 * rate), seed=2, level=0.9))
    target.turn(middle)
    leak = difference(first, target.play(audio, lead))
    blocks = difference(first, target.play(audio, lead, block=64))
    moving = difference(first, target.play(audio, lead + int(0.357 * rate)))
    second = make()
    second.turn(middle)
    fresh = difference(first, second.play(audio, lead))
    return {
        "latency": _latency(delays) | {"reported": int(getattr(target.processor, "latency_samples", 0))},
        "tail_seconds": tail,
        "leak_esr": leak,
        "fresh_esr": fresh,
        "clean": leak <= max(2 * fresh, 1e-12),
        "deterministic": fresh == 0.0,
        "block_esr": blocks,
        "moving_esr": moving,
        "channels": target.channels,
        "output_channels": target.answers,
        "settings": len(settings),
        "character": worst(characters).to_dict(),
    }


def lead_samples(tail: float | None, rate: float) -> int:
    """Return how much silence goes before a take: at least a second, and half as much again as the tail."""
    seconds = LONGEST_TAIL_SECONDS if tail is None else min(max(1.0, 1.5 * tail), LONGEST_TAIL_SECONDS)
    return int(np.ceil(seconds * rate))


def _latency(delays: Sequence[Delay | None]) -> dict[str, Any]:
    trusted = [d for d in delays if d is not None and d.confidence >= 0.5]
    if not trusted:
        return {"left": 0, "fractional": 0.0, "polarity": 1, "steady": len(delays) == 0}
    least = min(trusted, key=lambda d: d.samples)  # never ahead of the input, whatever the knobs
    steady = all(d.samples == least.samples and d.polarity == least.polarity for d in trusted)
    return {"left": least.samples, "fractional": least.fraction, "polarity": least.polarity, "steady": steady}


def warnings_of(checks: dict[str, Any], replicate_esr: float, receptive_field_seconds: float) -> list[str]:
    """Return what a person should know before training on this target, each with its number."""
    found = []
    latency = checks["latency"]
    if not latency["steady"]:
        found.append("latency or polarity changes with the knobs: the smallest latency was taken out")
    if replicate_esr > 1e-9:
        found.append(f"the target does not repeat itself: no clone gets below an ESR of {replicate_esr:.2g} (same take twice)")
    if checks["moving_esr"] > 1e-4:
        found.append(f"the target changes with time: ESR {checks['moving_esr']:.2g} between now and 0.357 s later")
    if checks["block_esr"] > 1e-6:
        found.append(f"the target depends on the block size: ESR {checks['block_esr']:.2g} between 64 and 8192 samples")
    if not checks["clean"]:
        found.append(f"reset does not clear the target (ESR {checks['leak_esr']:.2g}): each take ran in a fresh instance")
    tail = checks["tail_seconds"]
    if tail is None:
        found.append(f"the target rings for more than {LONGEST_TAIL_SECONDS:g} s")
    elif tail > receptive_field_seconds:
        found.append(f"the target rings for {tail:.3g} s (to -90 dB), the net hears {receptive_field_seconds:.3g} s back")
    if checks["channels"] == 1 and checks.get("output_channels", 1) > 1:
        found.append(f"the target answers in {checks['output_channels']} channels: the first (left) one was captured")
    if checks["channels"] == 2:
        found.append("the target takes 2 channels only: it was fed the same audio on both, and the left one captured")
    return found
