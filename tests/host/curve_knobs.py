"""Knobs of every scale, and curves over them, for the tests of automation."""

from hypothesis import strategies as st

from wetdry import LFO, Breakpoints, EnvelopeFollower
from wetdry.models.parameter import Parameter

LINEAR = Parameter("drive_db", "dB", 0.0, 36.0, 6.0)
LOG = Parameter("tone_hz", "Hz", 20.0, 20_000.0, 1000.0, scale="log")
BENT = Parameter("size", "", 0.0, 10.0, 1.0, scale="points", points=(0.0, 1.0, 10.0))
SWITCH = Parameter("mode", choices=("soft", "hard", "fold", "wrap"), default="soft")
ON = Parameter("on", choices=(False, True), default=True)
KNOBS = (LINEAR, LOG, BENT, SWITCH, ON)
TIMES = {"seconds": 3.0, "beats": 6.0, "samples": 3000.0}  # a thousand samples a second, 120 beats a minute


def values(knob: Parameter) -> st.SearchStrategy:
    return st.sampled_from(knob.choices) if knob.choices else st.floats(knob.minimum, knob.maximum)


@st.composite
def breakpoints(draw, knob: Parameter):
    unit = draw(st.sampled_from(list(TIMES)))
    shapes = st.sampled_from(["linear", "hold", "smooth"])
    times = sorted(draw(st.lists(st.floats(0, TIMES[unit]), min_size=1, max_size=6)))
    points = [(at, draw(values(knob)), *draw(st.just(()) | st.tuples(shapes))) for at in times]
    return Breakpoints(points, unit, draw(shapes))


@st.composite
def lfos(draw, knob: Parameter):
    speed = {draw(st.sampled_from(["rate_hz", "beats"])): draw(st.floats(0.01, 50))}
    shape = draw(st.sampled_from(["sine", "triangle", "rise", "fall", "square", "random"]))
    return LFO(low=draw(values(knob)), high=draw(values(knob)), shape=shape, phase=draw(st.floats(0, 1)),
               seed=draw(st.integers(0, 1 << 40)), **speed)  # fmt: skip


@st.composite
def followers(draw, knob: Parameter):
    low, high = draw(values(knob)), draw(values(knob))
    return EnvelopeFollower(low, high, draw(st.floats(0, 50)), draw(st.floats(0, 500)), loud_db=draw(st.floats(-20, 0)))
