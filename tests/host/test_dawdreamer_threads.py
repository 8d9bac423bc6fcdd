"""DawDreamer's plugins and threads: off the one that brought it in, loading or letting go of one waits for good."""

import subprocess
import sys

CODE = """
import gc, sys, threading
import numpy as np
from wetdry import load_plugin
plugin = load_plugin(sys.argv[1], host="dawdreamer", probe=False)
audio = np.zeros((plugin.channels[0], 480), "float32")
print(plugin(audio, 48000).shape[1], flush=True)

def elsewhere(work):
    def told():
        try:
            print(work(), flush=True)
        except Exception as error:
            print(type(error).__name__, flush=True)
    thread = threading.Thread(target=told)
    thread.start()
    thread.join()

def let_go():
    global plugin
    plugin = None
    return f"gone {gc.collect() > 0}"

elsewhere(lambda: plugin(audio, 48000).shape[1])
elsewhere(lambda: load_plugin(sys.argv[1], host="dawdreamer", probe=False, isolated=True)(audio, 48000).shape[1])
elsewhere(let_go)
print(load_plugin(sys.argv[1], host="dawdreamer", probe=False)(audio, 48000).shape[1], flush=True)
"""


def test_on_another_thread_it_is_an_error_and_never_a_hang(zamtube):
    done = subprocess.run([sys.executable, "-c", CODE, zamtube], capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines() == ["480", "PluginError", "480", "gone True", "480"], done.stderr
