"""The plot of an effect: transfer curve, harmonics, frequency response, aliasing under a sweep, a burst over time."""

import copy
from pathlib import Path
from typing import Any

import numpy as np

from ...effects import Effect
from ...models.errors import InvalidValue
from ...models.parameter import Parameter
from .. import figures
from ..figures_file import BLUE, GOLD, GREY, INK, MUTED, ORANGE, VIOLET, write_figure
from ..model_pages import tones
from . import probes

CURVES = (0.0, 0.33, 0.67, 1.0)  # positions of the swept knob in the transfer curves
# The knob that harmonics are drawn over is called so, the first found, and the transfer curves are drawn there.
SWEPT = {"drive": CURVES, "gain": CURVES, "input": CURVES, "threshold": CURVES, "bit": (0.02, 0.05, 0.1, 0.15)}
POSITIONS, RESPONSE_TONES = 25, 121
TRANSFER_HZ, TRANSFER_DBFS = 200.0, 0.0  # DC blocks and tone filters turn the phase least about here
HARMONIC_DBFS = -12.0
FLOOR_DBFS, DEEPEST_DB = -120.0, 80.0
MOST_KNOBS = 8  # that the title lists
LONGEST_SECONDS, LONGEST_SETTLE_SECONDS = 3.0, 2.0
ORDERS = ("fundamental", "2nd", "3rd", "4th", "5th")
COLOURS = (ORANGE, BLUE, VIOLET, GOLD, GREY)


def write_effect_plot(effect: Effect, path: Path, title: str) -> None:
    """Draw an effect at the knobs it stands at. Raises InvalidValue (suffix, a model of several channels), FileProblem."""
    rate = float(getattr(effect, "sample_rate", None) or 48_000.0)
    knob = swept_knob(effect)

    def play(audio: np.ndarray) -> np.ndarray:
        wet = effect(audio, rate)
        if wet.ndim != 1:
            raise InvalidValue("plot draws effects of one channel in and one out")
        return wet

    def at(position: float) -> probes.Play:
        other = copy.copy(effect)
        if knob:
            other.parameters[knob.name].raw_value = position
        return lambda audio: other(audio, rate)

    seconds = min(max(0.6, probes.BURST_START + probes.BURST_SECONDS + effect.tail_seconds), LONGEST_SECONDS)
    settle = min(max(probes.SETTLE_SECONDS, effect.tail_seconds), LONGEST_SETTLE_SECONDS)
    transfer = _transfer_curves(effect, play, at, knob, rate, settle)
    harmonics = _harmonics(play, at, knob, rate, settle)
    responses = [(level, *tones.fundamental_gains(play, rate, level, RESPONSE_TONES, settle / 2))
                 for level in (tones.QUIET_DBFS, tones.LOUD_DBFS)]  # fmt: skip
    sweep, burst = probes.swept(play, rate), probes.burst(play, rate, seconds)

    def draw(figure: Any) -> None:
        grid = figure.add_gridspec(2, 1)
        top, bottom = grid[0].subgridspec(1, 3), grid[1].subgridspec(1, 2)
        _draw_transfer(figure.add_subplot(top[0]), transfer)
        _draw_harmonics(figure.add_subplot(top[1]), harmonics, effect, knob)
        _draw_response(figure.add_subplot(top[2]), responses)
        _draw_sweep(figure, figure.add_subplot(bottom[0]), sweep)
        _draw_burst(figure.add_subplot(bottom[1]), burst)
        knobs = _knobs_text(effect)
        figure.suptitle(f"{title}{f': {knobs}' if knobs else ''}", x=0.01, ha="left", fontsize=10, fontweight="bold", wrap=True)

    write_figure(path, draw, 12, 7)


def _knobs_text(effect: Effect) -> str:
    """Return where the knobs stand; of many, those that are not at their defaults."""
    bounds, few = effect.parameters, len(effect.parameters) <= MOST_KNOBS
    shown = [f"{name} {b.string_value}" for name, b in bounds.items() if few or b.value != b.parameter.default]
    return ", ".join(shown if few else [*shown, "all else at its default" if shown else "all knobs at their defaults"])


def swept_knob(effect: Effect) -> Parameter | None:
    """Return the knob that sets how hard the effect works: drive, gain, threshold, bits; None where it has none."""
    knobs = [bound.parameter for bound in effect.parameters.values() if not bound.parameter.choices]
    for word in SWEPT:
        for knob in knobs:
            if word in knob.name and "output" not in knob.name:
                return knob
    return None


def _transfer_curves(
    effect: Effect, play: probes.Play, at: Any, knob: Parameter | None, rate: float, settle: float
) -> list[Any]:
    """Return (label, in, out, whether it is where the effect stands): over the swept knob, without one at three levels."""
    if knob is None:
        levels = reversed(tones.LEVELS_DBFS)
        return [(f"{level:g} dBFS", *tones.transfer_curve(play, rate, level, TRANSFER_HZ, settle), True) for level in levels]
    here = effect.parameters[knob.name].raw_value
    positions = next(at for word, at in SWEPT.items() if word in knob.name)
    places = sorted([here, *(p for p in positions if abs(p - here) > 0.1 * max(positions))])
    return [
        (_short(knob, p), *tones.transfer_curve(at(p), rate, TRANSFER_DBFS, TRANSFER_HZ, settle), p == here) for p in places
    ]


def _short(knob: Parameter, position: float) -> str:
    return f"{knob.from_raw(position):.3g} {knob.unit}".strip()


def _harmonics(play: probes.Play, at: Any, knob: Parameter | None, rate: float, settle: float) -> tuple[np.ndarray, np.ndarray]:
    """Return (positions of the swept knob, or levels in dBFS) and the levels of the harmonics there, a row each."""
    if knob is None:
        levels = np.array(probes.LEVELS_DBFS)
        return levels, np.array([probes.harmonic_levels(play, rate, level, settle) for level in levels])
    positions = np.linspace(0, 1, POSITIONS)
    return positions, np.array([probes.harmonic_levels(at(p), rate, HARMONIC_DBFS, settle) for p in positions])


def _draw_transfer(axes: Any, curves: list[Any]) -> None:
    """Draw the static curves, the loops that filters open about them faintly."""
    reach = 1.0
    for (label, sine, out, here), colour in zip(curves, COLOURS, strict=False):
        axes.plot(sine, out, color=colour, linewidth=0.8, alpha=0.35)
        axes.plot(
            *probes.static_curve(sine, out), color=colour, label=label, linewidth=2.2 if here and len(curves) > 3 else 1.3
        )
        reach = max(reach, float(np.abs(out).max()) if here else 0.0)
    axes.set_ylim(-1.15 * reach, 1.15 * reach)
    axes.set_title(f"transfer curve, {TRANSFER_HZ:g} Hz")
    axes.set_xlabel("in, 1 is full scale")
    axes.set_ylabel("out")
    axes.legend(loc="best", handlelength=1.2, borderpad=0.2)


def _draw_harmonics(axes: Any, harmonics: tuple[np.ndarray, np.ndarray], effect: Effect, knob: Parameter | None) -> None:
    where, levels = harmonics
    for column, colour, name in zip(levels.T, COLOURS, ORDERS, strict=True):
        if column.max() > FLOOR_DBFS:
            axes.plot(where, column, color=colour, label=name)
    top = max(float(levels.max()), -20.0)
    axes.set_ylim(max(FLOOR_DBFS, float(levels.min())) - 3, top + 3)
    axes.set_ylabel("dBFS")
    if knob is None:
        axes.set_title(f"harmonics of {probes.TONE_HZ:g} Hz over its level")
        axes.set_xlabel("level in, dBFS")
    else:
        axes.set_title(f"harmonics of {probes.TONE_HZ:g} Hz at {HARMONIC_DBFS:g} dBFS")
        figures._knob_ticks(axes.xaxis, knob)
        axes.axvline(effect.parameters[knob.name].raw_value, color=MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
    axes.legend(loc="best", handlelength=1.2, borderpad=0.2)


def _draw_response(axes: Any, responses: list[Any]) -> None:
    for (level, frequencies, gain), colour in zip(responses, (BLUE, ORANGE), strict=True):
        axes.plot(frequencies, gain, color=colour, label=f"{level:g} dBFS")
    axes.axhline(0, color=GREY, linewidth=0.7)
    log_hertz(axes, float(responses[0][1][-1]))
    top = max(float(gain.max()) for _, _, gain in responses)
    bottom = min(float(gain.min()) for _, _, gain in responses if gain.max() > top - DEEPEST_DB)  # others are silent
    axes.set_ylim(min(max(bottom, top - DEEPEST_DB) - 3, top - 12), top + 3)
    axes.set_title("gain of a sine's fundamental")
    axes.set_ylabel("dB")
    axes.legend(loc="best", handlelength=1.2, borderpad=0.2)


def log_hertz(axes: Any, top: float) -> None:
    """Make the x axis logarithmic from 20 Hz, with a musician's numbers."""
    axes.set_xscale("log")
    marks = [m for m in (20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000) if m <= top * 1.01]
    axes.set_xticks(marks, [f"{m // 1000}k" if m >= 1000 else str(m) for m in marks])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("Hz")


def _draw_sweep(figure: Any, axes: Any, sweep: Any) -> None:
    times, frequencies, levels = sweep
    image = axes.imshow(levels, origin="lower", aspect="auto", cmap="magma", vmin=-100, vmax=0, interpolation="bilinear",
                        extent=(times[0], times[-1], 0, frequencies[-1] / 1000))  # fmt: skip
    axes.set_xlim(0, probes.SWEEP_SECONDS)
    axes.grid(False)
    axes.set_title(f"sweep to 20 kHz at {probes.SWEEP_DBFS:g} dBFS: lines that fall are aliasing")
    axes.set_xlabel("s")
    axes.set_ylabel("kHz")
    bar = figure.colorbar(image, ax=axes, shrink=0.9, aspect=22, pad=0.02)
    bar.outline.set_visible(False)
    bar.set_label("dB", color=MUTED)


def _draw_burst(axes: Any, burst: Any) -> None:
    times, before, after = burst
    axes.plot(times, before, color=GREY, alpha=0.5, linewidth=3, label="in")
    axes.plot(times, after, color=ORANGE, label="out")
    axes.set_ylim(max(FLOOR_DBFS, float(min(before.min(), after.min()))) - 3, max(float(after.max()), 0.0) + 3)
    axes.set_title(f"a loud burst in a quiet tone, {probes.BURST_HZ:g} Hz")
    axes.set_xlabel("s")
    axes.set_ylabel("level, dBFS")
    axes.legend(loc="best", handlelength=1.2, borderpad=0.2)
    axes.axhline(0, color=INK, linewidth=0.4)
