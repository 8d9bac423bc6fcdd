"""Where the system's programs lie: one that is missing skips a test, and in CI, which installs it, fails it."""

import os
import shutil

import pytest


def installed_program(*names):
    """Path of the program that goes by the first of these names which is found."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        if os.environ.get("WETDRY_CI"):
            pytest.fail(f"{names[0]} is missing: CI installs it")
        pytest.skip(f"{names[0]} is not installed")
    return found
