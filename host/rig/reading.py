"""A rig's chain or graph as processors: each entry goes to its kind of recipe, each problem to its line."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...models.errors import WetdryError
from ..automation.automated import Automated
from ..chain import Chain
from ..graph.graph import Graph
from ..mix import Mix
from . import schema
from .leaves import LeafReader
from .moving import read_automation, read_tempo
from .problems import Path as Place
from .problems import Problems
from .schema import checked


class Reader(LeafReader):
    """Builds what the entries of one file describe. A processor that has a problem is a wire, so that the others are heard of.

    Arguments as `LeafReader`.
    """

    def __init__(self, folder: Path, trusted: bool, problems: Problems) -> None:
        super().__init__(folder, trusted, problems)
        self._heads |= {
            "mix": self._mix,
            "automated": self._automated,
            "chain": self._inner_chain,
            "graph": self._inner_graph,
        }

    def processor(self, entry: Any, place: Place) -> Any:
        """Return the processor that an entry describes; null is a wire, a name alone an effect as it comes."""
        if entry is None:
            return None
        entry = {entry: None} if isinstance(entry, str) else entry
        head = next((name for name in self._heads if isinstance(entry, Mapping) and name in entry), None)
        if head is not None:
            return self._heads[head](entry, place)
        if not isinstance(entry, Mapping) or len(entry) != 1:
            self._problems.add(place, "an entry is an effect (`TubeSaturator: {drive_db: 18}`), or begins with "
                                      f"{', '.join(self._heads)}; got {entry!r:.60}")  # fmt: skip
            return None
        name, values = next(iter(entry.items()))
        return self._named(name, {} if values is None else values, (*place, name))

    # containers

    def chain(self, entries: list[Any], place: Place) -> Chain:
        """Return the chain that a list of entries describes."""
        inside = [self.processor(entry, (*place, i)) for i, entry in enumerate(entries)]
        chain = Chain()
        for i, processor in enumerate(inside):
            with self._problems.at((*place, i)):
                chain.append(processor)
        return chain

    def _inner_chain(self, entry: Any, place: Place) -> Any:
        sheet = checked(schema.ChainSheet, entry, place, self._problems)
        return sheet and self.chain(sheet.chain, (*place, "chain"))

    def _automated(self, entry: Any, place: Place) -> Any:
        sheet, before = checked(schema.AutomatedSheet, entry, place, self._problems), len(self._problems)
        if sheet is None:
            return None
        board = self.processor(sheet.automated, (*place, "automated"))
        tempo = read_tempo(sheet.tempo, (*place, "tempo"), self._problems)
        whole = len(self._problems) == before
        curves = read_automation(sheet.automation, board, whole, self._folder, (*place, "automation"), self._problems)
        with self._problems.at(place):
            return Automated(board, curves, tempo, sheet.hold_error) if len(self._problems) == before else None
        return None

    def _mix(self, entry: Any, place: Place) -> Any:
        sheet = checked(schema.MixSheet, entry, place, self._problems)
        if sheet is None:
            return None
        inside = []
        for i, branch in enumerate(sheet.mix):
            chain = None if branch.chain is None else self.chain(branch.chain, (*place, "mix", i, "chain"))
            inside.append(chain[0] if chain is not None and len(chain) == 1 else chain)
        with self._problems.at(place):
            mix = Mix(inside)
            for i, branch in enumerate(sheet.mix):
                with self._problems.at((*place, "mix", i, "gain_db")):
                    mix.gains_db[i] = branch.gain_db
            return mix
        return None

    def _inner_graph(self, entry: Any, place: Place) -> Any:
        sheet = checked(schema.InnerGraphSheet, entry, place, self._problems)
        return sheet and self.graph(sheet.graph, (*place, "graph"))

    def graph(self, data: Any, place: Place) -> Graph | None:
        """Return the graph that `nodes`, `patch`, `inputs` and `outputs` describe."""
        sheet, before = checked(schema.GraphSheet, data, place, self._problems), len(self._problems)
        if sheet is None:
            return None
        nodes = {name: self.processor(entry, (*place, "nodes", name)) for name, entry in sheet.nodes.items()}
        if len(self._problems) > before:
            return None  # what the cables may do depends on the nodes
        try:
            return Graph(nodes, sheet.patch, sheet.inputs, sheet.outputs)
        except WetdryError as error:
            line = re.match(r"line (\d+): ?", str(error))
            at = (*place, "patch", int(line[1]) - 1) if line else (*place, "patch")
            self._problems.add((*place, "patch"), str(error)[line.end() :] if line else str(error), at)
        return None
