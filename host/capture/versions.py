"""The versions that a capture's sound may depend on."""

from contextlib import suppress
from importlib import metadata

PACKAGES = ("numpy", "pedalboard", "dawdreamer")


def versions() -> dict[str, str]:
    """Return package → version, "" where it is not installed."""
    from ... import __version__

    found = {"wetdry": __version__}
    for name in PACKAGES:
        found[name] = ""
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
