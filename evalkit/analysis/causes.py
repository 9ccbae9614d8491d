"""Whether all that broke has one cause; it is said only after it was found in every single item.

* every broken item lies in an article on which the extractor failed;
* nothing is predicted any more in the articles where something broke;
* in place of each there is a new wrong prediction of its label whose spans are moved alike: by the same number of
  characters, or as if they were counted in UTF-16 units or UTF-8 bytes;
* each is predicted at its own place under one other label.

One item alone shows no pattern, so the last two need at least two.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from evalkit.analysis.changes import ADDED, BROKEN, Change, ChangedItem
from evalkit.scoring.pairs import Pair
from evalkit.showing import number_of

__all__ = ["common_causes"]

Spans = tuple[tuple[int, int], ...]
Added = Mapping[str, set[tuple[str, Spans]]]
"""Article → label and spans of the wrong predictions that appeared in it."""

FEWEST = 2

COUNTED = {
    (1, 1): "as if counted from one",
    (0, -1): "as if the end were the last character",
    (0, 1): "as if an end that is outside were the last character inside",
}
"""What usually makes spans begin and end so many characters later."""

UNITS: Mapping[str, Callable[[str], int]] = {
    "UTF-16 units": lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2,
    "UTF-8 bytes": lambda text: len(text.encode("utf-8", "surrogatepass")),
}


def common_causes(changes: Sequence[Change], after: Sequence[Pair], failed: Collection[str] = ()) -> tuple[str, ...]:
    """One sentence for all that broke, or for all of a layer; nothing where the broken items have no cause in common.

    Args:
        changes: what changed.
        after: gold and predictions of the run in which it is broken.
        failed: the articles on which its extractor failed.
    """
    broken = [change for change in changes if change.direction == BROKEN]
    if not broken:
        return ()
    articles = {change.article for change in broken}
    if articles <= set(failed):
        named = sorted(articles)
        where = named[0] if len(named) == 1 else f"{len(named)} articles ({', '.join(named)})"
        return (f"everything that broke is in {where}, where the extractor failed ({_number(broken)})",)
    pairs = {pair.article.id: pair for pair in after}
    by_layer: dict[str, list[Change]] = {}
    for change in broken:
        by_layer.setdefault(change.layer, []).append(change)
    causes = []
    for layer, own in by_layer.items():
        added: dict[str, set[tuple[str, Spans]]] = {change.article: set() for change in own}
        for change in changes:
            if change.direction == ADDED and change.layer == layer and change.predicted and change.article in added:
                added[change.article].add((change.predicted.label, change.predicted.spans))
        causes.append(_cause_in(layer, own, pairs, added))
    return tuple(cause for cause in causes if cause)


def _cause_in(layer: str, broken: Sequence[Change], pairs: Mapping[str, Pair], added: Added) -> str:
    """What explains every broken item of a layer, or nothing."""
    if not any(pairs[article].predicted[layer] for article in added):
        where = "the article" if len(added) == 1 else f"any of the {len(added)} articles"
        return f"nothing of {layer} is predicted in {where} where something broke ({_number(broken)})"
    if len(broken) < FEWEST:
        return ""
    how = " or ".join([*_moves(broken, added), *_units(broken, pairs, added), *_renamed(broken)])
    return f"every broken item of {layer} has one cause: {how} ({_number(broken)})" if how else ""


def _number(broken: Sequence[Change]) -> str:
    return number_of(len(broken), "item")


def _moves(broken: Sequence[Change], added: Added) -> Iterator[str]:
    """The one way in which all spans are moved: how far their beginnings, and how far their ends."""
    places = [(change.gold, added[change.article]) for change in broken if change.gold is not None]
    if not all(item.spans for item, _ in places):
        return
    gold, here = places[0]
    candidates = {
        (spans[0][0] - gold.spans[0][0], spans[0][1] - gold.spans[0][1])
        for label, spans in here
        if label == gold.label and spans and len(spans) == len(gold.spans)
    } - {(0, 0)}
    for move in sorted(candidates, key=lambda move: (abs(move[0]) + abs(move[1]), move)):
        if all((item.label, _moved(item, move)) in there for item, there in places):
            yield _told_move(move)
            return


def _moved(item: ChangedItem, move: tuple[int, int]) -> Spans:
    return tuple((start + move[0], end + move[1]) for start, end in item.spans)


def _told_move(move: tuple[int, int]) -> str:
    start, end = move
    if start == end:
        what = f"it is predicted {_far(start)} (shifted by {start:+d})"
    else:
        parts = [f"begins {_far(start)}"] if start else []
        parts += [f"ends {_far(end)}"] if end else []
        what = f"what is predicted {' and '.join(parts)}"
    usual = COUNTED.get(move)
    return f"{what}, {usual}" if usual else what


def _far(characters: int) -> str:
    number = abs(characters)
    return f"{number_of(number, 'character')} {'later' if characters > 0 else 'earlier'}"


def _units(broken: Sequence[Change], pairs: Mapping[str, Pair], added: Added) -> Iterator[str]:
    """Another unit in which all spans seem to be counted."""
    for name, size in UNITS.items():
        for change in broken:
            item, text = change.gold, pairs[change.article].article.text
            if item is None or not item.spans:
                break
            counted = tuple((size(text[:start]), size(text[:end])) for start, end in item.spans)
            if counted == item.spans or (item.label, counted) not in added[change.article]:
                break
        else:
            yield f"it is predicted where its offsets are {name}, not code points"


def _renamed(broken: Sequence[Change]) -> Iterator[str]:
    """The one label that all items have in place of their own."""
    labels = {
        (change.gold.label, change.predicted.label)
        for change in broken
        if change.gold is not None and change.predicted is not None and change.kind == "label"
    }
    told = sum(change.predicted is not None and change.kind == "label" for change in broken)
    if told == len(broken) and len(labels) == 1:
        ((old, new),) = labels
        yield f"the label {old} is renamed, it is predicted as {new}"
