"""What changed between two runs, item by item: newly broken and newly fixed, with their text.

An item is right as under `exact` (entities, quotes) and `right` (stances). A gold item is broken if it was right and
is not any more; a quote whose content stays right and whose speaker does not is broken too (kind `speaker`). A
predicted item is broken if it is wrong and was not predicted before. Fixed is the same with the runs in each other's
place. A wrong prediction that a broken gold item was matched with is told with that item, not again by itself.

    gold PER Ida Moen      before PER Ida Moen      after PER Moen      broken, boundary: Ida Moen / Moen
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evalkit.analysis.judged import JUDGES, JudgedArticle, JudgedItem
from evalkit.errors import InputError
from evalkit.records import LAYERS, Example, Prediction
from evalkit.scoring.pairs import Pair, pair_up

__all__ = ["BROKEN", "FIXED", "Change", "ChangedItem", "changes_of_pairs", "item_changes"]

BROKEN, FIXED = "broken", "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedItem:
    """One side of a change; spans are code points."""

    label: str
    text: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One item that is worse or better than before.

    Attributes:
        article: its article.
        layer: entities, quotes or stances.
        direction: "broken" or "fixed".
        kind: what it is now if broken, what it was if fixed: missed, spurious, boundary, label, …
        gold: the gold item that is meant, or None for a prediction out of nowhere.
        predicted: the wrong prediction, or None if there is none.
    """

    article: str
    layer: str
    direction: str
    kind: str
    gold: ChangedItem | None
    predicted: ChangedItem | None

    def to_json(self) -> dict[str, Any]:
        """The change as JSON values."""
        return asdict(self)


def item_changes(gold: Iterable[Example], before: Sequence[Prediction], after: Sequence[Prediction]) -> list[Change]:
    """What two runs over the same gold do not do alike.

    Layers that one of the runs does not claim are left out. Broken items come first, then by layer, article and place.

    Raises:
        InputError: gold or predictions cannot be paired.
    """
    examples = list(gold)
    return changes_of_pairs(pair_up(examples, before).pairs, pair_up(examples, after).pairs)


def changes_of_pairs(before: Sequence[Pair], after: Sequence[Pair]) -> list[Change]:
    """As `item_changes`, from pairs over the same gold, sorted by article id.

    Raises:
        InputError: they are not about the same articles.
    """
    if [pair.article.id for pair in before] != [pair.article.id for pair in after]:
        raise InputError("two runs can be compared item by item only over the same articles; run both on the same gold")
    changes = [change for layer in LAYERS for change in _layer_changes(layer, before, after)]
    order = {layer: at for at, layer in enumerate(LAYERS)}
    return sorted(changes, key=lambda c: (c.direction, order[c.layer], c.article, _place(c)))


def _place(change: Change) -> tuple[object, ...]:
    item = change.gold or change.predicted
    return (item.spans, item.label, change.kind, item.text) if item is not None else ()


def _layer_changes(layer: str, before: Sequence[Pair], after: Sequence[Pair]) -> Iterator[Change]:
    pairs = [
        (ours, theirs)
        for ours, theirs in zip(before, after, strict=True)
        if None not in (getattr(ours.gold, layer), getattr(ours.predicted, layer), getattr(theirs.predicted, layer))
        # An article where nothing else is predicted cannot hold a change; most do not.
        and ours.predicted != theirs.predicted
    ]
    judge = JUDGES[layer]
    sides = judge([ours for ours, _ in pairs]), judge([theirs for _, theirs in pairs])
    for ours, theirs in zip(*sides, strict=True):
        yield from _worse(layer, BROKEN, ours, theirs)
        yield from _worse(layer, FIXED, theirs, ours)


def _worse(layer: str, direction: str, good: JudgedArticle, bad: JudgedArticle) -> Iterator[Change]:
    """What is right in one run and not in the other; told as what it is in the other."""
    told: set[int] = set()
    for was, now in zip(good.gold, bad.gold, strict=True):
        if now.level < was.level:
            partner = None if now.partner is None else bad.predicted[now.partner]
            told |= set() if now.partner is None else {now.partner}
            yield _change(good.article, layer, direction, now.kind, now, partner)
    known = Counter(_identity(item) for item in good.predicted if not item.level)
    for at, item in enumerate(bad.predicted):
        if item.level:
            continue
        if known[_identity(item)]:
            known[_identity(item)] -= 1
        elif at not in told:
            partner = None if item.partner is None else bad.gold[item.partner]
            yield _change(good.article, layer, direction, item.kind, partner, item)


def _identity(item: JudgedItem) -> tuple[object, ...]:
    return item.label, item.text, item.spans


def _change(
    article: str, layer: str, direction: str, kind: str, gold: JudgedItem | None, predicted: JudgedItem | None
) -> Change:
    return Change(
        article=article,
        layer=layer,
        direction=direction,
        kind=kind,
        gold=None if gold is None else ChangedItem(label=gold.label, text=gold.text, spans=gold.spans),
        predicted=(
            None
            if predicted is None
            else ChangedItem(label=predicted.label, text=predicted.text, spans=predicted.spans)
        ),
    )
