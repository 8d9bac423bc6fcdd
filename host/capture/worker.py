"""A capture worker: one process, the plugin on its main thread, takes in and rows out as JSON lines.

    python -P -m wetdry.host.capture.worker        (started by `plugin_process`; ends when its input ends)

Its own pipe carries the answers; whatever the plugin prints goes to the log. A take is written whole, then its row is,
and only the row makes it count.
"""

import json
import os
import queue
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ...models.dataset import read_mono
from ...models.errors import CaptureError, WetdryError
from ...models.files import write_wav
from ...models.locations import location_of
from ...models.parameter import Parameter
from ..non_finite import non_finite_samples
from ..plugins.cache import write_json
from ..recipe import build
from .checks import check_target
from .progress import hash_of_plan, read_plan, row_file
from .target import Target, identity_of
from .versions import versions

IDLE_SECONDS = 300.0  # a capture that vanished without a word leaves workers behind


class Worker:
    """Holds the target and answers jobs.

    Args:
        start: `folder` of the capture (a path or URL; its plan says what to play), `plan` (the plan's hash), `versions` that
            must be the same here, and `identity` of the target where it may be another one here.

    Raises:
        CaptureError: the folder is not here, or something here is not what it is where the capture was called.
    """

    def __init__(self, start: dict[str, Any]) -> None:
        self.folder = location_of(start["folder"])
        here = versions()
        for package, version in start["versions"].items():
            if here[package] != version:
                raise CaptureError(f"{package} is {here[package] or 'missing'} here, {version} where the capture was called: "
                                   "install the same")  # fmt: skip
        plan = read_plan(self.folder)
        if plan is None or hash_of_plan(plan) != start["plan"]:
            raise CaptureError(f"{self.folder} is not to be seen from here: pass a folder that every worker reaches, a shared "
                               "one or a URL such as s3://bucket/capture")  # fmt: skip
        self.recipe, self.sample_rate = plan["target"], float(plan["sample_rate"])
        self.knobs = tuple(Parameter.from_dict(knob) for knob in plan["knobs"])
        self.target: Target | None = self._fresh()
        found = identity_of(self.target.processor) if start["identity"] else {}
        for key, value in start["identity"].items():
            if found.get(key) != value:
                raise CaptureError(f"the target's {key} is {found.get(key)!r:.80} here, {value!r:.80} where the capture was "
                                   "called: install the same file")  # fmt: skip
        self._dry: dict[str, np.ndarray] = {}

    def _fresh(self) -> Target:
        return Target(build(self.recipe), self.sample_rate)

    def checks(self, job: dict[str, Any]) -> dict[str, Any]:
        """Return what `check_target` finds."""
        return {"number": job["number"], "checks": check_target(self._fresh, job["settings"])}

    def render(self, job: dict[str, Any]) -> tuple[dict[str, np.ndarray], float]:
        """Render a take or a gesture and return (file name → audio, the wet one first; seconds inside the processor)."""
        if job["fresh"]:
            self.target = None  # before the next one is made: some plugins allow one instance
        target = self.target = self.target or self._fresh()
        before = target.seconds
        target.turn(job["values"])
        dry = self._dry_audio(job["dry_file_name"])[job["dry_start"] : job["dry_start"] + job["frames"]]
        courses: dict[str, np.ndarray] = {}
        if job["do"] == "gesture":
            wet, courses = self._gesture(target, job, dry)
        else:
            wet = target.play(dry, job["lead"], job["shift"])
        if not np.isfinite(wet).all() or non_finite_samples(target.processor):  # what streams holds 0 there
            raise CaptureError(f"take {job['number']}: the target gave samples that are not finite at {job['values']}")
        return {job["file_name"]: wet, **courses}, target.seconds - before

    def _gesture(self, target: Target, job: dict[str, Any], dry: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        from .gestures import numbers_of
        from .moving import play_moving

        numbers = numbers_of(self.knobs, job["curves"], job["frames"], self.sample_rate)
        wet, given = play_moving(target, self.knobs, numbers, dry, job["lead"], job["shift"])
        return wet, {job["given"][name]: course for name, course in given.items()}

    def _dry_audio(self, name: str) -> np.ndarray:
        if name not in self._dry:
            self._dry[name] = read_mono(self.folder / name, self.sample_rate)
        return self._dry[name]

    def write(self, job: dict[str, Any], files: dict[str, np.ndarray], seconds: float) -> dict[str, Any]:
        """Write the files of a take, then its row; return the answer."""
        hashes = {name: write_wav(self.folder / name, audio, self.sample_rate) for name, audio in files.items()}
        wet = job["file_name"]
        row: dict[str, Any] = measured(files[wet]) | {"sha256": hashes.pop(wet), "dry_sha256": job["dry_sha256"]}
        if job["do"] == "gesture":
            row |= {"told": job["told"], "given_sha256": hashes}
        write_json(row_file(self.folder, job["number"]), row)
        return {"number": job["number"], "seconds": seconds}


def measured(wet: np.ndarray) -> dict[str, Any]:
    """Return the columns of a row that are read off the audio."""
    peak = float(np.abs(wet).max(initial=0.0))
    rms = float(np.sqrt(np.mean(np.square(wet, dtype=np.float64)))) if len(wet) else 0.0
    return {
        "peak_dbfs": round(20 * np.log10(max(peak, 1e-12)), 3),
        "rms_dbfs": round(20 * np.log10(max(rms, 1e-12)), 3),
        "dc": round(float(wet.mean(dtype=np.float64)), 9) if len(wet) else 0.0,
        "clipped_samples": int((np.abs(wet) >= 1.0).sum()),
        "silent": rms < 10 ** (-90 / 20),
    }


def main() -> None:
    """Answer jobs until the input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what plugins print on stdout goes to the log
    jobs: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_read_jobs, args=(jobs,), daemon=True).start()
    lock = threading.Lock()

    def answer(data: dict[str, Any]) -> None:
        with lock:
            answers.write(json.dumps(data) + "\n")

    def write(job: dict[str, Any], files: dict[str, np.ndarray], seconds: float) -> None:
        try:
            answer(worker.write(job, files, seconds))
        except Exception as error:  # a thread's error would be heard by no one
            answer(_problem(error, job))

    job: dict[str, Any] = {}
    try:
        worker = Worker(jobs.get())
        answer({"ready": os.getpid()})
        with ThreadPoolExecutor(1) as writer:  # files are written while the next take plays
            while True:
                job = jobs.get(timeout=IDLE_SECONDS)
                answer({"begun": job["number"]})
                if job["do"] == "checks":
                    answer(worker.checks(job))
                else:
                    files, seconds = worker.render(job)
                    writer.submit(write, job, files, seconds)
    except queue.Empty:
        os._exit(0)
    except WetdryError as error:
        answer(_problem(error, job))
        os._exit(0)


def _problem(error: Exception, job: dict[str, Any]) -> dict[str, Any]:
    return {"error": type(error).__name__, "message": f"{error}" or repr(error), "number": job.get("number")}


def _read_jobs(jobs: queue.Queue[dict[str, Any]]) -> None:
    for line in sys.stdin:
        jobs.put(json.loads(line))
    os._exit(0)  # the parent is gone or done: nothing may be written after it


if __name__ == "__main__":
    main()
