"""doccano's JSON lines as documents: spans with or without relations, and labels of the whole text.

::

    {"id": 1, "text": "Ola left Ruun.", "label": [[0, 3, "PER"]], "Comments": []}
    {"id": 1, "text": "Ola left Ruun.", "entities": [{"id": 7, "label": "PER", "start_offset": 0, "end_offset": 3}],
     "relations": [{"id": 4, "from_id": 7, "to_id": 8, "type": "left"}], "Comments": []}
    {"id": 1, "text": "Ola left Ruun.", "label": ["travel"]}

What else a line holds is metadata. A folder whose files hold the same articles is an export with a file for each
annotator: their names are the annotators, and the articles have readings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evalkit.errors import FormatError
from evalkit.formats.base import Source
from evalkit.formats.doccano.units import Placed, in_code_points, in_unit
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.formats.standoff.ids import own_ids
from evalkit.formats.standoff.values import article_of, features_of, listed_objects, whole
from evalkit.layers.table import layer_names
from evalkit.options import ReadOptions
from evalkit.text.counting import parse_counting

__all__ = ["KNOWN", "QUESTION", "SUGGESTED", "UNIT_KEY", "looks_like_doccano", "read_doccano", "readings_of"]

Row = Mapping[str, Any]

QUESTION = "category"
"""What the labels of a whole text are under."""

UNIT_KEY = "offsets_count"
"""The key under which evalkit says how the offsets of a line count, where that makes a difference."""

SUGGESTED = "evalkit_suggested"
"""The key of `meta` under which evalkit says that a system made the spans."""

_LABELS = ("label", "labels", "entities", "cats", "annotations")
_TEXTS = ("text", "data")
_IDS = ("id", "doc_id")
_KEYS = frozenset((*_LABELS, *_TEXTS, *_IDS, "relations", "username", UNIT_KEY))
"""The keys of a line that are no metadata."""
_SPAN_KEYS = frozenset(("id", "label", "start_offset", "end_offset", "user", "prob", "manual", "document", "example"))
_OTHERS = frozenset(("tokens", "words", "annotation_id", "lead_time"))
"""Keys that lines of doccano do not have."""
KNOWN = _KEYS | _OTHERS | {"meta", "Comments"}
"""The keys of a line that say something else than what is known of the article."""
_OWN = frozenset((SUGGESTED,))
_UNNAMED = ("unknown", "all")
"""What doccano calls the file of nobody in particular."""


class _Line(NamedTuple):
    """One line: its place, the row, the annotator, and its spans as they are written."""

    where: str
    row: Row
    text: str
    annotator: str
    spans: list[tuple[int, int, str, Row]]


def looks_like_doccano(row: Row) -> bool:
    """Whether an object is a line of doccano that nothing else could be."""
    others = _OTHERS.union(layer_names()).difference(_LABELS)
    if not any(isinstance(row.get(key), str) for key in _TEXTS) or not others.isdisjoint(row):
        return False
    for key in ("label", "labels", "entities", "annotations"):
        if isinstance(row.get(key), list):
            first = row[key][0] if row[key] else None
            if isinstance(first, dict):
                return {"start_offset", "end_offset"} <= first.keys()
            if isinstance(first, list):
                return len(first) == 3 and whole(first[0]) is not None and isinstance(first[2], (str, int))
            if first is not None or key.startswith("label"):
                return key.startswith("label") and isinstance(first, (str, int, type(None)))
    return "Comments" in row or {"entities", "relations"} <= row.keys()


def readings_of(folder: Path) -> list[Path]:
    """The files of a folder that hold the same articles, one for each annotator; none if it is no such folder."""
    import orjson

    from evalkit.formats.table import head_of

    files = sorted(path for path in folder.glob("*.jsonl") if path.is_file())
    ids: Counter[str] = Counter()
    for path in files:
        own: set[str] = set()
        for line in head_of(path).removeprefix(b"\xef\xbb\xbf").split(b"\n")[:-1] or [b""]:
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if not isinstance(row, dict) or not (own or looks_like_doccano(row)):
                return []
            own.add(_id(row))
        ids.update(own)
    return files if any(number > 1 for name, number in ids.items() if name) else []


def read_doccano(source: Source, options: ReadOptions) -> Documents:
    """The documents of a file, or of a folder with one for each annotator.

    Raises:
        InputError: it cannot be read.
    """
    from evalkit.formats.native.json_rows import read_rows

    problems: list[FormatError] = []
    notes: Counter[str] = Counter()
    lines: list[_Line] = []
    for path in readings_of(source.path) if source.path.is_dir() else [source.path]:
        annotator = path.stem if source.path.is_dir() and path.stem not in _UNNAMED else ""
        for where, row in read_rows(path, on_error=problems.append):
            lines += _lines(where, row, annotator, notes, problems)
    offsets = [
        Placed(line.where, line.text, tuple((start, end) for start, end, _, _ in line.spans), _unit(line.row))
        for line in lines
    ]
    if options.offsets is None:
        placed = in_code_points(offsets, problems, notes)
    else:
        placed = [in_unit(line, parse_counting(options.offsets), problems) for line in offsets]
    digits = max(4, len(str(len(lines))))
    documents = []
    for number, (line, spans) in enumerate(zip(lines, placed, strict=True), 1):
        if spans is not None:
            name = _id(line.row) or f"{source.unnamed}{number:0{digits}d}"
            documents.append(_document(name, line, spans, notes, problems))
    return Documents(documents=tuple(documents), problems=tuple(problems), notes=dict(notes))


def _lines(where: str, row: Row, annotator: str, notes: Counter[str], problems: list[FormatError]) -> Iterable[_Line]:
    """What each annotator said in a row: one, but for old exports that name the user at each span."""
    text = next((row[key] for key in _TEXTS if isinstance(row.get(key), str)), None)
    if text is None:
        problems.append(FormatError(f"{where}: has no 'text'; is it a project of texts? export it as JSONL"))
        return []
    if not annotator and isinstance(row.get("username"), str):
        annotator = str(row["username"])
    spans = _spans(row, where, problems)
    users = {span[3].get("user") for span in spans if "user" in span[3]}
    if annotator or len(users) < 2:
        return [_Line(where, row, text, annotator, spans)]
    notes["lines with the spans of several users, taken apart"] += 1
    return [
        _Line(where, row, text, f"user-{user}", [span for span in spans if span[3].get("user") == user])
        for user in sorted(users, key=str)
    ]


def _spans(row: Row, where: str, problems: list[FormatError]) -> list[tuple[int, int, str, Row]]:
    spans: list[tuple[int, int, str, Row]] = []
    for key in _LABELS:
        for number, one in enumerate(row[key] if isinstance(row.get(key), list) else ()):
            if isinstance(one, dict):
                start, end, label = one.get("start_offset"), one.get("end_offset"), one.get("label")
            elif isinstance(one, list):
                start, end, label = one if len(one) == 3 else (None, None, None)
            else:
                continue
            start, end = whole(start), whole(end)
            if start is None or end is None or not isinstance(label, (str, int)):
                if isinstance(one, list) or {"start_offset", "end_offset"} & one.keys():
                    problems.append(
                        FormatError(f"{where}: {key}[{number}] is {str(one)[:80]}, not start, end and label; mend it")
                    )
                continue
            spans.append((start, end, str(label), one if isinstance(one, dict) else {}))
    return spans


def _unit(row: Row) -> str:
    value = row.get(UNIT_KEY)
    return value if isinstance(value, str) else ""


def _id(row: Row) -> str:
    return _named(next((row[key] for key in _IDS if key in row), None))


def _named(value: object) -> str:
    """A name or a number as a name; empty if it is neither."""
    return value if isinstance(value, str) else str(value) if whole(value) is not None else ""


def _document(
    name: str, line: _Line, spans: Sequence[Any], notes: Counter[str], problems: list[FormatError]
) -> Document:
    row = line.row
    marks: list[Mark] = []
    given = [_named(own.get("id")) for _, _, _, own in line.spans]
    ids, twice = own_ids(given, [f"s{number}" for number in range(1, len(given) + 1)])
    for number in twice:
        problems.append(FormatError(f"{line.where}: two spans have the id {given[number]!r:.80}; mend it"))
    for mark_id, (_, _, label, own), span in zip(ids, line.spans, spans, strict=True):
        marks.append(Mark(mark_id, label, (span,), features_of(own, but=_SPAN_KEYS)))
    known_ids = set(given) - {""}
    links: list[Link] = []
    for relation in listed_objects(row.get("relations")):
        sides = [_named(relation.get(side)) for side in ("from_id", "to_id")]
        if not known_ids.issuperset(sides) or not isinstance(relation.get("type"), (str, int)):
            notes["relations between spans that are not there, left out"] += 1
            continue
        link_id = relation.get("id")
        links.append(Link(str(relation["type"]), sides[0], sides[1], id="" if link_id is None else str(link_id)))
    answers = _answers(row)
    known = {key: value for key, value in row.items() if key not in _KEYS}
    meta = known.pop("meta") if isinstance(known.get("meta"), Mapping) else {}
    if not known.get("Comments", True):
        del known["Comments"]
    return Document(
        id=name,
        text=line.text,
        marks=tuple(marks),
        links=tuple(links),
        labels={} if answers is None else {QUESTION: answers},
        annotator=line.annotator,
        suggested=meta.get(SUGGESTED) is True,
        annotated=any(key in row for key in _LABELS),
        article=article_of(known) | article_of(meta, but=_OWN),
        where=line.where,
    )


def _answers(row: Row) -> tuple[str, ...] | None:
    """The labels of the whole text; None where it has none, and spans may be meant."""
    found: list[str] = []
    asked = "cats" in row
    for key in ("label", "labels", "cats"):
        value = row.get(key)
        several = [value] if isinstance(value, str) and value else value if isinstance(value, list) else []
        plain = [str(one) for one in several if isinstance(one, (str, int)) and not isinstance(one, bool)]
        asked = asked or bool(plain)
        found += plain
    return tuple(dict.fromkeys(found)) if asked else None
