"""A format as another package would bring it: a CSV file of offsets, one line a mention, and one for each text."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from evalkit.errors import FormatError
from evalkit.files import read_text, write_file
from evalkit.formats.base import Batch, Format, Losses, Source
from evalkit.layers.entities import ENTITIES
from evalkit.options import ReadOptions
from evalkit.records import Annotations, Article, Entity, Example, Span

__all__ = ["OFFSETS"]


def read(source: Source, options: ReadOptions) -> Batch:
    """Lines `article,text` and `article,start,end,label`."""
    delimiter = options.values.get("delimiter", ",")
    texts: dict[str, str] = {}
    mentions: dict[str, list[Entity]] = {}
    for number, row in enumerate(csv.reader(io.StringIO(read_text(source.path), newline=""), delimiter=delimiter), 1):
        name, *rest = row
        items = mentions.setdefault(name, [])
        if len(rest) == 1:
            texts[name] = rest[0]
        elif len(rest) == 3 and rest[0].isdigit() and rest[1].isdigit():
            items.append(Entity(id=f"e{len(items) + 1}", spans=(Span(int(rest[0]), int(rest[1])),), label=rest[2]))
        else:
            raise FormatError(f"{source.path}:{number}: {row!r} is neither article,text nor article,start,end,label")
    articles = {name: Article(id=name, text=texts.get(name, "")) for name in mentions}
    return Batch(
        examples=tuple(
            Example(article=articles[name], gold=Annotations({ENTITIES.name: items}))
            for name, items in mentions.items()
        )
    )


def write(batch: Batch, target: Path, options: ReadOptions) -> Losses:
    """What `read` reads; entities of several spans are left out and counted."""
    content = io.StringIO(newline="")
    lines = csv.writer(content)
    written = lost = 0
    for example in batch.examples:
        lines.writerow([example.article.id, example.article.text])
        for item in ENTITIES.of(example.gold) or ():
            written, lost = written + (len(item.spans) == 1), lost + (len(item.spans) > 1)
            if len(item.spans) == 1:
                lines.writerow([example.article.id, *item.spans[0], item.label])
    write_file(target, content.getvalue())
    return Losses(written={ENTITIES.name: written}, lost={ENTITIES.name: {"several spans": lost}})


OFFSETS = Format(
    name="offsets",
    about="CSV: one line a mention, and one for each text",
    suffixes=(".csv",),
    read=read,
    write=write,
    options={"delimiter": "what stands between the fields; a comma by default."},
)
