"""Names of things that nothing in the article is: holders, targets and speakers that cannot be right.

An `entity_id` in a prediction is compared through its mentions, or by name with what the gold names. One that neither
side has as a mention, and that no gold item uses, matches nothing: it is wrong, and this says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from evalkit.layers.base import Layer, surface
from evalkit.layers.table import all_layers
from evalkit.records import Annotations, Prediction
from evalkit.scoring.pairs import Pair, Paired
from evalkit.showing import number_of

__all__ = ["unresolved_names"]

SHOWN = 3
ARROW = " → "


def unresolved_names(
    paired: Paired, predictions: Iterable[Prediction], scored: Collection[str] | None = None
) -> list[str]:
    """Notes on predicted items that name what is no entity of the prediction nor of the gold, each a sentence.

    Args:
        paired: the articles as they are scored.
        predictions: as they were made, with the layers that are not scored too: a name may stand in one of those.
        scored: the layers that notes are about; None for all.
    """
    named = (layer for layer in all_layers() if layer.names and layer.name not in paired.absent)
    layers = [layer for layer in named if scored is None or layer.name in scored]
    if not layers:
        return []
    whole = {prediction.article_id: prediction.annotations for prediction in predictions}
    notes = []
    for layer in layers:
        found = [
            (pair.article.id, words)
            for pair in paired.pairs
            if layer.of(pair.predicted)
            for words in _unresolved(layer, pair, whole[pair.article.id])
        ]
        if found:
            notes.append(_note(layer, found))
    return notes


def _unresolved(layer: Layer[Any], pair: Pair, whole: Annotations) -> Iterator[str]:
    """For each predicted item of an article that names nothing which names are that, and what was meant if it shows."""
    known: set[str] | None = None
    meant: dict[str, str] = {}
    for item in layer.of(pair.predicted) or ():
        named = {word: getattr(item, field) for field, word in layer.names.items()}
        asked = {word: name for word, name in named.items() if name is not None and not layer.nobody(name)}
        if asked and known is None:
            named_in_gold = _named(pair.gold)
            known = _mentioned(whole) | _mentioned(pair.gold) | named_in_gold
            meant = _meant(pair, whole, named_in_gold)
        if unknown := {word: name for word, name in asked.items() if name not in (known or ())}:
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
    return {
        mention.entity_id
        for layer in all_layers()
        for item in layer.of(annotations) or ()
        for mention in layer.mentions(item)
    }


def _named(annotations: Annotations) -> set[str]:
    """What items name without a mention of it, as where nobody annotated entities."""
    return {
        name
        for layer in all_layers()
        for item in (layer.of(annotations) or () if layer.names else ())
        for field in layer.names
        if (name := getattr(item, field)) is not None
    }


def _note(layer: Layer[Any], found: Sequence[tuple[str, str]]) -> str:
    one = len(found) == 1
    arrows = [ARROW in words for _, words in found]
    remedies = ["write what stands behind the arrow"] if any(arrows) else []
    remedies += [] if all(arrows) else ["give the id of an entity"]
    words = list(dict.fromkeys(f"{words} in {article!r}" for article, words in sorted(found)))
    more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
    return (
        f"{number_of(len(found), f'predicted {layer.one} names', f'predicted {layer.name} name')} what is no entity of "
        f"{'its' if one else 'their'} prediction nor of the gold, which is counted as wrong "
        f"({', '.join(words[:SHOWN])}{more}); {', else '.join(remedies)}"
    )
