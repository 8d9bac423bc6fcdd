"""Run as a process: a JACK MIDI port NAME, playing what it is told on stdin, one schedule a line, into the port INTO if given.

Answers with when each message was sent. It knows nothing of wetdry: python-rtmidi alone.
"""

import json
import sys
import time

import rtmidi

MOST_AT_ONCE = 200  # a JACK cycle's buffer holds no more than some hundred messages


def main(name, into=None):
    out = opened(name)
    if into is None:
        out.open_virtual_port("out")
    else:
        out.open_port(next(i for i, port in enumerate(out.get_ports()) if into in port), "out")
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        print(json.dumps(play(out, json.loads(line))), flush=True)
    out.delete()


def opened(name, tries=5):
    """A JACK server on a busy machine may miss a client's first call."""
    try:
        return rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=name)
    except rtmidi.RtMidiError:
        if tries == 1:
            raise
    time.sleep(0.5)
    return opened(name, tries - 1)


def play(out, schedule):
    start, sent, burst = time.monotonic(), [], 0
    for seconds, data in schedule:
        wait = start + seconds - time.monotonic()
        burst = burst + 1 if wait <= 0 else 0
        if wait > 0 or burst > MOST_AT_ONCE:
            time.sleep(max(wait, 0.01))
            burst = 0 if wait <= 0 else burst
        sent.append(time.monotonic())
        out.send_message(data)
    time.sleep(0.1)  # what the port still holds goes out with JACK's next cycles
    return sent


if __name__ == "__main__":
    main(*sys.argv[1:])
