"""Play through a JACK server that is stopped, goes on, is killed, and is begun again; print what was said."""

import json
import os
import signal
import time

from jack_server import jack_server

from wetdry import Gain
from wetdry.host.live.cards.device import SoundCard
from wetdry.host.live.core import desk as d
from wetdry.host.live.engine import Engine

NAME = f"wetdry-lost-{os.getpid()}"
PATIENCE_SECONDS = 20
said = []


def until(condition):
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < give_up, said
        time.sleep(0.02)


with jack_server(NAME) as server:
    card = SoundCard()
    engine = Engine(Gain(), card.sample_rate, 64, 1, card.inputs, card.outputs, device_block=card.block)
    engine.start()
    card.start(engine, said.append)
    until(lambda: engine.desk[d.CALLBACKS] > 20)
    os.kill(server.pid, signal.SIGSTOP)
    until(lambda: len(said) == 1)
    lost = card.lost
    os.kill(server.pid, signal.SIGCONT)
    until(lambda: len(said) == 2)
    assert card.lost is None
    server.kill()
    server.wait()
    until(lambda: len(said) == 3)
again = jack_server(NAME)
server = again.__enter__()  # it ends when this process has
until(lambda: len(said) == 4)
calls, blocks = (int(engine.desk[field]) for field in (d.CALLBACKS, d.BLOCKS))
until(lambda: engine.desk[d.CALLBACKS] > calls + 20 and engine.desk[d.BLOCKS] > blocks)
os.kill(server.pid, signal.SIGSTOP)
until(lambda: len(said) == 5)
card.stop()  # waits for nobody
engine.stop()
card = engine = None
os.kill(server.pid, signal.SIGCONT)
time.sleep(0.3)  # it calls what was left
print(json.dumps({"said": said, "lost": lost}), flush=True)
