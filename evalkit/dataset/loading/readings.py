"""Whose annotations are the gold, where several people read an article.

Gold with a layer is gold. Without any, the only reading is; of several somebody has to say which one counts. A named
annotator's reading goes before gold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from evalkit.errors import InputError
from evalkit.formats.base import Batch, Claims
from evalkit.harmless import one_line
from evalkit.records import Annotations, Example
from evalkit.registry import unknown_name
from evalkit.showing import number_of

__all__ = [
    "annotations_of",
    "as_read",
    "beside_gold",
    "counted_readings",
    "decided",
    "held_readings",
    "is_undecided",
    "joined",
    "of_annotator",
    "settled",
    "settled_example",
    "told_readings",
    "undecided_notes",
]


def annotations_of(examples: Iterable[Example]) -> Iterator[Annotations]:
    """The gold and every reading of each example."""
    for example in examples:
        yield example.gold
        yield from example.readings.values()


def counted_readings(examples: Iterable[Example]) -> dict[str, int]:
    """How many articles each annotator read."""
    return dict(sorted(Counter(name for example in examples for name in example.readings).items()))


def told_readings(examples: Iterable[Example]) -> str:
    """The annotators with the number of articles that each read, in words."""
    return ", ".join(f"{name} {number}" for name, number in counted_readings(examples).items())


def is_undecided(example: Example) -> bool:
    """Whether there are several readings and none that is the gold."""
    return not example.gold.layers and len(example.readings) > 1


def undecided_notes(examples: Iterable[Example]) -> list[str]:
    """The note on articles with several readings and no gold, which nothing can be scored on as they are."""
    if not (undecided := [example for example in examples if is_undecided(example)]):
        return []
    articles, told = number_of(len(undecided), "article has", "articles have"), told_readings(undecided)
    return [f"{articles} several readings and no gold ({told}); they are kept, and --annotator NAME says whose counts"]


def settled_example(example: Example) -> Example:
    """The example with its only reading as gold, if it has no gold."""
    return example if example.settled is example.gold else replace(example, gold=example.settled)


def beside_gold(examples: Iterable[Example]) -> Iterator[Annotations]:
    """The readings that are not the gold as they stand: those of undecided articles, and those that differ from it."""
    for example in examples:
        yield from (own for own in example.readings.values() if own != example.settled)


def held_readings(examples: Iterable[Example]) -> Iterator[Annotations]:
    """All readings, whatever became of them, but for an only one that is the gold because there is no other."""
    for example in examples:
        if example.gold.layers or len(example.readings) > 1:
            yield from example.readings.values()


def joined(batch: Batch) -> Batch:
    """The batch with one example for each article whose readings stand in several places, such as a file an annotator.

    Examples of one id are joined if they have one text and split, at most one gold, and no two readings of one
    annotator that differ. Others stay apart, and are two articles of one id.
    """
    if not any(example.readings for example in batch.examples):
        return batch
    by_id: dict[str, list[int]] = {}
    for number, example in enumerate(batch.examples):
        by_id.setdefault(example.article.id, []).append(number)
    claims = batch.claims or (Claims(),) * len(batch.examples)
    splits = batch.splits or (None,) * len(batch.examples)
    kept: list[tuple[Example, Claims, str | None]] = []
    for numbers in by_id.values():
        parts = [(batch.examples[number], claims[number], splits[number]) for number in numbers]
        whole = _joined(parts)
        kept += parts if whole is None else [whole]
    if len(kept) == len(batch.examples):
        return batch
    return replace(
        batch,
        examples=tuple(example for example, _, _ in kept),
        claims=tuple(claim for _, claim, _ in kept),
        splits=tuple(split for _, _, split in kept) if batch.splits else (),
    )


def _joined(parts: Sequence[tuple[Example, Claims, str | None]]) -> tuple[Example, Claims, str | None] | None:
    """The examples of one article as one; None if they do not go together."""
    golds = [(example, claims) for example, claims, _ in parts if example.gold.layers]
    said = [item for example, _, _ in parts for item in example.readings.items()]
    splits = {split for _, _, split in parts if split is not None}
    readings = dict(said)
    if (
        len(golds) > 1
        or len(splits) > 1
        or len({example.article.text for example, _, _ in parts}) > 1
        or any(not example.gold.layers and not example.readings for example, _, _ in parts)
        or any(readings[name] != own for name, own in said)
    ):
        return None
    first, claims = golds[0] if golds else parts[0][:2]
    of_readings = {name: own for _, claim, _ in parts for name, own in claim.readings.items()}
    return (
        replace(first, readings=dict(sorted(readings.items()))),
        replace(claims, readings=of_readings),
        min(splits, default=None),
    )


def as_read(batch: Batch, place: str) -> Batch:
    """The batch as it is, for what keeps readings."""
    return batch


def settled(batch: Batch, place: str) -> Batch:
    """The batch with the only reading of an article as its gold, where it has no other; others stay undecided."""
    claims = batch.claims or (Claims(),) * len(batch.examples)
    chosen = [
        example if example.gold.layers or len(example.readings) != 1 else next(iter(example.readings))
        for example in batch.examples
    ]
    if not any(isinstance(one, str) for one in chosen):
        return batch
    return replace(
        batch,
        examples=tuple(map(settled_example, batch.examples)),
        claims=tuple(
            _claims_of(claim, one) if isinstance(one, str) else claim for claim, one in zip(claims, chosen, strict=True)
        ),
    )


def decided(batch: Batch, place: str) -> Batch:
    """The batch with a gold for each article.

    Raises:
        InputError: articles have several readings and no gold; names the annotators.
    """
    undecided = [example for example in batch.examples if is_undecided(example)]
    if undecided:
        articles, told = number_of(len(undecided), "article has", "articles have"), told_readings(undecided)
        raise InputError(
            f"{place}: {articles} several readings and no gold; say whose counts with --annotator NAME ({told}), or "
            "make gold of them with evalkit dataset adjudicate"
        )
    return settled(batch, place)


def of_annotator(batch: Batch, annotator: str, place: str) -> Batch:
    """The batch with one annotator's readings as gold; articles that only others read are left out and counted.

    The gold of articles that nobody in particular read stays gold.

    Raises:
        InputError: there are no readings.
        UnknownNameError: there is none of that annotator.
    """
    names = counted_readings(batch.examples)
    if not names:
        raise InputError(f"{place}: keeps no readings by annotator; leave out --annotator")
    if annotator not in names:
        raise unknown_name("annotator", annotator, names)
    unread = {number for number, one in enumerate(batch.examples) if one.gold.layers and not one.readings}
    kept = [number for number, one in enumerate(batch.examples) if annotator in one.readings or number in unread]
    told = {
        f"articles left out, not read by {annotator!r}": len(batch.examples) - len(kept),
        f"articles without readings, whose gold counts beside what {annotator!r} said": len(unread),
    }
    claims = batch.claims or (Claims(),) * len(batch.examples)
    return replace(
        batch,
        examples=tuple(
            replace(one, gold=one.readings.get(annotator, one.gold)) for one in map(batch.examples.__getitem__, kept)
        ),
        claims=tuple(claims[number] if number in unread else _claims_of(claims[number], annotator) for number in kept),
        splits=tuple(batch.splits[number] for number in kept) if batch.splits else (),
        # A signature that does not say whose reading it was cannot be followed; "|" parts what it says.
        reading="+".join(filter(None, (batch.reading, f"annotator:{one_line(annotator).replace('|', '/')}"))),
        notes={**batch.notes, **{what: number for what, number in told.items() if number}},
    )


def _claims_of(claims: Claims, annotator: str) -> Claims:
    """What a file says besides the gold, once the gold is a reading."""
    own = claims.readings.get(annotator, Claims())
    return replace(claims, surfaces=own.surfaces, unread=own.unread, proved=own.proved)
