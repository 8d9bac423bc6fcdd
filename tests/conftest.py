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


@pytest.fixture(scope="session")
def shared():
    path = Path(__file__).parents[2] / "shared"
    if not path.exists():
        pytest.skip(f"{path} is not here: a checkout of the project alone has none")
    return path
