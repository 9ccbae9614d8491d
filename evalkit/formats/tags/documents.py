"""Where the documents of a tag-column file begin and end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from evalkit.errors import FormatError
from evalkit.formats.tags.pairing import Unplaced
from evalkit.formats.tags.schemes import TokenSpan
from evalkit.formats.tags.tag_file import TagFile

__all__ = ["DocumentRange", "TagDocument", "cut_documents", "find_documents", "with_tails"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TagDocument:
    """One document: `tokens`, and entities as spans of them.

    Attributes:
        id: its name in the file, or its number.
        tokens: the gold tokens, then `tail` predicted tokens that gold lacks but an entity was predicted on.
        gold: gold entities by start.
        predicted: predicted entities by start; None if only gold was read.
        sentences: indices of the tokens that begin a sentence (a block between blank lines).
        glued: indices of tokens that no space follows; None if the file does not say.
        tail: how many of the last tokens are no gold tokens; entities there are spurious.
    """

    id: str
    tokens: tuple[str, ...]
    gold: tuple[TokenSpan, ...]
    predicted: tuple[TokenSpan, ...] | None = None
    sentences: tuple[int, ...] = (0,)
    glued: frozenset[int] | None = None
    tail: int = 0


class DocumentRange(NamedTuple):
    """The tokens of one document: `start` inclusive, `end` exclusive."""

    name: str
    start: int
    end: int


def find_documents(
    file: TagFile, mode: str, *, notes: Counter[str], unnamed: str = ""
) -> tuple[str, list[DocumentRange]]:
    """The mode that was used, and the documents in order; together they cover every token.

    Comments such as `# id = a1` are document marks where the file has no others and one stands before its first token,
    or where `mode` asks for comments. Without document marks every block between blank lines is a document, so that a
    bootstrap over articles resamples the largest units that the file shows to be separate. `unnamed` is what a document
    without a name is called, with its number if there are several.

    Raises:
        FormatError: the file lacks the marks that `mode` asks for.
    """
    marks = file.marks
    if file.ids and not any(mark.kind == "comment" for mark in marks):
        if mode == "comment" or (mode == "auto" and not marks and file.ids[0].start == 0):
            marks = file.ids
        elif mode == "auto" and not marks:
            notes["gold: comments that give an id and begin no document; if they do, --document comment"] += len(
                file.ids
            )
    kinds = {mark.kind for mark in marks}
    if mode == "auto":
        mode = next((kind for kind in ("comment", "docstart") if kind in kinds), "blank")
    if mode in ("comment", "docstart"):
        if mode not in kinds:
            example = "# document_id = NAME" if mode == "comment" else "-DOCSTART-"
            raise FormatError(f"{file.path}: has no document marks like {example!r}; use --document blank or file")
        starts = {mark.start: mark.name for mark in marks if mark.kind == mode}
        empty = sum(mark.kind == mode for mark in marks) - len(starts)
        starts.pop(len(file.tokens), None)
        if empty:
            notes["gold: documents without a token, left out"] += empty
    elif mode == "file":
        starts = {}
    else:
        mode, starts = "blank", dict.fromkeys(file.blocks, "")
    starts.setdefault(0, "")
    return mode, _ranges(file, sorted(starts.items()), notes, unnamed)


def _ranges(file: TagFile, starts: list[tuple[int, str]], notes: Counter[str], unnamed: str) -> list[DocumentRange]:
    ends = [start for start, _ in starts[1:]] + [len(file.tokens)]
    digits = max(4, len(str(len(starts))))
    used: set[str] = set()
    ranges: list[DocumentRange] = []
    for number, ((start, name), end) in enumerate(zip(starts, ends, strict=True), 1):
        plain = name or (unnamed if unnamed and len(starts) == 1 else f"{unnamed}-{number:0{digits}d}".strip("-"))
        unique = plain if plain not in used else f"{plain}#{number}"
        if unique != plain:
            notes["gold: document names given twice, numbered"] += 1
        used.add(unique)
        ranges.append(DocumentRange(unique, start, end))
    return ranges


def cut_documents(
    gold: TagFile, ranges: Sequence[DocumentRange], gold_spans: Iterable[TokenSpan], spans: Iterable[TokenSpan] | None
) -> list[TagDocument]:
    """The documents with their share of the entities; a `spans` of None means that nothing was predicted."""
    documents: list[TagDocument] = []
    by_document = _by_document(gold_spans, ranges)
    predicted = _by_document(spans, ranges) if spans is not None else None
    sentences = _starts_by_document(gold.blocks, ranges)
    glued = _starts_by_document(sorted(gold.glued), ranges) if gold.glued is not None else None
    for number, part in enumerate(ranges):
        documents.append(
            TagDocument(
                id=part.name,
                tokens=tuple(gold.tokens[part.start : part.end]),
                gold=by_document[number],
                predicted=predicted[number] if predicted is not None else None,
                sentences=tuple(sentences[number]) or (0,),
                glued=frozenset(glued[number]) if glued is not None else None,
            )
        )
    return documents


def _by_document(spans: Iterable[TokenSpan], ranges: Sequence[DocumentRange]) -> list[tuple[TokenSpan, ...]]:
    found: list[list[TokenSpan]] = [[] for _ in ranges]
    number = 0
    for span in spans:
        while span.start >= ranges[number].end:
            number += 1
        offset = ranges[number].start
        found[number].append(TokenSpan(span.start - offset, span.end - offset, span.label))
    return [tuple(spans) for spans in found]


def _starts_by_document(starts: Sequence[int], ranges: Sequence[DocumentRange]) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in ranges]
    number = 0
    for start in starts:
        while start >= ranges[number].end:
            number += 1
        found[number].append(start - ranges[number].start)
    return found


def with_tails(
    documents: list[TagDocument], ranges: Sequence[DocumentRange], unplaced: Sequence[Unplaced]
) -> list[TagDocument]:
    """The documents with predicted entities that stand on no gold token, each on tokens of its own after the text."""
    result = list(documents)
    for after, tokens, label in unplaced:
        number = next((n for n, part in enumerate(ranges) if after < part.end), len(ranges) - 1)
        old = result[number]
        size = len(old.tokens)
        result[number] = TagDocument(
            id=old.id,
            tokens=(*old.tokens, *tokens),
            gold=old.gold,
            predicted=(*(old.predicted or ()), TokenSpan(size, size + len(tokens), label)),
            sentences=old.sentences,
            glued=old.glued,
            tail=old.tail + len(tokens),
        )
    return result
