"""What a study comes to, in prose: its numbers are the study's, and so is the choice between two sentences."""

from collections.abc import Sequence

import numpy as np

from ..evaluation.summary import figure
from ..study import Entry, Study
from .harmonics import heights
from .looks import LEAST_ESR, OURS, close_by, esr_of, is_maths, over_seeds, typical_block
from .trade import nanoseconds

CLOSE_ESR, FAR_ESR, SAME, MISSED_DB = 0.01, 0.1, 1.2, 3.0
LEAST_RUNS, LEAST_MINUTES = 5, 2.0


def trial(study: Study) -> str:
    """Return a warning where a study is too short to be believed, else nothing."""
    if study.runs >= LEAST_RUNS and study.minutes >= LEAST_MINUTES:
        return ""
    runs = f"{study.runs} run{'s' * (study.runs != 1)}"
    return (
        f"**What stands here now is of a short trial**: {study.minutes:g} min of training a net, {runs}. Nets are farther off "
        f"than they need be, and spreads over so few runs mean little; `make study` takes {LEAST_MINUTES:g} min and "
        f"{LEAST_RUNS} runs."
    )


def conclusion(study: Study) -> str:
    """Return the answers: where maths wins, where a net earns its cost, what the engine makes of it, what "warm" is."""
    nets = [e for e in study.entries if not is_maths(e) and e.engine == OURS]
    exact = [e for e in study.entries if is_maths(e) and esr_of(e) < 10 * LEAST_ESR]
    parts = [("Where DSP wins.", _dsp(study, exact, nets)), ("Where a network earns its cost.", _nets(study, exact, nets)),
             ("Engine or architecture.", _engines(study, nets)), ("What “warm” is.", _warm(study, nets))]  # fmt: skip
    return "\n\n".join(f"**{title}** {' '.join(told)}" for title, told in parts if told)


def _dsp(study: Study, exact: Sequence[Entry], nets: Sequence[Entry]) -> list[str]:
    cheapest = min(exact, key=lambda e: nanoseconds(study, e))
    told = [f"Where the maths is known. {cheapest.name} is exact, needs no training, and takes "
            f"{figure(nanoseconds(study, cheapest))} ns a sample in blocks of {typical_block(study)}."]  # fmt: skip
    if nets:
        closest = _closest(study, nets)
        ratio = nanoseconds(study, closest) / nanoseconds(study, cheapest)
        price = f"{figure(ratio)} x as much" if ratio > 1 else f"less, {figure(ratio)} of it,"
        told.append(f"The closest net, {closest.rival}, takes {price} and still is off by an ESR of "
                    f"{figure(close_by(study, closest))}.")  # fmt: skip
    by_name = {e.rival: e for e in study.entries}
    told += _one_rate(study, by_name) + _numpy(study, by_name) + _shelf(study, by_name, nets)
    return told


def _closest(study: Study, nets: Sequence[Entry]) -> Entry:
    """Return the closest twin, over its seeds; of nets made smaller, which have one seed, only where there is no twin."""
    return min([e for e in nets if e.kind == "twin"] or nets, key=lambda e: close_by(study, e))


def _one_rate(study: Study, by_name: dict[str, Entry]) -> list[str]:
    """Say what oversampling is worth, where the same kernel without it takes part."""
    plain, whole = by_name.get("kernels-1x"), study.entries[0]
    if plain is None:
        return []
    cost = nanoseconds(study, plain) / nanoseconds(study, whole)
    said = f"at {figure(cost)} of the time" if cost < 1 / SAME else "in much the same time"
    alias = plain.quality.aliasing_db - whole.quality.aliasing_db
    heard = f"with aliases {alias:.0f} dB higher" if alias > MISSED_DB else "with no more aliasing"
    return [f"Without its oversampling the same kernel plays {said}, {heard} and an ESR of {figure(esr_of(plain))}: "
            "a choice that a net does not offer."]  # fmt: skip


def _numpy(study: Study, by_name: dict[str, Entry]) -> list[str]:
    told, numpy, stateless = [], by_name.get("numpy"), by_name.get("numpy-stateless")
    if numpy:
        times = numpy.cost(typical_block(study)).real_time_factor.mean
        if times > 1:
            told.append(f"Plain NumPy, vectorised a block at a time, still plays {figure(times)} x faster than real time.")
        else:
            told.append(f"Plain NumPy is too slow to be played: {figure(times)} x real time.")
    if stateless and not stateless.carrying.carries:
        told.append("Written as a function without memory, as first scripts are, it clicks at every block boundary "
                    f"({stateless.carrying.click_db:.0f} dB).")  # fmt: skip
    return told


def _shelf(study: Study, by_name: dict[str, Entry], nets: Sequence[Entry]) -> list[str]:
    shelf = by_name.get("pedalboard")
    if shelf is None:
        return []
    better = [e.rival for e in nets if close_by(study, e) < esr_of(shelf)]
    beaten = f"closer than it: {', '.join(better)}" if better else "no net comes closer than that"
    return [f"The nearest plugins off the shelf come within an ESR of {figure(esr_of(shelf))}; {beaten}."]


def _nets(study: Study, exact: Sequence[Entry], nets: Sequence[Entry]) -> list[str]:
    if not nets:
        return []
    told = ["Where nobody knows the maths: a recorded amp, a plugin without its source. A net costs the same whatever it "
            "imitates, and here, beside maths, what it gives away can be read off."]  # fmt: skip
    groups = [("below an ESR of 0.01", 0.0, CLOSE_ESR), ("up to 0.1, which is heard", CLOSE_ESR, FAR_ESR),
              ("farther off, not learned in that time", FAR_ESR, np.inf)]  # fmt: skip
    named = [
        f"{what}: {', '.join(f'{e.rival} ({_error(study, e)})' for e in nets if least <= close_by(study, e) < most)}"
        for what, least, most in groups
        if any(least <= close_by(study, e) < most for e in nets)
    ]
    over = f" and {len(study.trained[0].runs)} seeds (mean ± deviation)" if study.trained else ""
    told.append(f"After {study.minutes:g} min of training{over}, {'; '.join(named)}.")
    quick = [e for e in nets if e.cost(typical_block(study)).real_time_factor.mean > 1]
    slow = [e.rival for e in nets if e not in quick]
    if quick:
        times = sorted(e.cost(typical_block(study)).real_time_factor.mean for e in quick)
        told.append(f"On our runtime {'all' if not slow else len(quick)} of them play in real time, {figure(times[0])} to "
                    f"{figure(times[-1])} x faster than it.")  # fmt: skip
    if slow:
        told.append(f"Too slow for real time: {', '.join(slow)}.")
    whole = study.entries[0].quality.aliasing_db
    worse = [e.rival for e in nets if e.quality.aliasing_db > whole + MISSED_DB]
    if worse:
        told.append(f"At {study.sample_rate:g} Hz there is no oversampling to turn up: {', '.join(worse)} "
                    f"alias{'es' * (len(worse) == 1)} more than the reference.")  # fmt: skip
    return told


def _error(study: Study, entry: Entry) -> str:
    spread = over_seeds(study, entry.rival)
    return f"{figure(spread.mean)} ± {figure(spread.deviation)}" if spread else figure(esr_of(entry))


def _engines(study: Study, nets: Sequence[Entry]) -> list[str]:
    twins = [e for e in nets if e.kind == "twin"]
    if len(twins) < 2:
        return []
    costs = [nanoseconds(study, e) for e in twins]
    between = max(costs) / min(costs)
    slowest = {size: _slowest(study, twins, size) for size in (typical_block(study), max(study.block_sizes))}
    if not all(slowest.values()):
        return []
    (size, (engine, ratio)), (largest, (other, large)) = ((s, found) for s, found in slowest.items() if found)
    first = (
        "The engine comes before the architecture" if ratio > between else "The architecture counts for more than the engine"
    )
    told = [f"{first}: in blocks of {size} the same weights take {figure(ratio)} x our runtime's time in {engine} (geometric "
            f"mean over the nets), while on our runtime the dearest net takes {figure(between)} x the cheapest one's. In "
            f"blocks of {largest} the slowest engine, {other}, takes {figure(large)} x."]  # fmt: skip
    if large < ratio / 2:
        told.append("The difference is the call: frameworks are made for large tensors.")
    return told + _int8(study)


def _slowest(study: Study, twins: Sequence[Entry], size: int) -> tuple[str, float] | None:
    """Return the engine that takes the most time against ours, and how many times as much."""
    found: dict[str, list[float]] = {}
    for whole in twins:
        for e in study.entries:
            if e.rival == whole.rival and e.engine != OURS:
                found.setdefault(e.engine, []).append(e.cost(size).ns_per_sample.mean / whole.cost(size).ns_per_sample.mean)
    means = {engine: float(np.exp(np.mean(np.log(ratios)))) for engine, ratios in found.items()}
    return max(means.items(), key=lambda item: item[1]) if means else None


def _int8(study: Study) -> list[str]:
    """Say what int8 in onnxruntime saves against its fp32."""
    whole = {e.rival: e for e in study.entries if e.engine == "onnxruntime"}
    pairs = [(e, whole[e.rival]) for e in study.entries if e.engine == "onnxruntime-int8" and e.rival in whole]
    if not pairs:
        return []
    size = float(np.exp(np.mean([np.log((a.file_bytes or 1) / (b.file_bytes or 1)) for a, b in pairs])))
    time = float(np.exp(np.mean([np.log(nanoseconds(study, a) / nanoseconds(study, b)) for a, b in pairs])))
    saves = "saves time" if time < 1 / SAME else "costs time" if time > SAME else "saves no time"
    clicks = [a.rival for a, b in pairs if b.carrying.carries and not a.carrying.carries]
    heard = f" Its blocks can be heard with {', '.join(clicks)}, for it scales each call's products anew." if clicks else ""
    return [f"int8 in onnxruntime takes {figure(size)} x the file and {figure(time)} x the time of its fp32: it {saves} "
            f"here.{heard}"]  # fmt: skip


def _warm(study: Study, nets: Sequence[Entry]) -> list[str]:
    whole, positions = study.entries[0], len(study.entries[0].quality.thd)
    if not positions:
        return []
    first, last = _balance(whole, 0), _balance(whole, positions - 1)
    at = [f"{tone.at:.3g} {study.swept_unit}" for tone in whole.quality.thd]
    lead = "even harmonics lead" if first > 0 else "odd harmonics lead"
    told = [f"Few and low harmonics that fall fast. At {at[0]} {lead}, by {abs(first):.0f} dB, and the distortion is "
            f"{whole.quality.thd[0].thd_percent:.2g} %."]  # fmt: skip
    if first > 0 > last:
        told.append(f"Turned up, the odd series takes over: at {at[-1]} by {-last:.0f} dB, which is what a player calls harsh.")
    else:
        stronger = "even" if last > 0 else "odd"
        told.append(f"At {at[-1]} the {stronger} ones lead by {abs(last):.0f} dB.")
    if nets:
        closest = _closest(study, nets)
        off = abs(_over_first(closest, 0) - _over_first(whole, 0))
        if off > MISSED_DB:
            told.append(
                f"An ESR does not hear that: {closest.rival}, the closest net, has its second harmonic {off:.0f} dB off there."
            )
        else:
            told.append(f"The closest net, {closest.rival}, has its second harmonic there within {max(off, 0.1):.1f} dB.")
    return told


def _balance(entry: Entry, position: int) -> float:
    """Return even harmonics against odd ones above the first, in dB."""
    power = 10 ** (heights(entry, position) / 10)
    return float(10 * np.log10(power[1::2].sum() / power[2::2].sum()))


def _over_first(entry: Entry, position: int) -> float:
    level = heights(entry, position)
    return float(level[1] - level[0])
