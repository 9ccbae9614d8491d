"""Documents of spaCy: a DocBin (`.spacy`), the JSON of `Doc.to_json`, or what spaCy 2 was trained on.

Entities and the spans of every group are marks, those of both once; a span without a label is called after its group.
Categories from 0.5 are labels of the text. Attributes of spans (`span._.x`) are features of the marks at their place,
`kb_id` and `id` are `link` and `entity_id`. A DocBin is MessagePack: nothing of it is ever unpickled.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from evalkit.errors import FormatError, MissingExtraError
from evalkit.formats.base import Source
from evalkit.formats.spacy_docs.training import is_training_data, training_rows
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.formats.standoff.values import article_of, feature_of, listed_objects, whole
from evalkit.options import ReadOptions
from evalkit.origin import install_command
from evalkit.records import Span
from evalkit.showing import number_of

__all__ = ["KEY", "QUESTION", "needed", "read_spacy"]

KEY = "evalkit"
"""Where what spaCy has no place for stands: a group of spans, and an entry of the user data."""

QUESTION = "category"
"""What the categories of a text are under."""

_LARGEST, _MOST_TIMES, _UNSUSPICIOUS = 1 << 31, 50, 64 << 20
"""No DocBin unpacks to more bytes, or to so many times its own unless these are few."""
_PIECE = 1 << 20
_WANTED = ("ORTH", "ENT_IOB", "ENT_TYPE", "ENT_KB_ID", "ENT_ID")
"""The attributes of tokens that are read: others could point outside their document."""
_LEAST = 0.5
_ATTRIBUTE = "._."
_IDS = ("id", "doc_id", "article_id")


class _Piece(NamedTuple):
    """A labelled stretch of a document."""

    start: int
    end: int
    label: str
    link: str
    entity_id: str


class _Doc(NamedTuple):
    """A document as spaCy has it, whichever way it came."""

    where: str
    text: str
    ents: list[_Piece]
    groups: dict[str, list[_Piece]]
    cats: Mapping[str, Any]
    attributes: Mapping[tuple[int, int], Mapping[str, Any]]
    known: Mapping[str, Any]
    own: Mapping[str, Any]


def read_spacy(source: Source, options: ReadOptions) -> Documents:
    """The documents of a file.

    Raises:
        InputError: it cannot be read.
        MissingExtraError: it is a DocBin, and spaCy is not installed.
    """
    from evalkit.files import read_bytes

    problems: list[FormatError] = []
    notes: Counter[str] = Counter()
    content = read_bytes(source.path)
    if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        found = _of_json(content, source.path, problems)
    else:
        found = _of_doc_bin(content, source.path, notes, problems)
    wanted = {key.strip() for key in options.values.get("spans_key", "").split(",")} - {""}
    docs = list(found)
    digits = max(4, len(str(len(docs))))
    documents = []
    for number, doc in enumerate(docs, 1):
        name = doc.own.get("id") or next((str(doc.known[key]) for key in _IDS if doc.known.get(key)), "")
        try:
            documents.append(_document(str(name) or f"{source.unnamed}{number:0{digits}d}", doc, wanted, notes))
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            problems.append(FormatError(f"{doc.where}: its user data is damaged ({error!r:.80}); write it again"))
            continue
        notes["documents without an id, numbered"] += not name
    if not notes["documents without an id, numbered"]:
        del notes["documents without an id, numbered"]
    return Documents(documents=tuple(documents), problems=tuple(problems), notes=dict(notes))


def needed(path: Path) -> Any:
    """SpaCy.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import spacy.tokens
    except ImportError as error:
        raise MissingExtraError(f"{path}: needs spaCy; install it: {install_command('spacy')}") from error
    return spacy


def _of_doc_bin(content: bytes, path: Path, notes: Counter[str], problems: list[FormatError]) -> Iterator[_Doc]:
    spacy = needed(path)
    try:
        _check_size(content, path)
        whole_bin = spacy.tokens.DocBin().from_bytes(content)
        columns = [spacy.attrs.IDS.get(name) for name in _WANTED]
        kept = [number for number, attribute in enumerate(whole_bin.attrs) if attribute in columns]
        attributes = [whole_bin.attrs[number] for number in kept]
        tokens = [own[:, kept] for own in whole_bin.tokens]
        vocab = spacy.vocab.Vocab(strings=sorted(whole_bin.strings))
        parts = list(
            zip(
                tokens,
                whole_bin.spaces,
                whole_bin.cats,
                whole_bin.span_groups,
                whole_bin.user_data,
                whole_bin.flags,
                strict=True,
            )
        )
    except FormatError:
        raise
    except Exception as error:
        raise FormatError(
            f"{path}: is no DocBin of spaCy ({type(error).__name__}: {str(error)[:80]}); write it with DocBin.to_disk"
        ) from error
    for number, part in enumerate(parts, 1):
        where = f"{path}: document {number}"
        one = spacy.tokens.DocBin()
        one.attrs, one.strings = attributes, set()
        one.tokens, one.spaces, one.cats, one.span_groups, one.user_data, one.flags = ([own] for own in part)
        try:
            (doc,) = one.get_docs(vocab)
            made = _made_of(doc, where)
        except Exception as error:
            # Whatever stands in the file: the rest of it is read.
            problems.append(
                FormatError(f"{where}: is damaged ({type(error).__name__}: {str(error)[:80]}); write it again")
            )
            continue
        if isinstance(part[-1], Mapping) and part[-1].get("has_unknown_spaces"):
            notes["documents that do not say where blanks are, read with one after each token"] += 1
        yield made


def _check_size(content: bytes, path: Path) -> None:
    """Refuses what would fill the memory, without holding more than a piece of it.

    Raises:
        FormatError: it unpacks to too much.
    """
    unpacking = zlib.decompressobj()
    most = min(_LARGEST, max(_UNSUSPICIOUS, _MOST_TIMES * len(content)))
    length = len(unpacking.decompress(content, _PIECE))
    while (rest := unpacking.unconsumed_tail) and length <= most:
        length += len(unpacking.decompress(rest, _PIECE))
    if length > most:
        raise FormatError(
            f"{path}: unpacks to more than {most >> 20} MiB, which is too much for a file of its size; write it as "
            "several files"
        )


def _made_of(doc: Any, where: str) -> _Doc:
    groups: dict[str, list[_Piece]] = {}
    for key, group in doc.spans.items():
        groups[str(key)] = []
        for span in group:
            if not 0 <= span.start < span.end <= len(doc):
                raise ValueError(f"a span of {key!r} is tokens {span.start} to {span.end} of {len(doc)}")
            last = doc[span.end - 1]
            groups[str(key)].append(
                _Piece(doc[span.start].idx, last.idx + len(last), span.label_, span.kb_id_, span.id_)
            )
    attributes: dict[tuple[int, int], dict[str, Any]] = {}
    known: dict[str, Any] = {}
    for key, value in doc.user_data.items():
        if isinstance(key, tuple) and len(key) >= 4 and key[0] == _ATTRIBUTE:
            if key[2] is None:
                known[str(key[1])] = value
            elif key[3] is not None:
                attributes.setdefault((key[2], key[3]), {})[str(key[1])] = value
        elif isinstance(key, str) and key != KEY:
            known[key] = value
    own = doc.user_data.get(KEY)
    return _Doc(
        where=where,
        text=doc.text,
        ents=[_Piece(one.start_char, one.end_char, one.label_, one.kb_id_, one.id_) for one in doc.ents],
        groups=groups,
        cats=dict(doc.cats),
        attributes=attributes,
        known=known,
        own=own if isinstance(own, Mapping) else {},
    )


def _of_json(content: bytes, path: Path, problems: list[FormatError]) -> Iterator[_Doc]:
    from evalkit.formats.native.json_rows import read_rows

    trained_on = is_training_data(content)
    rows = training_rows(content, path, problems) if trained_on else read_rows(path, on_error=problems.append)
    for where, row in rows:
        try:
            text = row.get("text")
            if not isinstance(text, str):
                raise FormatError(f"{where}: has no 'text'; write it with Doc.to_json")
            groups = row.get("spans")
            groups = groups if isinstance(groups, Mapping) else {}
            attributes: dict[tuple[int, int], dict[str, Any]] = {}
            spanned = row.get("underscore_span")
            for name, values in (spanned if isinstance(spanned, Mapping) else {}).items():
                for one in listed_objects(values):
                    attributes.setdefault((one.get("start", -1), one.get("end", -1)), {})[name] = one.get("value")
            known: dict[str, Any] = {key: row[key] for key in _IDS if key in row}
            for key in ("_", "underscore_doc"):
                known |= row[key] if isinstance(row.get(key), Mapping) else {}
            cats = row.get("cats")
            yield _Doc(
                where=where,
                text=text,
                ents=_pieces(row.get("ents"), text, f"{where}: ents"),
                groups={key: _pieces(own, text, f"{where}: spans[{key!r}]") for key, own in groups.items()},
                cats=cats if isinstance(cats, Mapping) else {},
                attributes=attributes,
                known=known,
                own={},
            )
        except FormatError as error:
            problems.append(error)


def _pieces(values: object, text: str, where: str) -> list[_Piece]:
    pieces = []
    for number, one in enumerate(values if isinstance(values, list) else ()):
        if isinstance(one, list) and len(one) == 3:
            # As spaCy 2 has entities, and many a script writes them.
            one = dict(zip(("start", "end", "label"), one, strict=True))
        elif not isinstance(one, Mapping):
            raise FormatError(f"{where}[{number}]: {str(one)[:80]} is no labelled span; mend it")
        start, end, label = whole(one.get("start")), whole(one.get("end")), one.get("label")
        if start is None or end is None or not 0 <= start < end <= len(text) or not isinstance(label, str):
            raise FormatError(
                f"{where}[{number}]: {str(one)[:80]} is no labelled span of its text of "
                f"{number_of(len(text), 'character')}; mend it"
            )
        pieces.append(_Piece(start, end, label, _name(one.get("kb_id")), _name(one.get("id"))))
    return pieces


def _name(value: object) -> str:
    return value if isinstance(value, str) else ""


def _document(name: str, doc: _Doc, wanted: set[str], notes: Counter[str]) -> Document:
    pieces = [(piece, "") for piece in doc.ents]
    for key, group in doc.groups.items():
        if wanted and key not in wanted:
            notes[f"spans of the group {key!r}, left out"] += len(group)
        else:
            pieces += [(piece, key) for piece in group]
    extras: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for one in _objects(doc.own.get("marks")):
        extras.setdefault((one.get("group"), one.get("start"), one.get("end"), one.get("label")), []).append(one)
    marks: list[Mark] = []
    seen: set[tuple[int, int, str]] = set()
    for piece, key in pieces:
        label = piece.label or key
        place = (piece.start, piece.end, label)
        if not label:
            notes["spans without a label, left out"] += 1
            continue
        own = extras.get((key, *place), [])
        if place in seen and not own:
            notes["spans that stand in two groups, read once"] += 1
            continue
        seen.add(place)
        extra = own.pop(0) if own else {}
        features = {"link": piece.link, "entity_id": piece.entity_id}
        features = {key: value for key, value in features.items() if value}
        given = dict(doc.attributes.get(place[:2], {})) | dict(extra.get("features") or {})
        score = extra.get("score")
        marks.append(
            Mark(
                id=str(extra.get("id") or f"s{len(marks) + 1}"),
                type=label,
                spans=(Span(piece.start, piece.end),),
                features=features
                | {key: made for key, value in given.items() if (made := feature_of(value)) is not None},
                score=float(score) if isinstance(score, (int, float)) and not isinstance(score, bool) else None,
            )
        )
    there = {mark.id for mark in marks}
    links = []
    for one in _objects(doc.own.get("links")):
        if {one["source"], one["target"]} <= there and isinstance(one["type"], str):
            features = dict(one.get("features") or {})
            links.append(Link(one["type"], one["source"], one["target"], features, one.get("id") or ""))
        else:
            notes["links between spans that are not there, left out"] += 1
    known = {key: value for key, value in doc.known.items() if not (key in _IDS and str(value) == name)}
    article = doc.own.get("article")
    return Document(
        id=name,
        text=doc.text,
        marks=tuple(marks),
        links=tuple(links),
        labels={QUESTION: _categories(doc.cats)} if doc.cats or doc.own.get("asked") else {},
        annotator=_name(doc.own.get("annotator")),
        ground_truth=doc.own.get("ground_truth") is True,
        suggested=doc.own.get("suggested") is True,
        annotated=doc.own.get("annotated") is not False,
        article=article_of(known) | (_lists(article) if isinstance(article, Mapping) else {}),
        where=doc.where,
    )


def _objects(values: object) -> list[Mapping[str, Any]]:
    return [one for one in values if isinstance(one, Mapping)] if isinstance(values, (list, tuple)) else []


def _lists(value: Any) -> Any:
    """A value of MessagePack as JSON has it."""
    if isinstance(value, Mapping):
        return {key: _lists(own) for key, own in value.items()}
    return [_lists(own) for own in value] if isinstance(value, (list, tuple)) else value


def _categories(categories: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        str(label) for label, score in categories.items() if isinstance(score, (int, float)) and score >= _LEAST
    )
