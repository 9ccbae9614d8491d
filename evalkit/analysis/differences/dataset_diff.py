"""Two versions of a dataset, or two readings of one: what became of its items, and of its articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evalkit.analysis.differences.change import KINDS, ItemChange, changes_to_json
from evalkit.analysis.differences.matching import Version, changes_between
from evalkit.analysis.differences.naming import named_alike
from evalkit.dataset.loading.sources import ALL
from evalkit.errors import InputError
from evalkit.harmless import clean
from evalkit.layers.table import all_layers, load_layer
from evalkit.records import Annotations, Article, Example, Scope
from evalkit.showing import number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["ARTICLE_KINDS", "DatasetDiff", "diff_examples"]

ARTICLE_KINDS: Mapping[str, str] = {
    "added": "only in the new one",
    "removed": "only in the old one",
    "other_text": "with another text, so that their items are not compared",
    "other_split": "in another split",
    "other_scope": "with another scope, or with other layers that were annotated",
    "other_zones": "with other zones",
    "other_metadata": "with other metadata",
    "other_readings": "with other readings beside the gold",
}
"""What may have become of an article, and how that is said."""


@dataclass(frozen=True, kw_only=True, repr=False)
class DatasetDiff:
    """What two versions of gold have not in common.

    Attributes:
        old: what the old version is called.
        new: what the new version is called.
        changes: what became of items, by article, layer and place.
        articles: for each of `ARTICLE_KINDS` the articles of which it is so, by id.
        renamed: article id → what is called otherwise in the new version and is one and the same: name → new name. The
            changes use the old names.
        annotated: article id → layers that are annotated in the new version and were not in the old one.
        unscored: field → items that differ in this and in nothing that is scored, where these are no changes.
        sources: article id → the article, of those with changes.
        compared: how many articles were compared item by item.
        items: layer → items of the articles that were compared, in the old and in the new version.
        notes: what is to be said besides.
    """

    old: str
    new: str
    changes: tuple[ItemChange, ...]
    articles: Mapping[str, tuple[str, ...]]
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    annotated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unscored: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, Article] = field(default_factory=dict)
    compared: int = 0
    items: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Layer → kind → number of changes, for the layers that either version has."""
        there = Counter((change.layer, change.kind) for change in self.changes)
        return {layer: {kind: there[layer, kind] for kind in KINDS} for layer in self.items}

    def figures(self) -> dict[str, float]:
        """What a condition may be about: `changes`, `changes.moved`, `quotes.moved`, `articles.added`, `differences`.

        `differences` are the changes of items, the names and the changes of articles together.
        """
        kinds = Counter(change.kind for change in self.changes)
        articles = {kind: len(self.articles.get(kind, ())) for kind in ARTICLE_KINDS}
        return {
            "changes": len(self.changes),
            "renamed": (renamed := sum(map(len, self.renamed.values()))),
            "differences": len(self.changes) + renamed + sum(articles.values()),
            **{f"changes.{kind}": kinds[kind] for kind in KINDS},
            **{f"articles.{kind}": number for kind, number in articles.items()},
            **{f"{layer}.{kind}": number for layer, own in self.counts.items() for kind, number in own.items()},
        }

    def to_json(self) -> dict[str, Any]:
        """The differences as JSON values; `read_changes` reads them as a patch."""
        return {
            **changes_to_json(self.changes),
            "renamed": {article_id: dict(names) for article_id, names in self.renamed.items()},
            "annotated": {article_id: list(layers) for article_id, layers in self.annotated.items()},
            "old": self.old,
            "new": self.new,
            "articles": {kind: list(self.articles.get(kind, ())) for kind in ARTICLE_KINDS},
            "compared": self.compared,
            "items": {layer: {"old": old, "new": new} for layer, (old, new) in self.items.items()},
            "counts": self.counts,
            "unscored": dict(self.unscored),
            "notes": list(self.notes),
        }

    def to_pandas(self) -> DataFrame:
        """One row a change: article, layer, kind, the fields that differ, label and text before and after."""
        import pandas as pd

        columns = ["article_id", "layer", "kind", "differing", "old_label", "new_label", "old_text", "new_text"]
        return pd.DataFrame([_row(change) for change in self.changes], columns=columns)

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return clean(f"<DatasetDiff {self.old} → {self.new}: {number_of(len(self.changes), 'change')}>")

    _repr_html_ = shown_html


def _row(change: ItemChange) -> dict[str, Any]:
    layer = load_layer(change.layer)
    labels = [None if item is None else layer.label(item) for item in (change.old, change.new)]
    return {
        "article_id": change.article_id,
        "layer": change.layer,
        "kind": change.kind,
        "differing": ", ".join(change.differing),
        "old_label": labels[0],
        "new_label": labels[1],
        "old_text": change.old_text or None,
        "new_text": change.new_text or None,
    }


Split = tuple[str, Example]
"""An example with the split that it is in; `all` where that is not known."""


def diff_examples(
    old: Iterable[Split],
    new: Iterable[Split],
    *,
    names: tuple[str, str],
    scored: bool = False,
    notes: Sequence[str] = (),
) -> DatasetDiff:
    """What two versions of some articles have not in common; the gold of an article is what counts as such.

    Args:
        old: the old version, each article once.
        new: the new version.
        names: what the two are called.
        scored: leave out what differs only in what is not scored.
        notes: what is to be said besides.

    Raises:
        InputError: a version has an article twice.
    """
    before, after = (_by_id(side, name) for side, name in zip((old, new), names, strict=True))
    both = sorted(before.keys() & after.keys())
    kinds: dict[str, list[str]] = {kind: [] for kind in ARTICLE_KINDS}
    kinds["added"], kinds["removed"] = sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())
    for article_id in both:
        for kind in _article_kinds(before[article_id], after[article_id]):
            kinds[kind].append(article_id)
    skipped = set(kinds["other_text"])
    pairs = [(before[name][1], after[name][1]) for name in both if name not in skipped]
    versions = [Version(one.article, one.settled, other.settled) for one, other in pairs]
    named = named_alike(versions)
    changes = changes_between(version for version, _ in named)
    unscored: Counter[str] = Counter()
    if scored:
        apart = [change for change in changes if _is_unscored(change)]
        unscored.update(name for change in apart for name in change.differing)
        changes = [change for change in changes if not _is_unscored(change)]
    renamed = {version.article.id: names for version, names in named if names}
    changed = {change.article_id for change in changes} | renamed.keys()
    return DatasetDiff(
        old=names[0],
        new=names[1],
        changes=tuple(changes),
        articles={kind: tuple(ids) for kind, ids in kinds.items()},
        sources={other.article.id: other.article for _, other in pairs if other.article.id in changed},
        renamed=renamed,
        annotated={one.article.id: layers for one, other in pairs if (layers := _annotated(one, other))},
        unscored=dict(sorted(unscored.items())),
        compared=len(pairs),
        items=_items(pairs),
        notes=tuple(notes),
    )


def _annotated(old: Example, new: Example) -> tuple[str, ...]:
    """The layers that only the new version of an article has."""
    return tuple(sorted(new.settled.layers.keys() - old.settled.layers.keys()))


def _is_unscored(change: ItemChange) -> bool:
    """Whether both versions have the item and all that is scored in it is the same."""
    return bool(change.differing) and not set(change.differing) & set(load_layer(change.layer).decisive)


def _by_id(examples: Iterable[Split], name: str) -> dict[str, Split]:
    by_id: dict[str, Split] = {}
    for split, example in examples:
        if example.article.id in by_id:
            raise InputError(f"{name}: article {example.article.id!r:.80} is there twice; keep one")
        by_id[example.article.id] = split, example
    return by_id


def _article_kinds(old: Split, new: Split) -> Iterable[str]:
    (old_split, one), (new_split, other) = old, new
    before, after = one.settled, other.settled
    if one.article.text != other.article.text:
        yield "other_text"
    if old_split != new_split and ALL not in (old_split, new_split):
        yield "other_split"
    if _looked_at(before, one.article) != _looked_at(after, other.article):
        yield "other_scope"
    if sorted(one.article.zones) != sorted(other.article.zones):
        yield "other_zones"
    if _metadata(one) != _metadata(other):
        yield "other_metadata"
    if _readings_differ(one, other):
        yield "other_readings"


def _looked_at(annotations: Annotations, article: Article) -> tuple[Scope, frozenset[str]]:
    """The scope and the layers; of zones those that the article has, as to leave out others leaves nothing out."""
    scope = annotations.scope
    there = sorted({zone.kind for zone in article.zones})
    zones = there if scope.zones is None else [kind for kind in there if kind in scope.zones]
    layers, labels = (None if names is None else tuple(sorted(names)) for names in (scope.layers, scope.labels))
    of = tuple(sorted(scope.of, key=lambda own: own.layer))
    return Scope(layers=layers, labels=labels, zones=tuple(zones), of=of), frozenset(annotations.layers)


def _readings_differ(old: Example, new: Example) -> bool:
    """Whether other people read an article, or one of them says something else."""
    if old.readings == new.readings:
        return False
    if old.readings.keys() != new.readings.keys() or old.article.text != new.article.text:
        return True
    pairs = [(own, new.readings[name]) for name, own in old.readings.items()]
    return any(_looked_at(one, old.article) != _looked_at(other, new.article) for one, other in pairs) or bool(
        changes_between([Version(new.article, one, other) for one, other in pairs if one != other])
    )


def _metadata(example: Example) -> tuple[Any, ...]:
    article = example.article
    return article.title, article.source, article.published, article.lang, dict(article.metadata)


def _items(pairs: Sequence[tuple[Example, Example]]) -> dict[str, tuple[int, int]]:
    """Layer → items of both versions, for the layers that any article has."""
    items = {}
    for layer in all_layers():
        sides = [[layer.of(example.settled) for example in side] for side in zip(*pairs, strict=True)] if pairs else []
        if any(own is not None for side in sides for own in side):
            old, new = (sum(len(own or ()) for own in side) for side in sides)
            items[layer.name] = old, new
    return items
