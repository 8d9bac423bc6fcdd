"""Captures by dask workers in processes of their own: the same files whoever renders, wherever they go, whoever dies."""

import gc
import os
import pickle
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from dask_processes import scheduler, workers
from ftp_store import ftp_store

from wetdry import TubeSaturator
from wetdry.host.capture import capture, crew
from wetdry.host.capture.plugin_process import PluginProcess
from wetdry.host.capture.progress import hash_of_plan, read_plan
from wetdry.host.evaluation.recordings import kept_recordings
from wetdry.models.dataset import CaptureFolder
from wetdry.models.errors import CaptureError, InvalidType, InvalidValue
from wetdry.models.spec import wavenet

KNOBS = ["drive_db", "bias"]
SMALL = {"settings": 5, "validation_settings": 1, "seconds_per_take": 1.0, "excitation_seconds": 8.0, "unseen": 1,
         "gestures": 2}  # fmt: skip


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The address of a scheduler with two workers, and a client of it."""
    from distributed import Client

    folder = tmp_path_factory.mktemp("dask")
    with scheduler(folder) as address, workers(address, folder), Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=120)
        yield address, client


def files_of(folder: Path) -> dict[str, bytes]:
    """Return a capture's files, but for how fast it went and the lock."""
    files = {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}
    return {name: content for name, content in files.items() if not name.endswith(("speed.json", "lock"))}


@pytest.fixture(scope="module")
def made_here(tmp_path_factory):
    """The folder and the files that one process of this machine makes."""
    out = tmp_path_factory.mktemp("here") / "saturator"
    return capture(TubeSaturator(), KNOBS, out, **SMALL, workers=1), files_of(out)


def test_two_workers_of_a_scheduler_make_the_files_that_one_process_makes(zamtube, made_here, cluster, tmp_path):
    address, client = cluster
    capture(TubeSaturator(), KNOBS, tmp_path / "saturator", **SMALL, scheduler=client)
    assert files_of(tmp_path / "saturator") == made_here[1] and client.status == "running"
    few = {**SMALL, "settings": 2}
    capture(zamtube, ["tube_drive"], tmp_path / "one", **few, workers=1)
    folder = capture(zamtube, ["tube_drive"], tmp_path / "two", **few, scheduler=address)
    assert files_of(tmp_path / "two") == files_of(tmp_path / "one")
    (tmp_path / "two/wet/take_0001.wav").unlink()
    assert capture(zamtube, ["tube_drive"], tmp_path / "two", **few, workers=2) == folder
    assert files_of(tmp_path / "two") == files_of(tmp_path / "one")


def test_with_workers_killed_again_and_again_it_completes_to_the_same_files(made_here, cluster, tmp_path):
    address, client = cluster
    rng, killed = random.Random(0), []

    def kill_one(stage, done, total, note):
        if stage == "capture" and 0 < done < total and done not in killed:
            killed.append(done)
            pids = client.run(os.getpid, on_error="ignore")
            with suppress(ProcessLookupError, IndexError):
                os.kill(rng.choice(list(pids.values())), signal.SIGKILL)

    capture(TubeSaturator(), KNOBS, tmp_path / "out", **SMALL, scheduler=address, progress=kill_one)
    assert len(killed) >= 5
    assert files_of(tmp_path / "out") == made_here[1]


def test_workers_write_into_an_ftp_server_and_it_trains_from_there(made_here, cluster, tmp_path):
    here, files = made_here
    (tmp_path / "store").mkdir()
    with ftp_store(tmp_path / "store") as url:
        there = capture(TubeSaturator(), KNOBS, f"{url}/runs/one", **SMALL, scheduler=cluster[0])
        assert files_of(tmp_path / "store/runs/one") == files
        assert (there.takes, there.gestures, there.record) == (here.takes, here.gestures, here.record)
        (tmp_path / "store/runs/one/wet/take_0002.wav").write_bytes(b"half")
        (tmp_path / "store/runs/one/.progress/take_0004.json").unlink()
        capture(TubeSaturator(), KNOBS, f"{url}/runs/one", **SMALL, workers=1)
        assert files_of(tmp_path / "store/runs/one") == files
        read_there(f"{url}/runs/one", here, tmp_path)


def read_there(url, here, out):
    """Read a capture at a URL as training and evaluation do, in another process too."""
    [kept], [known] = (kept_recordings(CaptureFolder.open(where), out, 0, 1.0) for where in (url, here.path))
    assert np.array_equal(pickle.loads(pickle.dumps(kept)).read(), known.read())
    pytest.importorskip("lightning")
    from wetdry.models.training import train

    quick = {
        "epochs": 0.1,
        "batch_size": 4,
        "segment": 512,
        "loss": "esr",
        "accelerator": "cpu",
        "spec": lambda *given: wavenet(*given[:2], channels=2, dilations=(1, 2)),
    }
    model = train(url, out / "run", **quick)
    assert model.training["validation_esr"]["takes"] == 1 and train(here, out / "run", **quick).training == model.training


def test_a_process_where_something_is_not_as_it_was_says_so(made_here):
    folder = str(made_here[0].path)
    same = {"folder": folder, "plan": hash_of_plan(read_plan(Path(folder))), "versions": {}, "identity": {}}
    cases = [({"folder": "/nowhere"}, "/nowhere is not to be seen from here: pass a folder that every worker reaches"),
             ({"versions": {"wetdry": "0.0.0"}}, "here, 0.0.0 where the capture was called: install the same"),
             ({"identity": {"version": "9.9"}}, "here, '9.9' where the capture was called: install the same file")]  # fmt: skip
    processes = [PluginProcess({**same, **other}, 300.0) for other, _ in cases]
    for process, (_, words) in zip(processes, cases, strict=True):
        answer = process.ask({"do": "checks", "number": "checks", "settings": []}, lambda: None)
        assert answer["error"] == "CaptureError" and words in answer["message"] and "\n" not in answer["message"]


def test_a_folder_that_the_workers_do_not_see_is_an_error_that_names_the_worker(cluster, tmp_path, monkeypatch):
    plain = crew.Crew.__init__
    monkeypatch.setattr(crew.Crew, "__init__", lambda self, told, *rest: plain(self, {**told, "folder": "/nowhere"}, *rest))
    with pytest.raises(CaptureError, match=r"/nowhere is not to be seen.* \(on the dask worker tcp://") as caught:
        capture(TubeSaturator(), KNOBS, tmp_path / "out", **SMALL, scheduler=cluster[0])
    assert "\n" not in str(caught.value)


def test_a_client_that_did_not_connect_is_closed_at_once(monkeypatch):
    """One that is collected while another starts deadlocks in dask (LoopRunner's lock)."""
    from distributed import Client

    from wetdry.host import _distributed

    def clients():
        return [found for found in gc.get_objects() if type(found) is Client]

    monkeypatch.setattr(_distributed, "CONNECT_SECONDS", 0.3)
    gc.collect()
    before = len(clients())
    with pytest.raises(CaptureError, match="no dask scheduler answers"):
        _distributed.client_of("tcp://127.0.0.1:9")
    assert len(clients()) == before


def test_no_scheduler_no_worker_or_no_address_is_one_line(tmp_path, monkeypatch):
    from wetdry.host import _distributed

    monkeypatch.setattr(_distributed, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(crew, "PATIENCE_SECONDS", 0.5)
    target = TubeSaturator()
    cases = [("tcp://127.0.0.1:9", CaptureError, "no dask scheduler answers"), ("nowhere", CaptureError, "no dask scheduler"),
             (3, InvalidType, "scheduler is an address")]  # fmt: skip
    with scheduler(tmp_path) as address:
        for where, kind, words in [*cases, (address, CaptureError, r"has no workers: start some with `dask worker tcp")]:
            begun = time.monotonic()
            with pytest.raises(kind, match=words) as caught:
                capture(target, ["drive_db"], tmp_path / "out", **SMALL, scheduler=where)
            assert "\n" not in str(caught.value) and time.monotonic() - begun < 30
    with pytest.raises(InvalidValue, match="leave workers out"):
        capture(target, ["drive_db"], tmp_path / "out", **SMALL, scheduler=address, workers=2)
