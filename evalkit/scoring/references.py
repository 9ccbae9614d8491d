"""Names of things that nothing in the article is: holders, targets and speakers that cannot be right.

An `entity_id` in a prediction is compared through its mentions, or by name with what the gold names. One that neither
side has as a mention, and that no gold item uses, matches nothing: it is wrong, and this says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from evalkit.layers.base import Layer, surface
from evalkit.layers.table import all_layers
from evalkit.records import Annotations, Prediction
from evalkit.scoring.pairs import Pair
from evalkit.showing import number_of

__all__ = ["Unresolved"]

SHOWN = 3
ARROW = " → "


class Unresolved:
    """Predicted items that name what is no entity of the prediction nor of the gold, gathered article by article."""

    def __init__(self, absent: Collection[str], scored: Collection[str] | None = None) -> None:
        """For the layers that notes are about (None for all) and that are not absent on a side."""
        named = (layer for layer in all_layers() if layer.names and layer.name not in absent)
        self._layers = [layer for layer in named if scored is None or layer.name in scored]
        self._found = {layer.name: _Found() for layer in self._layers}

    def add(self, pairs: Iterable[Pair], predictions: Mapping[str, Prediction]) -> None:
        """Takes some articles, in order of their ids.

        Args:
            pairs: the articles as they are scored.
            predictions: as they were made, with the layers that are not scored too: a name may stand in one of those.
        """
        for pair in pairs if self._layers else ():
            for layer in self._layers:
                if layer.of(pair.predicted):
                    whole = predictions[pair.article.id].annotations
                    self._found[layer.name].add(pair.article.id, _unresolved(layer, pair, whole))

    def notes(self) -> list[str]:
        """A sentence for each layer in which there are such items."""
        return [_note(layer, found) for layer in self._layers if (found := self._found[layer.name]).items]


@dataclass(slots=True)
class _Found:
    """What is told of the items of a layer: how many, how many different ones, and the first of these."""

    items: int = 0
    meant: int = 0
    words: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, article: str, named: Iterable[str]) -> None:
        found = sorted(named)
        self.items += len(found)
        self.meant += sum(ARROW in words for words in found)
        different = list(dict.fromkeys(found))
        self.words += len(different)
        self.first += [f"{words} in {article!r}" for words in different[: SHOWN - len(self.first)]]


def _unresolved(layer: Layer[Any], pair: Pair, whole: Annotations) -> Iterator[str]:
    """For each predicted item of an article that names nothing which names are that, and what was meant if it shows."""
    asked = [
        {
            word: name
            for own, word in layer.names.items()
            if (name := getattr(item, own)) is not None and not layer.nobody(name)
        }
        for item in layer.of(pair.predicted) or ()
    ]
    names = {name for own in asked for name in own.values()}
    # Most names are found at once, and then nobody looks any further.
    for mentioned in (_mentioned, _named):
        if names:
            names -= mentioned(pair.gold)
    if names:
        names -= _mentioned(whole)
    if not names:
        return
    meant = _meant(pair, whole, _named(pair.gold))
    for own in asked:
        if unknown := {word: name for word, name in own.items() if name in names}:
            yield " and ".join(f"{word} {name!r}{_arrow(meant.get(_folded(name)))}" for word, name in unknown.items())


def _meant(pair: Pair, whole: Annotations, named: Iterable[str]) -> dict[str, str]:
    """What somebody may write instead of a name → the name: it without its prefix, or the words of a mention of it."""
    meant = {_folded(name.partition(":")[2]): name for name in sorted(named) if ":" in name}
    for side in (pair.gold, whole):
        for layer in all_layers():
            for item in layer.of(side) or ():
                for mention in layer.mentions(item):
                    meant[_folded(surface(pair.article.text, mention.spans))] = mention.entity_id
    return meant


def _folded(name: str) -> str:
    """A name without case, white space and hyphens."""
    return re.sub(r"[\W_]+", " ", name).strip().casefold()


def _arrow(meant: str | None) -> str:
    return "" if meant is None else f"{ARROW}{meant!r}"


def _mentioned(annotations: Annotations) -> set[str]:
    """What the items of any layer mention."""
    return {name for layer in all_layers() for name in layer.mentioned(layer.of(annotations) or ())}


def _named(annotations: Annotations) -> set[str]:
    """What items name without a mention of it, as where nobody annotated entities."""
    return {
        name
        for layer in all_layers()
        for item in (layer.of(annotations) or () if layer.names else ())
        for field in layer.names
        if (name := getattr(item, field)) is not None
    }


def _note(layer: Layer[Any], found: _Found) -> str:
    one = found.items == 1
    remedies = ["write what stands behind the arrow"] if found.meant else []
    remedies += [] if found.meant == found.items else ["give the id of an entity"]
    more = f" and {found.words - SHOWN} more" if found.words > SHOWN else ""
    items = number_of(found.items, f"predicted {layer.one} names", f"predicted {layer.name} name")
    return (
        f"{items} what is no entity of {'its' if one else 'their'} prediction nor of the gold, which is counted as "
        f"wrong ({', '.join(found.first)}{more}); {', else '.join(remedies)}"
    )
