"""A dask scheduler and its workers as a person starts them: by command, in processes of their own."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager


@contextmanager
def scheduler(folder):
    """Yield the address of a scheduler without workers."""
    file = folder / "scheduler.json"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
               "--scheduler-file", str(file)]  # fmt: skip
    with ended(command, folder / "scheduler.log") as process:
        give_up = time.monotonic() + 60
        while not (file.exists() and file.read_text()):
            assert process.poll() is None and time.monotonic() < give_up, (folder / "scheduler.log").read_text()
            time.sleep(0.05)
        time.sleep(0.05)  # it is written in one go, though not renamed into place
        yield json.loads(file.read_text())["address"]


@contextmanager
def workers(address, folder, count=2, threads=1):
    """Run `count` dask workers, each with a nanny that starts it again when it dies."""
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nworkers", str(count), "--no-dashboard",
               "--nthreads", str(threads), "--local-directory", str(folder)]  # fmt: skip
    with ended(command, folder / "workers.log"):
        yield


@contextmanager
def ended(command, log):
    """Run a command; end it, and what it started, afterwards."""
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
