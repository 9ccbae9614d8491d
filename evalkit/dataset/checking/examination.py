"""A look at all articles of a source, a batch after the other, of which no more is kept than is needed in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from evalkit.dataset.checking.offsets import converted_batch
from evalkit.dataset.checking.problems import Problem
from evalkit.dataset.checking.raw_checks import check_keys, check_raw, check_spelling
from evalkit.dataset.labels import Inventory
from evalkit.dataset.loading.load import inventory_beside, refuse_unknown_only
from evalkit.dataset.loading.readings import annotations_of, counted_readings, held_readings, is_undecided
from evalkit.dataset.loading.sources import Place, RawExample, raw_examples
from evalkit.dataset.loading.stored import InMemoryError
from evalkit.dataset.making.declaration import declared_scoper
from evalkit.dataset.own_labels import label_counts
from evalkit.errors import FormatError, InputError
from evalkit.formats.base import Batch, Claims, counted
from evalkit.formats.native.spooled import SpooledBytes
from evalkit.formats.spelling import gold_spelling
from evalkit.layers.table import all_layers
from evalkit.options import ReadOptions
from evalkit.records import Annotations, Article, Example

__all__ = ["OF_READINGS", "Examination", "format_problem"]

OF_READINGS = " of readings"
"""What follows the name of a layer where its items in readings are counted."""


class Examination:
    """What was found so far.

    Args:
        place: what is looked at.
        read: how its files are read.
        streamed: whether there are too many articles to keep them.

    Attributes:
        problems: those of each article, and of labels and keys.
        articles: the articles, without their texts.
        undecided: the articles that have several readings and no gold, with the names of these.
        places: article id → where it stands.
        raws: everything, unless it is streamed.
    """

    def __init__(self, place: Place, read: ReadOptions, *, streamed: bool = False) -> None:
        self.place, self.read, self.is_streamed = place, read, streamed
        self.problems: list[Problem] = []
        self.articles: list[Article] = []
        self.undecided: list[Example] = []
        self.places: dict[str, str] = {}
        self.raws: list[RawExample] = []
        self._splits: list[str | None] = []
        self._texts = SpooledBytes()
        self._first: Batch | None = None
        self._unread: list[Claims] = []
        self._unknown = Counter[str]()
        self._annotated = False
        self._items: dict[str, int] = {}
        self._readings = Counter[str]()
        self._held = Counter[str]()
        self._labels: dict[str, dict[str, Counter[str]]] = {"gold": {}, "held": {}, "all": {}}
        self._metadata: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = {}

    @cached_property
    def inventory(self) -> Inventory:
        """The labels that are listed beside the source. Raises what reading them raises."""
        return inventory_beside(self.place)

    def take(self, batch: Batch) -> None:
        """Looks at some articles.

        Raises:
            InputError: there are none; or what is declared beside them cannot be read.
        """
        batch = replace(batch, examples=tuple(map(self._scoped, batch.examples)))
        batch, unconverted = converted_batch(batch, self.read, self.place)
        self.problems += unconverted
        raws = raw_examples(batch, lambda error: self.problems.append(format_problem(error)))
        if not raws and not self.problems:
            raise InputError(
                f"{self.place.location}: holds no article; check the path, or build it with evalkit dataset build"
            )
        self.problems += check_raw(raws, self.inventory)
        self.problems += check_keys(raws)
        self._count(raws)
        self._keep(batch, raws)

    @cached_property
    def _scoped(self) -> Callable[[Example], Example]:
        return declared_scoper(self.place.folder)

    def _count(self, raws: Sequence[RawExample]) -> None:
        examples = [raw.example for raw in raws]
        settled = [example.settled for example in examples]
        for layer in all_layers():
            annotated = [items for own in settled if (items := layer.of(own)) is not None]
            if annotated or layer.always_stated:
                self._items[layer.name] = self._items.get(layer.name, 0) + sum(map(len, annotated))
        self._readings.update(counted_readings(examples))
        self._held.update(counted(held_readings(examples)))
        self._annotated = self._annotated or any(own.layers for own in annotations_of(examples))
        counts = {"gold": settled, "held": held_readings(examples), "all": annotations_of(examples)}
        for whose, said in counts.items():
            for name, own in label_counts(said).items():
                self._labels[whose].setdefault(name, Counter()).update(own)

    def _keep(self, batch: Batch, raws: Sequence[RawExample]) -> None:
        self._first = self._first or replace(batch, examples=(), claims=(), splits=())
        self._unknown.update(batch.unknown)
        if any(claims.unread or claims.readings for claims in batch.claims):
            self._unread += filter(_says_something, map(_without_meant, batch.claims))
        self.undecided += [
            Example(
                article=Article(id=own.article.id, text=""),
                gold=own.gold,
                readings=dict.fromkeys(own.readings, own.gold),
            )
            for own in batch.examples
            if is_undecided(own)
        ]
        self.places |= {raw.example.article.id: raw.claims.where for raw in raws if raw.claims.where}
        self._splits += [raw.split for raw in raws]
        if not self.is_streamed:
            self.articles += [raw.example.article for raw in raws]
            self.raws += raws
            return
        for article in (raw.example.article for raw in raws):
            self._texts.append(article.text.encode("utf-8", "surrogatepass"))
            # Most say of licences what others say.
            said = self._metadata.setdefault(tuple(article.metadata.items()), article.metadata)
            self.articles.append(Article(id=article.id, text="", source=article.source, metadata=said))

    def spelling(self) -> Iterator[Problem]:
        """Labels that stand in the gold in two spellings, where no inventory says which one is meant.

        Raises:
            InMemoryError: there are some, and the articles were not kept.
        """
        all_counts = self._labels["all"].items()
        spellings = {
            name: found
            for name, counts in all_counts
            if not self.inventory.labels_of(name) and (found := gold_spelling(counts))
        }
        if spellings and self.is_streamed:
            raise InMemoryError
        return check_spelling(self.raws, spellings)

    def unknown(self) -> Iterator[Problem]:
        """That all items stand under names that are no layer."""
        annotations = [Annotations({"": ()})] if self._annotated else []
        try:
            refuse_unknown_only(Batch(unknown=self._unknown), self.place, annotations)
        except InputError as error:
            where, _, message = str(error).partition(": ")
            yield Problem(where, "layers", "layer-unknown", message)

    def copies(self) -> Iterator[Problem]:
        """Articles of one split that stand in another."""
        if len({split or "" for split in self._splits}) < 2:
            return
        # It computes with numpy, which nothing else here does.
        from evalkit.dataset.leakage.copies import copies_across_splits

        for copy in copies_across_splits(self.raws if self.raws else list(self._bare())):
            message = f"{copy}; keep both in one split, or one of them"
            yield Problem(copy.article_id, "text", "split-copy", message)

    def _bare(self) -> Iterator[RawExample]:
        """The articles with their texts, and nothing that was said of them."""
        texts = self._texts.of(range(len(self.articles)))
        for article, split, content in zip(self.articles, self._splits, texts, strict=True):
            text = content.decode("utf-8", "surrogatepass")
            example = Example(article=replace(article, text=text), gold=Annotations())
            yield RawExample(example=example, split=split, claims=Claims())

    def counts(self) -> dict[str, int]:
        """How many articles, items of each layer in the gold, readings, and items of these there are."""
        counts = {"articles": len(self.articles)} | {
            layer.name: self._items[layer.name] for layer in all_layers() if layer.name in self._items
        }
        if readings := sum(self._readings.values()):
            counts["readings"] = readings
            counts |= {f"{name}{OF_READINGS}": number for name, number in sorted(self._held.items()) if number}
        return counts

    def unlisted_labels(self) -> dict[str, Mapping[str, int]]:
        """How often labels that nobody has listed are used, by layer, in the gold and in other readings."""
        return {
            f"{name}{where}": own
            for where, several in (("", self._labels["gold"]), (OF_READINGS, self._labels["held"]))
            for name, own in several.items()
            if own and not self.inventory.labels_of(name)
        }

    def sentences(self) -> tuple[str, ...]:
        """What is to be said about how it was read, but for keys that are problems, so that no note says them again."""
        batch = self._first or Batch()
        return replace(batch, claims=tuple(self._unread), unknown=self._unknown).sentences


def _without_meant(claims: Claims) -> Claims:
    unread = {
        place: rest for place, keys in claims.unread.items() if (rest := tuple(key for key in keys if not key.meant))
    }
    readings = {name: _without_meant(own) for name, own in claims.readings.items()}
    return Claims(unread=unread, readings=readings)


def _says_something(claims: Claims) -> bool:
    return bool(claims.unread) or any(own.unread for own in claims.readings.values())


def format_problem(error: FormatError) -> Problem:
    """What a reader could not read; its messages begin with their place, `path:line: ` or `path: `."""
    where, colon, message = str(error).partition(": ")
    return Problem(where if colon else "", "line", "format", message or str(error))
