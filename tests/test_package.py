"""The package as users get it: editable and wheel, quick to import, one copy of every class."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = ("effects", "host", "models", "presets")


def python(code, **options):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=options.pop("cwd", "/"), **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_loads_nothing_heavy():
    heavy = ["torch", "dawdreamer", "pedalboard", "onnxruntime", "matplotlib", "scipy.signal", "numba", "lightning", "pydantic",
             "distributed", "dask", "fsspec"]  # fmt: skip
    loaded = python(f"import wetdry, sys; print([m for m in {heavy!r} if m in sys.modules])")
    assert loaded.strip() == "[]"


def test_every_effect_is_there_by_name():
    code = "import wetdry; print([n for n, kind in wetdry.effects.REGISTRY.items() if getattr(wetdry, n, None) is not kind])"
    assert python(code).strip() == "[]"
    assert python("import wetdry; print([n for n in wetdry.effects.REGISTRY if n not in wetdry.__all__])").strip() == "[]"


def test_playing_does_not_load_torch():
    code = (
        "import sys, numpy as np, wetdry\n"
        "wetdry.Chain([wetdry.TubeSaturator(), wetdry.NeuralEffect()])(np.zeros(64, 'float32'), 48000)\n"
        "print([m for m in ('torch', 'matplotlib', 'scipy.signal', 'pedalboard') if m in sys.modules])"
    )
    assert python(code).strip() == "[]"


def test_a_benchmark_does_not_load_the_evaluation():
    assert python("import sys, wetdry.host.benchmark; print('wetdry.host.evaluation' in sys.modules)").strip() == "False"


def test_our_effects_play_where_neither_host_is_installed():
    code = (
        "import sys; sys.modules['pedalboard'] = sys.modules['dawdreamer'] = None\n"
        "import numpy as np; from wetdry import Chain, Mix, TubeSaturator\n"
        "print(Chain([TubeSaturator(), Mix([None, TubeSaturator()])])(np.ones(100, 'float32'), 48000).shape)"
    )
    assert python(code).strip() == "(100,)"


def test_packages_are_the_folders():
    folders = {"wetdry"}
    for room in ROOMS:
        folders |= {"wetdry." + ".".join(p.parent.relative_to(ROOT).parts) for p in (ROOT / room).rglob("__init__.py")}
    assert sorted(PROJECT["tool"]["setuptools"]["packages"]) == sorted(folders)  # sorted: a package named twice shows


def test_root_holds_no_other_module():
    assert [p.name for p in ROOT.glob("*.py")] == ["__init__.py"]


def test_no_file_of_ours_stands_twice_in_memory():
    """pytest must not import the package again under the checkout's folder name."""
    import wetdry.effects
    import wetdry.models  # noqa: F401

    files = [m.__file__ for m in list(sys.modules.values()) if getattr(m, "__file__", None)]
    ours = [f for f in files if Path(f).resolve().is_relative_to(ROOT) and ".venv" not in f]
    assert len(ours) == len(set(ours))
    assert len(ours) > 5


def test_every_module_imports():
    names = []
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            names.append("wetdry." + ".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    python("import importlib\n" + "\n".join(f"importlib.import_module({n!r})" for n in names if not n.endswith("_child")))


def test_docstring_examples():
    import doctest
    import importlib

    ran = 0
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            if ">>> " in path.read_text():
                parts = path.relative_to(ROOT).with_suffix("").parts
                module = importlib.import_module("wetdry." + ".".join(parts))
                result = doctest.testmod(module)
                assert result.failed == 0, module.__name__
                ran += result.attempted
    assert ran > 5


@pytest.mark.slow
def test_wheel_installs_and_plays(tmp_path):
    """Built from a clean copy, installed without its dependencies into a folder, imported from there alone."""
    source = tmp_path / "source"
    source.mkdir()
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in tracked.stdout.splitlines():
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(source)]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    wheel = next(tmp_path.glob("*.whl"))
    names = zipfile.ZipFile(wheel).namelist()
    assert "wetdry/py.typed" in names
    assert "wetdry/host/report.html.jinja" in names
    assert "wetdry/models/formats/header/parts/rows.hpp" in names
    data = [p for kind in ("*.yaml", "*.safetensors") for p in (ROOT / "presets").rglob(kind)]
    assert {f"wetdry/{p.relative_to(ROOT)}" for p in data} <= set(names)
    assert not [n for n in names if n.startswith(("wetdry/tests", "wetdry/examples", "tests", "build"))]
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    code = (
        f"import sys; sys.path.insert(0, {str(site)!r})\n"
        "sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in str(f).lower()]\n"
        "import wetdry, numpy as np; print(wetdry.__file__)\n"
        "for kind in wetdry.effects.REGISTRY.values():\n"
        "    assert kind()(np.ones(64, 'float32'), 48000).any()\n"
        "    assert len(kind.presets()) > 2 or kind is wetdry.NeuralEffect, kind"
    )
    assert str(site) in python(code)


def test_a_read_only_install_compiles_uncached(tmp_path):
    """Where numba finds no place for its cache, kernels are compiled anew and play."""
    code = (
        "import numba.core.caching as caching\n"
        "def nowhere(*a, **k): raise RuntimeError('no locator available')\n"
        "caching.FunctionCache.__init__ = nowhere\n"
        "import wetdry, numpy as np\n"
        "from wetdry.effects import Gain\n"
        "print(Gain(gain_db=20)(np.full(4, 0.05, 'float32'), 48000)[0])"
    )
    assert float(python(code)) == pytest.approx(0.5)


def test_versions_agree():
    import wetdry

    assert wetdry.__version__ == PROJECT["project"]["version"]


def test_extras_are_all_there():
    extras = PROJECT["project"]["optional-dependencies"]
    assert {"host", "train", "onnx", "live", "all"} <= set(extras)


@pytest.mark.parametrize(("module", "extra", "call"), [
    ("torch", "train", "wetdry.train('x', 'y')"),
    ("pedalboard", "host", "wetdry.load_plugin('y.vst3')"),
])  # fmt: skip
def test_a_missing_extra_prints_its_pip_line(module, extra, call, tmp_path):
    (tmp_path / "y.vst3").mkdir()
    code = (
        f"import sys; sys.modules[{module!r}] = None\nimport wetdry\nfrom wetdry.models.errors import MissingExtra\n"
        f"try: {call}\nexcept MissingExtra as error: print(error)"
    )
    assert f"pip install 'wetdry[{extra}]'" in python(code, cwd=tmp_path)
