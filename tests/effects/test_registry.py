"""The registry: by name, duplicates refused, other packages' effects found through their entry point."""

import subprocess
import sys
import textwrap

import pytest

from wetdry.effects import REGISTRY, Effect, Gain
from wetdry.models.errors import InvalidValue, UnknownName


def test_finds_by_name():
    assert REGISTRY["Gain"] is Gain
    assert {"Gain", "NeuralEffect", "TubeSaturator"} <= set(REGISTRY)
    with pytest.raises(UnknownName, match="TubeSaturator"):
        REGISTRY["TubeSaturater"]


def test_a_second_effect_of_the_same_name_is_refused():
    assert REGISTRY.register(Gain) is Gain
    with pytest.raises(InvalidValue, match="registered already"):
        REGISTRY.register(type("Gain", (Effect,), {}))


def test_an_installed_package_adds_its_effects(tmp_path):
    (tmp_path / "louder.py").write_text("from wetdry.effects import Gain\nclass Louder(Gain):\n    pass\n")
    info = tmp_path / "louder-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: louder\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[wetdry.effects]\nLouder = louder:Louder\n")
    code = f"""
        import sys; sys.path.insert(0, {str(tmp_path)!r})
        from wetdry.effects import REGISTRY
        print(REGISTRY["Louder"](gain_db=6), "Louder" in REGISTRY, "Gain" in REGISTRY)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)
    assert done.stdout.strip() == "Louder(gain_db=6.0) True True", done.stderr
