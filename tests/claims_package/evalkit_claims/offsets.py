"""The format `offsets`: a CSV file with one row an item, `article,layer,id,start,end,label`, and one with the text.

A row of the layer `text` has the text of an article in its last column, so that a file holds all that it is about.
Items with several spans and what has no label are losses.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from evalkit.errors import FormatError
from evalkit.files import read_text, write_file
from evalkit.formats.base import Batch, Claims, Format, Losses, Source
from evalkit.layers.table import layer_names, load_layer
from evalkit.options import ReadOptions
from evalkit.records import Annotations, Article, Example

HEADER = ["article", "layer", "id", "start", "end", "label"]
TEXT = "text"


def read(source: Source, options: ReadOptions) -> Batch:
    """The articles of a file, in its order."""
    rows = list(csv.reader(io.StringIO(read_text(source.path)), delimiter=options.values.get("delimiter", ",")))
    if not rows or rows[0] != HEADER:
        raise FormatError(f"{source.path}:1: expected the header {','.join(HEADER)}; add it")
    texts: dict[str, str] = {}
    items: dict[str, dict[str, list[Any]]] = {}
    for number, row in enumerate(rows[1:], 2):
        where = f"{source.path}:{number}"
        if len(row) != len(HEADER):
            raise FormatError(f"{where}: {len(row)} columns, expected {len(HEADER)}; mend the row")
        article, layer, name, start, end, label = row
        if layer == TEXT:
            texts[article] = label
        elif layer not in layer_names():
            raise FormatError(f"{where}: unknown layer {layer!r}; there are {', '.join(layer_names())}")
        elif not name:
            items.setdefault(article, {}).setdefault(layer, [])
        else:
            kind = load_layer(layer)
            value = {"id": name, "start": int(start), "end": int(end), kind.label_field: label}
            layers = items.setdefault(article, {}).setdefault(layer, [])
            layers.append(kind.from_json(value, len(layers) + 1))
    articles = [*texts, *(name for name in items if name not in texts)]
    examples = [
        Example(article=Article(id=name, text=texts.get(name, "")), gold=Annotations(items.get(name)))
        for name in articles
    ]
    return Batch(examples=tuple(examples), claims=tuple(Claims(where=f"{source.path}") for _ in examples))


def write(batch: Batch, target: Path, options: ReadOptions) -> Losses:
    """Writes the items of one span."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(HEADER)
    written: dict[str, int] = {}
    lost: dict[str, dict[str, int]] = {}
    for example in batch.examples:
        table.writerow([example.article.id, TEXT, "", "", "", example.article.text])
        for name, items in example.gold.layers.items():
            layer = load_layer(name)
            table.writerow([example.article.id, name, "", "", "", ""])
            for item in items:
                if not layer.is_plain(item):
                    kinds = lost.setdefault(name, {})
                    kinds["more than one span and a label"] = kinds.get("more than one span and a label", 0) + 1
                    continue
                ((start, end),) = layer.spans(item)
                table.writerow([example.article.id, name, item.id, start, end, layer.label(item)])
                written[name] = written.get(name, 0) + 1
    write_file(target, out.getvalue())
    return Losses(written=written, lost=lost)


OFFSETS = Format(
    name="offsets",
    about="CSV with one row an item",
    suffixes=(".csv",),
    read=read,
    write=write,
    sniff=lambda path, head: 1.0 if head.startswith(",".join(HEADER).encode()) else 0.0,
    options={"delimiter": "what stands between the columns; a comma by default"},
)
