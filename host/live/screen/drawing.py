"""The screen of a live session: a snapshot becomes lines of text, as many and as long as the terminal has room for."""

from rich.text import Text

from .bars import decibels, meter, needle, scale, slider, spectrum
from .facts import Knob, Level, Snapshot
from .spectrum import MARKS_HZ, share_of

KEYS = (("↑↓", "choose"), ("←→", "turn"), ("b", "bypass"), ("m", "mute"), ("t", "tuner"), ("r", "record"), ("l", "learn"),
        ("p", "preset"), ("q", "quit"))  # fmt: skip
LEAST_KNOBS, MOST_SPECTRUM = 3, 8  # lines
SHOWN_NOTICES = 3


def drawn(snapshot: Snapshot, width: int, height: int) -> list[Text]:
    """Return the screen's lines: at most `height`, none longer than `width`; pictures go first where room is short."""
    head = [_heading(snapshot, width), _level("in ", snapshot.incoming, width), _level("out", snapshot.outgoing, width)]
    head += [_deadlines(snapshot), _latency(snapshot), *_workers(snapshot)]
    head += [_tuner(snapshot, width)] if snapshot.tuning else []
    foot = [Text(f"! {snapshot.lost}", "bold white on red")] if snapshot.lost else []
    foot += [*(Text(f"! {line}", "yellow") for line in snapshot.notices[-SHOWN_NOTICES:]), _keys(snapshot)]
    room = height - len(head) - len(foot)
    tall = min(MOST_SPECTRUM, room - 2 - min(max(len(snapshot.knobs), 1), 8))
    pictures = _spectra(snapshot, width, tall) if tall >= 2 and len(snapshot.spectra) else []
    lines = [*head, *pictures, *_knobs(snapshot, width, max(room - len(pictures), 0)), *foot]
    if len(lines) > height:
        lines = [*head[:3], *lines[3:]][: max(height - 1, 1)] + [foot[-1]] * (height > 1)
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines


def summary(snapshot: Snapshot) -> list[Text]:
    """Return the lines that say how a session went."""
    counts = [f"{side} {count} {what}" for side, level in (("in", snapshot.incoming), ("out", snapshot.outgoing))
              for count, what in ((level.clips, "clipped"), (level.bad, "no numbers")) if count]  # fmt: skip
    lines = [Text(f"{snapshot.name}: {_clock(snapshot.seconds)} played"), _deadlines(snapshot), _latency(snapshot)]
    return [*lines, *_workers(snapshot), *([Text(f"samples: {', '.join(counts)}", "red")] if counts else [])]


def _heading(snapshot: Snapshot, width: int) -> Text:
    said = Text.assemble((snapshot.name, "bold"), (f"  {snapshot.place}  {_clock(snapshot.seconds)}", "dim"))
    if snapshot.preset:
        said.append(f"  preset {snapshot.preset}", "cyan")
    marks = Text()
    for shown, text, style in ((bool(snapshot.recording), f" ● {snapshot.recording} ", "bold white on red"),
                               (snapshot.bypassed, " BYPASS ", "bold black on yellow"),
                               (snapshot.muted, " MUTE ", "bold black on yellow")):  # fmt: skip
        if shown:
            marks += Text(" ") + Text(text, style)
    said.truncate(max(width - len(marks), 0), overflow="ellipsis")
    return said + Text(" " * max(width - len(said) - len(marks), 0)) + marks


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _level(name: str, level: Level, width: int) -> Text:
    marks = Text()
    for count, now, what in ((level.clips, level.clips_now, "CLIP"), (level.bad, level.bad_now, "NaN")):
        if count:
            marks.append(f"  {what} {count}", "bold white on red" if now else "red")
    numbers = f"  {decibels(level.rms_db):>6} dB, peak {decibels(level.peak_db):>6}"
    return Text(f"{name}  ") + meter(level.peak_db, level.rms_db, max(width - 56, 10)) + Text(numbers) + marks


def _deadlines(snapshot: Snapshot) -> Text:
    found = snapshot.deadlines
    load_style = "red" if found.load > 0.8 else "yellow" if found.load > 0.5 else ""
    late = found.worst_ms > found.block_ms > 0
    return Text.assemble("load ", (f"{found.load:.0%}", load_style), "   missed ",
                         (f"{found.missed:,} of {found.blocks:,} blocks", "bold red" if found.missed else ""),
                         f"   p99.9 {found.p999_ms:.2f}, worst ", (f"{found.worst_ms:.2f}", "red" if late else ""),
                         f" of {found.block_ms:.2f} ms")  # fmt: skip


def _latency(snapshot: Snapshot) -> Text:
    parts = [(part, ms) for part, ms in snapshot.latency_ms if ms]
    total = sum(ms for _, ms in parts)
    said = " + ".join(f"{part} {ms:.2f}" for part, ms in parts)
    return Text.assemble("latency ", (f"{total:.2f} ms", "bold"), (f" = {said}" if said else "", "dim"))


def _workers(snapshot: Snapshot) -> list[Text]:
    return [Text(f"worker   {line}", "dim") for line in snapshot.workers]


def _tuner(snapshot: Snapshot, width: int) -> Text:
    heard, room = snapshot.pitch, max(min(width - 40, 61), 11)
    if heard is None:
        return Text.assemble("tuner  ", ("play a string", "dim"))
    said = f"  {heard.cents:+5.1f} cents  {heard.hz:.2f} Hz"
    return Text.assemble("tuner  ", (f"{heard.note:<4}", "bold"), needle(heard.cents, room), said)


def _spectra(snapshot: Snapshot, width: int, height: int) -> list[Text]:
    half = (width - 3) // 2
    left, right = (spectrum(levels, half, height, style) for levels, style in
                   zip(snapshot.spectra.T, ("blue", "magenta"), strict=True))  # fmt: skip
    lines = [Text.assemble(a, "   ", b) for a, b in zip(left, right, strict=True)]
    below = [scale([(0.0, name), *((share_of(hz), f"{mark}") for hz, mark in MARKS_HZ)], half) for name in ("in", "out")]
    return [*lines, Text.assemble(below[0], "   ", below[1])]


def _knobs(snapshot: Snapshot, width: int, room: int) -> list[Text]:
    """Return the knobs around the chosen one, as many as there is room for."""
    count = len(snapshot.knobs)
    if not count or room <= 0:
        return []
    first = min(max(snapshot.chosen - room // 2, 0), max(count - room, 0))
    shown = range(first, min(first + room, count))
    wide = min(max(len(snapshot.knobs[i].name) for i in shown), max(width // 3, 8))
    lines = [_knob(snapshot, snapshot.knobs[i], i == snapshot.chosen, wide, width) for i in shown]
    hidden = count - len(shown)
    if hidden:
        lines[-1].truncate(width - 14)
        lines[-1].append(f"  and {hidden} more", "dim")
    return lines


def _knob(snapshot: Snapshot, knob: Knob, is_chosen: bool, wide: int, width: int) -> Text:
    learning = knob.name == snapshot.learning
    name = Text(f"{'▸' if is_chosen else ' '} {knob.name}", "bold" if is_chosen else "")
    name.truncate(wide + 2, overflow="ellipsis", pad=True)
    text = Text(f"  {knob.text}")
    text.truncate(18, overflow="ellipsis", pad=True)
    controls = ("move its control", "bold yellow") if learning else (knob.controls, "cyan")
    return Text.assemble(name, "  ", slider(knob.position, max(min(width - wide - 44, 40), 8)), text, controls)


def _keys(snapshot: Snapshot) -> Text:
    line = Text()
    for key, what in (*KEYS[:-1], *((("1-0", "notes"),) if snapshot.notes else ()), KEYS[-1]):
        line.append(f"{' ' * bool(line)}{key} ", "bold")
        line.append(what, "dim")
    return line
