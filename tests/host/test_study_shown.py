"""`--show` with a window and a sound card: on a display without a screen, into a JACK server without hardware."""

import json
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from ctypes.util import find_library
from importlib.util import find_spec

import numpy as np
import pytest
import soundfile
from installed_programs import installed_program
from jack_server import PATIENCE_SECONDS, end, server_of_this_process
from study_sample import RATE

from wetdry.host.strings import riff
from wetdry.host.study_pages.turns import turns
from wetdry.models.files import write_wav

NEEDED = {"sounddevice": find_spec("sounddevice"), "PortAudio": find_library("portaudio"), "tkinter": find_spec("tkinter")}
if not all(NEEDED.values()) and not os.environ.get("WETDRY_CI"):  # looked for, not imported: PortAudio looks for JACK at once
    pytest.skip(f"not all of {', '.join(NEEDED)} are here", allow_module_level=True)

PLAYER = re.compile(r"^wetdry-live[-\d]*:out_0$", re.M)  # another session of this process may have the name itself
RECORDED_SECONDS = 3  # both are heard: they change every 2 s
PIECE = RATE // 10
SHOW = """
import json, select, sys
import matplotlib
import soundfile
from matplotlib import pyplot
from wetdry.host.study_pages.show import show
from wetdry.host.study_pages.spectra import MovingSpectra

matplotlib.use("TkAgg")
drawn = []

class Watched(MovingSpectra):
    def draw(self, figure):
        super().draw(figure)
        self.close_when_told(figure)

    def close_when_told(self, figure):
        if select.select([sys.stdin], [], [], 0)[0]:
            pyplot.close(figure)
        else:
            figure.canvas.manager.window.after(20, self.close_when_told, figure)

    def update(self, second, note=""):
        drawn.append((second, note))
        return super().update(second, note)

reference, rival = (soundfile.read(f"{name}.wav", dtype="float32")[0] for name in ("reference", "rival"))
show(Watched({"dry": reference, "reference": reference, "rival": rival}, 48000.0), lambda text: drawn.append((0, text)))
print(json.dumps(drawn))
"""


@contextmanager
def display():
    """A display that nobody looks at; gives its name."""
    ours, theirs = os.pipe()
    command = [installed_program("Xvfb"), "-displayfd", str(theirs), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[theirs], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(theirs)
    try:
        with os.fdopen(ours) as told:
            yield f":{told.readline().strip()}"
    finally:
        end(process)


@pytest.fixture(scope="module")
def tracks(tmp_path_factory):
    """Return (folder with the two sounds, what is to be heard of them in turn)."""
    folder = tmp_path_factory.mktemp("shown")
    reference = riff(12.0, RATE, seed=4)
    rival = np.tanh(4 * riff(12.0, RATE, seed=5)).astype(np.float32)
    write_wav(folder / "reference.wav", reference, RATE)
    write_wav(folder / "rival.wav", rival, RATE)
    return folder, turns(reference, rival, RATE)


@pytest.fixture(scope="module")
def shown(tracks):
    """Return (what was recorded at the sound card, the moments drawn and what the picture said then)."""
    folder, _ = tracks
    recorder, ports = installed_program("jack_rec"), installed_program("jack_lsp")
    server_of_this_process()

    def listed():
        return subprocess.run([ports], capture_output=True, text=True).stdout

    before = set(PLAYER.findall(listed()))
    with display() as name:
        command = [sys.executable, "-c", SHOW]
        process = subprocess.Popen(command, cwd=folder, env={**os.environ, "DISPLAY": name}, text=True, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
        try:
            give_up = time.monotonic() + PATIENCE_SECONDS
            while not (playing := set(PLAYER.findall(listed())) - before):
                assert process.poll() is None and time.monotonic() < give_up
                time.sleep(0.05)
            heard = [recorder, "-f", "heard.wav", "-d", str(RECORDED_SECONDS), "-b", "16", playing.pop()]
            subprocess.run(heard, cwd=folder, check=True, capture_output=True)
            out, errors = process.communicate("\n", timeout=PATIENCE_SECONDS)
        finally:
            end(process)
    assert process.returncode == 0, errors
    return soundfile.read(folder / "heard.wav", dtype="float32")[0], json.loads(out.splitlines()[-1])


def test_both_are_heard_in_turn(tracks, shown):
    """What the sound card got lies in what was to be heard, sample by sample."""
    _, (wanted, share) = tracks
    recorded = shown[0].reshape(-1)
    pieces = recorded[: recorded.size // PIECE * PIECE].reshape(-1, PIECE)
    places = [_place(wanted, piece) for piece in pieces if np.abs(piece).max() > 0.01]
    found = [at for at, error in places if error < 1e-4]  # 16 bits
    assert len(found) > 0.8 * len(places) > 10  # a starved machine may lack some
    assert found == sorted(found) and {bool(share[at] > 0.5) for at in found} == {False, True}


def test_the_spectra_are_those_of_what_is_heard(tracks, shown):
    _, (_, share) = tracks
    moments = [(second, note) for second, note in shown[1] if note]
    assert len(moments) > 5 and all(re.fullmatch("now: (reference|rival), ", note) for _, note in moments)
    seconds = [second for second, _ in moments]
    assert seconds == sorted(seconds) and seconds[-1] > 2.0
    for second, note in moments:
        assert ("rival" in note) == (share[round(second * RATE)] > 0.5)


def _place(wanted, piece):
    """Return where a piece lies in what was wanted, and its largest error there."""
    from scipy.signal import correlate

    energy = np.cumsum(np.concatenate([[0.0], wanted.astype(np.float64) ** 2]))
    apart = energy[PIECE:] - energy[:-PIECE] - 2 * correlate(wanted.astype(np.float64), piece, "valid", "fft")
    at = int(np.argmin(apart))
    return at, float(np.abs(wanted[at:][: len(piece)] - piece).max())
