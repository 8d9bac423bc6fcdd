"""Names in C++ for what is called anything."""

import re
from pathlib import PurePath

# What a namespace, a class or a constant cannot be called: the words of C++17 and names the header uses itself.
WORDS = """
alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t class compl
const const_cast constexpr continue decltype default delete do double dynamic_cast else enum explicit export
extern false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr
operator or or_eq private protected public register reinterpret_cast return short signed sizeof static
static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename
union unsigned using virtual void volatile wchar_t while xor xor_eq std detail weights knob Knob KnobIndex
main linux unix sample_rate inputs outputs latency_samples knob_count knob_value set_knob process reset play
read write clear begin_tile condition position column muted settings moving film index value input output
frames
"""
RESERVED = frozenset(WORDS.split())
MEMBERS = ("layers_", "scratch_", "lstm_", "gru_", "state_space_", "temporal_film_")  # how the header's own members begin


def identifier(text: str, otherwise: str, taken: set[str]) -> str:
    """Return a C++ name for `text` that is not `taken`, and take it; `otherwise` where nothing of `text` can stay."""
    name = re.sub(r"[^0-9A-Za-z]+", "_", text).strip("_") or otherwise
    if name[0].isdigit() or name in RESERVED or name.startswith(MEMBERS):
        name = f"{otherwise}_{name}"
    unique, i = name, 2
    while unique in taken:
        unique, i = f"{name}_{i}", i + 1
    taken.add(unique)
    return unique


def names_of(file: str) -> tuple[str, str]:
    """Return (namespace, class) for a file: amp_clean and AmpClean for "Amp clean.h"."""
    namespace = identifier(PurePath(file).stem.lower(), "model", set())
    name = "".join(word[0].upper() + word[1:] for word in namespace.split("_") if word)
    return namespace, name if name not in RESERVED else f"{name}Net"


def one_line(text: str) -> str:
    """Return text that a comment can hold: nothing in it ends the line, or goes on into the next."""
    plain = "".join(c if c.isprintable() and c != "\\" else " " for c in text)
    return " ".join(plain.replace("??", "? ?").split())  # ??/ was a backslash once
