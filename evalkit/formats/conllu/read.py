"""A CoNLL-U file as documents: mentions in CorefUD's brackets, or names by tags in MISC or in columns of their own."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from evalkit.errors import FormatError
from evalkit.formats.base import Source
from evalkit.formats.conllu.brackets import Brackets, Mention, fields_of, guessed_fields, unquoted
from evalkit.formats.conllu.lines import ConlluFile, Sentence, pairs, read_conllu
from evalkit.formats.conllu.settings import ConlluSettings, conllu_settings
from evalkit.formats.conllu.tag_units import TagSource, find_tags, tagged_marks
from evalkit.formats.conllu.text import RULE, Rebuilt, rebuilt_text
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.formats.tags.tag_cells import NO_LABEL
from evalkit.options import ReadOptions
from evalkit.records import Span

__all__ = ["EVERYTHING", "NAMELESS", "documents"]

EVERYTHING = "meta::json"
"""The comment in which evalkit writes what no plain comment can hold, as JSON."""

NAMELESS = "no_id"
"""What the field `other` of a mention says that has an id only because CorefUD wants one."""

_META = "meta::"
_ARTICLE = {"title": "title", "source": "source", "published": "published", "lang": "lang"}
_ARTICLE |= {"dateCreated": "published", "language": "lang"}
"""Comments that say what an article has a field for; GUM's among them."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_BRACKETS = "Entity"
_GLOBAL = "global.Entity"
_NEWDOC = ("newdoc id", "newdoc")
_LINKS = ("Bridge", "SplitAnte", "Split")
_ONE_MENTION = re.compile(r"\s*([^<\s]+)<([^:\s]+)(?::(.*))?\s*", re.DOTALL)


class _Group(NamedTuple):
    """The sentences of one article, the name that the file gives it, and what its brackets hold."""

    name: str
    sentences: list[Sentence]
    fields: tuple[str, ...]


@dataclass(kw_only=True)
class _Found:
    """What is read of a file beside its articles."""

    file: ConlluFile
    notes: Counter[str] = field(default_factory=Counter)
    problems: list[FormatError] = field(default_factory=list)


def documents(source: Source, options: ReadOptions) -> Documents:
    """The articles of a CoNLL-U file with their mentions.

    Raises:
        EvalkitError: the file cannot be read, is no CoNLL-U, or has no column of that name.
    """
    settings = conllu_settings(options.values, predicted=source.predicted)
    file = read_conllu(source.path, encoding=settings.encoding)
    found = _Found(file=file)
    bracketed = not settings.tag_column and _has_brackets(file)
    tags = find_tags(file, settings, brackets=bracketed)
    fields = _fields(file) if bracketed else ()
    groups = _articles(file, settings, fields, found.notes)
    built = [rebuilt_text(group.sentences, found.notes) for group in groups]
    tagged = [tagged_marks(one, file, built, settings, found.notes) for one in tags.read]
    names = _names(groups, source, found.notes)
    made: list[Document] = []
    for number, (group, text) in enumerate(zip(groups, built, strict=True)):
        marks, links = _mentions(found, text, group.fields) if bracketed else ([], [])
        marks += (mark for one in tagged for mark in one.marks[number])
        marks = [mark if mark.id else mark._replace(id=f"m{at}") for at, mark in enumerate(marks, 1)]
        made.append(_document(found, names[number], group, text, marks, links, annotated=bracketed or bool(tagged)))
    sentences = [RULE, *_sentences(file, bracketed, fields, tags.left, bool(tags.read))]
    how = [*(["Entity"] if bracketed else []), *(one.reading for one in tagged)]
    return Documents(
        documents=tuple(made),
        problems=(*file.problems, *found.problems),
        notes={**dict.fromkeys(sentences, 0), **+file.notes, **+found.notes},
        reading=f"conllu:{'+'.join(how)}" if how else "conllu",
    )


def _has_brackets(file: ConlluFile) -> bool:
    return file.global_entity is not None or any(
        key == _BRACKETS for one in file.sentences for row in one.rows for key, _ in pairs(row.misc)
    )


def _fields(file: ConlluFile) -> tuple[str, ...]:
    """What stands in the brackets of a file, as it declares or shows it.

    Raises:
        FormatError: it does neither.
    """
    declared = fields_of(file.global_entity or "")
    if declared:
        return declared
    values = [value for one in file.sentences for row in one.rows for key, value in pairs(row.misc) if key == _BRACKETS]
    guessed = guessed_fields(values)
    if guessed is None:
        raise FormatError(
            f"{file.path}: no # global.Entity says what is in the brackets, and {values[0]!r:.60} does not tell the id "
            "from the type; add a line such as # global.Entity = eid-etype"
        )
    return guessed


def _sentences(
    file: ConlluFile, bracketed: bool, fields: Sequence[str], left: Sequence[TagSource], tagged: bool
) -> list[str]:
    """What is to be said of how the file was read."""
    told = []
    if bracketed and file.global_entity is None:
        told.append(f"no # global.Entity says what is in the brackets, read as {'-'.join(fields)}")
    if left:
        names = ", ".join(tags.name for tags in left)
        instead = "the brackets of Entity were" if bracketed else "others were"
        told.append(f"tags stand in {names} too, {instead} read (--tag-column)")
    if not bracketed and not tagged:
        told.append("no names are annotated: there are no brackets of Entity, and no tags in MISC or in a column")
    return told


def _names(groups: Sequence[_Group], source: Source, notes: Counter[str]) -> list[str]:
    digits = max(4, len(str(len(groups))))
    seen: set[str] = set()
    names: list[str] = []
    for number, group in enumerate(groups, 1):
        unnamed = source.name if source.name and len(groups) == 1 else f"{source.unnamed}{number:0{digits}d}"
        name = group.name or unnamed
        if name in seen:
            notes["documents whose name is given twice, numbered"] += 1
            name = f"{name}#{number}"
        seen.add(name)
        names.append(name)
    return names


def _articles(
    file: ConlluFile, settings: ConlluSettings, declared: tuple[str, ...], notes: Counter[str]
) -> list[_Group]:
    """The sentences of each article."""
    groups: list[_Group] = []
    for sentence in file.sentences:
        declared = fields_of(sentence.said(_GLOBAL) or "") or declared
        begins = next((value or "" for _, key, value in sentence.comments if key in _NEWDOC), None)
        if settings.document == "sentence":
            groups.append(_Group(sentence.said("sent_id") or "", [sentence], declared))
        elif not groups or (begins is not None and settings.document != "file"):
            groups.append(_Group((begins or "").strip(), [sentence], declared))
        else:
            groups[-1].sentences.append(sentence)
    if settings.document == "auto" and len(groups) == 1 < len(file.sentences) and not groups[0].name:
        told = "no # newdoc begins an article, so the file is one; with --document sentence each sentence is"
        notes[told] += 1
    return groups


def _document(
    found: _Found,
    name: str,
    group: _Group,
    built: Rebuilt,
    marks: Sequence[Mark],
    links: Sequence[Link],
    *,
    annotated: bool,
) -> Document:
    article, extra = _article(group.sentences)
    text, split = extra.get("text"), extra.get("split")
    unlooked = extra.get("declared") == []
    return Document(
        id=str(extra.get("id", name)),
        text=text if isinstance(text, str) and not built.words else built.text,
        marks=tuple(marks),
        links=tuple(links),
        article=article,
        split=split if isinstance(split, str) else None,
        declared=frozenset({_BRACKETS, *(mark.type for mark in marks)}) if annotated else frozenset(),
        annotated=not unlooked,
        where=found.file.place(group.sentences[0].line),
    )


def _article(sentences: Sequence[Sentence]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What comments say of the article, and what evalkit wrote beside it."""
    article: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for sentence in sentences:
        for _, key, value in sentence.comments:
            if not key.startswith(_META) or value is None:
                continue
            if key == EVERYTHING:
                extra.update(_json(value))
                continue
            name, value = key.removeprefix(_META), value.strip()
            known = _ARTICLE.get(name, name)
            if known in article or (known == "published" and not _DATE.fullmatch(value)):
                known = name
            article.setdefault(known, value)
    told = extra.pop("article", None)
    return article | (told if isinstance(told, dict) else {}), extra


def _json(value: str) -> dict[str, Any]:
    try:
        told = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _mentions(found: _Found, built: Rebuilt, fields: Sequence[str]) -> tuple[list[Mark], list[Link]]:
    notes = found.notes
    brackets = Brackets(fields)
    told: list[tuple[int, str, str]] = []
    for index, word in enumerate(built.words):
        for key, value in pairs(word.row.misc):
            if key == _BRACKETS:
                brackets.read(index, value)
            elif key in _LINKS:
                told.append((index, key, value))
    for line, _ in built.contracted.values():
        notes["Entity on the line of a contracted word, which belongs to its words, left out"] += sum(
            key == _BRACKETS for key, _ in pairs(line.misc)
        )
    mentions = brackets.mentions()
    found.problems += (
        FormatError(f"{found.file.place(built.words[fault.word].row.line)}: {fault.message}; mend the brackets")
        for fault in brackets.faults
    )
    marks: list[Mark] = []
    by_eid: dict[str, list[tuple[int, str]]] = {}
    for mention in mentions:
        spans = _spans(mention, built, notes)
        if not spans:
            notes["mentions that stand on empty nodes only, left out"] += 1
            continue
        mark = Mark(f"m{len(marks) + 1}", mention.etype or NO_LABEL, spans, _features(mention))
        notes[f"mentions without a type, called {NO_LABEL}"] += not mention.etype
        by_eid.setdefault(mention.eid, []).append((mention.parts[0][0], mark.id))
        marks.append(mark)
    return marks, _links(told, by_eid, notes)


def _spans(mention: Mention, built: Rebuilt, notes: Counter[str]) -> tuple[Span, ...]:
    """The places of a mention; words without a place are no part of them."""
    spans: list[Span] = []
    for first, last in mention.parts:
        while first <= last and built.words[first].place is None:
            first += 1
        while last > first and built.words[last].place is None:
            last -= 1
        begin, end = built.words[first] if first <= last else None, built.words[last]
        if begin is None or begin.place is None or end.place is None:
            continue
        notes["mentions that begin or end in a contracted word, taken with all of it"] += _cuts(built, first, last)
        span = Span(begin.place.start, end.place.end)
        if span.start < span.end:
            spans.append(span)
    return tuple(spans)


def _cuts(built: Rebuilt, first: int, last: int) -> bool:
    """Whether a mention has some words only of a contracted one whose letters cannot be told apart."""
    words = built.words

    def goes_on(at: int, other: int) -> bool:
        inside = words[at].shared and 0 <= other < len(words)
        return inside and words[other].unit == words[at].unit

    return goes_on(first, first - 1) or goes_on(last, last + 1)


def _features(mention: Mention) -> dict[str, str | tuple[str, ...]]:
    """The features of a mention: its `entity_id`, its `link` to Wikipedia (`identity`), and the rest by their names.

    GUM's field `link`, the kind of coreference, is called `coref`. In CorefUD's `other` there are names with values.
    """
    features: dict[str, str | tuple[str, ...]] = {}
    for name, value in mention.fields.items():
        if name == "head":
            # The number of a word in the mention is syntax, as the trees are.
            continue
        if name == "other":
            for part in value.split(","):
                key, _, told = part.partition(":")
                if key:
                    features.setdefault(unquoted(key), unquoted(told))
        else:
            features[{"identity": "link", "link": "coref"}.get(name, name)] = value
    if features.pop(NAMELESS, None) is None and mention.eid:
        features["entity_id"] = mention.eid
    return features


def _links(
    told: Iterable[tuple[int, str, str]], by_eid: Mapping[str, list[tuple[int, str]]], notes: Counter[str]
) -> list[Link]:
    """The links between things as links between mentions: from the one that begins there to the last one before it."""
    links: list[Link] = []
    for word, key, value in told:
        for part in value.split(","):
            found = _ONE_MENTION.fullmatch(part)
            source = _nearest(by_eid.get(unquoted(found[2]), ()), word) if found else None
            target = _nearest(by_eid.get(unquoted(found[1]), ()), word) if found else None
            if found is None or source is None or target is None:
                notes[f"{key} links that name no mention, left out"] += 1
                continue
            features = {"relation": found[3]} if found[3] else {}
            kind = "SplitAnte" if key == "Split" else key
            links.append(Link(kind, source, target, features, f"l{len(links) + 1}"))
    return links


def _nearest(mentions: Sequence[tuple[int, str]], word: int) -> str | None:
    """The last mention that begins at or before a word, else the first after it."""
    from bisect import bisect_right

    at = bisect_right(mentions, word, key=lambda pair: pair[0])
    return mentions[max(at - 1, 0)][1] if mentions else None
