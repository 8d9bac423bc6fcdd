"""Where the real plugins lie: one that is missing skips a test, and in CI fails it."""

import os
from pathlib import Path

import pytest

PACKAGES = "zam-plugins, dpf-plugins-vst, lsp-plugins-vst"


def installed(plugin):
    """Path of the VST3 "ZamTube"."""
    return _there(Path(f"/usr/lib/vst3/{plugin}.vst3"))


def installed_vst2(plugin):
    """Path of the VST2 "ZamTube-vst" or "lsp-plugins/sc-compressor-stereo"."""
    return _there(Path(f"/usr/lib/vst/{plugin}.so"))


def _there(path):
    if not path.exists():
        if os.environ.get("WETDRY_CI"):
            pytest.fail(f"{path} is missing: CI installs Debian's {PACKAGES}")
        pytest.skip(f"{path} is not installed (Debian: {PACKAGES})")
    return path
