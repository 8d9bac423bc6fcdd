"""The process of an isolated plugin: it loads one plugin on its main thread and plays what it is sent.

    python -P -m wetdry.host.plugins.isolated_child        (started by `isolated_process`; ends when its input ends)

Its own pipe carries the answers; whatever the plugin prints goes to the log.
"""

import faulthandler
import os
import select
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from ..offline import offline_reason
from . import isolated_frames as frames
from .loading import load_plugin
from .shared_audio import SharedAudio

FACTS = ("name", "filtered", "channels", "tail_seconds", "latency_samples", "key_channels", "raw_values")
FIXED_FACTS = ("input_channels", "output_channels")  # of some


class Playing:
    """A loaded plugin and what may be asked of it."""

    def __init__(self, start: dict[str, Any]) -> None:
        self.plugin: Any = load_plugin(start["path"], start["plugin_name"], **start["arguments"])
        self._audio = SharedAudio(start["audio"])
        self._whole_only = offline_reason(self.plugin) is not None
        self._turns: list[tuple[int, dict[str, float]]] = []
        self._asked: dict[str, Callable[..., Any]] = {
            "facts": self.facts,
            "get": lambda name: getattr(self.plugin, name),
            "put": lambda name, value: setattr(self.plugin, name, value),
            "call": lambda name, *arguments: getattr(self.plugin, name)(*arguments),
            "raw": lambda name: self.plugin.parameters[name].raw_value,
            "text": lambda name: self.plugin.parameters[name].string_value,
            "turn": self.turn,
            "turn_later": self.turn_later,
            "move": self.move,
        }

    def facts(self) -> dict[str, Any]:
        """Return what does not change while it plays, and every knob's row and position."""
        found: dict[str, Any] = {name: getattr(self.plugin, name) for name in FACTS}
        return found | {
            **{name: getattr(self.plugin, name) if hasattr(self.plugin, name) else None for name in FIXED_FACTS},
            "offline_reason": offline_reason(self.plugin) or "",
            "knobs": {name: knob.to_dict() for name, knob in self.plugin._table.items()},
        }

    def turn(self, name: str, raw: float) -> float:
        """Turn a knob and return where it stands."""
        bound = self.plugin.parameters[name]
        bound.raw_value = raw
        return bound.raw_value

    def turn_later(self, turns: list[tuple[int, dict[str, float]]]) -> None:
        """Have knobs turned at samples of the next block: (sample, position by knob) each, samples rising."""
        self._turns = turns

    def _streamed(self, planar: np.ndarray, rate: float, block: int, key: np.ndarray | None) -> np.ndarray:
        """Play the next block part by part, knobs turned between them."""
        turns, self._turns = self._turns, []
        edges, played = [*(at for at, _ in turns), planar.shape[1]], list[np.ndarray]()
        for first, last, moves in zip([0, *edges], edges, [{}, *(moves for _, moves in turns)], strict=False):
            for name, raw in moves.items():
                self.turn(name, raw)
            if last > first:
                part, beside = (None if a is None else np.ascontiguousarray(a[:, first:last]) for a in (planar, key))
                played.append(self.plugin.play_planar(part, rate, block, reset=False, key=beside))
        return np.concatenate(played, axis=1)

    def move(self, courses: dict[str, bytes], block: int) -> None:
        """Have knobs move in the next call; the numbers are float64, one a block."""
        self.plugin.move({knob: np.repeat(np.frombuffer(numbers), block) for knob, numbers in courses.items()}, block)

    def ask(self, what: str, *arguments: Any) -> Any:
        """Answer a question."""
        return self._asked[what](*arguments)

    def play(self, request: frames.Request) -> frames.Reply:
        """Play what lies in the shared memory; the answer is written over it."""
        self._audio.see(request.memory)
        channels, samples = request.channels, request.length
        rows = self._audio.rows(0, channels + request.key_channels, samples)
        key = rows[channels:] if request.key_channels else None
        if self._turns:
            heard = self._streamed(rows[:channels], request.sample_rate, request.buffer_size, key)
        else:
            streams = {} if self._whole_only else {"reset": request.reset}
            heard = self.plugin.play_planar(rows[:channels], request.sample_rate, request.buffer_size, key=key, **streams)
        self._audio.rows(0, *heard.shape)[:] = heard
        (channels, samples), lost = heard.shape, getattr(self.plugin, "non_finite_samples", 0)
        return frames.Reply(frames.AUDIO, channels, samples, self.plugin.latency_samples, lost)


def main() -> None:
    """Answer until the input ends."""
    replies = os.dup(1)
    os.dup2(2, 1)  # what plugins print on stdout goes to the log
    requests = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    threading.Thread(target=_leave_with_parent, args=(requests,), daemon=True).start()
    try:
        start = frames.unpacked(frames.receive(requests, frames.receive_request(requests).length))
        # Should the plugin hang with Python's lock held, and we with nobody left to end us.
        faulthandler.dump_traceback_later(2 * start["timeout"] + 60, exit=True)
        playing = _answered(replies, lambda: _loaded(start))
        faulthandler.cancel_dump_traceback_later()
        if playing is not None:
            _serve(playing, requests, replies)
    except (EOFError, OSError):
        pass  # the parent is gone
    sys.stdout.flush()
    os._exit(0)  # not through the plugin's destructors, which crash now and then


def _loaded(start: dict[str, Any]) -> Any:
    """Return what is played: an effect, or an instrument."""
    if not start["arguments"].get("instrument"):
        return Playing(start)
    from ..dawdreamer.instrument import HeldInstrument

    return HeldInstrument(start)


def _serve(playing: Any, requests: int, replies: int) -> None:
    while True:
        request = frames.receive_request(requests)
        if request.kind == frames.ASK:
            question = frames.unpacked(frames.receive(requests, request.length))
            _answered(replies, lambda asked=question: playing.ask(*asked))
            continue
        try:
            reply = playing.play(request)
        except Exception as error:  # the caller's to know
            _reply(replies, frames.ERROR, frames.error_to_plain(error))
        else:
            frames.send_reply(replies, reply)


def _answered(replies: int, ask: Callable[[], Any]) -> Any:
    """Reply with what `ask` returns, or the error it raises, and return it."""
    try:
        answer = ask()
    except Exception as error:
        _reply(replies, frames.ERROR, frames.error_to_plain(error))
        return None
    _reply(replies, frames.ANSWER, answer.facts() if hasattr(answer, "facts") else answer)
    return answer


def _reply(replies: int, kind: int, data: Any) -> None:
    text = frames.packed(data)
    frames.send_reply(replies, frames.Reply(kind, length=len(text)), text)


def _leave_with_parent(requests: int) -> None:
    """End this process as soon as nobody can send any more, even while the plugin hangs."""
    if hasattr(select, "poll"):
        watch = select.poll()
        watch.register(requests, 0)  # nothing but the other side's going
        watch.poll()
        os._exit(0)


if __name__ == "__main__":
    main()
