"""What stances earn: for the pairs of the gold, and end to end.

Each function here is a convention of the task `stances` and is described there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from evalkit.layers.entities import ENTITIES
from evalkit.records import AUTHOR, TOPIC_PREFIX, Annotations, Example, Stance
from evalkit.scoring.alignment import plain_name
from evalkit.scoring.assignment import pair_equal, pair_rest
from evalkit.scoring.columns import GOLD_SIDE, Columns
from evalkit.scoring.items import NOBODY, Items, Rows, Values, items_of_pairs, items_of_rows
from evalkit.scoring.kinds import Judged
from evalkit.scoring.meanings import meanings_of
from evalkit.scoring.properties import NONE
from evalkit.scoring.tasks.base import RIGHT
from evalkit.scoring.tasks.stance_matching import matched_stances, pair_stances, stance_pairs

__all__ = ["found", "given", "holder", "right", "stance_kinds", "target", "targets"]

NO_LABEL = ""


def found(columns: Columns, *, named: bool = False) -> Items:
    """A stance is found if holder and target match those of a gold stance."""
    return items_of_pairs(columns, *matched_stances(columns, same_label=False, named=named))


def right(columns: Columns, *, named: bool = False) -> Items:
    """A stance is right if the label agrees too."""
    return items_of_pairs(columns, *matched_stances(columns, same_label=True, named=named))


def given(columns: Columns) -> Items:
    """Every gold stance is one item, and so is the label that its holder and target get, if they get one."""
    labels = _labels_of_gold(columns)
    item = np.arange(len(columns.gold))
    nobody = np.full(len(item), NOBODY)
    position = {label: number for number, label in enumerate(columns.labels)}
    code = np.array([position.get(label, NOBODY) for label in labels], dtype=np.int64)
    credit = (code == columns.gold.label).astype(np.float64)
    answered = code != NOBODY
    gold = Rows(item, columns.gold.label, credit, nobody, GOLD_SIDE)
    predicted = Rows(item[answered], code[answered], credit[answered], nobody[answered], GOLD_SIDE)
    return items_of_rows(columns, gold, predicted)


def _labels_of_gold(columns: Columns) -> list[str]:
    """The label that the holder and target of each gold stance get; `NO_LABEL` without any.

    They are those that the extractor gives to given pairs; of one that cannot do so its own stances are taken.
    """
    labels = [NO_LABEL] * len(columns.gold)
    answered = np.array([pair.given is not None for pair in columns.pairs], dtype=bool)
    predicted = columns.records[1]
    for i, j in zip(*(side.tolist() for side in matched_stances(columns, same_label=False)), strict=True):
        labels[i] = predicted[j].label
    first = columns.first[0].tolist()
    for article in np.flatnonzero(answered).tolist():
        gold, given = columns.records[0][first[article] : first[article + 1]], columns.pairs[article].given
        # What is asked about has the gold's names. Where a pair has several stances, right labels find theirs before
        # the others are handed out.
        offered = list((given[columns.layer] if given is not None else None) or ())
        sides = [[(_plain(stance), stance.label) for stance in side] for side in (gold, offered)]
        labels[first[article] : first[article + 1]] = [NO_LABEL] * len(gold)
        for i, j in pair_rest(sides[0], sides[1], pair_equal(sides[0], sides[1])):
            labels[first[article] + i] = offered[j].label
    return labels


def _plain(stance: Stance) -> tuple[str, str]:
    return plain_name(stance.holder), plain_name(stance.target)


def targets(columns: Columns) -> Values:
    """The target of each stance as the gold names it; of a predicted one that matches none as it is itself named."""
    gold = [plain_name(stance.target) for stance in columns.records[0]]
    predicted = _meant(columns, [stance.target for stance in columns.records[1]])
    for i, j in zip(*(side.tolist() for side in matched_stances(columns, same_label=False)), strict=True):
        predicted[j] = gold[i]
    return gold, predicted


def _meant(columns: Columns, names: Sequence[str]) -> list[str]:
    """The gold name that a name of each predicted stance means."""
    meanings = meanings_of(columns)
    meant = meanings.meant(columns.predicted.article.astype(np.int64), meanings.names.codes(names))
    spelled = meanings.names.all()
    return [spelled[code] for code in meant.tolist()]


def stance_kinds(columns: Columns, names: tuple[str, ...]) -> Judged:
    """The kind and the partner of every stance, end to end: first those that are right, then the rest."""
    judged = Judged.unsettled(columns, names)
    judged.settle(RIGHT, matched_stances(columns, same_label=True))
    rest = judged.unsettled_items()
    pairs = stance_pairs(columns)
    open_ones = np.isin(pairs.gold, rest[0]) & np.isin(pairs.predicted, rest[1]) & pairs.same_target
    judged.settle("label", pair_stances(columns, pairs.only(open_ones), *rest))
    return judged


def holder(columns: Columns, training: Sequence[Example] | None) -> Values:
    """What the holder of each stance is: the author, or the label of an entity."""
    return _named_kinds(columns, lambda stance: stance.holder)


def target(columns: Columns, training: Sequence[Example] | None) -> Values:
    """What the target of each stance is: a topic, or the label of an entity."""
    return _named_kinds(columns, lambda stance: stance.target)


def _named_kinds(columns: Columns, role: Callable[[Stance], str]) -> Values:
    """What each name in a role is, seen through the gold where it means a gold name.

    Stances match only where holder and target do, so those that match are of one kind.
    """
    labels = [(_entity_labels(pair.gold), _entity_labels(pair.predicted)) for pair in columns.pairs]
    gold, predicted = (
        [(article, role(stance)) for article, stance in zip(side.article.tolist(), stances, strict=True)]
        for side, stances in zip(columns.sides, columns.records, strict=True)
    )
    gold_names = set(gold)

    def predicted_kind(article: int, name: str, meant: str) -> str:
        is_gold_name = (article, meant) in gold_names or meant in labels[article][0]
        return _kind(meant, labels[article][0]) if is_gold_name else _kind(name, labels[article][1])

    meant = _meant(columns, [name for _, name in predicted])
    return [_kind(name, labels[article][0]) for article, name in gold], [
        predicted_kind(article, name, own) for (article, name), own in zip(predicted, meant, strict=True)
    ]


def _entity_labels(annotations: Annotations) -> dict[str, str]:
    """entity_id → its label; the first one in text order."""
    entities = sorted(ENTITIES.of(annotations) or (), key=lambda entity: entity.spans)
    return {entity.entity_id: entity.label for entity in reversed(entities) if entity.entity_id is not None}


def _kind(name: str, labels: Mapping[str, str]) -> str:
    if name == AUTHOR:
        return AUTHOR
    return "topic" if name.startswith(TOPIC_PREFIX) else labels.get(name, NONE)
