"""From two native files straight to a result, without a record for every item.

It gives what reading both files, pairing and counting them give, to the last byte, where one layer is asked for and
rows are as evalkit writes them (see `evalkit.formats.native.columns`); it gives way wherever they would have something
to say.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np
import orjson
from numpy.typing import NDArray

from evalkit.dataset.fingerprint import fingerprint_of_columns, stated_content
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.labels import Inventory, foreign_label_notes, load_inventory
from evalkit.dataset.loading.load import double_note
from evalkit.dataset.making.declaration import read_declaration
from evalkit.dataset.making.store import BUNDLED_NAME
from evalkit.dataset.own_labels import own_labels_notes
from evalkit.formats.native.columns import LIMIT, NativeColumns, Places, read_native_columns
from evalkit.formats.native.format import NATIVE
from evalkit.formats.native.spooled import SpooledBytes
from evalkit.formats.spelling import gold_spelling, respelled
from evalkit.layers.base import Layer
from evalkit.layers.table import all_layers
from evalkit.options import Options
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Article, Example, Prediction
from evalkit.scoring.columns import Columns
from evalkit.scoring.from_arrays import columns_from_arrays
from evalkit.scoring.misplaced import Misplaced
from evalkit.scoring.pairs import Paired, in_order, pair_up, words_outside
from evalkit.scoring.tasks.table import (
    ScoredTable,
    check_tasks,
    choose_conventions,
    find_convention,
    load_task,
    score_columns,
    task_names,
)
from evalkit.showing import number_of
from evalkit.workflows.scoring.block_tables import ColumnTables
from evalkit.workflows.scoring.known_columns import GoldColumns, gold_columns
from evalkit.workflows.scoring.readers import has_sides, seen_from_there

__all__ = [
    "PlainFiles",
    "columns_task",
    "counted_labels",
    "double_notes",
    "is_for_columns",
    "own_inventory",
    "read_plain_files",
]

Ints = NDArray[np.int32]
Tables = Mapping[str, Mapping[str, ScoredTable]]

AT_ONCE = 1 << 15
"""So many articles are laid side by side at once."""

ALL = "all"
"""The split of a file whose rows name none."""


@dataclass(frozen=True)
class PlainFiles:
    """What two files hold, as far as a result tells of it.

    Attributes:
        gold: the gold, whose examples have metadata and names of readers and nothing else.
        run: the predictions without its articles.
        paired: what only one side has, and what was set aside.
        tables: task → convention → counts by article and label.
        readers: those who read an article together, two by two.
        notes: what was set aside, each a sentence.
        misplaced: layer → how else offsets may be counted, where most misses tell it.
    """

    gold: GoldDataset
    run: Run
    paired: Paired
    tables: Mapping[str, Mapping[str, ScoredTable]]
    readers: Sequence[ColumnReaders]
    notes: tuple[str, ...]
    misplaced: Mapping[str, Misplaced]


@dataclass(frozen=True)
class ColumnReaders:
    """Two readers of the same articles, as columns (see `evalkit.workflows.scoring.readers.ReaderPair`)."""

    names: tuple[str, str]
    task: str
    ways: tuple[Columns, Columns]
    plain_scope: bool

    def tables(self, asked: Mapping[str, Sequence[str]]) -> tuple[Tables, Tables]:
        """Task → convention → counts, both ways."""
        there = score_columns(self.task, self.ways[0], asked[self.task])
        back = {
            name: seen_from_there(table)
            if self.plain_scope and not has_sides(self.task, name)
            else score_columns(self.task, self.ways[1], [name])[name]
            for name, table in there.items()
        }
        return {self.task: there}, {self.task: back}


def read_plain_files(gold_path: Path, predicted_path: Path, options: Options) -> PlainFiles | None:
    """The tables of a file of predictions against a file of gold; None if they or the options ask for more.

    Raises:
        EvalkitError: a convention needs the text and it is not known.
    """
    layer, task = all_layers()[0], columns_task()
    # What the careful path reads as the bundled gold or as inline markup is not a file of rows.
    if not is_for_columns(task, options) or str(gold_path) == BUNDLED_NAME or gold_path.suffix == ".txt":
        return None
    conventions = choose_conventions(task, options.scoring.conventions)
    # Another layer must be scored too, unless this one alone is asked for.
    asked = options.scoring.tasks
    alone = not asked or check_tasks(asked, options.scoring.conventions) != (task,)
    known = gold_columns(gold_path, f"{layer.name} {alone}", lambda: _read_gold(gold_path, layer, alone))
    predicted = None if known is None else read_native_columns(predicted_path, layer, alone=alone, predicted=True)
    if known is None or predicted is None or set(known.columns.articles).isdisjoint(predicted.articles):
        return None
    gold = known.columns
    sides = _Sides.of(gold, predicted)
    declared = read_declaration(gold_path.parent)
    if sides is None or declared.scope:
        return None
    counts = counted_labels(gold.labels, gold.items.label)
    inventory, spoken = own_inventory(counts, load_inventory(gold_path.parent), layer.name)
    own = inventory.labels_of(layer.name)
    labels = {*predicted.labels, *gold.reading_labels}
    if inventory.metadata or not set(gold.labels) <= set(own) or respelled(labels, own) or (labels and not own):
        return None
    paired = _paired(gold, predicted, sides, layer)
    examined = GoldDataset(
        name=gold_path.stem,
        split=ALL,
        fingerprint=known.fingerprint,
        examples=_Outlines(gold.articles, gold.metadata, gold.read),
        inventory=inventory,
        notes=(*spoken, *known.notes),
        readers=declared.readers,
    )
    notes = (
        *(number_of(number, *what) for what, number in paired.set_aside.items()),
        *foreign_label_notes(inventory, layer.name, counted_labels(predicted.labels, predicted.items.label)),
    )
    readers = _readers(sides, task)
    scored = ColumnTables(task, conventions)
    for columns in sides.blocks(AT_ONCE if scored.is_additive else len(gold.articles)):
        scored.add(columns)
    # Of a million articles the columns take as much as all that is made of them.
    del known, gold, predicted, sides, columns
    return PlainFiles(
        gold=examined,
        run=Run(extractor=predicted_path.stem, predictions=()),
        paired=paired,
        tables=scored.whole(),
        readers=readers,
        notes=notes,
        misplaced=scored.misplaced(),
    )


def _read_gold(path: Path, layer: Layer[Any], alone: bool) -> GoldColumns | None:
    """The columns of a file of gold, looked at as a whole; None if it is no file of such rows."""
    contents = SpooledBytes()

    def keep(example: Example) -> None:
        contents.append(orjson.dumps(stated_content(example, example.gold[layer.name] or ())))

    gold = read_native_columns(path, layer, alone=alone, told=keep)
    if gold is None:
        return None
    whole = _whole_gold(gold)
    return GoldColumns(gold, _fingerprint(gold, whole, contents), double_notes(whole, layer.name))


def columns_task() -> str:
    """The task that needs the first layer and no other."""
    layer = all_layers()[0]
    return next(name for name in task_names() if load_task(name).layers == (layer.name,))


def is_for_columns(task: str, options: Options) -> bool:
    """Whether nothing that is asked for needs more than the spans and labels of one layer."""
    scoring, read = options.scoring, options.read
    maps = (scoring.label_map, scoring.gold_label_map, scoring.predicted_label_map, options.intervals.cluster)
    changed = any((scoring.labels, scoring.scope, scoring.min_score, scoring.without, read.limit, read.articles))
    named = {read.format, read.gold_format, read.predicted_format} - {None, NATIVE.name}
    told = any((named, read.values, read.annotator, read.offsets, read.profile))
    if changed or told or any(asked is not None for asked in maps):
        return False
    wanted = check_tasks(scoring.tasks, scoring.conventions)
    layers = set(load_task(task).layers)
    # Where rows hold one layer, one task needs no other.
    if task not in wanted or any(set(load_task(name).layers) == layers for name in wanted if name != task):
        return False
    if any(layers.isdisjoint(load_task(name).layers) for name in wanted) and scoring.tasks:
        return False
    used = [find_convention(task, name) for name in choose_conventions(task, scoring.conventions)]
    # What looks at more than columns hold, or judges parts that items may lack, needs the records themselves.
    return all(own is None or (own.plain and not own.needs) for own in used)


def counted_labels(labels: Sequence[str], codes: Ints) -> dict[str, int]:
    """How many items have each label, by the positions of theirs."""
    return dict(zip(labels, np.bincount(codes, minlength=len(labels)).tolist(), strict=True))


def own_inventory(counts: Mapping[str, int], inventory: Inventory, layer: str) -> tuple[Inventory, list[str]]:
    """The inventory with the labels of the gold where it names none, and what is said of that."""
    if inventory.labels_of(layer):
        return inventory, []
    # Two spellings of a label are left to the careful path: no label of these is known then.
    own = () if gold_spelling(counts) else sorted(counts)
    return inventory.with_labels(layer, own), own_labels_notes(layer, counts)


@dataclass(frozen=True, eq=False)
class _Side:
    """Items of one side, by article of the gold, in the order of its file; `inside` are those in the scope."""

    labels: Sequence[str]
    items: Places
    inside: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Sides:
    """Both sides over the articles of the gold."""

    gold: NativeColumns
    of_gold: _Side
    of_predicted: _Side

    @classmethod
    def of(cls, gold: NativeColumns, predicted: NativeColumns) -> _Sides | None:
        """Both sides; None if the predictions are about another text."""
        position = {article: at for at, article in enumerate(gold.articles)}
        places = [position.get(article, -1) for article in predicted.articles]
        for at, place in enumerate(places):
            length = gold.texts.lengths[place] if place >= 0 else 0
            if length and predicted.texts.lengths[at] and predicted.texts[at] != gold.texts[place]:
                return None
            if length and predicted.reach[at] > length:
                return None
        items = predicted.items
        article = np.array(places, dtype=np.int32)[items.article]
        there = article >= 0
        moved = Places(article[there], items.start[there], items.end[there], items.label[there])
        lengths = np.where(np.array(gold.texts.lengths, np.int64) == 0, LIMIT, gold.texts.lengths)
        if (moved.end > lengths[moved.article]).any():
            return None
        if predicted.surfaces:
            said = [text for text, is_there in zip(predicted.surfaces, there.tolist(), strict=True) if is_there]
            if not _are_there(gold.texts, moved, said):
                return None
        sides = [
            _Side(labels, own, _inside(own, gold.outside))
            for labels, own in ((gold.labels, gold.items), (predicted.labels, moved))
        ]
        return cls(gold, sides[0], sides[1])

    def blocks(self, size: int) -> Iterator[Columns]:
        """Both sides over some articles after the others, in the order of their ids."""
        by_id = sorted(range(len(self.gold.articles)), key=self.gold.articles.__getitem__)
        for first in range(0, len(by_id), size):
            yield self.columns(self.of_gold, self.of_predicted, np.array(by_id[first : first + size], np.int32))

    @cached_property
    def _has_texts(self) -> bool:
        """Whether all texts are known."""
        return all(self.gold.texts.lengths)

    def columns(self, one: _Side, other: _Side, among: Ints | None = None, *, with_texts: bool = True) -> Columns:
        """What two sides have inside the scope, in all articles or in some, by position in the file."""
        gold, places = self.gold, range(len(self.gold.articles)) if among is None else among.tolist()
        ordered = sorted(places, key=gold.articles.__getitem__)
        rank = np.full(len(gold.articles), -1, dtype=np.int32)
        rank[ordered] = np.arange(len(ordered), dtype=np.int32)
        met = [
            np.flatnonzero(np.bincount(own.items.label[kept], minlength=len(own.labels))).tolist()
            for own in (one, other)
            for kept in [own.inside & (rank[own.items.article] >= 0)]
        ]
        labels = sorted({own.labels[code] for own, codes in zip((one, other), met, strict=True) for code in codes})
        texts = gold.texts.picked(ordered) if with_texts and self._has_texts else None
        arrays = [_arrays(own, rank, labels) for own in (one, other)]
        return columns_from_arrays([gold.articles[at] for at in ordered], labels, *arrays, texts=texts)


def _whole_gold(gold: NativeColumns) -> Columns:
    """All of the gold, whatever its scope."""
    every = _Side(gold.labels, gold.items, np.ones(len(gold.items), dtype=bool))
    nothing = _Side((), Places(*(np.zeros(0, dtype=np.int32),) * 4), np.zeros(0, dtype=bool))
    return _Sides(gold, every, nothing).columns(every, nothing, with_texts=False)


def _arrays(side: _Side, rank: Ints, labels: Sequence[str]) -> tuple[Ints, Ints, Ints, Ints]:
    """Article, start, end and label of the items of a side that count."""
    items, position = side.items, {label: at for at, label in enumerate(labels)}
    article = rank[items.article]
    kept = side.inside & (article >= 0)
    codes = np.array([position.get(label, -1) for label in side.labels], dtype=np.int32)
    return article[kept], items.start[kept], items.end[kept], codes[items.label[kept]]


def _inside(items: Places, outside: Places) -> NDArray[np.bool_]:
    """Which items no zone outside the scope meets."""
    if not len(outside.article):
        return np.ones(len(items), dtype=bool)
    stride = max(int(own.end.max(initial=0)) for own in (items, outside)) + 1
    starts, ends = (
        np.sort(outside.article.astype(np.int64) * stride + column) for column in (outside.start, outside.end)
    )
    first = items.article.astype(np.int64) * stride
    # Those that begin before its end, without those that end before its start.
    begun = np.searchsorted(starts, first + items.end, side="left")
    over = np.searchsorted(ends, first + items.start, side="right")
    return np.asarray(begun == over)


def _are_there(texts: Sequence[str], items: Places, surfaces: Sequence[str | None]) -> bool:
    """Whether what a file says stands at some items does, as far as it says so and there is a text."""
    places = zip(items.article.tolist(), items.start.tolist(), items.end.tolist(), surfaces, strict=bool(surfaces))
    return all(
        said is None or texts[article][start:end] == said or not texts[article] for article, start, end, said in places
    )


def double_notes(gold: Columns, layer: str) -> list[str]:
    """The note on gold items that stand twice: they are neighbours, as a side is in order."""
    side = gold.gold
    places = np.flatnonzero(side.key[1:] == side.key[:-1])
    if not len(places):
        return []
    return [double_note(layer, len(places), gold.articles[int(side.article[places[0]])])]


def _fingerprint(gold: NativeColumns, whole: Columns, contents: SpooledBytes) -> str:
    """As `fingerprint_of` makes it from records: the gold columns are in the order that it asks for."""
    side = whole.gold
    plain = gold.plain[side.order] if len(side) else np.zeros(0, dtype=bool)
    codes = np.unique(side.label[plain])
    rows = np.empty((int(plain.sum()), 4), dtype="<i4")
    for at, column in enumerate((side.article, side.start, side.end)):
        rows[:, at] = column[plain]
    rows[:, 3] = np.searchsorted(codes, side.label[plain])
    labels = [whole.labels[code] for code in codes.tolist()]
    by_id = sorted(range(len(gold.articles)), key=gold.articles.__getitem__)
    return fingerprint_of_columns(contents.of(by_id), labels, rows.tobytes())


class _Outlines(Sequence[Example]):
    """The articles by id, each made when it is asked for: with its metadata, and who read it, and no more."""

    def __init__(
        self, articles: Sequence[str], metadata: Sequence[Mapping[str, str]], read: Mapping[str, Ints]
    ) -> None:
        self._articles, self._metadata = articles, metadata
        self._by_id = sorted(range(len(articles)), key=articles.__getitem__)
        self._readers = {name: set(places.tolist()) for name, places in read.items()}

    def __len__(self) -> int:
        return len(self._by_id)

    @overload
    def __getitem__(self, number: int) -> Example: ...
    @overload
    def __getitem__(self, number: slice) -> list[Example]: ...
    def __getitem__(self, number: int | slice) -> Example | list[Example]:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        place, nothing = self._by_id[number], Annotations()
        return Example(
            article=Article(id=self._articles[place], text="", metadata=self._metadata[place]),
            gold=nothing,
            readings={name: nothing for name, places in self._readers.items() if place in places},
        )


def _readers(sides: _Sides, task: str) -> list[ColumnReaders]:
    """Those who read an article together, two by two."""
    gold, pairs = sides.gold, []
    found = {
        name: _Side(gold.reading_labels, own, _inside(own, gold.outside))
        for name, own in gold.readings.items()
        if name in gold.read
    }
    for one, other in itertools.combinations(found, 2):
        common = np.intersect1d(gold.read[one], gold.read[other])
        if len(common):
            ways = [sides.columns(found[way[0]], found[way[1]], common) for way in ((one, other), (other, one))]
            pairs.append(ColumnReaders((one, other), task, (ways[0], ways[1]), not gold.scoped[common].any()))
    return pairs


def _paired(gold: NativeColumns, predicted: NativeColumns, sides: _Sides, layer: Layer[Any]) -> Paired:
    """What is said about layers and articles that only one side has, and about items outside the scope.

    Paired are those articles and one other.
    """
    alone = set(gold.articles).difference(predicted.articles)
    others = set(predicted.articles).difference(gold.articles)
    kept = min(name for name in gold.articles if name not in alone)
    nothing = Annotations({layer.name: ()})
    paired = pair_up(
        [Example(article=Article(id=name, text=""), gold=nothing) for name in (*alone, kept)],
        [Prediction(article_id=name, annotations=nothing) for name in (*others, kept)],
    )
    outside = {
        words_outside(name, layer): int((~side.inside).sum())
        for name, side in (("gold", sides.of_gold), ("predicted", sides.of_predicted))
    }
    aside = Counter(paired.set_aside) + Counter(outside)
    return replace(paired, set_aside=in_order(aside))
