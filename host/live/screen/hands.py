"""What the keys of the screen do to a session."""

from datetime import datetime
from pathlib import Path
from typing import Any

from ....models.errors import WetdryError
from ...native_knobs import range_is_unknown

STEP, FAR = 0.01, 0.1  # of a knob's travel
PAGE = 10


class Hands:
    """Keys at work; what they record goes into files named by the time, in the current folder.

    Args:
        session: a live `Session`.

    Attributes:
        names: of the knobs, as the screen lists them: those with a control first, those whose range is unknown last.
        chosen: which of them the arrow keys turn.
        tuning: whether the tuner is on.
        preset: the last one chosen with `p`.
        said: what went wrong, a line each.
        done: whether `q` was pressed.
    """

    def __init__(self, session: Any) -> None:
        self._session, bound = session, {binding.to for _, binding in session.midi_map.bindings}
        self.names = sorted(
            session.knobs, key=lambda name: (name not in bound, range_is_unknown(session.knobs[name].parameter))
        )
        self.chosen, self.tuning, self.preset, self.done = 0, False, "", False
        self.said: list[str] = []
        self._keys = {"up": lambda: self._choose(-1), "down": lambda: self._choose(1), "left": lambda: self._turn(-STEP),
                      "page up": lambda: self._choose(-PAGE), "page down": lambda: self._choose(PAGE),
                      "right": lambda: self._turn(STEP), "far left": lambda: self._turn(-FAR),
                      "far right": lambda: self._turn(FAR), "home": self._to_default, "b": self._bypass, "m": self._mute,
                      "t": self._tune, "r": self._record, "l": self._learn, "p": self._next_preset, "q": self._quit,
                      "escape": self._let_go}  # fmt: skip

    def press(self, key: str) -> None:
        """Do what a key is for; digits play the session's generator. What the session refuses is `said`."""
        act = self._keys.get(key)
        try:
            if act:
                act()
            elif self._session.generator is not None:
                self._session.generator.press(key)
        except (WetdryError, OSError) as error:
            self.said.append(" ".join(str(error).split()))

    def _knob(self) -> tuple[str, Any] | None:
        return (self.names[self.chosen], self._session.knobs[self.names[self.chosen]]) if self.names else None

    def _choose(self, by: int) -> None:
        self.chosen = min(max(self.chosen + by, 0), max(len(self.names) - 1, 0))

    def _turn(self, by: float) -> None:
        name, knob = self._knob() or (None, None)
        if knob is None:
            return
        choices = knob.valid_values
        if choices:
            at = choices.index(knob.value) + (1 if by > 0 else -1)
            knob.value = choices[min(max(at, 0), len(choices) - 1)]
        elif range_is_unknown(knob.parameter):
            self.said.append(f"{name} does not say its range: set it from code")
        else:
            knob.raw_value = min(max(knob.raw_value + by, 0.0), 1.0)

    def _to_default(self) -> None:
        held = self._knob()
        if held:
            held[1].value = held[1].parameter.default

    def _bypass(self) -> None:
        self._session.bypassed = not self._session.bypassed

    def _mute(self) -> None:
        self._session.muted = not self._session.muted

    def _tune(self) -> None:
        self.tuning = not self.tuning

    def _record(self) -> None:
        if self._session.recording is not None:
            self._session.stop_recording()
            return
        self._session.record(Path(f"wetdry-{datetime.now():%Y%m%d-%H%M%S}.wav"))

    def _learn(self) -> None:
        name, _ = self._knob() or (None, None)
        self._session.learn(None if self._session.learning else name)

    def _let_go(self) -> None:
        self._session.learn(None)

    def _next_preset(self) -> None:
        names = list(self._session.presets)
        if not names:
            self.said.append("nothing here has presets")
            return
        self.preset = names[(names.index(self.preset) + 1) % len(names) if self.preset in names else 0]
        self._session.preset(self.preset)

    def _quit(self) -> None:
        self.done = True
