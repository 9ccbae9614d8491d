"""Documents as a DocBin: entities where they may stand, everything else in a group of spans and the user data.

`doc.ents` holds the longest marks that share no token, of those that it can hold whole: with a label, a link and an id.
The others stand in `doc.spans["evalkit"]`, and what a span has no place for in `doc.user_data["evalkit"]`. Tokens are
words, cut where a mark begins or ends, so no mark is lost to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evalkit.formats.spacy_docs.reading import KEY, QUESTION, needed
from evalkit.formats.standoff.document import Document, Mark
from evalkit.formats.standoff.words import TokenRange, tokens_of
from evalkit.options import ReadOptions

__all__ = ["write_spacy"]

_NATIVE = ("link", "entity_id")
"""The features that spaCy has a place for."""


def write_spacy(documents: Sequence[Document], target: Path, options: ReadOptions) -> None:
    """Writes the documents to a file.

    Raises:
        MissingExtraError: spaCy is not installed.
    """
    from evalkit.files import write_file

    spacy = needed(target)
    vocab = spacy.vocab.Vocab()
    made = spacy.tokens.DocBin(store_user_data=True)
    for document in documents:
        made.add(_doc(document, spacy, vocab))
    write_file(target, made.to_bytes())


def _doc(document: Document, spacy: Any, vocab: Any) -> Any:
    text = document.text
    tokens = tokens_of(text, [mark.spans[0] for mark in document.marks])
    doc = spacy.tokens.Doc(vocab, words=[text[start:end] for start, end in tokens.spans], spaces=tokens.blank)
    ranges = {mark.id: tokens.range_of(mark.spans[0]) for mark in document.marks}

    def span(mark: Mark) -> Any:
        first, last = ranges[mark.id]
        link, thing = (str(mark.features.get(name, "")) for name in _NATIVE)
        return spacy.tokens.Span(doc, first, last + 1, label=mark.type, kb_id=link, span_id=thing)

    flat = _flat(document, ranges)
    doc.set_ents([span(mark) for mark in document.marks if mark.id in flat])
    rest = [mark for mark in document.marks if mark.id not in flat]
    if rest:
        doc.spans[KEY] = [span(mark) for mark in rest]
    if QUESTION in document.labels:
        doc.cats = dict.fromkeys(document.labels[QUESTION], 1.0)
    doc.user_data[KEY] = {
        "id": document.id,
        "annotator": document.annotator,
        "ground_truth": document.ground_truth,
        "suggested": document.suggested,
        "annotated": document.annotated,
        "article": dict(document.article),
        "asked": QUESTION in document.labels,
        "marks": [_extra(mark, "" if mark.id in flat else KEY) for mark in document.marks],
        "links": [
            {
                "type": link.type,
                "source": link.source,
                "target": link.target,
                "features": dict(link.features),
                "id": link.id,
            }
            for link in document.links
        ],
    }
    return doc


def _flat(document: Document, ranges: dict[str, TokenRange]) -> set[str]:
    """The marks that are entities of the document."""
    ids = {mark.id: mark for mark in document.marks}
    aside = {link.source for link in document.links}
    # A part of another mark is called as the link that leads to it.
    aside |= {link.target for link in document.links if ids[link.target].type == link.type}
    whole = [
        mark
        for mark in document.marks
        if mark.id not in aside
        and all(name in _NATIVE and isinstance(value, str) for name, value in mark.features.items())
        and document.text[slice(*mark.spans[0])].strip()
    ]
    chosen: set[str] = set()
    taken: set[int] = set()
    for mark in sorted(whole, key=lambda mark: (ranges[mark.id].first - ranges[mark.id].last, ranges[mark.id].first)):
        own = range(ranges[mark.id].first, ranges[mark.id].last + 1)
        if taken.isdisjoint(own):
            chosen.add(mark.id)
            taken.update(own)
    return chosen


def _extra(mark: Mark, group: str) -> dict[str, Any]:
    start, end = mark.spans[0]
    extra: dict[str, Any] = {"group": group, "start": start, "end": end, "label": mark.type, "id": mark.id}
    features = {
        name: value for name, value in mark.features.items() if name not in _NATIVE or not isinstance(value, str)
    }
    if features:
        extra["features"] = features
    return extra if mark.score is None else extra | {"score": mark.score}
