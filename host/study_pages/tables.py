"""A study's tables as Markdown: cost and quality of every entry, whether it carries its state, what a start costs."""

from collections.abc import Callable, Sequence

from ..evaluation.summary import figure
from ..study import Entry, Study
from ..study.figures import Spread, Trained
from .looks import typical_block

Column = tuple[str, Callable[[Entry], str]]


def cost_table(study: Study) -> str:
    """Return what every entry costs in blocks of the typical size, mean ± deviation over the runs."""
    block = typical_block(study)
    return _table(study, [
        ("weights", lambda e: f"{e.weights:,}" if e.weights else "–"),
        ("file kB", lambda e: f"{e.file_bytes / 1000:.0f}" if e.file_bytes else "–"),
        ("ns a sample", lambda e: _spread(e.cost(block).ns_per_sample)),
        ("M samples/s", lambda e: figure(e.cost(block).samples_per_second.mean / 1e6)),
        ("x real time", lambda e: figure(e.cost(block).real_time_factor.mean)),
        ("average µs", lambda e: figure(e.cost(block).average_us.mean)),
        ("p50 µs", lambda e: figure(e.cost(block).p50_us.mean)),
        ("p99 µs", lambda e: figure(e.cost(block).p99_us.mean)),
        ("p99.9 µs", lambda e: figure(e.cost(block).p999_us.mean)),
        ("max µs", lambda e: figure(e.cost(block).max_us.most)),
        ("jitter µs", lambda e: figure(e.cost(block).jitter_us.mean)),
    ])  # fmt: skip


def call_table(study: Study) -> str:
    """Return the call apart from the compute, ns a sample in the smallest and largest blocks, and what a start costs."""
    least, most = min(study.block_sizes), max(study.block_sizes)
    return _table(study, [
        (f"ns in blocks of {least}", lambda e: figure(e.cost(least).ns_per_sample.mean)),
        (f"ns in blocks of {most}", lambda e: figure(e.cost(most).ns_per_sample.mean)),
        ("µs a call", lambda e: figure(e.call.call_us)),
        ("ns a sample, computed", lambda e: figure(e.call.compute_ns)),
        ("half is the call's below", lambda e: f"{e.call.half_block:.0f} samples"),
        ("import ms", lambda e: figure(1000 * e.start.library_seconds.mean) if e.start else "–"),
        ("load ms", lambda e: figure(1000 * e.start.load_seconds.mean) if e.start else "–"),
        ("first block ms", lambda e: figure(1000 * e.start.first_block_seconds.mean) if e.start else "–"),
        ("memory MB", _megabytes),
    ])  # fmt: skip


def quality_table(study: Study) -> str:
    """Return how close every entry sounds, a net's of its first seed, mean ± deviation over recordings and settings."""
    return _table(study, [
        ("ESR", lambda e: _spread(e.quality.esr)),
        ("MR-STFT", lambda e: _spread(e.quality.mr_stft)),
        ("MUSHRA", lambda e: f"{e.quality.mushra.mean:.0f}" if e.quality.mushra else "–"),
        ("LU off", lambda e: f"{e.quality.lufs_difference.mean:+.2f}" if e.quality.lufs_difference else "–"),
        ("THD off, points", lambda e: figure(e.quality.thd_error_percent)),
        ("aliasing dB", lambda e: f"{e.quality.aliasing_db:.0f}"),
        ("late, samples", lambda e: str(e.latency_samples)),
        ("state carries over", lambda e: "yes" if e.carrying.carries else f"no: clicks {e.carrying.click_db:.0f} dB"),
    ])  # fmt: skip


def seed_table(study: Study) -> str:
    """Return how close every net comes, mean ± deviation over the seeds it was trained from, and each seed's ESR."""
    if not study.trained:
        return f"Every net was trained once, from seed {study.seed}: how much of its closeness is luck is not known."
    columns: list[tuple[str, Callable[[Trained], str]]] = [
        ("ESR", lambda t: _spread(t.esr)),
        ("MR-STFT", lambda t: _spread(t.mr_stft)),
        ("MUSHRA", lambda t: _spread(t.mushra)),
        ("LU off", lambda t: _spread(t.lufs_difference)),
        ("THD off, points", lambda t: _spread(t.thd_error_percent)),
        ("aliasing dB", lambda t: _spread(t.aliasing_db)),
        ("ESR of each", lambda t: ", ".join(figure(run.esr) for run in t.runs)),
        ("steps", lambda t: f"{min(run.steps for run in t.runs)} to {max(run.steps for run in t.runs)}"),
    ]  # fmt: skip
    return _markdown([name for name, _ in columns],
                     [[trained.rival, *(cell(trained) for _, cell in columns)] for trained in study.trained])  # fmt: skip


def surroundings(study: Study) -> str:
    """Return in one paragraph how it was measured, and with what."""
    machine = ", ".join(map(str, study.machine.values()))
    versions = ", ".join(f"{name} {version}" for name, version in study.versions.items())
    count = len(study.trained[0].runs) if study.trained else 1
    seeds = f"seed{'s' * (count > 1)} {study.seed}{f' to {study.seed + count - 1}' * (count > 1)}"
    settings = f"{len(study.settings)} knob setting{'s' * (len(study.settings) != 1)}"
    return (
        f"`{study.command}`\n\n{study.reference} at {study.sample_rate:g} Hz; {study.minutes:g} min of training a net, "
        f"{seeds}; every timing {study.runs} times, the entries taking turns; quality over {settings} and the unseen "
        f"recordings {', '.join(study.recordings)}. {machine}; {versions}."
    )


def left_out(study: Study) -> str:
    """Return a line for each rival that is missing, and why; empty where none is."""
    return "\n".join(f"- {name}: {' '.join(why.split())}" for name, why in study.left_out.items())


def _table(study: Study, columns: Sequence[Column]) -> str:
    return _markdown([heading for heading, _ in columns],
                     [[entry.name, *(cell(entry) for _, cell in columns)] for entry in study.entries])  # fmt: skip


def _markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [["", *headings], ["---", *["---:"] * len(headings)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return "–"
    return f"{figure(spread.mean)} ± {figure(spread.deviation)}" if spread.deviation else figure(spread.mean)


def _megabytes(entry: Entry) -> str:
    """Return what importing its library and loading it take together."""
    if entry.start is None or entry.start.resident_bytes is None:
        return "–"
    library = entry.start.library_bytes.mean if entry.start.library_bytes else 0.0
    return f"{(library + entry.start.resident_bytes.mean) / 1e6:.0f}"
