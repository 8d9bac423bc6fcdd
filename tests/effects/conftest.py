import pytest
from conforming import EFFECTS


@pytest.fixture(params=EFFECTS, ids=str)
def name(request):
    """The name of each effect that takes the conformance suite."""
    return request.param


@pytest.fixture
def make(name):
    """What constructs it."""
    return EFFECTS[name]


@pytest.fixture(scope="module")
def own_cache(tmp_path_factory):
    """Keep machine code made for tests out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WETDRY_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
