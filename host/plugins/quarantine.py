"""What a scan has found not to be loaded is not loaded, and what one host only plays is played by that one."""

from pathlib import Path

from ...models.errors import PluginError
from .scanned import ScannedPlugin, remembered_scan

AGAIN = "wetdry plugins scan --refresh tries it again"


def scanned_as(path: Path, plugin_name: str | None = None) -> ScannedPlugin | None:
    """Return what the last scan found of a plugin; None where none has seen the file as it is now."""
    known = remembered_scan(path) or []
    return next((one for one in known if plugin_name in (None, one.plugin_name)), None)


def refuse_quarantined(path: Path, plugin_name: str | None, timeout: float) -> None:
    """Raise PluginError where the last scan quarantined the plugin, but for one that hung and may now take longer."""
    known = scanned_as(path, plugin_name)
    if known and known.quarantine and not 0 < known.timeout < timeout:
        raise PluginError(f"{path.name} is quarantined: in the last scan it {known.quarantine}; {AGAIN}")


def host_that_plays(path: Path, plugin_name: str | None = None) -> str | None:
    """Return the host that managed to load a plugin in the last scan; None where none has seen it, or none did."""
    known = scanned_as(path, plugin_name)
    return known.host or None if known else None
