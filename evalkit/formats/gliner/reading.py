"""GLiNER's training data as documents: one object an article, as a list or in lines.

::

    {"tokenized_text": ["Ola", "left", "Ruun", "."], "ner": [[0, 0, "person"], [2, 2, "place"]],
     "relations": [[0, 1, "left"]], "ner_labels": ["person", "place"]}

Ends are inclusive, relations name entities by their place in `ner`. The text is rebuilt from the tokens, unless an
object has it under `text` and its tokens stand there in their order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.errors import FormatError
from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.formats.standoff.ids import unlike
from evalkit.formats.standoff.values import article_of, whole
from evalkit.formats.tokens import RULES, LaidOut, placed, rebuilt
from evalkit.options import ReadOptions
from evalkit.records import Span
from evalkit.registry import unknown_name

__all__ = ["DETOKENISE", "SUGGESTED", "read_gliner"]

DETOKENISE = ("space", "simple")
"""How a text is made of tokens, see `evalkit.formats.tokens`."""

Row = Mapping[str, Any]

_KEYS = frozenset(
    [
        "tokenized_text",
        "ner",
        "relations",
        "text",
        "id",
        "ner_labels",
        "ner_negatives",
        "rel_labels",
        "rel_negatives",
        "negative",
        "label",
        "meta",
    ]
)
"""The keys of an object that are no metadata."""
_LABELS = ("ner_labels", "ner_negatives", "rel_labels", "rel_negatives", "label", "negative")
"""The keys of what could have been annotated, as lists."""
_OWN = ("label", "negative")
SUGGESTED = "evalkit_suggested"
"""The key of `meta` under which evalkit says that a system made the entities."""


def read_gliner(source: Source, options: ReadOptions) -> Documents:
    """The documents of a file.

    Raises:
        InputError: it cannot be read.
    """
    from evalkit.formats.native.json_rows import read_rows

    problems: list[FormatError] = []
    notes: Counter[str] = Counter()
    rule = options.values.get("detokenise", "space")
    if rule not in DETOKENISE:
        raise unknown_name("detokenisation", rule, DETOKENISE)
    rows = list(read_rows(source.path, on_error=problems.append))
    named = [str(row["id"]) if isinstance(row.get("id"), (str, int)) else "" for _, row in rows]
    taken = set(named)
    digits = max(4, len(str(len(rows))))
    documents = []
    for number, (given, (where, row)) in enumerate(zip(named, rows, strict=True), 1):
        name = given or unlike(f"{source.unnamed}{number:0{digits}d}", taken)
        taken.add(name)
        try:
            documents.append(_document(name, where, row, rule, notes, problems))
        except FormatError as error:
            problems.append(error)
    if nameless := named.count(""):
        notes["articles without an id, numbered"] += nameless
    return Documents(documents=tuple(documents), problems=tuple(problems), notes=dict(notes))


def _document(name: str, where: str, row: Row, rule: str, notes: Counter[str], problems: list[FormatError]) -> Document:
    tokens = row.get("tokenized_text")
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
        raise FormatError(f"{where}: 'tokenized_text' is {str(tokens)[:60]!r}, not a list of tokens; mend it")
    text, offsets = _laid_out(tokens, row.get("text"), rule, notes)
    entities = row.get("ner", [])
    if not isinstance(entities, list):
        raise FormatError(f"{where}: 'ner' is {str(entities)[:60]!r}, not a list of [first, last, label]; mend it")
    marks: dict[int, Mark] = {}
    for number, entity in enumerate(entities):
        try:
            marks[number] = _mark(number, entity, offsets, f"{where}: ner[{number}]")
        except FormatError as error:
            problems.append(error)
    labels = [label for key in _LABELS for label in _texts(row.get(key))]
    meta = row["meta"] if isinstance(row.get("meta"), Mapping) else {}
    # What is called so and is no list is somebody's own.
    known = {
        key: value for key, value in row.items() if key not in _KEYS or (key in _OWN and not isinstance(value, list))
    }
    return Document(
        id=name,
        text=text,
        marks=tuple(marks.values()),
        links=tuple(_links(row.get("relations"), marks, entities, notes)),
        article=article_of(known) | article_of(meta, but=frozenset((SUGGESTED,))),
        suggested=meta.get(SUGGESTED) is True,
        annotated="ner" in row,
        declared=frozenset(labels),
        where=where,
    )


def _laid_out(tokens: Sequence[str], text: object, rule: str, notes: Counter[str]) -> LaidOut:
    """The text as it is given, if it is its tokens in their order and nothing else; else put together from them."""
    if isinstance(text, str) and all(token.strip() for token in tokens):
        spans = placed(tokens, text)
        if isinstance(spans, list) and "".join(text.split()) == "".join("".join(tokens).split()):
            return LaidOut(text, spans)
    if empty := sum(not token.strip() for token in tokens):
        notes["tokens without a visible character, in whose place U+FFFD stands"] += empty
    notes[f"texts rebuilt from tokens: {RULES[rule].partition(',')[0]}"] += 1
    return rebuilt(tokens, rule)


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _mark(number: int, entity: object, offsets: Sequence[Span], where: str) -> Mark:
    """The mark of `[first, last, label]`; what else stands there is the text, which says nothing new.

    Raises:
        FormatError: it is something else, or names tokens that are not there.
    """
    given = entity if isinstance(entity, list) and len(entity) >= 3 else [None] * 3
    first, last, label = whole(given[0]), whole(given[1]), given[2]
    if isinstance(label, list) and len(label) == 1:
        label = label[0]
    if first is None or last is None or not isinstance(label, str):
        raise FormatError(f"{where} is {str(entity)[:60]}, not [first, last, label]; mend it")
    if not 0 <= first <= last < len(offsets):
        remedy = "are these exclusive ends? the last token is named inclusively" if last == len(offsets) else "mend it"
        raise FormatError(f"{where} names tokens {first} to {last} of {len(offsets)}, counted from 0; {remedy}")
    return Mark(str(number), label, (Span(offsets[first].start, offsets[last].end),))


def _links(relations: object, marks: Mapping[int, Mark], entities: Sequence[Any], notes: Counter[str]) -> list[Link]:
    """The links of `[head, tail, type]`, or of objects with the tokens of head and tail, as GLiREL has them."""
    places: dict[tuple[Any, Any], int] = {}
    for number, entity in enumerate(entities):
        if number in marks:
            places.setdefault((entity[0], entity[1]), number)
    links = []
    for relation in relations if isinstance(relations, list) else ():
        head: Any = None
        tail: Any = None
        label: Any = None
        if isinstance(relation, list) and len(relation) >= 3:
            head, tail, label = relation[:3]
        elif isinstance(relation, dict):
            head, tail = (_position(relation.get(side), places) for side in ("head", "tail"))
            label = relation.get("relation_text", relation.get("relation", relation.get("label")))
        if whole(head) not in marks or whole(tail) not in marks or not isinstance(label, str):
            notes["relations between entities that are not there, left out"] += 1
        else:
            links.append(Link(label, marks[head].id, marks[tail].id))
    return links


def _position(side: object, places: Mapping[tuple[Any, Any], int]) -> int | None:
    if not isinstance(side, dict):
        return whole(side)
    position = side.get("position")
    if not isinstance(position, list) or len(position) != 2 or not all(whole(one) is not None for one in position):
        return None
    return places.get((position[0], position[1]))
