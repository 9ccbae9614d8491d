"""From tag columns straight to a result, without a record for every token and entity.

It gives what reading, pairing and counting them as records give, to the last byte (see
`evalkit.formats.tags.laid_out`), and gives way wherever they would have something to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson

from evalkit.dataset.fingerprint import fingerprint_of_columns, stated_content
from evalkit.dataset.gold import GoldDataset
from evalkit.dataset.labels import foreign_label_notes, load_inventory
from evalkit.dataset.loading.archives import is_archive
from evalkit.dataset.loading.sources import ALL, check_settings, find_place
from evalkit.dataset.making.declaration import read_declaration
from evalkit.errors import EvalkitError
from evalkit.files import is_standard_input
from evalkit.formats.base import Batch
from evalkit.formats.spelling import respelled
from evalkit.formats.tags.articles import LaidOutColumns, read_laid_out
from evalkit.formats.tags.format import CONLL
from evalkit.options import Options, ReadOptions
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Article, Example, Prediction
from evalkit.scoring.columns import Columns
from evalkit.scoring.from_arrays import columns_from_arrays
from evalkit.scoring.pairs import pair_up
from evalkit.scoring.tasks.table import choose_conventions
from evalkit.workflows.scoring.block_tables import ColumnTables
from evalkit.workflows.scoring.plain_files import (
    PlainFiles,
    columns_task,
    counted_labels,
    double_notes,
    is_for_columns,
    own_inventory,
)

__all__ = ["read_tag_files"]


def read_tag_files(gold_path: Path, predicted_path: Path | None, options: Options) -> PlainFiles | None:
    """The tables of tag columns, in one file or two; None if they or the options ask for more, or cannot be read.

    Raises:
        EvalkitError: a convention needs what is not known.
    """
    task = columns_task()
    if not is_for_columns(task, replace(options, read=_about_columns(options.read))):
        return None
    read = _read(gold_path, predicted_path, options.read)
    if read is None or not _are_plain(read):
        return None
    layer, nothing = read.layer, Annotations({read.layer: ()}, read.scope)
    articles = [Article(id=name, text=text) for name, text in zip(read.ids, read.sides.texts, strict=True)]
    examples = [Example(article=article, gold=nothing) for article in sorted(articles, key=lambda one: one.id)]
    of_gold, of_predicted = (counted_labels(own.labels, own.label) for own in (read.sides.gold, read.sides.predicted))
    inventory, spoken = own_inventory(of_gold, load_inventory(gold_path.parent), layer)
    known = inventory.labels_of(layer)
    if read_declaration(gold_path.parent).scope or inventory.metadata:
        return None
    if not of_gold.keys() <= set(known) or respelled(of_predicted, known):
        return None
    columns = _columns(read)
    scored = ColumnTables(task, choose_conventions(task, options.scoring.conventions))
    scored.add(columns)
    notes = (*Batch(notes=read.notes).sentences, *spoken, *double_notes(columns, layer))
    return PlainFiles(
        gold=GoldDataset(
            name=gold_path.stem,
            split=ALL,
            fingerprint=_fingerprint(examples, columns, sorted(of_gold)),
            examples=tuple(replace(one, article=replace(one.article, text="")) for one in examples),
            inventory=inventory,
            reading=read.reading,
            notes=notes,
        ),
        run=Run(extractor=(predicted_path or gold_path).stem, predictions=()),
        paired=pair_up(examples, [Prediction(article_id=one.id, annotations=nothing) for one in articles]),
        tables=scored.whole(),
        misplaced=scored.misplaced(),
        readers=(),
        notes=tuple(foreign_label_notes(inventory, layer, of_predicted)),
    )


def _about_columns(read: ReadOptions) -> ReadOptions:
    """What is told of reading besides the format and how its columns are read."""
    named = [None if name == CONLL.name else name for name in (read.format, read.gold_format, read.predicted_format)]
    values = {name: value for name, value in read.values.items() if name not in CONLL.options}
    return replace(read, values=values, format=named[0], gold_format=named[1], predicted_format=named[2])


def _read(gold_path: Path, predicted_path: Path | None, read: ReadOptions) -> LaidOutColumns | None:
    """What the files hold; None if they are of another kind, or something is wrong with them."""
    given = [gold_path] if predicted_path is None else [gold_path, predicted_path]
    if any(is_standard_input(path) or not path.is_file() or is_archive(path) for path in given):
        return None
    try:
        formats = read.gold_format or read.format, read.predicted_format or read.format
        places = [find_place(path, name) for path, name in zip(given, formats, strict=False)]
        if any(place.format is not CONLL for place in places):
            return None
        check_settings(read, *places)
        return read_laid_out(gold_path, predicted_path, read.values)
    except EvalkitError:
        # Whoever reads records says what is wrong.
        return None


def _are_plain(read: LaidOutColumns) -> bool:
    """Whether nothing is to be said of ids and labels."""
    labels = [*read.sides.gold.labels, *read.sides.predicted.labels]
    try:
        "".join([*read.ids, *labels]).encode()
    except UnicodeEncodeError:
        return False
    return all(map(str.strip, labels)) and len(set(read.ids)) == len(read.ids)


def _columns(read: LaidOutColumns) -> Columns:
    """Both sides over the articles in the order of their ids."""
    order = sorted(range(len(read.ids)), key=read.ids.__getitem__)
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    sides = read.sides.gold, read.sides.predicted
    labels = sorted({*sides[0].labels, *sides[1].labels})
    position = {label: number for number, label in enumerate(labels)}
    arrays = [
        (rank[own.article], own.start, own.end, np.array([position[one] for one in own.labels], np.int32)[own.label])
        for own in sides
    ]
    texts = tuple([read.sides.texts[at] for at in order])
    return columns_from_arrays([read.ids[at] for at in order], labels, arrays[0], arrays[1], texts=texts)


def _fingerprint(examples: Sequence[Example], columns: Columns, labels: Sequence[str]) -> str:
    """As `fingerprint_of` makes it from records: the gold columns are in the order that it asks for."""
    side, contents = columns.gold, (orjson.dumps(stated_content(example, ())) for example in examples)
    codes = np.searchsorted([columns.labels.index(label) for label in labels], side.label)
    rows = np.stack([side.article, side.start, side.end, codes], axis=1).astype("<i4")
    return fingerprint_of_columns(contents, labels, rows.tobytes())
