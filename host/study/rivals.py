"""Who takes part: what a person asked for, as names, turned into what can be built; and what cannot, with the reason."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...effects import Effect
from ...models.errors import InvalidValue, MissingExtra, UnknownName, WetdryError
from ...models.files import sha256_of
from ...models.model import Model, load
from ...models.net_table import NETS
from .. import _pedalboard
from ..benchmark.engines import OURS
from ..chain import Chain
from ..foreign import SUFFIXES
from ..offline import offline_reason
from ..plugins import load_plugin
from ..plugins.formats import is_plugin_file
from ..recipe import describe
from .engine_files import engine_file
from .numpy_effects import NUMPY_EFFECTS
from .players import MODEL_ENGINES, NEAREST, Recipe
from .streaming import unreported_delay

NUMPY, STATELESS, KERNELS, NATIVES = "numpy", "numpy-stateless", "kernels", "pedalboard"
DSP = (NUMPY, STATELESS, KERNELS, NATIVES)
FACTORS = tuple(f"{KERNELS}-{times}x" for times in (1, 2, 4, 8))  # ours at another oversampling
SMALLER = ("distilled", "pruned", "quantised")
ALL = "all"


@dataclass(frozen=True)
class Wish:
    """A rival that was asked for. `net` is the net it is made of, `made` how ("twin", or one of SMALLER); "" for DSP."""

    name: str
    made: str = ""
    net: str = ""
    file: Path | None = None
    processor: Any = None


@dataclass(frozen=True)
class Rival:
    """A rival on one engine, ready to be built; the fields are those of `Entry`.

    `late_samples`: by how much it answers later than it reports; taken out before anything is compared.
    """

    name: str
    engine: str
    kind: str
    about: str
    recipe: Recipe
    file: Path | None = None
    weights: int | None = None
    multiply_adds: int | None = None
    late_samples: int = 0

    @property
    def title(self) -> str:
        """As `Entry.name`."""
        return self.name if self.engine == self.name else f"{self.name}, {self.engine}"

    @property
    def identity(self) -> list[Any]:
        """What it is, so that what was measured of it is not taken for another's: plain data, the file's hash in it."""
        return [self.name, self.engine, self.recipe, sha256_of(self.file) if self.file else None, self.late_samples]


@dataclass
class Field:
    """All who take part, and name → why one does not."""

    rivals: list[Rival] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def wishes_of(asked: Sequence[Any]) -> list[Wish]:
    """Return what names, files and processors mean; the same name or file counts once, processors of one name are numbered.

    Raises UnknownName or InvalidValue before anything long.
    """
    found: dict[str, Wish] = {}
    for one in asked:
        wish, others = _wish(one), 1
        while wish.name in found and (found[wish.name].file, found[wish.name].processor) != (wish.file, wish.processor):
            others += 1
            wish = replace(wish, name=f"{_wish(one).name} {others}")
        found.setdefault(wish.name, wish)
    if not found:
        raise InvalidValue(f"a study needs rivals: {', '.join((*DSP, *NETS))}, a model file, a processor")
    return list(found.values())


def _wish(asked: Any) -> Wish:
    if not isinstance(asked, str | Path):
        return Wish(name_of(asked), processor=Chain([asked]) if _pedalboard.is_native(asked) else asked)
    text, path = str(asked), Path(asked).expanduser()
    made, _, net = text.partition("-")
    if text in (*DSP, *FACTORS):
        return Wish(text)
    if text in NETS:
        return Wish(text, "twin", text)
    if made in SMALLER and net in NETS:
        return Wish(text, made, net)
    if path.exists() and (is_plugin_file(path) or text.lower().endswith(SUFFIXES)):
        return _wish(load_plugin(path))
    if path.is_file():
        return Wish(path.name, "twin", file=path.resolve())
    raise UnknownName("rival", text, (*DSP, *FACTORS, *NETS, *(f"{how}-standard" for how in SMALLER)))


def engines_of(asked: Sequence[str]) -> tuple[str, ...]:
    """Return engine names, "all" resolved. Raises UnknownName."""
    if ALL in asked:
        return MODEL_ENGINES
    for name in asked:
        if name not in MODEL_ENGINES:
            raise UnknownName("engine", name, (*MODEL_ENGINES, ALL))
    return tuple(dict.fromkeys(asked)) or (OURS,)


def name_of(processor: Any) -> str:
    """Return what a processor is called: a plugin's name, else its class; of a chain of one, what is inside."""
    if isinstance(processor, Chain) and len(processor) == 1:
        return name_of(processor[0])
    return str(getattr(processor, "name", "") or type(processor).__name__)


def engine_name(processor: Any) -> str:
    """Return what plays a processor, as `Entry.engine` says it."""
    if isinstance(processor, Effect):
        return KERNELS
    if isinstance(processor, Chain) and all(_pedalboard.is_native(inside) for inside in processor):
        return NATIVES
    return "plugin"


def reference_of(processor: Any, name: str) -> Rival:
    """Return the reference as the first of the field."""
    return Rival(name, engine_name(processor), "reference", f"{name}, the reference", _processor(processor))


def add_processor(taking_part: Field, wish: Wish, captured: Collection[str], sample_rate: float) -> None:
    """Add a processor that was given.

    It follows the reference in the captured knobs that both have; its others stay as they are. What cannot stream stays out.
    """
    reason = offline_reason(wish.processor)
    if reason:
        taking_part.left_out[wish.name] = reason
        return
    recipe = {**_processor(wish.processor), "keeps": [k for k in wish.processor.parameters if k not in captured]}
    engine, about = engine_name(wish.processor), f"{wish.processor!r:.80}"
    late = unreported_delay(wish.processor, sample_rate)
    taking_part.rivals.append(Rival(wish.name, engine, "dsp", about, recipe, late_samples=late))


def add_maths(taking_part: Field, wish: Wish, reference: Any, name: str) -> None:
    """Add DSP that was asked for by name, or say why there is none."""
    if wish.name in (NUMPY, STATELESS):
        carries = wish.name == NUMPY
        about = f"{name}'s maths in NumPy, {'its state carried over' if carries else 'called anew for every block'}"
        _add_known(taking_part, wish.name, NUMPY, about, NUMPY_EFFECTS, name,
                   {"plays": "numpy", "effect": name, "carries": carries})  # fmt: skip
    elif wish.name == NATIVES:
        _add_known(taking_part, wish.name, NATIVES, f"pedalboard's plugins nearest to {name}", NEAREST, name,
                   {"plays": "natives", "effect": name})  # fmt: skip
    elif not isinstance(reference, Effect):
        taking_part.left_out[wish.name] = f"{name} is no effect of ours: its maths is not known"
    elif wish.name == KERNELS:
        taking_part.left_out[wish.name] = "they are the reference itself"
    elif "oversampling" not in reference.parameters:
        taking_part.left_out[wish.name] = f"{name} has no oversampling to change"
    else:
        times = int(wish.name.removeprefix(f"{KERNELS}-").removesuffix("x"))
        recipe, about = describe(reference), f"{name} with its curve at {times} x the rate"
        recipe = {**recipe, "values": {**recipe["values"], "oversampling": times}}
        taking_part.rivals.append(
            Rival(wish.name, KERNELS, "dsp", about, {"plays": "processor", "recipe": recipe, "keeps": ["oversampling"]})
        )


def _add_known(taking_part: Field, rival: str, engine: str, about: str, known: Mapping[str, Any], name: str,
               recipe: Recipe) -> None:  # fmt: skip
    if name in known:
        taking_part.rivals.append(Rival(rival, engine, "dsp", about, recipe))
    else:
        taking_part.left_out[rival] = f"there is none of {name}; there is of {', '.join(known)}"


def add_model(taking_part: Field, name: str, kind: str, path: Path, engines: Sequence[str], sample_rate: float) -> None:
    """Add a model on every engine that can play it, its files written into its folder; say why one cannot."""
    model = load(path)
    for engine in engines:
        title = f"{name}, {engine}"
        if engine != OURS and model.spec.sample_rate != sample_rate:
            taking_part.left_out[title] = f"the net runs at {model.spec.sample_rate:g} Hz, and this engine brings no resampler"
            continue
        try:
            file, note = engine_file(model, path, engine)
        except (MissingExtra, WetdryError) as error:
            taking_part.left_out[title] = str(error)
            continue
        recipe = {"plays": "model", "engine": engine, "path": str(path), "file": str(file)}
        about = _about(model, kind) + (f"; {note}" if note else "")
        taking_part.rivals.append(Rival(name, engine, kind, about, recipe, file, model.weight_count, model.spec.multiply_adds))


def seeded(net: str, seed: int, path: Path) -> Rival:
    """Return a net that was trained from one seed, on our engine."""
    recipe = {"plays": "model", "engine": OURS, "path": str(path), "file": str(path)}
    return Rival(f"{net} seed {seed}", OURS, "twin", f"seed {seed}", recipe, path)


def _about(model: Model, kind: str) -> str:
    net = model.training.get("net")
    made = "trained on the capture" if kind == "twin" else kind
    return f"{net or 'a net'}, {model.weight_count} weights, {made}"


def _processor(processor: Any) -> Recipe:
    return {"plays": "processor", "recipe": describe(processor)}
