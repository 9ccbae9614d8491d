"""Inline markup as a format: one text file an article."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

from evalkit.errors import FormatError
from evalkit.formats.base import Batch, Claims, Format, Losses, Source, counted
from evalkit.formats.inline.header import MARKED
from evalkit.options import ReadOptions
from evalkit.records import Annotations

__all__ = ["INLINE"]

_RULE = re.compile(rb"^---[ \t]*\r?$", re.MULTILINE)
_SUFFIXES = (".txt",)


def _sniff(path: Path, head: bytes) -> float:
    if path.is_dir():
        return 0.0
    header, *rest = _RULE.split(head, maxsplit=1)
    if rest and re.search(rb"^id[ \t]*:", header.removeprefix(b"\xef\xbb\xbf"), re.MULTILINE):
        return 1.0 if path.suffix in _SUFFIXES else 0.6
    # A file of ours in which something is missing should be told so, and a rule shows that it was meant to be one.
    return (0.6 if rest else 0.3) if path.suffix in _SUFFIXES else 0.0


def _read(source: Source, options: ReadOptions) -> Batch:
    from evalkit.files import read_text
    from evalkit.formats.inline.markup import parse_inline

    where = str(source.path)
    try:
        example = parse_inline(read_text(source.path), where=where)
    except FormatError as error:
        return Batch(problems=(error,))
    return Batch(examples=(example,), claims=(Claims(where=where),))


def _write(batch: Batch, target: Path, options: ReadOptions) -> Losses:
    from evalkit.files import file_name_of, write_file, write_staged
    from evalkit.formats.inline.markup import write_inline

    items = counted(example.gold for example in batch.examples)
    losses = Losses(
        written={layer: number for layer, number in items.items() if layer in MARKED},
        lost={layer: {"no mark for them": number} for layer, number in items.items() if layer not in MARKED and number},
        left_out=Counter(
            f"articles without {layer}"
            for example in batch.examples
            for layer, own in example.gold.layers.items()
            if layer not in MARKED and not own
        ),
    )
    examples = [replace(example, gold=_marked(example.gold)) for example in batch.examples]
    if target.suffix in _SUFFIXES:
        if len(examples) != 1:
            raise FormatError(f"{target.name}: one inline file holds one article, not {len(examples)}; name a folder")
        write_file(target, write_inline(examples[0]))
        return losses
    folders = {name: target / name for name in batch.splits if name is not None}
    several = len(set(batch.splits)) > 1
    # Everything is rendered before the first file appears, so that a refusal leaves nothing behind.
    files = {
        (folders.get(split or "", target) if several else target)
        / file_name_of(example.article.id, ".txt"): write_inline(example)
        for example, split in zip(examples, batch.splits or (None,) * len(examples), strict=True)
    }
    for path, content in files.items():
        write_staged(path, content)
    return losses


def _marked(gold: Annotations) -> Annotations:
    return gold.with_layers(**{layer: None for layer in gold.layers if layer not in MARKED})


INLINE = Format(
    name="inline",
    about="marked text that people write and mend: one file an article",
    suffixes=_SUFFIXES,
    read=_read,
    write=_write,
    sniff=_sniff,
    has_offsets=False,
    keeps_splits=True,
)
