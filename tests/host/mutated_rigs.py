"""Rig files as strangers and accidents write them: seeded mutations of good ones."""

import random

import yaml

JUNK = [
    None, True, False, 0, 1, -1, 3.5, -0.0, 1e308, -1e308, float("nan"), float("inf"), 10**30, 1e-320, 65536, -32768,
    "", " ", "x", "true", "x" * 5000, "\0", "~nosuchuser/x", "/", "..", "/dev/zero", "/dev/stdin", "a: b", "- a",
    "1e3", "é" * 40, [], {}, [[]], [None], [1, 2], {"": None}, {"a": 1}, {"chain": []}, {"plugin": "ZamTube"},
    {"faust": "process = _;"}, {"model": "x.ts"}, b"\x00\x01", "!!python/object/apply:os.system",
    "NeuralAmp", "pedalboard.Reverb", "in -> out",
]  # fmt: skip
CHARACTERS = "{}[]:,-#&*!|>'\"%@`~\n\t \0\x07€a0.>"


def mutated(text, seed):
    """Return a rig's text with one to three things wrong in it."""
    rng = random.Random(seed)
    for _ in range(rng.randint(1, 3)):
        text = (_in_data if rng.random() < 0.6 else _in_text)(text, rng)
    return text


def _in_text(text, rng):
    lines = text.split("\n")
    at, line = rng.randrange(len(text) + 1), rng.randrange(len(lines))
    match rng.randrange(8):
        case 0:
            return text[:at] + rng.choice(CHARACTERS) + text[at:]
        case 1:
            return text[:at] + text[at + rng.randint(1, 3) :]
        case 2:
            return text[:at]
        case 3:
            return "\n".join([*lines[:line], *lines[line + 1 :]])
        case 4:
            return "\n".join([*lines[: line + 1], *lines[line:]])
        case 5:
            lines[line] = " " * rng.randint(1, 5) + lines[line]
        case 6:
            lines[line] = lines[line].lstrip()
        case _:
            other = rng.randrange(len(lines))
            lines[line], lines[other] = lines[other], lines[line]
    return "\n".join(lines)


def _in_data(text, rng):
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return _in_text(text, rng)
    places = list(_places(data))
    if not places:
        return _in_text(text, rng)
    holder, key = rng.choice(places)
    value = holder[key]
    match rng.randrange(5):
        case 0:
            del holder[key]
        case 1 if isinstance(key, str) and len(key) > 1:
            cut = rng.randrange(len(key))
            holder[key[:cut] + rng.choice("aeiou_.>") + key[cut + 1 :]] = holder.pop(key)
        case 2 if isinstance(value, int | float):
            holder[key] = value * rng.choice([-1, 0, 10, 1000, 1e9, 1e-9])
        case 3:
            other, name = rng.choice(places)
            holder[key] = other[name] if not isinstance(other[name], dict | list) else rng.choice(JUNK)
        case _:
            holder[key] = rng.choice(JUNK)
    return yaml.dump(data, sort_keys=False, allow_unicode=True)


def _places(data):
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield data, key
            yield from _places(data[key])
