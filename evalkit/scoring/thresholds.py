"""Thresholds on scores: predicted items that are less sure than asked for are set aside before anything is counted.

`0.5` is for items of any label, `PER=0.7` for those of one (`entities/PER=0.7` for those of one layer), which goes
before the other. An item without a score is kept: nothing says that it is unsure.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from evalkit.errors import InputError
from evalkit.layers.base import Layer
from evalkit.layers.table import load_layer
from evalkit.registry import unknown_name
from evalkit.scoring.pairs import Pair, Paired
from evalkit.showing import number_of

__all__ = ["Thresholds", "sure_enough", "sure_pair", "threshold_notes"]

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


def threshold_notes(
    paired: Paired, thresholds: Thresholds, *, layers: Collection[str], labels: Mapping[str, Iterable[str]]
) -> list[str]:
    """How many predicted items are set aside for their score, and how many are kept for want of one, as sentences.

    Args:
        paired: gold and predictions, nothing set aside.
        thresholds: the least scores.
        layers: those whose items are counted.
        labels: layer → the labels that there may be, besides those that items have.

    Raises:
        InputError: no predicted item of these layers has a score.
        UnknownNameError: a threshold for a label that nothing has.
    """
    known: set[str] = set()
    notes = []
    scored = unscored = 0
    for layer in map(load_layer, sorted(layers)):
        items = [item for pair in paired.pairs for item in layer.of(pair.predicted) or ()]
        gold = {layer.label(item) for pair in paired.pairs for item in layer.of(pair.gold) or ()}
        names = {*gold, *map(layer.label, items), *labels.get(layer.name, ())}
        known |= names | {f"{layer.name}/{name}" for name in names}
        without = sum(_score(item) is None for item in items)
        scored, unscored = scored + len(items) - without, unscored + without
        if aside := sum(not _is_sure(thresholds, layer, item) for item in items):
            notes.append(
                f"{number_of(aside, f'predicted {layer.one}', f'predicted {layer.name}')} below {OPTION}, set aside"
            )
        if without:
            one, several = f"predicted {layer.one} has no score and is", f"predicted {layer.name} have no score and are"
            notes.append(f"{number_of(without, one, several)} kept, whatever {OPTION} says")
    for label in thresholds.of_label:
        if label not in known:
            raise unknown_name(f"label in {OPTION}", label, {name for name in known if "/" not in name})
    if unscored and not scored:
        raise InputError(
            f"none of the {unscored} predicted {' and '.join(sorted(layers))} has a score, so {OPTION} can set none "
            "aside; leave it out, or have the extractor give each item a score"
        )
    return notes
