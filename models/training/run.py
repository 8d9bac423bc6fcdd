"""`train`: a capture folder in, a model out; a run that was killed goes on from its own folder."""

import json
import logging
import os
import platform
import signal
import time
import warnings
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.loggers import CSVLogger, Logger
from torch.multiprocessing.spawn import ProcessExitedException, ProcessRaisedException
from torch.utils.data import DataLoader

from ..dataset import CaptureFolder
from ..errors import FileProblem, InvalidValue, TrainingError
from ..files import write_atomically
from ..locations import Location
from ..model import Model
from ..net_table import MakeSpec
from ..nets import to_weights
from ..spec import ModelSpec
from .beginning import FROM_A_MODEL, Beginning, beginning, context_of, numbers_with, started
from .cabinet import Cabinet
from .data import Batches, CaptureDataset
from .module import Budget, Progress, TwinModule
from .processes import check_shares, is_first, left_as_it_was, tolerate_unused
from .recipe import Recipe
from .threads import training_threads

RUN_NAME = "run.json"
LARGEST_GRADIENT = 2.0  # norm; steps stay below it but for the odd outlier, which would cost many to mend


def train(folder: CaptureFolder | str | Location, out: str | Path, *, model: str | None = None,
          spec: ModelSpec | MakeSpec | None = None, start: Model | None = None, minutes: float | None = None,
          epochs: float | None = None, cabinet: str | Path | None = None, accelerator: str = "auto",
          devices: int | str | Sequence[int] = 1, strategy: str = "auto", num_nodes: int = 1,
          progress: Progress | None = None, **numbers: Any) -> Model:  # fmt: skip
    """Train a net on a capture and return the state that did best on the validation takes.

    Args:
        folder: a capture folder, or the URL of one.
        out: the run's folder; everything of the training lies in out/training. Called again on the same folder, a
            killed run goes on where it last validated, and a finished one answers at once. A larger budget goes on.
        model: the net by name, one of `NETS`; "auto" goes by what the capture measured (`net_choice.RULES`). It brings the
            numbers it trains well with. Unless anything is given: "standard".
        spec: a net of your own instead: a ModelSpec, or what makes it from (sample rate, knobs, rms of the wet audio).
        start: a trained model to go on from instead, with a learning rate of 0.3 of the usual.
        minutes, epochs: the budget over all resumed parts, `Recipe.minutes` and `.epochs`.
        cabinet: file of an impulse response that the recordings were made through, at its own level: the net learns what
            comes before it, the amp alone. Validation and the figures are through it; the model keeps its name and hash.
            Unless given, segments become as long as it rings.
        accelerator: as lightning names it: "auto", "cpu", "gpu", …
        devices, strategy, num_nodes: as lightning takes them: how many devices of a machine, or which; how they work
            together, "ddp", "ddp_spawn", …; how many machines. See below.
        progress: called with ("train", done 0..1, 1.0, note with the validation ESR) about twice a second.
        numbers: `batch_size`, `segment`, `lead_in`, `every`, `learning_rate`, `precision`, `loss`, `oversampling`, `seed`:
            see `Recipe`.

    Several processes share every batch evenly, and train to what one trains to, up to rounding and up to BatchNorm, which
    sees a share: so a run may go on with more of them, or fewer. "ddp" starts this program again for each further device
    (or takes the processes that torchrun or SLURM started); those end here when the training does, and only the first one
    returns. "ddp_spawn" starts processes for the training alone, without its progress. On several machines `out` and the
    capture lie on a file system they share.

    Raises:
        TrainingError: nothing to train on, the folder holds another run, or the loss stopped being a number.
        CaptureError, FileProblem: the capture does not fit its description, or an audio file its row.
        InvalidValue: a number or a spec that does not fit, or several of model, spec and start. UnknownName: no such net.
    """
    folder = folder if isinstance(folder, CaptureFolder) else CaptureFolder.open(folder)
    begin = beginning(folder.record, model, spec, start)
    recipe, behind = _recipe(begin, folder.record.sample_rate, cabinet, {"minutes": minutes, "epochs": epochs, **numbers})
    heard = behind.to_learn_from() if behind else None
    home = Path(out) / "training"
    training, validation = _read(folder, recipe)
    net = started(begin, folder.record, training.level / (behind.gain if behind else 1.0), recipe)
    training.context, training.ahead = context_of(net.spec, recipe, heard), behind.ahead if behind else 0
    through = {"cabinet": behind.identity} if behind else {}
    identity = {"spec": net.spec.to_dict(), "capture": folder.data_hash, **recipe.identity(), **through}
    _claim(home, {**identity, FROM_A_MODEL: begin.weights_hash} if begin.start else identity)
    module = TwinModule(net, recipe, heard)
    steps = max(1, round(int(training.frames.sum()) / (recipe.batch_size * training.segment)))
    budget = Budget(recipe, home, validation, steps, progress if is_first() else None, behind)
    last = home / "last.ckpt"
    done = _load(last) if last.exists() else None
    if done is not None:
        budget.load_state_dict(done["callbacks"][budget.state_key])
    first = int(done["global_step"]) if done else 0
    if budget.share(first) < 1 or not (home / "best.ckpt").exists():  # killed before it was first validated: one step more
        stream = DataLoader(Batches(training, recipe.batch_size, recipe.seed, first), batch_size=None)
        with training_threads(module.net), left_as_it_was():
            trainer = _trainer(budget, home, recipe.precision, accelerator, devices, strategy, num_nodes)
            check_shares(recipe.batch_size, trainer.world_size)
            _check_precision(recipe.precision, trainer)
            tolerate_unused(trainer)
            _fit(trainer, module, stream, home, last if done else None)
            if trainer.global_rank:
                raise SystemExit(0)  # lightning, or a launcher, started this process to train
    best, last_state = _load(home / "best.ckpt"), _load(last)
    module.load_state_dict(best["state_dict"])
    figures = best["callbacks"][budget.state_key]
    record = {
        "capture": folder.data_hash, **begin.about(), **recipe.identity(), **through,
        "budget": {"minutes": recipe.minutes, "epochs": recipe.epochs},
        "steps": int(last_state["global_step"]), "best_step": int(best["global_step"]),
        "minutes": round(last_state["callbacks"][budget.state_key]["spent"] / 60, 3),
        "validation_esr": {"median": float(np.median(figures["ratios"])), "mean": float(np.mean(figures["ratios"])),
                           "worst": float(np.max(figures["ratios"])), "takes": len(figures["ratios"])},
        "versions": _versions(),
    }  # fmt: skip
    return Model(net.spec, to_weights(net), record)


def _recipe(
    begin: Beginning, sample_rate: float, cabinet: str | Path | None, asked: dict[str, Any]
) -> tuple[Recipe, Cabinet | None]:
    """Return the numbers of the run, those that were asked for before those of the net, and the cabinet."""
    given, usual = {k: v for k, v in asked.items() if v is not None}, dict(begin.numbers)
    if "minutes" in given:
        usual.pop("epochs", None)
    try:
        recipe, behind = Recipe(**{**usual, **given}), None
        if cabinet is not None:
            behind = Cabinet.read(cabinet, sample_rate, recipe.oversampling)
            usual |= {} if "segment" in given else numbers_with(behind.to_learn_from(), {**usual, **given})
            usual["every"] = 1  # it rings from every sample into the next
            recipe = Recipe(**{**usual, **given})
    except TypeError as error:
        raise InvalidValue(f"train: {str(error).rpartition(') ')[2]}") from None
    if cabinet is not None and recipe.every > 1:
        raise InvalidValue(f"every = {recipe.every} leaves samples out, and a cabinet needs all of them: train with every=1")
    return recipe, behind


def _check_precision(precision: str, trainer: lightning.Trainer) -> None:
    """Refuse what lightning would quietly replace by another precision."""
    if precision == "16-mixed" and trainer.strategy.root_device.type == "cpu":
        raise InvalidValue("precision '16-mixed' needs a GPU, and this training runs on the CPU: take bf16-mixed or 32-true")


def _read(folder: CaptureFolder, recipe: Recipe) -> tuple[CaptureDataset, CaptureDataset]:
    times = recipe.oversampling
    shortest = min((t.frames * times for t in folder.takes_of("train")), default=recipe.segment)
    segment = min(recipe.segment, shortest)
    training = CaptureDataset(folder, "train", segment, oversampling=times)
    return training, CaptureDataset(folder, "validation", 1, oversampling=times)


def _claim(home: Path, identity: dict[str, Any]) -> None:
    """Note what this run is; refuse a folder that holds another."""
    path, wanted = home / RUN_NAME, json.loads(json.dumps(identity))
    if path.exists():
        try:
            found = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise TrainingError(f"{path}: cannot be read ({error}); remove {home} to train anew") from None
        found = found if isinstance(found, dict) else {}
        for key in {**wanted, **found}:
            there, value = found.get(key), wanted.get(key)
            if there != value:
                shown = "" if key in ("spec", "capture", "cabinet") else f" ({there!r} there, {value!r} asked for)"
                raise TrainingError(f"{home}: holds a run with another {key}{shown}; train into another folder or remove it")
    else:
        write_atomically(path, json.dumps(wanted, indent=1).encode())


def _load(path: Path) -> dict[str, Any]:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise TrainingError(f"{path}: missing; remove {path.parent} to train anew") from None
    except Exception as error:  # torch raises many kinds for a broken file
        raise TrainingError(
            f"{path}: cannot be read ({str(error).splitlines()[0]}); remove {path.parent} to train anew"
        ) from None


def _trainer(budget: Budget, home: Path, precision: str, accelerator: str, devices: int | str | Sequence[int], strategy: str,
             num_nodes: int) -> lightning.Trainer:  # fmt: skip
    for name in ("lightning.pytorch", "lightning.fabric", "lightning"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return lightning.Trainer(
                accelerator=accelerator, devices=devices, strategy=strategy, num_nodes=num_nodes,  # pyright: ignore
                precision=precision, max_epochs=-1, callbacks=[budget], logger=_loggers(home),  # pyright: ignore
                enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
                num_sanity_val_steps=0, gradient_clip_val=LARGEST_GRADIENT, use_distributed_sampler=False,
                default_root_dir=home,
            )  # fmt: skip
        except (ValueError, TypeError, RuntimeError, ImportError, MisconfigurationException) as error:
            given = f"accelerator {accelerator!r}, devices {devices!r}, strategy {strategy!r}, num_nodes {num_nodes!r}"
            raise TrainingError(f"{given}: {str(error).splitlines()[0]}; 'auto' takes what is there") from None


def _fit(trainer: lightning.Trainer, module: TwinModule, stream: DataLoader, home: Path, resume: Path | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        handler = signal.getsignal(signal.SIGINT)
        try:
            trainer.fit(module, stream, ckpt_path=resume, weights_only=True)
        except SystemExit:  # lightning ends the process at an interrupt, and is deaf to the next; the caller decides here
            signal.signal(signal.SIGINT, handler)
            raise KeyboardInterrupt from None
        except (ProcessRaisedException, ProcessExitedException) as error:
            reason = str(error).strip().splitlines()[-1]
            kind, _, said = reason.partition("Error: ")
            raise TrainingError(
                said if kind.startswith("wetdry.") and said else f"a training process ended: {reason}"
            ) from None
        except OSError as error:
            if isinstance(error, FileProblem):
                raise
            raise FileProblem(f"cannot write {home}: {error.strerror or error}") from None


def _loggers(home: Path) -> list[Logger]:
    name = f"part_{time.strftime('%Y%m%d_%H%M%S')}_{os.getpid()}"
    loggers: list[Logger] = [CSVLogger(home, name="logs", version=name, flush_logs_every_n_steps=1)]
    try:
        from lightning.pytorch.loggers import TensorBoardLogger

        loggers.append(TensorBoardLogger(home, name="tensorboard", version=name))
    except ImportError:
        pass
    return loggers


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("wetdry", "torch", "lightning", "auraloss", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed as a package"
    return found
