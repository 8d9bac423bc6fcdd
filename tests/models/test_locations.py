import pickle
import socket
import threading
from pathlib import Path

import numpy as np
import pytest
from ftp_store import ftp_store
from synthetic_capture import write_capture

from wetdry.models import locations
from wetdry.models.dataset import CaptureFolder
from wetdry.models.errors import FileProblem, InvalidType, InvalidValue
from wetdry.models.files import sha256_of, write_wav
from wetdry.models.locations import RemotePath, location_of


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    with ftp_store(folder) as url:
        yield folder, location_of(url)


def test_a_path_stays_a_path_and_a_url_is_remote():
    assert location_of("runs/one") == location_of(Path("runs/one")) == Path("runs/one")
    assert location_of("file:///data/one") == Path("/data/one")
    remote = location_of("s3://bucket/one/")
    assert isinstance(remote, RemotePath) and (remote / "wet" / "a.b.wav").url == "s3://bucket/one/wet/a.b.wav"
    assert ((remote / "a.b.wav").name, (remote / "a.b.wav").stem) == ("a.b.wav", "a.b")
    with pytest.raises(InvalidValue, match="one process's memory"):
        location_of("memory://one")
    with pytest.raises(InvalidType):
        location_of(3)


def test_what_is_written_is_read_by_everyone_and_no_listing_is_stale(store):
    folder, remote = store
    (remote / "one" / "wet").make_folder()
    (remote / "one" / "wet").make_folder()
    file = remote / "one" / "wet" / "a.wav"
    assert not file.is_file() and (remote / "one" / "wet").sizes() == {}
    digest = write_wav(file, np.arange(100_000, dtype=np.float32), 48000)
    assert file.is_file() and sha256_of(file) == digest == sha256_of(folder / "one/wet/a.wav")
    file.write_bytes(b"shorter")
    assert file.read_text() == "shorter" and file.stat().st_size == 7
    (folder / "one/wet/b.wav").write_bytes(b"from another machine")
    assert (remote / "one" / "wet").sizes() == {"a.wav": 7, "b.wav": 20}
    (folder / "one/wet/b.wav").unlink()
    assert (remote / "one" / "wet").sizes() == {"a.wav": 7} and not (remote / "one" / "wet" / "b.wav").is_file()
    assert pickle.loads(pickle.dumps(file)) == file


def test_each_thread_has_a_connection_of_its_own(store):
    _, remote = store
    for i in range(4):
        (remote / f"{i}.bin").write_bytes(bytes([i]) * 300_000)
    wrong = []

    def read(i):
        wrong.extend(1 for _ in range(5) if (remote / f"{i}.bin").read_bytes() != bytes([i]) * 300_000)

    threads = [threading.Thread(target=read, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_errors_are_one_line_without_the_password(store, tmp_path, monkeypatch):
    _, remote = store
    monkeypatch.setattr(locations, "PAUSE_SECONDS", 0.01)
    cases = [(remote / "none.wav", "no such file"), (location_of("nonsense://x/y"), "URL that fsspec knows")]
    with ftp_store(tmp_path) as gone:
        cases.append((location_of(gone) / "a", "ann@127.0.0.1"))
    for file, words in cases:
        with pytest.raises((FileProblem, InvalidValue), match=words) as caught:
            file.read_bytes()
        assert "secret" not in str(caught.value) and "\n" not in str(caught.value)
    assert "secret" not in f"{remote} {remote!r}"
    assert (remote / "none").sizes() == {}


def test_a_connection_that_broke_is_made_anew(tmp_path):
    with ftp_store(tmp_path) as url:
        remote = location_of(url)
        (remote / "a.txt").write_bytes(b"kept")
        store, _ = remote._store(fresh=False)
        store.ftp.sock.shutdown(socket.SHUT_RDWR)
        assert (remote / "a.txt").read_bytes() == b"kept"
        assert remote._store(fresh=False)[0] is not store


def test_a_capture_at_a_url_reads_as_the_folder_it_is(store):
    folder, remote = store
    here = CaptureFolder.open(write_capture(folder / "capture"))
    there = CaptureFolder.open((remote / "capture").url)
    assert there.record == here.record and there.takes == here.takes and there.data_hash == here.data_hash
    take = here.takes[0]
    assert np.array_equal(there.read_wet(take), here.read_wet(take))
    assert np.array_equal(there.read_dry(take), here.read_dry(take))
