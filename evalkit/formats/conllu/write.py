"""Documents as CoNLL-U with the brackets of CorefUD, from which the text comes back to the letter.

Tokens are words and single other characters, the same whatever is annotated. Lemmas, tags and trees are left open
(`_`), as nobody made any; the head of a mention, which CorefUD wants, is given as its first word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from evalkit.formats.conllu.brackets import quoted
from evalkit.formats.conllu.read import EVERYTHING, NAMELESS
from evalkit.formats.conllu.sentences import cut_sentences
from evalkit.formats.conllu.spacing import escaped, is_cell
from evalkit.formats.standoff.document import Document, Mark
from evalkit.formats.tags.flat import CONTROL
from evalkit.formats.tokens import TokenIndex
from evalkit.options import ReadOptions
from evalkit.records import Span

__all__ = ["beyond", "write_documents"]

_FIELDS = "eid-etype-head-identity-other"
_CROSSING = "crosses another mention of the same thing"
_PLAIN = re.compile(r"[^\s=](?:.*\S)?")
_PLAIN_KEY = re.compile(r"[A-Za-z][\w.-]*")
_FORM_OF_NO_CELL = "\ufffd"
_RESERVED = frozenset({"json", "dateCreated", "language"})
"""Keys of comments that are read as something else."""

Brackets = dict[int, list[str]]


def beyond(document: Document) -> dict[str, str]:
    """The marks that brackets over words cannot hold: mark → why."""
    tokens = TokenIndex(document.text, cut_sentences(document.text).spans)
    lost: dict[str, str] = {}
    by_thing: dict[str, list[Mark]] = {}
    for mark in document.marks:
        why = next((found for span in mark.spans if isinstance(found := tokens.of(span), str)), None)
        thing = _thing(mark)
        if why is not None:
            lost[mark.id] = why
        elif thing is not None:
            by_thing.setdefault(thing, []).append(mark)
    for marks in by_thing.values():
        lost.update(dict.fromkeys(_entangled(marks), _CROSSING))
    return lost


def _thing(mark: Mark) -> str | None:
    told = mark.features.get("entity_id")
    return told if isinstance(told, str) and told else None


def _entangled(marks: Sequence[Mark]) -> Iterator[str]:
    """Of the mentions of one thing those that a bracket with its id would end at the wrong place."""
    # Sorted like this, what is open ends in the reverse order in which it began, or it crosses.
    still: list[Span] = []
    hulls: list[Span] = []
    for mark in sorted(marks, key=lambda one: (one.spans[0].start, -one.spans[-1].end)):
        hull = Span(mark.spans[0].start, mark.spans[-1].end)
        if len(mark.spans) > 1:
            # Parts are told apart by their numbers only, so two such mentions may not overlap.
            if hulls and hull.start < hulls[-1].end:
                yield mark.id
            else:
                hulls.append(hull)
            continue
        while still and still[-1].end <= hull.start:
            still.pop()
        if still and still[-1].end < hull.end:
            yield mark.id
        else:
            still.append(hull)


def write_documents(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    """Writes documents without the marks that are `beyond` the format."""
    from evalkit.files import write_file

    write_file(target, "".join(line + "\n" for document in documents for line in _lines(document)))


def _lines(document: Document) -> Iterator[str]:
    text = document.text
    held = [mark for mark in document.marks if mark.spans]
    tokens, starts = cut_sentences(text, (span for mark in held for span in mark.spans))
    brackets = _brackets(held, TokenIndex(text, tokens))
    yield from _head(document, bool(tokens))
    ends = [*starts[1:], len(tokens)] if starts else []
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1):
        if number > 1 and re.search(r"\n\s*\n", text[tokens[start - 1].end : tokens[start].start]):
            yield "# newpar"
        yield f"# sent_id = {_name(document.id)}-{number}"
        shown = text[tokens[start].start : tokens[end - 1].end]
        shown = " ".join(shown.split())
        if CONTROL.search(shown) is None:
            # What the words say of themselves, and of the blanks between them, is enough.
            yield f"# text = {shown}"
        for at in range(start, end):
            yield _word(text, tokens, at, at - start + 1, brackets.get(at, []))
        yield ""
    if not tokens:
        yield ""


def _name(article_id: str) -> str:
    """An id as it can stand in a comment."""
    return CONTROL.sub("_", "_".join(article_id.split()))


def _is_plain(value: str) -> bool:
    """Whether a comment can say a value as it is."""
    return _PLAIN.fullmatch(value) is not None and CONTROL.search(value) is None


def _head(document: Document, has_words: bool) -> Iterator[str]:
    """The comments about the article: plain ones where they can be read back, the rest as JSON."""
    extra: dict[str, Any] = {}
    article: dict[str, Any] = {}
    plain_id = _is_plain(document.id)
    if not plain_id:
        extra["id"] = document.id
    yield f"# newdoc id = {document.id if plain_id else _name(document.id)}"
    if document.declared or document.marks:
        yield f"# global.Entity = {_FIELDS}"
    else:
        extra["declared"] = []
    if document.split is not None:
        extra["split"] = document.split
    if not has_words and document.text:
        extra["text"] = document.text
    for key, value in document.article.items():
        plain = isinstance(value, str) and _PLAIN_KEY.fullmatch(key) and _is_plain(value)
        if plain and key not in _RESERVED:
            yield f"# meta::{key} = {value}"
        else:
            article[key] = value
    if article:
        extra["article"] = article
    if extra:
        yield f"# {EVERYTHING} = {json.dumps(extra, ensure_ascii=True, sort_keys=True)}"


def _word(text: str, tokens: Sequence[Span], at: int, number: int, brackets: Sequence[str]) -> str:
    token = tokens[at]
    form = text[token.start : token.end]
    after = text[token.end : tokens[at + 1].start] if at + 1 < len(tokens) else text[token.end :]
    last = at + 1 == len(tokens)
    said = []
    if brackets:
        said.append(f"Entity={''.join(brackets)}")
    if after != ("" if last else " "):
        said.append(f"SpacesAfter={escaped(after)}" if after else "SpaceAfter=No")
    if at == 0 and token.start:
        said.append(f"SpacesBefore={escaped(text[: token.start])}")
    if not is_cell(form):
        said.append(f"SpacesInToken={escaped(form)}")
        form = _FORM_OF_NO_CELL
    misc = "|".join(sorted(said)) or "_"
    return f"{number}\t{form}\t" + "_\t" * 7 + misc


def _brackets(marks: Sequence[Mark], index: TokenIndex) -> Brackets:
    """What stands at each token: brackets that close, then those that open, the longest first, then single words."""
    taken = {quoted(thing) for mark in marks if (thing := _thing(mark)) is not None}
    opening: dict[int, list[tuple[int, str]]] = {}
    closing: dict[int, list[tuple[int, str]]] = {}
    single: dict[int, list[str]] = {}
    number = 0
    for mark in marks:
        thing = _thing(mark)
        eid = quoted(thing) if thing is not None else ""
        while not eid or (thing is None and eid in taken):
            number += 1
            eid = f"e{number}"
        ranges = [found for span in mark.spans if not isinstance(found := index.of(span), str)]
        for part, (first, end) in enumerate(ranges, 1):
            name = f"{eid}[{part}/{len(ranges)}]" if len(ranges) > 1 else eid
            opened = f"({_values(name, mark, named=thing is not None)}"
            if end - first == 1:
                single.setdefault(first, []).append(f"{opened})")
            else:
                opening.setdefault(first, []).append((-end, opened))
                closing.setdefault(end - 1, []).append((-first, f"{name})"))
    made: Brackets = {}
    for at in {*opening, *closing, *single}:
        closed = [name for _, name in sorted(closing.get(at, []), key=lambda pair: pair[0])]
        began = [value for _, value in sorted(opening.get(at, []), key=lambda pair: pair[0])]
        alone = single.get(at, [])
        # The nearest bracket to the word is the smallest: a single word stands before what ends with it.
        made[at] = [*closed, *began, *alone] if began else [*alone, *closed]
    return made


def _values(name: str, mark: Mark, *, named: bool) -> str:
    rest = {key: value for key, value in mark.features.items() if key not in ("entity_id", "link", "head")}
    other = [] if named else [NAMELESS]
    other += (f"{quoted(key)}:{quoted(_text(value))}" for key, value in sorted(rest.items()))
    link = mark.features.get("link")
    values = [name, quoted(mark.type), "1", quoted(_text(link)) if link is not None else "", ",".join(other)]
    while not values[-1]:
        values.pop()
    return "-".join(values)


def _text(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else " ".join(value)
