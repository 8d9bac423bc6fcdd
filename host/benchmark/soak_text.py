"""A soak as a person reads it."""

from rich.text import Text

from .report import surroundings_line
from .soak import Soak


def soak_text(found: Soak) -> list[Text]:
    """Return the lines to print of a soak, and last what should not have been, if anything."""
    before, after = found.delay_samples
    drift = "not measured: only a clock's input is known to the sample (--device clock)"
    if before is not None and after is not None:
        drift = f"{after - before} samples ({before} samples from input to output, then {after})"
    elif before is not None:
        drift = f"{before} samples from input to output at first, and no match at the end"
    faults = "" if found.page_faults is None else f"; the audio thread met {found.page_faults} page faults"
    memory = "this system does not say"
    if found.memory_bytes:
        first, last = (size / 1e6 for size in found.memory_bytes)
        memory = f"{first:.1f} MB, then {last:.1f} MB ({last - first:+.2f} MB)"
    clock = "" if found.late_calls is None else f"; the clock itself was late {found.late_calls} times"
    allocated = "not told: Python plays a part of it" if found.allocations is None else f"{found.allocations} times"
    rate = 1e6 * found.missed / max(found.blocks, 1)
    turned = f"{found.changes:,} control changes, {found.moves:,} moves of knobs, {found.lost} lost"
    lines = [
        ("what", f"{found.name} at {found.sample_rate} Hz, blocks of {found.block}, through {found.device}"),
        ("played", f"{found.seconds:g} s, {turned}"),
        ("allocated", f"{allocated}{faults}"),
        ("drift", drift),
        ("no numbers", f"{found.bad_samples} samples"),
        ("memory", memory),
        ("missed", f"{found.missed:,} of {found.blocks:,} blocks of {found.block} ({rate:.0f} per million){clock}"),
        ("a block took", f"p50 {found.turn.p50_ms:.2f}, p99 {found.turn.p99_ms:.2f}, p99.9 {found.turn.p999_ms:.2f}, worst "
                         f"{found.turn.worst_ms:.2f} ms, of {1000 * found.block / found.sample_rate:.2f} ms"),
    ]  # fmt: skip
    said = [Text.assemble((f"{name:<14}", "bold"), text) for name, text in lines]
    said.append(Text(f"seed {found.seed}; {surroundings_line(found.machine, found.versions)}", "dim"))
    problems = found.problems
    return [*said, Text("; ".join(problems), "bold red") if problems else Text("in order", "green")]
