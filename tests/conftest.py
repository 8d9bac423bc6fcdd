import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def zamtube():
    return installed("ZamTube")


@pytest.fixture(scope="session")
def zamcomp():
    return installed("ZamComp")


def installed(plugin):
    path = Path(f"/usr/lib/vst3/{plugin}.vst3")
    if not path.exists():
        if os.environ.get("WETDRY_CI"):
            pytest.fail(f"{path} is missing: CI installs Debian's zam-plugins")
        pytest.skip(f"{path} is not installed (Debian: zam-plugins)")
    return path


def installed_vst2(plugin):
    """Path of "ZamTube-vst" or "lsp-plugins/sc-compressor-stereo"."""
    path = Path(f"/usr/lib/vst/{plugin}.so")
    if not path.exists():
        if os.environ.get("WETDRY_CI"):
            pytest.fail(f"{path} is missing: CI installs Debian's zam-plugins, dpf-plugins-vst and lsp-plugins-vst")
        pytest.skip(f"{path} is not installed (Debian: zam-plugins, dpf-plugins-vst, lsp-plugins-vst)")
    return path


@pytest.fixture(scope="session")
def shared():
    path = Path(__file__).parents[2] / "shared"
    if not path.exists():
        pytest.skip(f"{path} is not here: a checkout of the project alone has none")
    return path
