import pytest


@pytest.fixture(scope="module")
def own_cache(tmp_path_factory):
    """Keep machine code made for tests out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WETDRY_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
