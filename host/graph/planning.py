"""From a wiring to the plan that is played: order, loops, and which channel goes where."""

from collections.abc import Mapping, Sequence
from itertools import islice, product
from typing import Any

from ...models.errors import InvalidValue
from .cables import Cable
from .ordering import Undelayed, closing_pairs, playing_order
from .plan import Lead, Node, Plan
from .ports import channels_out, is_source, key_channels, taken_text, widened
from .timing import loop_lag
from .wiring import Strung, Wiring

Pairs = tuple[tuple[int, int], ...]
USUAL_RATES = (48000.0, 44100.0, 96000.0)


def make_plan(wiring: Wiring, sample_rate: float, widths: Mapping[str, int], outputs: Sequence[str]) -> Plan:
    """Return the checked plan for a sample rate and a channel count of each input.

    Args:
        wiring: a whole one (`check_whole`).
        sample_rate: in Hz.
        widths: channels of each input.
        outputs: names of what is listened to, of nodes too.

    Raises:
        InvalidValue: channel counts that do not fit each other; a loop whose delay is too short. Names the cable.
    """
    nodes, strung = _fed(wiring, *wiring.opened())
    cut = _closing(wiring, nodes, strung, sample_rate)
    order = playing_order(nodes, [(s.source, s.target) for s in strung], cut)
    counts = _Channels({name: nodes[name] for name in order}, strung, widths)
    leads = tuple(
        Lead(s.source, s.target, s.into_key, counts.pairs(s), s.cable.gain,
             s.cable.delay.samples(sample_rate) if s.cable.delay else 0, (s.source, s.target) in cut)
        for s in strung
    )  # fmt: skip
    plan = Plan(sample_rate, {name: counts.node(name) for name in order}, leads, wiring.inputs, tuple(outputs))
    _check_lags(plan, strung)
    return plan


def first_plan(wiring: Wiring, outputs: Sequence[str]) -> Plan:
    """Return the plan for the first usual rate and channels, mono or stereo at each input, that fit; raises as `make_plan`."""
    least = dict.fromkeys(wiring.inputs, 1)
    for cable in wiring.cables:
        if cable.source.node in least and cable.source.channels:
            least[cable.source.node] = max(least[cable.source.node], max(cable.source.channels) + 1)
    choices = [sorted({wide, max(wide, 2)}) for wide in least.values()]
    problem: InvalidValue | None = None
    for rate, widths in islice(product(USUAL_RATES, product(*choices)), 64):  # a loop may be long enough at one rate only
        try:
            return make_plan(wiring, rate, dict(zip(wiring.inputs, widths, strict=True)), outputs)
        except InvalidValue as error:
            problem = problem or error
    assert problem
    raise problem


def stereo_cables(wiring: Wiring, plan: Plan) -> set[Cable]:
    """Return the cables that carry more than one channel in a plan of the wiring."""
    cables = [s.cable for s in _fed(wiring, *wiring.opened())[1]]
    wide = {cable for cable, lead in zip(cables, plan.leads, strict=True) if len({source for source, _ in lead.pairs}) > 1}
    return wide & set(wiring.cables)


def _fed(wiring: Wiring, nodes: dict[str, Any], strung: list[Strung]) -> tuple[dict[str, Any], list[Strung]]:
    """Leave out what no input reaches: in sub-graphs, what hangs on doors that nobody uses."""
    fed = wiring.fed(nodes, strung)
    return {n: p for n, p in nodes.items() if n in fed}, [s for s in strung if s.source in fed and s.target in fed]


def _closing(wiring: Wiring, nodes: Mapping[str, Any], strung: list[Strung], rate: float) -> set[tuple[str, str]]:
    delays: dict[tuple[str, str], int] = {}
    for s in strung:
        samples = s.cable.delay.samples(rate) if s.cable.delay else 0
        delays[s.source, s.target] = min(delays.get((s.source, s.target), samples), samples)
    try:
        return closing_pairs(nodes, delays)
    except Undelayed as loop:  # in the wiring it had one: less than half a sample at this rate
        raise InvalidValue(f"{wiring.loop_text(loop, strung)} (at {rate:g} Hz, where a shorter delay is none)") from None


def _check_lags(plan: Plan, strung: Sequence[Strung]) -> None:
    """Raise where sound comes back later than its loop's delay says it should."""
    for lead, s in zip(plan.leads, strung, strict=True):
        if lead.closes_loop:
            lag = loop_lag(plan, lead)
            if lag >= lead.delay_samples:
                raise InvalidValue(f"{s.cable.said}: this loop lags by {lag} samples itself; its delay must be longer: "
                                   f"{s.cable.source} -> {lag + 1} samples -> {s.cable.target}")  # fmt: skip


class _Channels:
    """Channel counts, found by going round until nothing changes: sound that comes back has channels too."""

    def __init__(self, processors: Mapping[str, Any], strung: Sequence[Strung], widths: Mapping[str, int]) -> None:
        self._processors = processors
        self._into: dict[str, list[Strung]] = {name: [] for name in processors}
        self._keyed: dict[str, list[Strung]] = {name: [] for name in processors}
        for s in strung:
            (self._keyed if s.into_key else self._into)[s.target].append(s)
        self._arriving: dict[str, int] = dict(widths)
        self._leaving: dict[str, int] = dict(widths)
        for _ in range(len(processors) + 2):
            if not any([self._go_through(name) for name in processors if name not in widths]):
                return
        raise InvalidValue("the channel counts of a loop do not settle; say which channels its cables take: a[0] -> b")

    def node(self, name: str) -> Node:
        key = key_channels(self._processors[name]) if self._keyed[name] else 0
        return Node(name, self._processors[name], self._arriving[name], self._leaving[name], key)

    def _go_through(self, name: str) -> bool:
        """Find a node's counts again; tell whether they changed."""
        before = self._arriving.get(name), self._leaving.get(name)
        into = [s for s in self._into[name] if s.source in self._leaving]
        wide = max((self._asked(s) for s in into), default=0)
        processor = self._processors[name]
        leaving = channels_out(processor, wide)
        if leaving is None and all(self._stretches(s) for s in into):
            wide = widened(processor, wide) or wide
            leaving = channels_out(processor, wide)
        if leaving is None:
            self._refuse(name, wide, into)
        self._arriving[name], self._leaving[name] = wide, leaving or 0
        return before != (wide, leaving)

    def _brought(self, s: Strung) -> int:
        """Return how many channels a cable brings."""
        leaving, chosen = self._leaving[s.source], s.cable.source.channels
        if chosen is None:
            return leaving
        if max(chosen) >= leaving:
            raise InvalidValue(f"{s.cable.said}: {s.cable.source.node} has {leaving} channel(s) here, counted from 0; "
                               f"there is no [{max(chosen)}]")  # fmt: skip
        return len(chosen)

    def _asked(self, s: Strung) -> int:
        """Return how many channels an input must have for a cable to end there."""
        brought, chosen = self._brought(s), s.cable.target.channels
        if chosen is None:
            return brought
        if brought not in (1, len(chosen)):
            raise InvalidValue(f"{s.cable.said}: {brought} channels do not go into {len(chosen)}; choose as many on both "
                               f"sides: {s.cable.source.node}[0] -> {s.cable.target.node}[0]")  # fmt: skip
        return max(chosen) + 1

    def _stretches(self, s: Strung) -> bool:
        return s.cable.target.channels is not None or self._brought(s) == 1

    def _refuse(self, name: str, wide: int, into: Sequence[Strung]) -> None:
        s = next(s for s in into if self._asked(s) == wide)
        source, target = s.cable.source.node, s.cable.target
        if is_source(self._processors[name]):
            raise InvalidValue(f"{s.cable.said}: {name} makes its own sound and takes none: leave this cable out")
        takes = taken_text(self._processors[name])
        raise InvalidValue(f"{s.cable.said}: {name} takes {takes} channel(s), {wide} arrive; choose: {source}[0] -> {target}, "
                           "and a node of its own for each other channel")  # fmt: skip

    def pairs(self, s: Strung) -> Pairs:
        """Return which channel goes where on a cable."""
        sources = s.cable.source.channels or tuple(range(self._brought(s)))
        wide = key_channels(self._processors[s.target]) if s.into_key else self._arriving[s.target]
        targets = s.cable.target.channels or tuple(range(wide))
        if max(targets) >= wide:
            raise InvalidValue(f"{s.cable.said}: {s.cable.target.node}{'.key' * s.into_key} has {wide} channel(s); "
                               f"there is no [{max(targets)}]")  # fmt: skip
        if len(sources) == 1:
            return tuple((sources[0], target) for target in targets)
        if len(sources) != len(targets):
            said = f"{s.cable.target.node}{'.key' * s.into_key}"
            choose = (f"{s.cable.source.node}[0] -> {said}" if len(targets) == 1
                      else f"{s.cable.source.node} -> {said}[{','.join(map(str, range(len(sources))))}]")  # fmt: skip
            raise InvalidValue(f"{s.cable.said}: {len(sources)} channels do not go into {len(targets)}; choose: {choose}")
        return tuple(zip(sources, targets, strict=True))
