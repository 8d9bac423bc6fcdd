"""The lightning side: one step, and what happens between steps (budget, validation, checkpoints)."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch

from ..errors import TrainingError
from ..losses import QUIETEST_POWER, TakePower, named
from ..nets import Network, after_lead_in, led_in, thinned
from ..nets.layers import BatchNorm
from .before_cabinet import answer, heard_alone
from .cabinet import Cabinet
from .data import CaptureDataset
from .processes import of_the_first, place, share_buffers, share_of, total
from .recipe import Recipe
from .threads import set_threads
from .validation import validation_esr

Progress = Callable[[str, float, float, str], None]
SHARE_OF_VALIDATION = 0.05  # of the time, at most
SHORTEST_PAUSE_SECONDS = 10.0  # between validations, and between saves: what a kill may cost
WARM_UP_STEPS = 100
STEADY_WEIGHT = 0.1  # of a steady level before a cabinet: it passes none, so that nothing else keeps the net from one
SETTLED = 0.4  # of the budget: from there on BatchNorm's statistics stand, see `settle`


def settle(net: torch.nn.Module) -> None:
    """Have BatchNorm go by its running statistics, which stand from now on.

    A net that trains with each batch's own learns what it will not meet when it plays: a compressor's gain was 0.5 dB off.
    """
    for module in net.modules():
        if isinstance(module, BatchNorm):
            module.eval()


class TwinModule(lightning.LightningModule):
    """A net and its loss, of what it sounds like through a cabinet where there is one."""

    def __init__(self, net: Network, recipe: Recipe, cabinet: Cabinet | None = None) -> None:
        super().__init__()
        self.net, self.recipe, self.loss, self.cabinet = net, recipe, named(recipe.loss), cabinet
        self.heard = heard_alone(net, cabinet)

    def training_step(self, batch: dict[str, torch.Tensor], index: int) -> torch.Tensor:
        """Return the loss of a batch of segments; the lead-in does not count."""
        wet = batch["wet"].to(next(self.net.parameters()).dtype)
        dry, raw = batch["dry"].to(wet.dtype), batch["raw"].to(wet.dtype)
        raw, every, lead = raw if self.net.spec.knobs else None, self.recipe.every, dry.shape[1] - wet.shape[1]
        lead -= self.cabinet.lead_in if self.cabinet else 0
        if self.heard:
            prediction = answer(self.net, dry, raw, lead, self.heard)
        elif every == 1:
            prediction = after_lead_in(self.net, dry, raw, lead)
        else:
            dry = dry[:, lead % every :]  # an answer falls on the segment's first sample
            with led_in(self.net, lead - lead % every):
                prediction, wet = thinned(self.net, dry, raw, every)[:, lead // every :], wet[:, ::every]
        power = TakePower(batch["power"].to(wet.dtype), batch["emphasised_power"].to(wet.dtype))
        if self.cabinet is None:
            return self.loss(prediction, wet, power, self.global_step)
        rest = self.cabinet.gain * prediction.mean(1)
        steady = (rest.square() / power.plain.clamp_min(QUIETEST_POWER)).mean()
        return self.loss(self.cabinet(prediction), wet, power, self.global_step) + STEADY_WEIGHT * steady

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return Adam; the budget sets its rate at every step."""
        return torch.optim.Adam(self.parameters(), lr=self.recipe.learning_rate, betas=(0.9, 0.99))


class Budget(lightning.Callback):
    """Spends the budget: sets the learning rate, validates, keeps the last and the best state, and stops.

    Its own state (seconds spent, best figures) travels in the checkpoints. Of several processes all do the same at the
    same step, by the first one's clock.
    """

    def __init__(
        self, recipe: Recipe, folder: Path, data: CaptureDataset, steps_an_epoch: int, progress: Progress | None,
        cabinet: Cabinet | None = None,
    ) -> None:  # fmt: skip
        self.recipe, self.folder, self.data, self.progress, self.cabinet = recipe, folder, data, progress, cabinet
        self.steps_an_epoch, self.spent, self.best = steps_an_epoch, 0.0, math.inf
        self.ratios: np.ndarray = np.array([math.inf])
        self._clock = self._validated = self._saved = self._reported = 0.0
        self._cost, self._measured = math.inf, False  # seconds of a validation: estimated until one was measured
        self._steps_a_validation = data.frames.sum() / (3 * recipe.batch_size * recipe.segment)  # it only goes forward
        self._losses: list[torch.Tensor] = []

    def state_dict(self) -> dict[str, Any]:
        return {"spent": self.spent, "best": self.best, "ratios": self.ratios.tolist()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.spent, self.best, self.ratios = state_dict["spent"], state_dict["best"], np.array(state_dict["ratios"])

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "progress": None}  # a process that lightning spawns has nobody to tell

    def share(self, step: int) -> float:
        """Return how much of the budget is spent, 0..1."""
        minutes = self.spent / (60 * self.recipe.minutes) if self.recipe.minutes else 0.0
        epochs = step / (self.steps_an_epoch * self.recipe.epochs) if self.recipe.epochs else 0.0
        return min(1.0, max(minutes, epochs))

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if place()[1] > 1:
            set_threads(pl_module.net)  # pyright: ignore[reportArgumentType]  # of this process, which may be a new one
        self._clock = _now(pl_module)
        self._validated = self._saved = self.spent
        trainer.should_stop = self.share(trainer.global_step) >= 1 and math.isfinite(self.best)

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        step = trainer.global_step
        rate = 0.5 * (1 + math.cos(math.pi * self.share(step))) * min(1.0, (step + 1) / WARM_UP_STEPS)
        for group in trainer.optimizers[0].param_groups:
            group["lr"] = self.recipe.learning_rate * max(rate, 1e-4)
        if self.share(step) >= SETTLED:
            settle(pl_module)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        self._losses.append(outputs["loss"].detach())
        now = _now(pl_module)
        if not self._measured:  # by the quickest step so far: the first ones compile
            self._cost = min(self._cost, (now - self._clock) * self._steps_a_validation)
        self.spent, self._clock = self.spent + now - self._clock, now
        share = self.share(trainer.global_step)
        pause = max(SHORTEST_PAUSE_SECONDS, self._cost / SHARE_OF_VALIDATION)
        if share >= 1 or self.spent - self._validated >= pause:
            self._validate(trainer, pl_module)
            share = self.share(trainer.global_step)
        elif self.spent - self._saved >= SHORTEST_PAUSE_SECONDS:
            self._save(trainer, "last.ckpt")
        if self.progress and (share >= 1 or now - self._reported > 0.5):
            self._reported = now
            shown = f"validation ESR {np.median(self.ratios):.4f}" if np.isfinite(self.best) else "first steps"
            self.progress("train", share, 1.0, f"{shown}, step {trainer.global_step}")
        if share >= 1:
            trainer.should_stop = True

    def _validate(self, trainer: Any, module: Any) -> None:
        loss = float(total(torch.stack(self._losses).mean()[None], module.device)) / place()[1]
        self._losses = []
        if not math.isfinite(loss):
            raise TrainingError(f"the loss is {loss} at step {trainer.global_step}; train with a lower learning rate than "
                                f"{self.recipe.learning_rate:g} or with precision 32-true")  # fmt: skip
        before = _now(module)
        self.ratios = self._validation_esr(module)
        mean, median, worst = (float(f(self.ratios)) for f in (np.mean, np.median, np.max))
        figures = {"loss": loss, "validation_esr": median, "validation_esr_mean": mean, "validation_esr_worst": worst,
                   "minutes": self.spent / 60, "learning_rate": trainer.optimizers[0].param_groups[0]["lr"]}  # fmt: skip
        for logger in trainer.loggers:
            logger.log_metrics(figures, step=trainer.global_step)
            logger.save()
        better = mean < self.best
        self.best = min(self.best, mean)
        now = _now(module)
        self._cost, self._measured = now - before, True
        self.spent, self._clock = self.spent + now - self._clock, now
        self._validated = self.spent
        if better:
            self._save(trainer, "best.ckpt")
        self._save(trainer, "last.ckpt")

    def _validation_esr(self, module: Any) -> np.ndarray:
        share_buffers(module.net)
        mine, ratios = share_of(len(self.data.takes)), torch.zeros(len(self.data.takes), dtype=torch.float64)
        heard = validation_esr(module.net, module.net.spec.receptive_field, self.data, mine, self.cabinet)
        ratios[list(mine)] = torch.from_numpy(heard)
        return total(ratios, module.device).numpy()

    def _save(self, trainer: Any, name: str) -> None:
        """Write a checkpoint so that a file of that name is always whole."""
        part = self.folder / f"{name}.part"
        try:
            trainer.save_checkpoint(part)
            if trainer.is_global_zero:
                part.replace(self.folder / name)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        self._saved = self.spent


def _now(module: Any) -> float:
    """Return the seconds of a clock that all processes share."""
    return of_the_first(time.monotonic(), module.device)
