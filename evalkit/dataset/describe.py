"""What is in a gold dataset, counted by split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from evalkit.dataset.gold import GoldDataset
from evalkit.records import Article, Entity, Example, Quote

__all__ = ["SPEAKER_FORMS", "Description", "DescriptionRow", "describe_dataset", "speaker_form"]

SPEAKER_FORMS = ("name", "role", "pronoun", "none")

_PRONOUNS = frozenset(
    {
        *("i", "me", "we", "us", "you", "he", "him", "she", "her", "it", "they", "them", "who", "whom"),
        *("this", "that", "these", "those", "one", "ones", "both", "all", "each", "some", "many", "others"),
        *("another", "himself", "herself", "themselves"),
    }
)


class DescriptionRow(NamedTuple):
    """One line of the description: how often `name` occurs in each split, in the order of the splits."""

    group: str
    name: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """Counts of everything a reader of the gold asks for.

    Attributes:
        name: the dataset.
        splits: the names of its splits.
        fingerprints: their fingerprints, in the same order.
        rows: the counts, in groups: size, entities, quotes, speakers, stances and so on.
    """

    name: str
    splits: tuple[str, ...]
    fingerprints: tuple[str, ...]
    rows: tuple[DescriptionRow, ...]

    def groups(self) -> dict[str, list[DescriptionRow]]:
        """The rows by group, in order."""
        grouped: dict[str, list[DescriptionRow]] = {}
        for row in self.rows:
            grouped.setdefault(row.group, []).append(row)
        return grouped

    def to_row(self) -> dict[str, object]:
        """The description as JSON values: `splits.SPLIT.GROUP.NAME` is a count."""
        splits: dict[str, dict[str, object]] = {}
        for number, (split, fingerprint) in enumerate(zip(self.splits, self.fingerprints, strict=True)):
            groups: dict[str, object] = {"fingerprint": fingerprint}
            for group, rows in self.groups().items():
                groups[group] = {row.name: row.counts[number] for row in rows}
            splits[split] = groups
        return {"name": self.name, "splits": splits}


def describe_dataset(gold: GoldDataset | Sequence[GoldDataset]) -> Description:
    """The counts of one split, or of several side by side (`load_splits` gives them)."""
    splits = (gold,) if isinstance(gold, GoldDataset) else tuple(gold)
    counted = [_count(split) for split in splits]
    groups = {group: None for counts in counted for group in counts}
    rows = []
    for group in groups:
        names = {name: None for counts in counted for name in counts.get(group, {})}
        ordered = list(names) if group in _DECLARED else sorted(names)
        rows += [
            DescriptionRow(group, name, tuple(counts.get(group, {}).get(name, 0) for counts in counted))
            for name in ordered
        ]
    return Description(
        name=splits[0].name if splits else "",
        splits=tuple(split.split for split in splits),
        fingerprints=tuple(split.fingerprint for split in splits),
        rows=tuple(rows),
    )


def speaker_form(example: Example, quote: Quote) -> str:
    """How a quote names its speaker: by name, by role, by pronoun or not at all."""
    if quote.speaker is None:
        return "none"
    start, end = quote.speaker
    text = example.article.text[start:end]
    if text.lower() in _PRONOUNS:
        return "pronoun"
    # A name fills the speaker span; a name inside a longer phrase ("the mayor of Bergen") makes it a role.
    named = any(len(e.spans) == 1 and e.spans[0] == quote.speaker for e in example.gold.entities or ())
    return "name" if named else "role"


_DECLARED = ("size", "entities", "structure", "quotes", "speakers", "stances")
"""Groups whose rows have an order of their own; the rows of the others are sorted."""

Counts = dict[str, dict[str, int]]


def _count(gold: GoldDataset) -> Counts:
    entities = [(example, entity) for example in gold for entity in example.gold.entities or ()]
    quotes = [(example, quote) for example in gold for quote in example.gold.quotes or ()]
    stances = [stance for example in gold for stance in example.gold.stances or ()]
    articles = [example.article for example in gold]
    return {
        "size": {
            "articles": len(gold),
            "words": sum(len(article.text.split()) for article in articles),
            "entities": len(entities),
            "quotes": len(quotes),
            "stances": len(stances),
            "articles without quote": sum(not example.gold.quotes for example in gold),
            "articles without stance": sum(not example.gold.stances for example in gold),
        },
        "entities": _tally(gold.inventory.labels, (entity.label for _, entity in entities)),
        "structure": _structure(gold),
        "quotes": _tally(gold.inventory.kinds, (quote.kind for _, quote in quotes)),
        "speakers": _tally(SPEAKER_FORMS, (speaker_form(example, quote) for example, quote in quotes)),
        "stances": _tally(gold.inventory.stance_labels, (stance.label for stance in stances)),
        **_metadata(articles),
    }


def _tally(known: Sequence[str], values: Iterator[str]) -> dict[str, int]:
    counted = Counter(values)
    return {name: counted[name] for name in dict.fromkeys((*known, *sorted(counted)))}


def _structure(gold: GoldDataset) -> dict[str, int]:
    per_article = [example.gold.entities or () for example in gold]
    return {
        "things named": sum(len({entity.entity_id or entity.id for entity in entities}) for entities in per_article),
        "nested mentions": sum(_nested(entities) for entities in per_article),
        "discontinuous mentions": sum(len(entity.spans) > 1 for entities in per_article for entity in entities),
        "quotes in several parts": sum(len(q.content) > 1 for example in gold for q in example.gold.quotes or ()),
        "stances with a quote": sum(
            stance.quote_id is not None for example in gold for stance in example.gold.stances or ()
        ),
    }


def _nested(entities: Sequence[Entity]) -> int:
    spans = {(entity.spans[0].start, entity.spans[-1].end) for entity in entities if entity.spans}
    ordered = sorted(spans, key=lambda span: (span[0], -span[1]))
    furthest, nested = -1, 0
    for _, end in ordered:
        nested += end <= furthest
        furthest = max(furthest, end)
    return nested


def _metadata(articles: Sequence[Article]) -> Counts:
    groups: Mapping[str, Iterator[str]] = {
        "section": (article.metadata.get("section", "") for article in articles),
        "country": (article.metadata.get("country", "") for article in articles),
        "genre": (article.metadata.get("genre", "") for article in articles),
        "source": (article.source for article in articles),
        "year": (article.published[:4] for article in articles),
        "language": (article.lang for article in articles),
        "zones": (zone.kind for article in articles for zone in article.zones),
    }
    tallied = {group: dict(Counter(value or "(not given)" for value in values)) for group, values in groups.items()}
    return {group: counts for group, counts in tallied.items() if counts}
