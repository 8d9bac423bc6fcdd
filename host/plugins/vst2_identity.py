"""What a VST2 says of itself, asked of its library directly: DawDreamer, which plays it, does not pass that on.

The layout below is the part of the VST 2.4 binary interface that is needed to ask; nothing is played here.
"""

import ctypes
from ctypes import CFUNCTYPE, POINTER, c_float, c_int32, c_ssize_t, c_void_p
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...models.errors import PluginError

MAGIC = int.from_bytes(b"VstP", "big")
OPEN, CLOSE, CATEGORY, EFFECT_NAME, VENDOR, PRODUCT, VENDOR_VERSION = 0, 1, 35, 45, 47, 48, 49
CUT_AT = 31  # characters an effect's name has room for; a product's has 64
INSTRUMENT_FLAG = 1 << 8
CATEGORIES = ("", "Fx", "Instrument", "Analyzer", "Mastering", "Spatializer", "Reverb", "Surround", "Restoration", "Offline",
              "Shell", "Generator")  # fmt: skip
HOST_VERSION, HOST_RATE, HOST_BLOCK = 1, 16, 17  # what a plugin may ask of its host
_ANSWERS = {HOST_VERSION: 2400, HOST_RATE: 48000, HOST_BLOCK: 512}
_CALL = CFUNCTYPE(c_ssize_t, c_void_p, c_int32, c_int32, c_ssize_t, c_void_p, c_float)


class _Vst2(ctypes.Structure):
    _fields_ = [
        ("magic", c_int32), ("dispatcher", _CALL), ("process", c_void_p), ("set_parameter", c_void_p),
        ("get_parameter", c_void_p), ("programs", c_int32), ("parameters", c_int32), ("inputs", c_int32), ("outputs", c_int32),
        ("flags", c_int32), ("reserved", c_ssize_t * 2), ("initial_delay", c_int32), ("old", c_int32 * 2),
        ("old_ratio", c_float), ("object", c_void_p), ("user", c_void_p), ("unique_id", c_int32), ("version", c_int32),
    ]  # fmt: skip


@dataclass(frozen=True)
class Vst2Identity:
    """Name, maker, category ("Fx", "Instrument", …), version and four-letter id of a VST2; whether it is an instrument."""

    name: str
    maker: str
    category: str
    version: str
    unique_id: int
    instrument: bool


def vst2_entry(path: Path) -> Any:
    """Return the entry function of a VST2 library; None where it is a library of another kind. Raises PluginError."""
    library = next((path / "Contents" / "MacOS").iterdir()) if path.is_dir() else path
    try:
        loaded = ctypes.CDLL(str(library.absolute()))  # a bare name would be looked for elsewhere
    except OSError as error:
        raise PluginError(f"{path} does not load ({str(error).splitlines()[0]})") from None
    for name in ("VSTPluginMain", "main"):
        if hasattr(loaded, name):
            return getattr(loaded, name)
    return None


def read_identity(path: Path) -> Vst2Identity:
    """Make an instance, ask it and let it go. A plugin that crashes takes the process along: only in a child process."""
    entry = vst2_entry(path)
    if entry is None:
        raise PluginError(f"{path} is no VST2 but a library of another kind")
    answer = _CALL(lambda effect, asked, index, value, pointer, option: _ANSWERS.get(asked, 0))
    entry.restype, entry.argtypes = POINTER(_Vst2), [_CALL]
    made = entry(answer)
    if not made or made.contents.magic != MAGIC:
        raise PluginError(f"{path} is no VST2 that loads on this machine")
    effect = made.contents

    def ask(code: int, text: Any = None) -> int:
        return effect.dispatcher(ctypes.cast(made, c_void_p), code, 0, 0, text, 0.0)

    def text_of(code: int) -> str:
        room = ctypes.create_string_buffer(1024)
        ask(code, ctypes.cast(room, c_void_p))
        return room.value.decode("utf-8", "replace").strip()

    ask(OPEN)
    category = ask(CATEGORY)
    kind = CATEGORIES[category] if 0 <= category < len(CATEGORIES) else ""
    identity = Vst2Identity(
        whole_name(text_of(EFFECT_NAME), text_of(PRODUCT)) or path.stem, text_of(VENDOR), kind,
        version_text(ask(VENDOR_VERSION) or effect.version), effect.unique_id & 0xFFFFFFFF,
        kind == "Instrument" or (not kind and bool(effect.flags & INSTRUMENT_FLAG)) or effect.inputs == 0,
    )  # fmt: skip
    ask(CLOSE)
    return identity


def whole_name(name: str, product: str) -> str:
    """Return the name, out of the product's where it was too long for its own place ("LSP Gate Stereo [VST]")."""
    if len(name) < CUT_AT or name not in product:
        return name or product
    return product[product.index(name) :].partition(" [")[0]


def version_text(number: int) -> str:
    """Return a version as people write it: 262400 (0x040100) is 4.1.0, 1012 is 1.0.1.2."""
    if number < 0x10000:
        return ".".join(str(number))
    return ".".join(map(str, number.to_bytes(4, "big").lstrip(b"\0")))
