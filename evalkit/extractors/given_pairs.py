"""Stances of holders and targets that the gold names: what an extractor that can label them is asked and answers."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.extractors.base import StancePair
from evalkit.records import TOPIC_PREFIX, Annotations, Example, Stance

__all__ = ["LABELLED", "labelled_pairs", "pairs_of"]

LABELLED = "stances"
"""The layer whose items are given without their labels."""


def pairs_of(example: Example) -> tuple[StancePair, ...] | None:
    """The holders and targets of the gold, each pair once and in order; None if it has no such layer."""
    stances: Sequence[Stance] | None = example.gold[LABELLED]
    if stances is None:
        return None
    mentions: dict[str, dict[str, None]] = {}
    for entity in example.gold["entities"] or ():
        if entity.entity_id is not None:
            surface = " ".join(example.article.text[span.start : span.end] for span in entity.spans)
            mentions.setdefault(entity.entity_id, {})[surface] = None
    return tuple(
        StancePair(
            holder=holder,
            target=target,
            holder_mentions=tuple(mentions.get(holder, {})),
            target_mentions=tuple(mentions.get(target, {target.removeprefix(TOPIC_PREFIX).replace("-", " "): None})),
        )
        for holder, target in sorted({(stance.holder, stance.target) for stance in stances})
    )


def labelled_pairs(pairs: Sequence[StancePair], labels: Sequence[str]) -> Annotations:
    """The pairs with the labels that they got, one for each."""
    given = (
        Stance(id=f"g{number}", holder=pair.holder, target=pair.target, label=label)
        for number, (pair, label) in enumerate(zip(pairs, labels, strict=True), 1)
    )
    return Annotations({LABELLED: given})
