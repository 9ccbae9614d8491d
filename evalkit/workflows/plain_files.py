"""From two plain files straight to a result, without a record for every item.

It gives what reading both files, pairing and counting them give, to the last byte, where files are large and plain
(see `evalkit.formats.native.columns`); it gives way wherever they would have something to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalkit.dataset.declaration import read_declaration
from evalkit.dataset.fingerprint import fingerprint_of_columns, plain_content
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.labels import Inventory, foreign_label_notes, load_inventory
from evalkit.dataset.load import double_note
from evalkit.dataset.own_labels import own_labels_notes
from evalkit.dataset.store import BUNDLED_NAME
from evalkit.formats.native.columns import LIMIT, NativeColumns, read_native_columns
from evalkit.formats.native.format import NATIVE
from evalkit.formats.spelling import gold_spelling, respelled
from evalkit.layers.table import all_layers
from evalkit.options import Options
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Article, Example, Prediction
from evalkit.scoring.columns import Columns
from evalkit.scoring.from_arrays import columns_from_arrays
from evalkit.scoring.pairs import Paired, pair_up
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

__all__ = ["PlainFiles", "read_plain_files"]

Ints = NDArray[np.int32]

ALL = "all"
"""The split of a file whose rows name none."""


@dataclass(frozen=True)
class PlainFiles:
    """What two files hold, as far as a result tells of it.

    Attributes:
        gold: the gold without its articles.
        run: the predictions without its articles.
        articles: how many gold articles there are.
        paired: what only one side has.
        tables: task → convention → counts by article and label.
        notes: what was set aside, each a sentence.
    """

    gold: GoldDataset
    run: Run
    articles: int
    paired: Paired
    tables: Mapping[str, Mapping[str, ScoredTable]]
    notes: tuple[str, ...]


def read_plain_files(gold_path: Path, predicted_path: Path, options: Options) -> PlainFiles | None:
    """The tables of a file of predictions against a file of gold; None if they or the options ask for more.

    Raises:
        EvalkitError: a convention needs the text and it is not known.
    """
    scoring, read = options.scoring, options.read
    maps = (scoring.label_map, scoring.gold_label_map, scoring.predicted_label_map, options.intervals.cluster)
    changed = any((scoring.labels, scoring.scope, scoring.min_score, scoring.without))
    changed = changed or any(asked is not None for asked in maps)
    named = {read.format, read.gold_format, read.predicted_format} - {None, NATIVE.name}
    told = any((named, read.values, read.annotator, read.offsets, read.profile))
    # Rows are plain if they hold one layer, the first; then there is one task that needs no other.
    layer = all_layers()[0]
    task = next(name for name in task_names() if load_task(name).layers == (layer.name,))
    wanted = [name for name in check_tasks(scoring.tasks, scoring.conventions) if layer.name in load_task(name).layers]
    alone = task in wanted and all(len(load_task(name).layers) > 1 for name in wanted if name != task)
    if changed or told or not alone or read.limit or read.articles:
        return None
    conventions = choose_conventions(task, scoring.conventions)
    # What looks at more than columns hold, or judges parts that no plain item has, needs the records themselves.
    used = [own for name in conventions if (own := find_convention(task, name)) is not None]
    if any(not own.plain or own.needs for own in used):
        return None
    # What the careful path reads as the bundled gold or as inline markup is not a file of rows.
    if str(gold_path) == BUNDLED_NAME or gold_path.suffix == ".txt":
        return None
    gold = read_native_columns(gold_path, layer)
    predicted = read_native_columns(predicted_path, layer, predicted=True)
    if gold is None or predicted is None or not set(gold.articles) & set(predicted.articles):
        return None
    texts = dict(zip(gold.articles, gold.texts, strict=True))
    claimed = zip(predicted.articles, predicted.texts, strict=True)
    if any(text and text != (texts.get(name) or text) for name, text in claimed):
        return None
    if read_declaration(gold_path.parent).scope:
        return None
    inventory, spoken = _inventory(gold, load_inventory(gold_path.parent), layer.name)
    known = inventory.labels_of(layer.name)
    columns = _paired_columns(gold, predicted)
    if not set(gold.labels) <= set(known) or respelled(predicted.labels, known) or columns is None:
        return None
    tables = score_columns(task, columns, conventions)
    paired = _outlines(gold, predicted, layer.name)
    numbers = np.bincount(predicted.label, minlength=len(predicted.labels)).tolist()
    return PlainFiles(
        gold=GoldDataset(
            name=gold_path.stem,
            split=ALL,
            fingerprint=_fingerprint(gold, columns),
            examples=(),
            inventory=inventory,
            notes=(*spoken, *_double_notes(columns, layer.name)),
        ),
        run=Run(extractor=predicted_path.stem, predictions=()),
        articles=len(gold.articles),
        paired=paired,
        tables={task: tables} if tables else {},
        notes=(
            *spoken,
            *_double_notes(columns, layer.name),
            *(number_of(number, *what) for what, number in paired.set_aside.items()),
            *foreign_label_notes(inventory, layer.name, dict(zip(predicted.labels, numbers, strict=True))),
        ),
    )


def _inventory(gold: NativeColumns, inventory: Inventory, layer: str) -> tuple[Inventory, list[str]]:
    """The inventory with the labels of the gold where it names none, and what is said of that."""
    if inventory.labels_of(layer):
        return inventory, []
    numbers = np.bincount(gold.label, minlength=len(gold.labels)).tolist()
    counts = dict(zip(gold.labels, numbers, strict=True))
    # Two spellings of a label are left to the careful path: no label of these is known then.
    own = () if gold_spelling(counts) else sorted(counts)
    return inventory.with_labels(layer, own), own_labels_notes(layer, counts)


def _double_notes(columns: Columns, layer: str) -> list[str]:
    """The note on gold items that stand twice: they are neighbours, as a side is in order."""
    gold = columns.gold
    same = np.ones(max(len(gold) - 1, 0), dtype=bool)
    for column in (gold.article, gold.start, gold.end, gold.label):
        same &= column[1:] == column[:-1]
    places = np.flatnonzero(same)
    if not len(places):
        return []
    return [double_note(layer, len(places), columns.articles[int(gold.article[places[0]])])]


def _paired_columns(gold: NativeColumns, predicted: NativeColumns) -> Columns | None:
    """Both sides over the articles of the gold; None if a predicted item ends after its text."""
    articles = sorted(gold.articles)
    position = {article: at for at, article in enumerate(articles)}
    text = dict(zip(gold.articles, gold.texts, strict=True))
    texts = tuple([text[article] for article in articles])
    own, other = (_placed(side, position) for side in (gold, predicted))
    if any(texts):
        lengths = np.array([len(text) or LIMIT for text in texts])
        if (other[2] > lengths[other[0]]).any():
            return None
    # A label of predictions for other articles only is none of this table's.
    met = np.flatnonzero(np.bincount(other[3], minlength=len(predicted.labels))).tolist()
    labels = sorted({*gold.labels, *(predicted.labels[code] for code in met)})
    sides = [
        (article, start, end, _codes(side.labels, labels)[label])
        for side, (article, start, end, label) in ((gold, own), (predicted, other))
    ]
    return columns_from_arrays(articles, labels, sides[0], sides[1], texts=texts if all(texts) else None)


def _placed(side: NativeColumns, position: Mapping[str, int]) -> tuple[Ints, Ints, Ints, Ints]:
    """Article, start, end and label of the items whose article has a position, the article being that position."""
    place = np.array([position.get(article, -1) for article in side.articles], dtype=np.int32)
    article = place[side.article]
    if place.min() >= 0:
        return article, side.start, side.end, side.label
    kept = article >= 0
    return article[kept], side.start[kept], side.end[kept], side.label[kept]


def _codes(labels: Sequence[str], among: Sequence[str]) -> Ints:
    """The position of each label among others, -1 if it is not there."""
    position = {label: at for at, label in enumerate(among)}
    return np.array([position.get(label, -1) for label in labels], dtype=np.int32)


def _fingerprint(gold: NativeColumns, columns: Columns) -> str:
    """As `fingerprint_of` makes it from records: the gold columns are in the order that it asks for."""
    text = dict(zip(gold.articles, gold.texts, strict=True))
    labels = sorted(gold.labels)
    side = columns.gold
    rows = np.empty((len(side), 4), dtype="<i4")
    for at, column in enumerate((side.article, side.start, side.end)):
        rows[:, at] = column
    rows[:, 3] = _codes(columns.labels, labels)[side.label]
    contents = [plain_content(article, text[article]) for article in columns.articles]
    return fingerprint_of_columns(contents, labels, rows.tobytes())


def _outlines(gold: NativeColumns, predicted: NativeColumns, layer: str) -> Paired:
    """What is said about layers and articles that only one side has: paired are those articles and one other."""
    both = set(gold.articles) & set(predicted.articles)
    kept = {min(both)}
    nothing = Annotations({layer: ()})
    return pair_up(
        [Example(article=Article(id=name, text=""), gold=nothing) for name in {*gold.articles} - both | kept],
        [Prediction(article_id=name, annotations=nothing) for name in {*predicted.articles} - both | kept],
    )
