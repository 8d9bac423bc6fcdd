"""Missed deadlines of a live amp beside those of a C client that only passes its input through, on one JACK server.

    python tests/benchmarks/live_pass_through.py [--seconds 30] [--rounds 3] [--seed 0]

The server runs without hardware, and all without real-time rights (`jackd -r -d dummy -r 48000 -p 128`). A live session plays a
NAM amp of standard size and a cabinet through PortAudio; the C client is compiled here (Debian: libjack-jackd2-dev has its
headers). Both are called at the same time, alone and beside a Python thread that holds the interpreter's lock as much as it
may, in turns. A deadline is missed where a call comes a whole period or more too late (as often as it is a period more), by
either; by ours also where the sound was not ready when the device called.
"""

import argparse
import os
import platform
import subprocess
import tempfile
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np

from wetdry.host.benchmark.live import busy_thread, standard_amp
from wetdry.host.live.core.desk import BINS, BINS_AN_OCTAVE, CALLBACKS
from wetdry.host.live.core.ring import GAPS
from wetdry.host.live.session import live
from wetdry.host.machine import machine, versions

RATE, PERIOD = 48000, 128
SOURCE = Path(__file__).with_suffix(".c")
SETTLE_SECONDS = 1.0
ALLOWED_PERCENT = 0.5


def compiled(folder):
    """Compile the C client; return where it is."""
    client = Path(folder, "pass_through")
    more = os.environ.get("CFLAGS", "").split()
    command = ["cc", "-std=gnu11", "-O2", *more, str(SOURCE), "-o", str(client), "-l:libjack.so.0", "-lm"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{done.stderr}\nDebian: apt install gcc libjack-jackd2-dev")
    return client


@contextmanager
def server():
    """Run a JACK server without hardware; what this process starts finds it."""
    os.environ["JACK_DEFAULT_SERVER"] = name = f"wetdry-bench-{os.getpid()}"
    command = ["jackd", "-n", name, "-r", "-d", "dummy", "-r", str(RATE), "-p", str(PERIOD)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while subprocess.run(["jack_wait", "-s", name, "-w", "-t", "20"], capture_output=True).returncode:
            if process.poll() is not None:
                raise SystemExit("jackd does not run")
        yield
    finally:
        process.terminate()
        process.wait()


class PassThrough:
    """The C client; `counts` asks it."""

    def __init__(self, client):
        self._process = subprocess.Popen([client], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def counts(self):
        """Return (calls, histogram of the times between them, calls without sound: none)."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        calls, *pairs = self._process.stdout.readline().split()
        gaps = np.zeros(BINS, np.int64)
        for pair in pairs:
            place, count = pair.split(":")
            gaps[int(place)] = int(count)
        return int(calls), gaps, 0

    def close(self):
        self._process.communicate("")


def our_counts(session):
    engine = session.engine
    return int(engine.desk[CALLBACKS]), engine.gap_counts.copy(), int(engine.output.header[GAPS])


def missed(gaps):
    """Return the deadlines missed, by the times between calls."""
    shortest = 2.0 ** (np.arange(BINS) / BINS_AN_OCTAVE)  # ns, of each bin
    periods = np.floor(shortest / (1e9 * PERIOD / RATE)).astype(np.int64)
    return int((gaps * np.maximum(periods - 1, 0)).sum())


def worst_ms(gaps):
    return 1e-6 * 2.0 ** ((np.flatnonzero(gaps)[-1] + 1) / BINS_AN_OCTAVE) if gaps.any() else 0.0


def measured(sources, busy, seconds):
    """Return for each source (calls due, missed by the calls, calls without sound, worst gap in ms)."""
    with busy_thread() if busy else nullcontext():
        time.sleep(SETTLE_SECONDS)
        before, begun = [source() for source in sources], time.monotonic()
        time.sleep(seconds)
        after, due = [source() for source in sources], (time.monotonic() - begun) * RATE / PERIOD
    return [
        (due, missed(then[1] - first[1]), then[2] - first[2], worst_ms(then[1] - first[1]))
        for first, then in zip(before, after, strict=True)
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30.0, help="each cell")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0, help="of the amp's weights")
    options = parser.parse_args()
    names, cells = ("C pass-through", "wetdry live"), {}
    with tempfile.TemporaryDirectory() as folder, server():
        client = PassThrough(compiled(folder))
        with live(standard_amp(options.seed), block=PERIOD, rate=RATE, real_time=False, said=lambda line: None) as session:
            sources = (client.counts, lambda: our_counts(session))
            for _ in range(options.rounds):  # in turns, so that a busy moment of the machine hits both
                for busy in (False, True):
                    for name, cell in zip(names, measured(sources, busy, options.seconds), strict=True):
                        cells.setdefault((name, busy), []).append(cell)
            load, notices, latency = session.statistics.mean_load, session.notices, session.engine.latency_samples
        client.close()
    jack = subprocess.run(["jackd", "--version"], capture_output=True, text=True).stdout.split("\n")
    jack = next((line.split()[2] for line in jack if line.startswith("jackdmp version")), "unknown")
    print(", ".join(machine().values()) + f", {platform.release()}; jackd {jack}; "
          + ", ".join(f"{name} {number}" for name, number in versions("sounddevice").items()))  # fmt: skip
    print(f"NAM standard of seeded weights (seed {options.seed}), a cabinet of 4096 samples; {RATE} Hz, blocks of {PERIOD}; "
          f"{options.rounds} rounds of {options.seconds:g} s; load {load:.0%}, latency {latency} samples")  # fmt: skip
    for line in notices:
        print(f"said: {line}")
    percent = {}
    for (name, busy), rounds in cells.items():
        due, late, silent = (sum(cell[i] for cell in rounds) for i in range(3))
        percent[name, busy] = 100 * (late + silent) / due
        print(f"{name:<15} {'busy thread' if busy else 'alone':<12} {percent[name, busy]:.3f} % of {due:.0f} deadlines missed: "
              f"{late} not called in time, {silent} without sound; longest between calls {max(c[3] for c in rounds):.1f} ms; "
              "by round " + ", ".join(f"{100 * (c[1] + c[2]) / c[0]:.3f}" for c in rounds))  # fmt: skip
    theirs, ours = ([percent[name, busy] for busy in (False, True)] for name in names)
    due = sum(cell[0] for cell in cells[names[0], True])
    chance = (100 / due) ** 0.5 * sum([*theirs, *ours]) ** 0.5  # of a difference of four counts, one standard deviation
    over = ours[1] - theirs[1]
    print(f"bar: beside the busy thread ours are {over:+.3f} points of the C client's: {_met(over, ALLOWED_PERCENT)}")
    more = (ours[1] - ours[0]) - (theirs[1] - theirs[0])
    print(f"bar: the busy thread changes ours by {more:+.3f} points more than the C client's (by chance alone: {chance:.3f}): "
          f"{_met(more, 0.0)}")  # fmt: skip


def _met(points, allowed):
    return f"{'met' if points <= allowed else 'missed'}, {allowed:g} are allowed"


if __name__ == "__main__":
    main()
