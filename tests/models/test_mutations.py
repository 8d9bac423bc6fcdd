"""Broken model files: each is refused in one line, or plays; none crashes, hangs or eats memory."""

import json
import subprocess
import sys

import foreign_files
import mutations
import nam_files
import numpy as np
import pytest


def own_files(folder):
    """Write a file of every format and option; return the folder."""
    for module in (nam_files, foreign_files):
        for i, (name, make) in enumerate(module.FILES.items()):
            module.write(folder, make(i), f"{name.replace(' ', '_')}.json")
    return folder


def reference_files(folder, shared):
    """Copy the references that `load` reads; return the folder."""
    manifest = json.loads((shared / "vectors/rtneural/manifest.json").read_text())
    torch = {entry["model"] for entry in manifest if "torch" in entry["model"]}  # need a spec written by hand
    for path in (*(shared / "vectors/nam").glob("*.nam"), *(shared / "vectors/rtneural").glob("*.json")):
        if path.name not in ("manifest.json", *torch):
            (folder / f"{path.stem}.json").write_text(path.read_text())
    return folder


def tried(folder, seed, count, seconds):
    """Try `count` mutations in a process of its own; return what it says."""
    command = [sys.executable, mutations.__file__, str(folder), str(seed), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    last = (folder / "journal").read_text() if (folder / "journal").exists() else "nothing"
    assert done.returncode == 0, f"died with {done.returncode} at {last}: {done.stderr[-2000:]}"
    result = json.loads(done.stdout.splitlines()[-1])
    assert not result["failures"], "\n".join(result["failures"][:40])
    assert result["peak_mib"] < 1500
    return result


def test_a_sample_of_mutations(tmp_path):
    result = tried(own_files(tmp_path), 1, 600, 300)
    assert min(result[key] for key in ("refused", "loaded", "played")) >= 20


def test_a_sample_of_mutated_references(tmp_path, shared):
    tried(reference_files(tmp_path, shared), 1, 150, 300)


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(2, 7))
def test_thousands_of_mutations(seed, tmp_path):
    tried(own_files(tmp_path), seed, 1500, 3000)


@pytest.mark.exhaustive
def test_thousands_of_mutated_references(tmp_path, shared):
    tried(reference_files(tmp_path, shared), 7, 2500, 3000)


def test_the_oracle_sees_what_is_wrong(tmp_path):
    item = nam_files.FILES["old keys"](1)
    path, other = nam_files.write(tmp_path, item), nam_files.write(tmp_path, nam_files.FILES["old keys"](2), "other.nam")
    from wetdry.models import load

    def verdict(name, original=path):
        return mutations.problem(path, mutations.Mutation("", b"", name), load(original))[0]

    assert verdict("plays") is None and verdict("meaningless") is None
    assert verdict("refused") == "loaded" and verdict("meaningless", other) == "loaded to another model"
    path.write_text("{")
    assert verdict("refused", other) is None and "refused" in verdict("plays", other)


def test_mutations_repeat():
    text = json.dumps(nam_files.FILES["films"](1))
    first, second = ([mutations.mutation(text, np.random.default_rng([3, i])) for i in range(50)] for _ in range(2))
    assert first == second and len({m.what for m in first}) > 30
