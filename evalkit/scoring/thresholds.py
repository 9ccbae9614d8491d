"""Thresholds on scores: predicted items that are less sure than asked for are set aside before anything is counted.

`0.5` is for items of any label, `PER=0.7` for those of one (`entities/PER=0.7` for those of one layer), which goes
before the other. An item without a score is kept: nothing says that it is unsure.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from evalkit.errors import InputError
from evalkit.layers.base import Layer
from evalkit.layers.table import load_layer
from evalkit.registry import unknown_name
from evalkit.scoring.pairs import Pair, Paired
from evalkit.showing import number_of

__all__ = ["Thresholds", "Unsure", "sure_enough", "sure_pair"]

OPTION = "--min-score"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The least score of items that count.

    Attributes:
        of_any: of items of any label; None for no limit.
        of_label: label, or layer/label → of its items.
    """

    of_any: float | None
    of_label: Mapping[str, float]

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Thresholds:
        """The thresholds that some texts such as `0.5` or `PER=0.7` say.

        Raises:
            InputError: one is no such text, or says again what another says.
        """
        found: dict[str, float] = {}
        for text in texts:
            label, _, number = str(text).rpartition("=")
            try:
                threshold = float(number)
            except ValueError:
                threshold = math.nan
            if not math.isfinite(threshold) or ("=" in str(text) and not label):
                raise InputError(f"{OPTION} {str(text)!r} must be a number, or LABEL=number as in PER=0.5")
            if label in found:
                what = f"for {label}" if label else "for any label"
                raise InputError(f"{OPTION} is given twice {what}: {found[label]:g} and {threshold:g}; keep one")
            found[label] = threshold
        return cls(found.pop("", None), found)

    def least(self, layer: str, label: str) -> float | None:
        """The least score of an item that counts; None for no limit."""
        return self.of_label.get(f"{layer}/{label}", self.of_label.get(label, self.of_any))


def sure_enough(paired: Paired, thresholds: Thresholds) -> Paired:
    """The articles without the predicted items that are less sure than asked for.

    What names mean is still read from all that was predicted.
    """
    return replace(paired, pairs=tuple(sure_pair(pair, thresholds) for pair in paired.pairs))


def sure_pair(pair: Pair, thresholds: Thresholds) -> Pair:
    """The same for one article."""
    kept: dict[str, Any] = {}
    for name, items in pair.predicted.layers.items():
        layer = load_layer(name)
        sure = tuple(item for item in items if _is_sure(thresholds, layer, item))
        if len(sure) < len(items):
            kept[name] = sure
    return replace(pair, predicted=pair.predicted.with_layers(**kept), whole=pair.all_predicted) if kept else pair


def _is_sure(thresholds: Thresholds, layer: Layer[Any], item: Any) -> bool:
    least, score = thresholds.least(layer.name, layer.label(item)), _score(item)
    return score is None or least is None or score >= least


def _score(item: Any) -> float | None:
    score: float | None = getattr(item, "score", None)
    return score


class Unsure:
    """How many predicted items are set aside for their score, and how many are kept for want of one."""

    def __init__(self, thresholds: Thresholds, layers: Collection[str]) -> None:
        """For the layers whose items are counted."""
        self._thresholds, self._layers = thresholds, [load_layer(name) for name in sorted(layers)]
        self._numbers = {layer.name: Counter[str]() for layer in self._layers}
        self._labels: dict[str, set[str]] = {layer.name: set() for layer in self._layers}

    def add(self, pairs: Iterable[Pair]) -> None:
        """Takes some articles, nothing of which is set aside."""
        for pair in pairs:
            for layer in self._layers:
                items, numbers = layer.of(pair.predicted) or (), self._numbers[layer.name]
                self._labels[layer.name].update(map(layer.label, (*items, *(layer.of(pair.gold) or ()))))
                numbers["items"] += len(items)
                numbers["without"] += sum(_score(item) is None for item in items)
                numbers["aside"] += sum(not _is_sure(self._thresholds, layer, item) for item in items)

    def notes(self, labels: Mapping[str, Iterable[str]]) -> list[str]:
        """Sentences on them; `labels` are, by layer, those that there may be besides those that items have.

        Raises:
            InputError: no predicted item of these layers has a score.
            UnknownNameError: a threshold for a label that nothing has.
        """
        known: set[str] = set()
        notes = []
        scored = unscored = 0
        for layer in self._layers:
            names, numbers = {*self._labels[layer.name], *labels.get(layer.name, ())}, self._numbers[layer.name]
            known |= names | {f"{layer.name}/{name}" for name in names}
            without, aside = numbers["without"], numbers["aside"]
            scored, unscored = scored + numbers["items"] - without, unscored + without
            if aside:
                notes.append(
                    f"{number_of(aside, f'predicted {layer.one}', f'predicted {layer.name}')} below {OPTION}, set aside"
                )
            if without:
                one, several = (
                    f"predicted {layer.one} has no score and is",
                    f"predicted {layer.name} have no score and are",
                )
                notes.append(f"{number_of(without, one, several)} kept, whatever {OPTION} says")
        for label in self._thresholds.of_label:
            if label not in known:
                raise unknown_name(f"label in {OPTION}", label, {name for name in known if "/" not in name})
        if unscored and not scored:
            items = " and ".join(layer.name for layer in self._layers)
            raise InputError(
                f"none of the {unscored} predicted {items} has a score, so "
                f"{OPTION} can set none aside; leave it out, or have the extractor give each item a score"
            )
        return notes
