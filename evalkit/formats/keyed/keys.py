"""Which keys of somebody's JSON hold what, as the table `[keys]` of a profile says.

::

    [keys]
    id = "primary_gid"              # of the article; its number in the file if there is none
    text = "sentence_normalized"
    spans = "targets"               # the list of spans; one name or several lists
    start = "from"
    end = "to"
    surface = "mention"             # what is said to stand there: it proves how offsets were counted
    label = "polarity"              # the type of the mark; that of the list if there is none

A name may be a path (`span.begin`, or `0` for the first of a list), and a list of names means the first that is there.
Everything else that a span says in text or numbers is a feature of its mark, `@NAME` in the tables of the layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from evalkit.errors import FormatError
from evalkit.registry import near_match

__all__ = ["NOTHING", "Keys", "Names", "keys_of", "value_at"]

Names = tuple[str, ...]

NOTHING = object()
"""What stands at a path that leads nowhere: null is something else."""


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Where things stand in a row; each is a list of names, of which the first that is there counts.

    Attributes:
        rows: the list of rows in a file that is one object.
        id: the id of the article.
        text: its text.
        spans: the lists of spans; every one that is there counts.
        start: where a span begins.
        end: where it ends.
        bounds: both as a pair, or as a list of pairs for a discontinuous span.
        surface: what is said to stand there.
        label: what the span is called.
        span_id: what relations call it.
        links: the list of relations.
        source: the span that a relation goes out from.
        target: the span that it goes to.
        relation: what the relation is called.
        tags: tags of the tokens, as `B-PER`.
        tokens: the tokens.
        offsets: where each token stands, as pairs.
        labels: what is said of the whole text: one label, a list of them, or an object of them.
        annotator: who made the spans of the row.
        counting: how offsets are counted, as `utf-16,inclusive`, where no text of the spans proves it; half-open code
            points by default.
        split: its split.
        title: the title of the article; so `published`, `lang` and `publisher`.
        publisher: where it was published.
        published: its date.
        lang: its language.
    """

    rows: Names = ()
    id: Names = ("id", "article_id", "doc_id", "docid", "uid")
    text: Names = ("text", "content", "sentence", "body")
    spans: Names = ("annotations", "spans")
    start: Names = ("start", "from", "begin", "start_offset", "start_char", "offset_start", "span.begin", "0")
    end: Names = ("end", "to", "end_offset", "end_char", "offset_end", "span.end", "1")
    bounds: Names = ("offsets", "span", "position")
    surface: Names = ("value", "mention", "surface", "span_text", "text", "word")
    label: Names = ("label", "type", "tag", "entity_type", "obj", "category", "2")
    span_id: Names = ("id", "span_id", "entity_id")
    links: Names = ("relations",)
    source: Names = ("source", "head", "from_id", "subj", "from", "arg1")
    target: Names = ("target", "tail", "child", "to_id", "obj", "to", "arg2")
    relation: Names = ("type", "label", "relation", "pred")
    tags: Names = ("ner_tags", "tags")
    tokens: Names = ("tokens", "words")
    offsets: Names = ("annotation_offsets", "token_offsets", "offsets")
    labels: Names = ()
    annotator: Names = ("annotator",)
    counting: Names = ()
    split: Names = ("split",)
    title: Names = ("title", "headline")
    publisher: Names = ("source",)
    published: Names = ("published", "date")
    lang: Names = ("lang", "language")


def keys_of(table: Mapping[str, Any], where: str) -> Keys:
    """The names that a table gives, and the usual ones for the rest.

    Raises:
        FormatError: there is no such name, or its value is neither text nor a list of texts.
    """
    known = [field.name for field in fields(Keys)]
    given = {}
    for name, value in table.items():
        if name not in known:
            near = near_match(name, known)
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(known)}"
            raise FormatError(f"{where}: [keys] has no {name!r}; {hint}")
        names = [value] if isinstance(value, (str, int)) and not isinstance(value, bool) else value
        if not isinstance(names, list) or not all(isinstance(one, (str, int)) for one in names):
            raise FormatError(f"{where}: [keys] {name} must be a name or a list of names, found {value!r}")
        given[name] = tuple(map(str, names))
    return Keys(**given)


def value_at(row: Any, names: Names) -> Any:
    """What stands at the first of some paths that lead anywhere; `NOTHING` if none does."""
    for name in names:
        if (value := _at(row, name)) is not NOTHING:
            return value
    return NOTHING


def _at(value: Any, name: str) -> Any:
    # A key that has a dot in it is a key.
    if isinstance(value, Mapping) and name in value:
        return value[name]
    if isinstance(value, list) and name.isascii() and name.isdigit():
        return value[int(name)] if len(name) < 10 and int(name) < len(value) else NOTHING
    head, dot, rest = name.partition(".")
    inner = _at(value, head) if dot else NOTHING
    return NOTHING if inner is NOTHING else _at(inner, rest)
