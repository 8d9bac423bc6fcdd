from pathlib import Path

import pytest
from installed_plugins import installed


@pytest.fixture(scope="session")
def zamtube():
    return installed("ZamTube")


@pytest.fixture(scope="session")
def zamcomp():
    return installed("ZamComp")


@pytest.fixture(scope="session")
def shared():
    path = Path(__file__).parents[2] / "shared"
    if not path.exists():
        pytest.skip(f"{path} is not here: a checkout of the project alone has none")
    return path
