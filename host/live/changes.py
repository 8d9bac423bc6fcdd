"""Changes: what an engine plays, and how it becomes something else: crossfaded, past what fails, once the device calls."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .core import desk as d
from .exchange import Exchange, Passage, Wire
from .knobs import publish
from .scenes import Foreign, Scene
from .watchdog import Watchdog

if TYPE_CHECKING:
    from .engine import Engine

SILENT_SECONDS = 1.0  # after which the device counts as silent


class Changes:
    """Makes the scenes of an engine, and changes over from one to the next.

    Args:
        engine: whose scenes they are; it follows the knobs of the effects in them.
        processor: what plays at first.
        worker_delay: samples that each worker in Python is given.

    Attributes:
        scene: what is meant to play: what plays, or comes next.
        watchdog: looks after what fails, and after what waits for the device.
    """

    def __init__(self, engine: "Engine", processor: Any, worker_delay: int) -> None:
        self._engine, self._worker_delay = engine, worker_delay
        self._lock, self._batch = threading.RLock(), threading.local()
        self._passed: dict[tuple[int, ...], Wire] = {}
        self._deferred: list[Any] = []  # what is to be played once the device calls again
        self.watchdog = Watchdog(self.look_after, engine.said)
        self.scenes: list[Scene] = []
        self.scene = self._made(processor, None)
        engine.desk[d.SCENE] = self.scene.address
        self._begin(self.scene)

    def play(self, processor: Any) -> None:
        """Change over to a processor, or to what it has become in itself; what failed is tried again."""
        with self._lock:
            self._passed = {key: wire for key, wire in self._passed.items() if wire.failed.hangs}
            self._play(processor, anew=True)

    def rebuilt(self) -> None:
        """Change over to what an effect inside has become."""
        if getattr(self._batch, "depth", 0):
            self._batch.rebuilt = True
        else:
            self._play(self._meant)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Return a context in which all that rebuilds effects is changed over to at once, at its end."""
        self._batch.depth = getattr(self._batch, "depth", 0) + 1
        try:
            yield
        finally:
            self._batch.depth -= 1
            if not self._batch.depth and getattr(self._batch, "rebuilt", False):
                self._batch.rebuilt = False
                self._play(self._meant)

    @property
    def _meant(self) -> Any:
        """What is to be played: what plays, unless something waits for the device."""
        return (self._deferred or [self.scene.processor])[0]

    # from one scene to the next

    def _made(self, processor: Any, before: Scene | None, anew: bool = False) -> Scene:
        """Return a scene; `anew`: whatever is made of other processors may have become another in itself."""
        engine = self._engine

        def passage(foreign: Foreign) -> Passage:
            for wire in self._passed.values():
                if wire.key == foreign.key or (wire.failed.hangs and set(wire.key) & set(foreign.key)):
                    return wire
            for playing in before.exchanges if before else ():
                if isinstance(playing, Wire):
                    continue
                if playing.key == foreign.key and not (anew and foreign.branches):
                    return playing
                if set(playing.key) & set(foreign.key):
                    playing.close()  # a plugin cannot be played by two threads: silence until it comes in again
            return Exchange(foreign.processors, foreign.key, foreign.name, float(engine.sample_rate), engine.channels,
                            engine.block, self._worker_delay, self.watchdog.look)  # fmt: skip

        return Scene(processor, float(engine.sample_rate), engine.channels, engine.knobs, before, passage, engine.apart)

    def _begin(self, scene: Scene) -> None:
        self.scenes.append(scene)
        for exchange in scene.exchanges if self._engine.running else ():
            exchange.start()
        for effect in scene.effects:
            effect.__dict__["_follower"] = self._engine

    def _play(self, processor: Any, anew: bool = False) -> None:
        with self._lock:
            silent, self._deferred = bool(self._deferred), []
            if not self._wait(0.0 if silent else SILENT_SECONDS):
                self._deferred = [processor]
                if not silent:
                    self._engine.said("the sound device is silent: the change comes when it plays again")
                return
            scene = self._made(processor, self.scene, anew)
            self._begin(scene)
            before, self.scene = self.scene, scene
            for effect in before.effects:
                if effect not in scene.effects:
                    effect.__dict__["_follower"] = None
            if self._engine.begun:
                publish(self._engine.desk_address, d.NEXT_SCENE, scene.address)
            else:
                self._engine.desk[d.SCENE] = scene.address  # nothing is heard yet that could fade

    def _wait(self, patience_seconds: float) -> bool:
        """Wait until the scene before the one that plays has faded, and forget it; False where the device is silent."""
        desk, pause, blocks, since = self._engine.desk, threading.Event(), -1, 0.0
        while self._engine.running and self._changing:
            if int(desk[d.BLOCKS]) != blocks:
                blocks, since = int(desk[d.BLOCKS]), time.monotonic()
            elif time.monotonic() - since >= patience_seconds:
                return False
            pause.wait(0.002)
        if not self._engine.running:
            desk[d.SCENE], desk[d.FADE_LEFT] = self.scene.address, 0
        for scene in self.scenes[:-1]:
            scene.close(self.scene.exchanges)
            self._engine.knobs.release(effect for effect in scene.effects if effect not in self.scene.effects)
        self.scenes = self.scenes[-1:]
        return True

    @property
    def _changing(self) -> bool:
        desk = self._engine.desk
        return bool(desk[d.SCENE] != self.scene.address or desk[d.FADE_LEFT])

    # what fails, and what waits

    def look_after(self) -> None:
        """Pass by what has failed, and do what waits for the device; the watchdog calls it."""
        with self._lock:
            for exchange in self.scene.exchanges:
                if isinstance(exchange, Exchange) and exchange.key not in self._passed and (exchange.error or exchange.hangs):
                    self._pass_by(exchange)
            if not self._changing and self._deferred:
                self._play(self._deferred[0], anew=True)
            elif not self._changing and len(self.scenes) > 1:
                self._wait(0.0)

    def _pass_by(self, exchange: Exchange) -> None:
        self._passed[exchange.key] = Wire(exchange, self._engine.channels, self._engine.block)
        try:
            self._play(self._meant)
        finally:
            why = f"{type(exchange.error).__name__}: {exchange.error}" if exchange.error else "it hangs"
            self._engine.said(f"{exchange.name} fails ({why}) and is passed by; the rest plays on".replace("\n", " "))

    @property
    def passed_by(self) -> list[Passage]:
        """What failed, and the sound goes past."""
        return list(self._passed.values())

    def start(self) -> None:
        """Have the workers work, and the watchdog look."""
        for exchange in self.scene.exchanges:
            exchange.start()
        self.watchdog.start()

    def end(self) -> None:
        """End the workers; the effects are nobody's."""
        for scene in self.scenes:
            scene.close()
            for effect in scene.effects:
                effect.__dict__["_follower"] = None
