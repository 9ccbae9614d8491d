"""What stances earn: for the pairs of the gold, and end to end.

Each function here is a convention of the task `stances` and is described there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from evalkit.layers.entities import ENTITIES
from evalkit.records import AUTHOR, TOPIC_PREFIX, Annotations, Example, Stance
from evalkit.scoring.alignment import Alignment, align, plain_name
from evalkit.scoring.arrays import Ints, pair_arrays
from evalkit.scoring.assignment import pair_equal, pair_rest
from evalkit.scoring.columns import GOLD_SIDE, Columns
from evalkit.scoring.items import NOBODY, Items, Rows, Values, items_of_pairs, items_of_rows
from evalkit.scoring.kinds import Judged
from evalkit.scoring.properties import NONE
from evalkit.scoring.tasks.base import RIGHT

__all__ = ["found", "given", "holder", "right", "stance_kinds", "stance_pairs", "target", "targets"]

NO_LABEL = ""

Key = tuple[str, str]


def found(columns: Columns) -> Items:
    """A stance is found if holder and target match those of a gold stance."""
    return items_of_pairs(columns, *stance_pairs(columns, same_label=False))


def right(columns: Columns) -> Items:
    """A stance is right if the label agrees too."""
    return items_of_pairs(columns, *stance_pairs(columns, same_label=True))


def stance_pairs(columns: Columns, *, same_label: bool) -> tuple[Ints, Ints]:
    """Gold and predicted stances with equal holder and target, one-to-one, those of equal label first."""
    gold, predicted = columns.records
    keys = _gold_keys(columns), _predicted_keys(columns)
    sides = [
        [(key, stance.label) for key, stance in zip(side_keys, stances, strict=True)]
        for side_keys, stances in zip(keys, (gold, predicted), strict=True)
    ]
    pairs = pair_equal(sides[0], sides[1])
    return pair_arrays(pairs if same_label else pair_rest(sides[0], sides[1], pairs))


def _alignments(columns: Columns) -> list[Alignment]:
    """The alignment of each article; made once for all conventions."""
    alignments: list[Alignment] | None = columns.memo.get("alignments")
    if alignments is None:
        alignments = columns.memo["alignments"] = [align(pair.gold, pair.predicted) for pair in columns.pairs]
    return alignments


def _gold_keys(columns: Columns) -> list[tuple[int, Key]]:
    """Article, holder and target of each gold stance."""
    return [
        (article, _plain(stance))
        for article, stance in zip(columns.gold.article.tolist(), columns.records[0], strict=True)
    ]


def _plain(stance: Stance) -> Key:
    return plain_name(stance.holder), plain_name(stance.target)


def _predicted_keys(columns: Columns) -> list[tuple[int, Key]]:
    """Article, holder and target of each predicted stance, named as the gold names them."""
    alignments = _alignments(columns)
    return [
        (article, (alignments[article].gold_id(stance.holder), alignments[article].gold_id(stance.target)))
        for article, stance in zip(columns.predicted.article.tolist(), columns.records[1], strict=True)
    ]


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
    predicted = [(key, stance.label) for key, stance in zip(_predicted_keys(columns), columns.records[1], strict=True)]
    asked = {
        article: pair.given[columns.layer] or () for article, pair in enumerate(columns.pairs) if pair.given is not None
    }
    offered = [(key, label) for key, label in predicted if key[0] not in asked]
    offered += [((article, _plain(stance)), stance.label) for article, stances in asked.items() for stance in stances]
    gold = [(key, stance.label) for key, stance in zip(_gold_keys(columns), columns.records[0], strict=True)]
    # Where a pair has several stances, right labels find theirs before the others are handed out.
    pairs = pair_rest(gold, offered, pair_equal(gold, offered))
    labels = [NO_LABEL] * len(gold)
    for stance, offer in pairs:
        labels[stance] = offered[offer][1]
    return labels


def targets(columns: Columns) -> Values:
    """The target of each stance, in the form in which gold and predicted ones are compared."""
    return [key[1][1] for key in _gold_keys(columns)], [key[1][1] for key in _predicted_keys(columns)]


def stance_kinds(columns: Columns, names: tuple[str, ...]) -> Judged:
    """The kind and the partner of every stance, end to end."""
    judged = Judged.unsettled(columns, names)
    judged.settle("label", stance_pairs(columns, same_label=False))
    judged.settle(RIGHT, stance_pairs(columns, same_label=True))
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
    alignments = _alignments(columns)
    labels = [(_entity_labels(pair.gold), _entity_labels(pair.predicted)) for pair in columns.pairs]
    gold_names = {
        (article, role(s)) for article, s in zip(columns.gold.article.tolist(), columns.records[0], strict=True)
    }

    def predicted_kind(article: int, name: str) -> str:
        meant = alignments[article].gold_id(name)
        is_gold_name = (article, meant) in gold_names or meant in labels[article][0]
        return _kind(meant, labels[article][0]) if is_gold_name else _kind(name, labels[article][1])

    gold, predicted = (
        [(article, role(stance)) for article, stance in zip(side.article.tolist(), stances, strict=True)]
        for side, stances in zip(columns.sides, columns.records, strict=True)
    )
    return [_kind(name, labels[article][0]) for article, name in gold], [
        predicted_kind(article, name) for article, name in predicted
    ]


def _entity_labels(annotations: Annotations) -> dict[str, str]:
    """entity_id → its label; the first one in text order."""
    entities = sorted(ENTITIES.of(annotations) or (), key=lambda entity: entity.spans)
    return {entity.entity_id: entity.label for entity in reversed(entities) if entity.entity_id is not None}


def _kind(name: str, labels: Mapping[str, str]) -> str:
    if name == AUTHOR:
        return AUTHOR
    return "topic" if name.startswith(TOPIC_PREFIX) else labels.get(name, NONE)
