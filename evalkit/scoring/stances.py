"""Stances: given the pairs of the gold, and end to end.

Conventions:

* `given`: every gold stance is one item; it is right if the label for its holder and target is. An extractor that can
  label given pairs is asked for them; of any other its own stances are taken, and a pair that it did not find has no
  label. Scores: `accuracy`, `favg` = (F1 favor + F1 against) / 2 (SemEval-2016 task 6; neutral items count through
  the errors that they cause) pooled and as mean over targets, `macro_f1` over the three labels.
* `found`: end to end, a stance is found if holder and target match gold.
* `right`: the label agrees too.

Holders and targets match by entity_id, through the mentions behind it where the extractor has ids of its own; topics
match by name, letter case and punctuation apart. A missed target is missed for stance.

    gold      moen -> topic:port-plan against
    predicted moen -> topic:port-plan neutral      found 1/1, right 0/1
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from evalkit.records import STANCE_LABELS, Stance
from evalkit.scoring.alignment import Alignment, align, plain_name
from evalkit.scoring.cells import Cell, one_to_one, table_of_cells
from evalkit.scoring.pairs import Pair
from evalkit.scoring.table import CountTable

__all__ = ["CONVENTIONS", "stance_tables", "target_table"]

CONVENTIONS = ("given", "found", "right")
NO_LABEL = ""

Key = tuple[str, str]


def stance_tables(pairs: Sequence[Pair], conventions: Sequence[str]) -> dict[str, CountTable]:
    """The four-number tables of stances by label, for articles sorted by id."""
    articles = tuple(pair.article.id for pair in pairs)
    alignments = [align(pair.gold, pair.predicted) for pair in pairs]
    tables = {}
    for name in conventions:
        cells = [
            cell
            for at, (pair, alignment) in enumerate(zip(pairs, alignments, strict=True))
            for cell in (_given(at, pair, alignment) if name == "given" else _end_to_end(at, pair, alignment, name))
        ]
        tables[name] = table_of_cells(articles, cells, STANCE_LABELS)
    return tables


def target_table(pairs: Sequence[Pair]) -> CountTable:
    """The table of `given` with labels "target⇥label", from which averages over targets are computed."""
    cells = []
    for at, pair in enumerate(pairs):
        for stance, label in _labelled(pair, align(pair.gold, pair.predicted)):
            target = plain_name(stance.target)
            cells += [cell._replace(kind=f"{target}\t{cell.kind}") for cell in _item(at, stance.label, label)]
    return table_of_cells(tuple(pair.article.id for pair in pairs), cells, ())


def _given(at: int, pair: Pair, alignment: Alignment) -> Iterable[Cell]:
    for stance, label in _labelled(pair, alignment):
        yield from _item(at, stance.label, label)


def _item(at: int, gold: str, predicted: str) -> list[Cell]:
    cells = [Cell(at, gold, 0, float(gold == predicted))]
    return cells if predicted == NO_LABEL else [*cells, Cell(at, predicted, 1, float(gold == predicted))]


def _labelled(pair: Pair, alignment: Alignment) -> list[tuple[Stance, str]]:
    """Each gold stance with the label that the extractor gives its pair."""
    if pair.given_stances is not None:
        offered = [((plain_name(s.holder), plain_name(s.target)), s.label) for s in pair.given_stances]
    else:
        offered = [(_predicted_key(s, alignment), s.label) for s in pair.predicted.stances or ()]
    gold = sorted(pair.gold.stances or (), key=lambda s: (_gold_key(s), s.label, s.id))
    # Where a pair has several stances, right labels find theirs before the others are handed out.
    right = Counter((_gold_key(stance), stance.label) for stance in gold) & Counter(offered)
    rest: dict[Key, list[str]] = {}
    for key, label in sorted((Counter(offered) - right).elements()):
        rest.setdefault(key, []).append(label)
    done = []
    for stance in gold:
        key = _gold_key(stance)
        label = stance.label
        if right[key, label]:
            right[key, label] -= 1
        else:
            label = rest[key].pop(0) if rest.get(key) else NO_LABEL
        done.append((stance, label))
    return done


def _gold_key(stance: Stance) -> Key:
    return plain_name(stance.holder), plain_name(stance.target)


def _predicted_key(stance: Stance, alignment: Alignment) -> Key:
    return alignment.gold_id(stance.holder), alignment.gold_id(stance.target)


def _end_to_end(at: int, pair: Pair, alignment: Alignment, convention: str) -> Iterable[Cell]:
    gold = [(_gold_key(stance), stance.label) for stance in pair.gold.stances or ()]
    predicted = [(_predicted_key(stance, alignment), stance.label) for stance in pair.predicted.stances or ()]
    if convention == "right":
        both = Counter(gold) & Counter(predicted)
        for side, items in enumerate((gold, predicted)):
            for item, number in sorted(Counter(items).items()):
                yield Cell(at, item[1], side, both[item], number)
        return
    for side, kinds in enumerate(one_to_one(gold, predicted)):
        yield from (Cell(at, label, side, right, items) for label, (items, right) in kinds.items())
