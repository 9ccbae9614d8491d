"""Names that are told by tags: `NER=B-PER` in MISC under any key, or a column of CoNLL-U Plus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from evalkit.errors import FormatError
from evalkit.formats.conllu.lines import COLUMNS, ConlluFile, Row, pairs
from evalkit.formats.conllu.settings import ConlluSettings
from evalkit.formats.conllu.text import Rebuilt
from evalkit.formats.standoff.document import Mark
from evalkit.formats.tags.schemes import decode_tags
from evalkit.formats.tags.tag_cells import is_outside, looks_like_tag, tag_keys
from evalkit.records import Span
from evalkit.registry import near_match

__all__ = ["FoundTags", "TagSource", "TaggedMarks", "find_tags", "tagged_marks"]

_MISC = "misc"
_LIKELY = ("ner", "ne", "name", "nertag", "entity", "tag")
"""How most files call them."""


class TagSource(NamedTuple):
    """Where tags stand: under a key of MISC, or in a column of their own."""

    name: str
    column: bool

    def of(self, row: Row) -> str:
        """The tag of a line; `_` if it says nothing."""
        if self.column:
            return row.cells.get(self.name, "_")
        return next((value for key, value in pairs(row.misc) if key == self.name), "_")


class FoundTags(NamedTuple):
    """The tags that are read, and others that might be."""

    read: tuple[TagSource, ...]
    left: tuple[TagSource, ...]


class TaggedMarks(NamedTuple):
    """The marks of each article by one kind of tags, and how these were read."""

    marks: list[list[Mark]]
    reading: str


def find_tags(file: ConlluFile, settings: ConlluSettings, *, brackets: bool) -> FoundTags:
    """Where the tags of a file are.

    Args:
        file: the file.
        settings: which may name them.
        brackets: whether it has brackets of CorefUD, which are read instead of tags that nobody named.

    Raises:
        FormatError: none are called as the settings say.
    """
    if settings.tag_column:
        return FoundTags(tuple(_named(file, name) for name in settings.tag_column), ())
    others = [name for name in file.columns if name not in COLUMNS]
    found = [TagSource(name, True) for name in others if _holds_tags(file, name)]
    found += [TagSource(key, False) for key in tag_keys({row.misc for row in _rows(file)}) if key != "Entity"]
    found.sort(key=lambda tags: next((n for n, name in enumerate(_LIKELY) if name in tags.name.lower()), len(_LIKELY)))
    return FoundTags((), tuple(found)) if brackets else FoundTags(tuple(found[:1]), tuple(found[1:]))


def _rows(file: ConlluFile) -> Iterator[Row]:
    return (row for sentence in file.sentences for row in sentence.rows)


def _named(file: ConlluFile, name: str) -> TagSource:
    if name.isdecimal() and len(name) < 4 and int(name) < len(file.columns):
        name = file.columns[int(name)]
    if name.lower() in file.columns and name.lower() != _MISC:
        return TagSource(name.lower(), True)
    keys = {key for misc in {row.misc for row in _rows(file)} for key, _ in pairs(misc)}
    if name.lower() == _MISC:
        # MISC by itself: the tags are under whichever of its keys has any.
        tagged = tag_keys({row.misc for row in _rows(file)})
        name = tagged[0] if len(tagged) == 1 else name
    if name not in keys:
        near = near_match(name, [*keys, *file.columns])
        hint = f"; did you mean {near!r}?" if near else ""
        there = ", ".join(sorted(keys)[:12]) or "none"
        raise FormatError(
            f"{file.path}: no column and no key of MISC is called {name!r}{hint} (keys there: {there}); name another "
            "with --tag-column"
        )
    return TagSource(name, False)


def _holds_tags(file: ConlluFile, column: str) -> bool:
    cells = {row.cells.get(column, "_") for row in _rows(file)}
    said = [cell for cell in cells if not is_outside(cell)]
    return bool(said) and all(map(looks_like_tag, said))


def tagged_marks(
    tags: TagSource, file: ConlluFile, articles: Sequence[Rebuilt], settings: ConlluSettings, notes: Counter[str]
) -> TaggedMarks:
    """The entities that tags tell, article by article; the scheme is that of the whole file.

    Raises:
        FormatError: a tag is illegal and the settings say `strict`.
    """
    cells: list[str] = []
    places: list[Span] = []
    lines: list[int] = []
    breaks: list[int] = []
    ends: list[int] = []
    for article in articles:
        sentence = -1
        for cell, place, line, number in _units(tags, article, notes):
            if number != sentence:
                breaks.append(len(cells))
                sentence = number
            cells.append(cell)
            places.append(place)
            lines.append(line)
        ends.append(len(cells))
    decoded = decode_tags(
        cells,
        scheme=settings.scheme,
        repair=settings.repair,
        breaks=breaks,
        where=lambda index: file.place(lines[index]),
    )
    odd = sum(count for kind, count in decoded.repaired.items() if kind != "outside-variant")
    if odd:
        notes[f"tags under {tags.name} that are odd in {decoded.scheme}, read by the policy {settings.repair!r}"] += odd
    marks: list[list[Mark]] = [[] for _ in articles]
    number = 0
    for span in decoded.spans:
        while span.start >= ends[number]:
            number += 1
        stretch = Span(places[span.start].start, places[span.end - 1].end)
        marks[number].append(Mark("", span.label, (stretch,)))
    return TaggedMarks(marks, f"{tags.name}:{decoded.scheme}/{settings.repair}")


def _units(tags: TagSource, article: Rebuilt, notes: Counter[str]) -> Iterator[tuple[str, Span, int, int]]:
    """What is tagged, in order: tag, place, line, number of the sentence.

    That is each word, but a contracted word as a whole where its own line has the tag, or where its words have no
    letters of their own and one of them has it.
    """
    done = -1
    by_unit: dict[int, list[str]] = {}
    for word in article.words:
        if word.unit in article.contracted:
            by_unit.setdefault(word.unit, []).append(tags.of(word.row))
    for word in article.words:
        cell = tags.of(word.row)
        if word.place is None:
            notes[f"tags under {tags.name} on empty nodes, left out"] += not is_outside(cell)
            continue
        if word.unit == done:
            continue
        if word.unit in article.contracted:
            line, place = article.contracted[word.unit]
            inner = [one for one in by_unit[word.unit] if not is_outside(one)]
            whole = tags.of(line) if not inner else inner[0] if word.shared else "_"
            if not is_outside(whole) or word.shared:
                notes["contracted words of which only some are in a name, taken with all of it"] += (
                    0 < len(inner) < len(by_unit[word.unit]) and word.shared
                )
                done = word.unit
                yield whole, place, line.line, word.sentence
                continue
        yield cell, word.place, word.row.line, word.sentence
