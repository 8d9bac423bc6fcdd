"""Broken and bent model files, from a seed: what a reader must refuse, and what it must play.

    mutation(text, rng)     one Mutation of a JSON model file: what was done, the bytes, what may follow

    python mutations.py FOLDER SEED COUNT     tries COUNT mutations of the files in FOLDER, within memory and time limits;
                                              prints JSON: failures, how many were refused, loaded, played

What may follow is one of
    "refused"       ModelFileError, nothing else
    "meaningless"   refused, or loaded to the model that the unbroken file gives
    "defaulted"     refused, or loaded to any model, which then plays finite: the key has a documented default
    "plays"         loads and plays finite; refused only for what a value itself forbids (`FORBIDDEN`)
"""

import json
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DEFAULTED = {  # keys that a file may leave out, and then means something of its own
    "sample_rate", "samplerate", "negative_slope", "negative_slopes", "min_val", "max_val", "min_slope", "max_slope",
    "head_dilation", "secondary_activation", "condition_dsp", "metadata", "model_data", "activation", "in_skip", "in_gain",
    "out_gain", "groups", "in_channels", "input_batch", "output_batch",
}  # fmt: skip
OPEN_LISTS = {"layers", "models", "submodels", "weights", "allowed_channels"}  # other lengths may be other models
VALUES = {"weights", "data", "state_dict", "negative_slope", "negative_slopes", "min_val", "max_val", "min_slope", "max_slope",
          "head_scale", "loudness", "input_batch", "output_batch"}  # fmt: skip
LEVELS = ("in_gain", "out_gain", "dilations", "dilation")  # small whole numbers are allowed
FORBIDDEN = ("variance", "the file's own test fails", "beyond the range of float32")
NUMBERS = (0, -0.0, 1, -1, 1e-45, 1e-320, -1e-30, 1e6, 1e30, 3.4e38, -3.4e38)
NOT_NUMBERS = ("NaN", "Infinity", "-Infinity", "1e999", "9" * 5000, "01", "0x10", "+1", "1.", "nan", "None")
PLAYED = 400  # samples
SLOWEST = 30.0  # seconds for one file, code made anew included
MOST_MEMORY = 6 * 2**30  # bytes of address space


@dataclass(frozen=True)
class Mutation:
    """What was done, the file's bytes, what may follow."""

    what: str
    content: bytes
    verdict: str


def places(value, way=()):
    """Yield (way, value) of everything inside; of a long list only its first, middle and last entry."""
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = [(i, value[i]) for i in sorted({0, len(value) // 2, len(value) - 1} if value else ())]
    else:
        return
    for key, entry in inside:
        yield (*way, key), entry
        yield from places(entry, (*way, key))


def mutation(text, rng):
    """Return a drawn Mutation of the JSON `text`."""
    item = json.loads(text)
    found = list(places(item))
    way, value = found[rng.integers(len(found))]
    draw = rng.choice(["remove", "rename", "type", "count", "nest", "add", "text", "value", "value"])
    made = {"remove": remove, "rename": rename, "type": retype, "count": recount, "nest": nest, "add": add,
            "value": revalue}.get(draw, lambda *_: None)(item, way, value, rng)  # fmt: skip
    if made is None:
        return retext(text, rng)
    what, verdict, *elsewhere = made
    return Mutation(f"{what} {'.'.join(map(str, *elsewhere or [way]))}", json.dumps(item).encode(), verdict)


def parent(item, way):
    for key in way[:-1]:
        item = item[key]
    return item


def last_name(way):
    return next((key for key in reversed(way) if isinstance(key, str)), "")


def absent(way):
    """Return what may follow where the entry at `way` is gone."""
    return "defaulted" if way[-1] in DEFAULTED or (isinstance(way[-1], int) and last_name(way) in OPEN_LISTS) else "meaningless"


def remove(item, way, value, rng):
    del parent(item, way)[way[-1]]
    return "remove", absent(way)


def rename(item, way, value, rng):
    if not isinstance(way[-1], str):
        return None
    parent(item, way)[way[-1] + rng.choice(["_", "s", " "])] = parent(item, way).pop(way[-1])
    return "rename", absent(way)


def retype(item, way, value, rng):
    """Put a value of another type in its place; a number and a text of a number are alike to some formats."""
    others = [other for other in (None, "catnip", [], {}, True, 7) if not alike(other, value)]
    new = others[rng.integers(len(others))]
    parent(item, way)[way[-1]] = new
    return f"put {json.dumps(new)} in place of", absent(way) if new is None or value is None else "meaningless"


def alike(one, other):
    kinds = {type(one), type(other)}
    return kinds <= {int, float, bool} or len(kinds) == 1 or (kinds <= {int, float, str} and one != "catnip")


def recount(item, way, value, rng):
    if not isinstance(value, list):
        return None
    if value and rng.random() < 0.5:
        del value[rng.integers(len(value))]
    else:
        value.insert(rng.integers(len(value) + 1), value[rng.integers(len(value))] if value else 1)
    return "recount", "defaulted" if way[-1] in OPEN_LISTS else "meaningless"


def nest(item, way, value, rng):
    deep = rng.random() < 0.3
    new = [value]
    for _ in range(rng.integers(60, 900) if deep else 0):
        new = [new]
    parent(item, way)[way[-1]] = new
    return ("bury", "refused") if deep else ("nest", "meaningless")


def add(item, way, value, rng):
    if not isinstance(value, dict):
        return None
    value["catnip"] = [1, "two", None][rng.integers(3)]
    return "add a key to", "meaningless"


def revalue(item, way, value, rng):
    """Change a number that is a value: a weight, a slope, a level, a dilation."""
    numbers = [(w, v) for w, v in places(item) if is_number(v)]
    levels = [(w, v) for w, v in numbers if last_name(w) in LEVELS]
    some = levels if levels and rng.random() < 0.1 else [(w, v) for w, v in numbers if VALUES & set(w)]
    if not some:
        return None
    way, value = some[rng.integers(len(some))]
    new = NUMBERS[rng.integers(len(NUMBERS))] if rng.random() < 0.5 else float(rng.normal())
    if some is levels:
        new = int(rng.integers(1, 40))
    parent(item, way)[way[-1]] = str(new) if isinstance(value, str) else new
    return f"set to {new}:", "plays", way


def is_number(value):
    if isinstance(value, str):
        return value.strip("+-.0123456789eE") == "" and value != ""
    return isinstance(value, int | float) and not isinstance(value, bool)


def retext(text, rng):
    """Return a Mutation of the text itself."""
    content, at = text.rstrip().encode(), int(rng.integers(1, len(text.rstrip())))
    draw = rng.choice(["cut", "number", "byte", "twice", "tail"])
    if draw == "number":
        value = NOT_NUMBERS[rng.integers(len(NOT_NUMBERS))]
        head, _, tail = text.partition(": ") if rng.random() < 0.5 else text.rpartition("[")
        return Mutation(f"{value[:10]} before a value", f"{head}{': ' if tail else ''}{value} {tail}".encode(), "refused")
    if draw == "byte":
        return Mutation(f"0xff at {at}", content[:at] + b"\xff" + content[at:], "refused")
    if draw == "twice":
        key = next(iter(json.loads(text)))
        return Mutation(f"{key} twice", b'{"' + key.encode() + b'": 1, ' + content[1:], "refused")
    if draw == "tail":
        return Mutation("text behind the end", content + b" {}", "refused")
    return Mutation(f"cut at {at}", content[:at], "refused")


def problem(path, mutated, original):
    """Return what went wrong with the mutated file at `path`, or None; and "refused", "loaded" or "played"."""
    from wetdry.models import load
    from wetdry.models.errors import ModelFileError

    try:
        model = load(path)
    except ModelFileError as error:
        message = str(error)
        if "\n" in message or not message.startswith(f"{path}: ") or message.count(": ") < 2 or len(message) > 400:
            return f"says {message[:300]!r}", "refused"
        if mutated.verdict == "plays" and not any(words in message for words in FORBIDDEN):
            return f"refused: {message}", "refused"
        return None, "refused"
    except BaseException as error:
        return f"{type(error).__name__}: {str(error)[:300]}", "refused"
    if mutated.verdict == "refused":
        return "loaded", "loaded"
    if mutated.verdict == "meaningless":
        return None if same(model, original) else "loaded to another model", "loaded"
    return sound(model), "played"


def same(one, other):
    return one.spec == other.spec and all(np.array_equal(one.weights[n], other.weights[n]) for n in other.weights)


def sound(model):
    """Return what is wrong with what the model plays, or None."""
    from wetdry import NeuralEffect

    audio = np.zeros((model.spec.input_channels, PLAYED), np.float32)
    audio[:, : PLAYED // 2] = 0.5 * np.random.default_rng(0).standard_normal(PLAYED // 2)
    try:
        out = NeuralEffect(model)(audio, model.spec.sample_rate)
    except BaseException as error:
        return f"does not play: {type(error).__name__}: {str(error)[:300]}"
    return None if np.isfinite(out).all() else "plays what is not finite"


def main(folder, seed, count):
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    from wetdry.models import load

    paths = sorted(folder.glob("*.json"))
    originals = [load(path) for path in paths]
    texts = [path.read_text() for path in paths]
    target, journal = folder / "mutated", folder / "journal"
    tally, failures = {"refused": 0, "loaded": 0, "played": 0}, []
    for i in range(count):
        rng = np.random.default_rng([seed, i])
        which = int(rng.integers(len(paths)))
        mutated = mutation(texts[which], rng)
        what = f"{paths[which].name}, {i}: {mutated.what}"
        target.write_bytes(mutated.content)
        journal.write_text(what)
        start = time.monotonic()
        wrong, became = problem(target, mutated, originals[which])
        took, tally[became] = time.monotonic() - start, tally[became] + 1
        if wrong or took > SLOWEST:
            failures.append(f"{what}: {wrong or f'{took:.0f} s'}")
    # Not getrusage: its peak counts the process that started this one, too.
    peak = next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(json.dumps({"failures": failures, "peak_mib": peak // 1024, **tally}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
