"""An FTP server of one folder, in a process of its own: a remote store that fsspec opens, with a password."""

import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def ftp_store(folder):
    """Yield the URL of `folder`, password included."""
    command = [sys.executable, "-W", "ignore", "-m", "pyftpdlib", "-i", "127.0.0.1", "-p", "0", "-w", "-d", str(folder),
               "-u", "ann", "-P", "secret"]  # fmt: skip
    with tempfile.NamedTemporaryFile() as log:
        server = subprocess.Popen(command, stderr=log)
        try:
            yield f"ftp://ann:secret@127.0.0.1:{_port(Path(log.name), server)}"
        finally:
            server.kill()
            server.wait()


def _port(log, server):
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up and server.poll() is None:
        found = re.search(r"FTP server on 127\.0\.0\.1:(\d+)", log.read_text())
        if found:
            return found[1]
        time.sleep(0.02)
    raise AssertionError(f"no FTP server: {log.read_text()}")
