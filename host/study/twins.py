"""The nets of a study: one capture of the reference, every net trained on it for the same time, and what is made smaller.

A net may be trained from several seeds. The first one's is the twin; the others tell how much of its closeness is luck.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...models.dataset import CaptureFolder
from ...models.files import sha256_of, write_atomically
from ...models.model import load
from ..capture import capture
from ..capture.target import Ranges
from ..distil import distil
from ..prune import prune
from ..quantise import quantise
from .rivals import Wish
from .trainings import Training, train_all

Progress = Callable[[str, float, float, str], None]
CAPTURING = {"settings": 24, "validation_settings": 4, "seconds_per_take": 12.0, "excitation_seconds": 200.0}
KNOBLESS = {"settings": 12, "validation_settings": 2}
LESSON = {"settings": 16, "validation_settings": 4, "seconds_per_take": 12.0}
MODEL, MADE_OF = "model.safetensors", "made_of.json"


@dataclass
class Twins:
    """Makes the nets of a study in `home`, each in a folder of its name; what is finished is not made again.

    Args:
        reference: the processor, at the knobs it stands at. knobs: that twins have too.
        seed, seeds: each net is trained from `seeds` seeds, the first of them `seed`.
        capturing, training: further arguments of `capture` and `train`.
    """

    home: Path
    reference: Any
    knobs: Ranges
    seed: int
    minutes: float
    capturing: Mapping[str, Any]
    training: Mapping[str, Any]
    progress: Progress | None = None
    seeds: int = 1
    made: dict[str, Path] = field(default_factory=dict)
    _folder: CaptureFolder | None = None

    @property
    def folder(self) -> CaptureFolder:
        """The capture, rendered on first use."""
        if self._folder is None:
            options = {**CAPTURING, **({} if self.knobs else KNOBLESS), **self.capturing}
            self._folder = capture(self.reference, self.knobs, self.home / "capture", seed=self.seed,
                                   progress=self.progress, **options)  # fmt: skip
        return self._folder

    def make(self, wish: Wish) -> Path:
        """Return the file of the model that was asked for, made where it is not there."""
        if wish.file is not None:
            return self._copied(wish.name, wish.file)
        if wish.name not in self.made:
            if wish.made == "twin":
                self.train([wish.net])
            else:
                self.made[wish.name] = self._smaller(wish)
        return self.made[wish.name]

    def train(self, nets: Sequence[str]) -> None:
        """Train nets from every seed: side by side where there are several, one with all of the machine."""
        wanted = [(net, seed) for net in dict.fromkeys(nets) for seed in range(self.seed, self.seed + self.seeds)]
        apart = len(wanted) > 1
        missing = [one for one in wanted if not self._is_there(*one)]
        if apart and missing:
            train_all([self._training(*one) for one in missing], self.progress)
        for net, seed in missing:
            if not apart:
                self._train_here(self._training(net, seed))
            write_atomically(self._home(net, seed) / MADE_OF, self._made_of(net, seed))
        self.made |= {net: self._home(net, self.seed) / MODEL for net in nets}

    def of_seeds(self, net: str) -> dict[int, Path]:
        """Return seed → model of a net that was trained."""
        return {seed: self._home(net, seed) / MODEL for seed in range(self.seed, self.seed + self.seeds)}

    def _home(self, net: str, seed: int) -> Path:
        return self.home / (net if seed == self.seed else f"{net}-seed-{seed}")

    def _training(self, net: str, seed: int) -> Training:
        numbers, out = {"minutes": self.minutes, **self.training, "seed": seed}, self._home(net, seed)
        return Training(net, str(self.folder.path), str(out), str(out / MODEL), numbers)

    def _train_here(self, training: Training) -> None:
        from ...models.training import train

        trained = train(training.capture, training.out, model=training.net, progress=self._telling(training.net),
                        **training.numbers)  # fmt: skip
        trained.save(training.model)

    def _made_of(self, net: str, seed: int) -> bytes:
        return json.dumps([self.folder.data_hash, self._training(net, seed).numbers]).encode()

    def _is_there(self, net: str, seed: int) -> bool:
        note, model = self._home(net, seed) / MADE_OF, self._home(net, seed) / MODEL
        return note.is_file() and note.read_bytes() == self._made_of(net, seed) and model.is_file()

    def _smaller(self, wish: Wish) -> Path:
        whole, out = self.make(Wish(wish.net, "twin", wish.net)), self.home / wish.name
        note = out / MADE_OF
        made_of = json.dumps([wish.made, self.minutes, self.seed, sha256_of(whole)]).encode()
        if not (note.is_file() and note.read_bytes() == made_of and (out / MODEL).is_file()):
            self._make_smaller(wish, whole, out)
            write_atomically(note, made_of)
        return out / MODEL

    def _make_smaller(self, wish: Wish, whole: Path, out: Path) -> None:
        given: dict[str, Any] = {"seed": self.seed, "capture": self.folder.path}
        training = {"training": {"minutes": self.minutes}, "progress": self._telling(wish.name)}
        if wish.made == "quantised":
            quantise(whole, out / MODEL, "int8", **given)
        elif wish.made == "pruned":
            prune(whole, out, **training, **given).model.save(out / MODEL)
        else:
            distil(whole, out, capturing=LESSON, **training, **given).model.save(out / MODEL)

    def _copied(self, name: str, file: Path) -> Path:
        out = self.home / name / MODEL
        load(file).save(out)
        return out

    def _telling(self, who: str) -> Progress | None:
        tell = self.progress
        return tell and (lambda stage, done, total, note: tell(f"{who}: {stage}", done, total, note))
