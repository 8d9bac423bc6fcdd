"""What a study found, in sentences: every number in them is read from the study."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from ..evaluation.summary import figure
from ..study import Entry, Study
from .harmonics import heights
from .looks import LEAST_ESR, OURS, esr_of, is_maths, one_each, typical_block
from .trade import front_of, nanoseconds

CLOSE_ESR, AUDIBLE_DBC, MOST_NAMED = 0.01, -60.0, 6


def findings(study: Study) -> list[str]:
    """Return sentences, each one finding; what the study has no figures for is not spoken of."""
    parts: list[Callable[[Study], list[str]]] = [
        _maths, _nets, _luck, _engines, _sizes, _calls, _lateness, _states, _aliasing, _warmth, _harmonics_of_nets,
    ]  # fmt: skip
    return [sentence for part in parts for sentence in part(study)]


def listed(study: Study) -> str:
    """Return the findings as a Markdown list."""
    return "\n".join(f"- {sentence}" for sentence in findings(study))


def _maths(study: Study) -> list[str]:
    same = [e for e in study.entries if is_maths(e) and esr_of(e) < 10 * LEAST_ESR]
    others = [e for e in study.entries if is_maths(e) and e not in same]
    found = []
    if same:
        told = "; ".join(f"{e.rival} {figure(nanoseconds(study, e))} ns" for e in same)
        cheapest = min(same, key=lambda e: nanoseconds(study, e))
        found.append(
            f"**Maths.** These compute the reference exactly; a sample costs, in blocks of {typical_block(study)}: {told}. "
            f"The cheapest is {cheapest.rival}, at {figure(_real_time(study, cheapest))} x real time."
        )
    told = "; ".join(f"{e.rival} ({e.about}) {figure(esr_of(e))}" for e in others)
    return [*found, f"Other maths is off by an ESR of: {told}."] if others else found


def _nets(study: Study) -> list[str]:
    edge = front_of(study)
    if not edge:
        return []
    maths = [nanoseconds(study, e) for e in study.entries if is_maths(e) and esr_of(e) < 10 * LEAST_ESR]
    told = "; ".join(f"{e.name}: {figure(nanoseconds(study, e))} ns, ESR {figure(esr_of(e))}" for e in edge)
    found = [f"**Nets.** No other net is cheaper and closer than these: {told}."]
    close = [e for e in edge if esr_of(e) < CLOSE_ESR]
    chosen = min(close or edge, key=lambda e: nanoseconds(study, e) if close else esr_of(e))
    against = f", {figure(nanoseconds(study, chosen) / min(maths))} x the cheapest exact maths" if maths else ""
    said = (
        f"The cheapest with an ESR below {CLOSE_ESR:g}" if close else f"None comes below an ESR of {CLOSE_ESR:g}; the closest"
    )
    found.append(f"{said} is {chosen.name}: {figure(nanoseconds(study, chosen))} ns a sample{against}, "
                 f"{figure(_real_time(study, chosen))} x real time.")  # fmt: skip
    return found


def _luck(study: Study) -> list[str]:
    """Say how far a net's closeness hangs on the seed."""
    told = [
        f"{net.rival} {figure(net.esr.mean)} ± {figure(net.esr.deviation)} ({figure(net.esr.least)} to {figure(net.esr.most)})"
        for net in study.trained
        if net.esr
    ]
    return [f"**Seeds.** ESR over {len(study.trained[0].runs)} trainings of each net, mean ± deviation (least to most): "
            f"{', '.join(told)}. What is timed is of seed {study.seed}."] if told else []  # fmt: skip


def _engines(study: Study) -> list[str]:
    """Compare each engine with ours on the nets that both play: the geometric mean of the ratios."""
    ours = {e.rival: e for e in study.entries if e.engine == OURS}
    told, sizes = [], (typical_block(study), max(study.block_sizes))
    for engine in dict.fromkeys(e.engine for e in study.entries if e.rival in ours and e.engine != OURS):
        pairs = [(e, ours[e.rival]) for e in study.entries if e.engine == engine and e.rival in ours]
        ratios = [_mean_ratio([(e.cost(size), o.cost(size)) for e, o in pairs]) for size in sizes]
        told.append(f"{engine} {figure(ratios[0])} x and {figure(ratios[1])} x")
    start = (
        f"**Engines.** Time against our runtime's, over the same nets (geometric mean), in blocks of {sizes[0]} and {sizes[1]}"
    )
    return [f"{start}: {', '.join(told)}."] if told else []


def _mean_ratio(pairs: list) -> float:
    return float(np.exp(np.mean([np.log(a.ns_per_sample.mean / b.ns_per_sample.mean) for a, b in pairs])))


def _sizes(study: Study) -> list[str]:
    whole = {e.rival: e for e in study.entries if e.engine == OURS}
    found = []
    for entry in study.entries:
        of = next((w for name, w in whole.items() if entry.engine == "onnxruntime-int8" and entry.rival == name), None)
        if of and of.file_bytes and entry.file_bytes:
            found.append(f"{entry.rival}: {entry.file_bytes / of.file_bytes:.2f} x the file, ESR {figure(esr_of(entry))} for "
                         f"{figure(esr_of(of))}")  # fmt: skip
    for entry in study.entries:
        if entry.kind in ("distilled", "pruned", "quantised") and entry.engine == OURS and entry.weights:
            found.append(f"{entry.name} ({entry.kind}): {entry.weights:,} weights, {(entry.file_bytes or 0) / 1000:.0f} kB, "
                         f"ESR {figure(esr_of(entry))}, {figure(nanoseconds(study, entry))} ns")  # fmt: skip
    return [f"**Smaller.** Integer weights in ONNX, and nets made smaller: {'; '.join(found)}."] if found else []


def _calls(study: Study) -> list[str]:
    rows = sorted(one_each(study), key=lambda e: e.call.call_us)
    if len(rows) < 2:
        return []
    least, most = rows[0], max(study.entries, key=lambda e: e.call.call_us)
    small, typical = min(study.block_sizes), typical_block(study)
    grows = [(e.cost(small).ns_per_sample.mean / e.cost(max(study.block_sizes)).ns_per_sample.mean, e) for e in study.entries]
    worst = max(grows, key=lambda pair: pair[0])
    return [f"**Calls** cost from {figure(least.call.call_us)} µs ({least.name}) to "
            f"{figure(most.call.call_us)} µs ({most.name}) a call from Python; of a block of {typical}, "
            f"{_share(least, typical):.0%} and {_share(most, typical):.0%}. From the largest blocks to those of {small}, "
            f"{worst[1].name} degrades the most: {figure(worst[0])} x a sample."]  # fmt: skip


def _share(entry: Entry, block: int) -> float:
    """Return the call's share of a block's time."""
    whole = entry.call.call_us * 1000 + entry.call.compute_ns * block
    return min(max(entry.call.call_us * 1000 / whole, 0.0), 1.0) if whole > 0 else 0.0


def _lateness(study: Study) -> list[str]:
    block = typical_block(study)
    deadline = block / study.sample_rate * 1e6
    late = [e.name for e in study.entries if e.cost(block).p999_us.mean > deadline]
    named = "; ".join(late) if len(late) <= MOST_NAMED else f"{len(late)} of the {len(study.entries)} entries"
    steady = min(study.entries, key=lambda e: e.cost(block).jitter_us.mean)
    told = f"One in a thousand takes longer with {named}" if late else "99.9 % of the blocks of every entry are done by then"
    return [
        f"**Late blocks.** A block of {block} lasts {deadline:.0f} µs. {told}. The steadiest is {steady.name} "
        f"(p99 - p50: {figure(steady.cost(block).jitter_us.mean)} µs)."
    ]


def _states(study: Study) -> list[str]:
    bad = [e for e in study.entries if not e.carrying.carries]
    if not bad:
        return ["**Blocks.** Every entry streams what it plays in one call: no block boundary is heard."]
    told = "; ".join(f"{e.rival if is_maths(e) else e.name} clicks at {e.carrying.click_db:.0f} dB" for e in bad)
    return [
        f"**Blocks** that are heard, steps at their boundaries against the signal: {told}. The others stream as one call plays."
    ]


def _aliasing(study: Study) -> list[str]:
    rows = sorted(one_each(study), key=lambda e: e.quality.aliasing_db)
    told = ", ".join(f"{e.rival} {e.quality.aliasing_db:.0f} dB" for e in rows)
    return [f"**Aliasing**, at its worst against the harmonics: {told}."] if len(rows) > 1 else []


def _warmth(study: Study) -> list[str]:
    """Say what the reference adds to a tone as the knob is turned."""
    tones = study.entries[0].quality.thd
    if not tones:
        return []
    told = []
    for position in sorted({0, len(tones) // 2, len(tones) - 1}):
        level = heights(study.entries[0], position)
        audible = [
            f"{n}: {level[n - 1] - level[0]:.0f} dB" for n in range(2, len(level) + 1) if level[n - 1] - level[0] > AUDIBLE_DBC
        ]
        listed = ", ".join(audible) or f"nothing above {AUDIBLE_DBC:g} dB"
        told.append(f"at {tones[position].at:.3g} {study.swept_unit} {tones[position].thd_percent:.2g} % ({listed})")
    return [f"**“Warm”, in harmonics** against the fundamental, as {study.swept or 'the level'} rises: {'; '.join(told)}. "
            f"{_fall(study)}"]  # fmt: skip


def _fall(study: Study) -> str:
    """Say whether even harmonics are there, and whether the higher ones fall, in the middle of the sweep."""
    level = heights(study.entries[0], len(study.entries[0].quality.thd) // 2)
    odd, even = (10 * np.log10(np.sum(10 ** (level[start::2] / 10))) for start in (2, 1))
    falls = all(b <= a + 3 for a, b in pairwise(level[1:6])) and level[1] - level[5] > 6
    balance = (
        f"In the middle the even harmonics together lie {abs(even - odd):.0f} dB {'above' if even > odd else 'below'} the odd"
    )
    return f"{balance}, and {'each lies below the one before' if falls else 'they do not fall evenly'}."


def _harmonics_of_nets(study: Study) -> list[str]:
    """Say how far each net's harmonics are from the reference's, of those that can be heard."""
    told, reference = [], study.entries[0]
    for entry in one_each(study)[1:]:
        if is_maths(entry):
            continue
        off = []
        for position in range(len(reference.quality.thd)):
            wanted, got = heights(reference, position), heights(entry, position)
            off += list(np.abs(wanted - got)[wanted > wanted[0] + AUDIBLE_DBC])
        told.append(f"{entry.rival} {np.median(off):.1f} dB ({np.max(off):.0f} at worst)")
    return [f"How far off the nets' harmonics are, of those above {AUDIBLE_DBC:g} dB, over the whole sweep in the median: "
            f"{', '.join(told)}."] if told else []  # fmt: skip


def _real_time(study: Study, entry: Entry) -> float:
    return entry.cost(typical_block(study)).real_time_factor.mean
