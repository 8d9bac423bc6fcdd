"""A headless Chromium, driven over its DevTools pipe: opens a file, runs a script in it, hears every complaint."""

import json
import os
import select
import subprocess
import time

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-pipe",
    "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
COMPLAINTS = ("error", "warning", "assert")


class Browser:
    """Use as a context; `open` returns what the script's promise resolved to, `complaints` collects texts."""

    def __init__(self, program, profile, timeout_seconds=60):
        self.complaints, self._number, self._buffer, self._session = [], 0, b"", None
        self._give_up = time.monotonic() + timeout_seconds
        there, self._out = os.pipe()
        self._in, back = os.pipe()

        def wire():  # in the child: Chromium reads commands from 3 and answers on 4
            spare = os.dup(back)  # one of them may itself be 3 or 4
            os.dup2(there, 3)
            os.dup2(spare if back == 3 else back, 4)

        command = [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(command, preexec_fn=wire, close_fds=False, stdout=quiet, stderr=quiet)
        os.close(there)
        os.close(back)

    def __enter__(self):
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Runtime", "Log", "Page"):
            self._ask(f"{domain}.enable")
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def open(self, address, width=1200, height=900, script="1"):
        """Open a page, wait until it has loaded, run `script` in it and return its (awaited) value."""
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self._ask("Page.navigate", url=address)
        loaded = "new Promise((done) => document.readyState === 'complete' ? done() : addEventListener('load', () => done()))"
        self._ask("Runtime.evaluate", expression=loaded, awaitPromise=True)
        answer = self._ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def _ask(self, method, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self._hear(answer)

    def _hear(self, event):
        details = event.get("params", {})
        if event["method"] == "Runtime.exceptionThrown":
            found = details["exceptionDetails"]
            self.complaints.append(found.get("exception", {}).get("description", found["text"]))
        elif event["method"] == "Runtime.consoleAPICalled" and details["type"] in COMPLAINTS:
            self.complaints.append(str([a.get("value") for a in details["args"]]))
        elif event["method"] == "Log.entryAdded" and details["entry"]["level"] in COMPLAINTS:
            self.complaints.append(details["entry"]["text"])

    def _next(self):
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], max(0.0, self._give_up - time.monotonic()))
            received = os.read(self._in, 1 << 20) if ready else b""
            assert received, "Chromium ended or did not answer in time"
            self._buffer += received
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)
