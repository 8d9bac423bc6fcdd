"""The VST2 preset files, .fxp and .fxb: read to know what they are, and written."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from ...models.errors import PluginError

PROGRAM_HEADER, BANK_HEADER = 56, 156  # bytes
NAMES = {b"FxCk": "program", b"FPCh": "program", b"FxBk": "bank", b"FBCh": "bank"}


@dataclass(frozen=True)
class Vst2File:
    """What an .fxp (one program) or .fxb (a bank of them) says of itself.

    Attributes:
        kind: "program" or "bank".
        plugin_id, plugin_version: whose it is, four bytes each.
        chunk: the plugin's own bytes; None: it holds the positions of the parameters.
    """

    kind: str
    plugin_id: bytes
    plugin_version: bytes
    chunk: bytes | None


def read(data: bytes) -> Vst2File:
    """Read the head of an .fxp or .fxb. Raises PluginError where it is none or is cut off."""
    if len(data) < PROGRAM_HEADER or data[:4] != b"CcnK" or data[8:12] not in NAMES:
        raise PluginError("this is no .fxp or .fxb: its first bytes are not those of one")
    kind, at = NAMES[data[8:12]], PROGRAM_HEADER
    if kind == "bank":
        at = BANK_HEADER
    chunk = None
    if data[8:12] in (b"FPCh", b"FBCh"):
        size = int.from_bytes(data[at : at + 4], "big")
        chunk = data[at + 4 : at + 4 + size]
        if len(chunk) < size:
            raise PluginError(f"this {kind} is cut off: {size} bytes were written, {len(chunk)} are there")
    elif kind == "program" and len(data) < at + 4 * int.from_bytes(data[24:28], "big"):
        raise PluginError(f"this program is cut off: it has {int.from_bytes(data[24:28], 'big')} parameters")
    return Vst2File(kind, data[16:20], data[20:24], chunk)


def program(bank: Vst2File, positions: Sequence[float], name: str) -> bytes:
    """Return an .fxp of the plugin a bank comes from: its chunk where it has one, else the positions of its parameters."""
    label = name.encode("ascii", "replace")[:27].ljust(28, b"\0")
    about = bank.plugin_id + bank.plugin_version + len(positions).to_bytes(4, "big") + label
    if bank.chunk is None:
        magic, body = b"FxCk", struct.pack(f">{len(positions)}f", *positions)
    else:
        magic, body = b"FPCh", len(bank.chunk).to_bytes(4, "big") + bank.chunk
    rest = magic + (1).to_bytes(4, "big") + about + body
    return b"CcnK" + len(rest).to_bytes(4, "big") + rest
