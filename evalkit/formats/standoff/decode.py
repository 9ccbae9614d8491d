"""From the documents of a tool to articles with layers, as a profile says. What it says nothing of is counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from evalkit.errors import FormatError
from evalkit.formats.base import Batch, Claims, Source, with_layers
from evalkit.formats.native.rows import article_from_row, scope_from_row
from evalkit.formats.standoff.document import Document, Documents
from evalkit.formats.standoff.items import ItemReader
from evalkit.formats.standoff.profile import Profile
from evalkit.records import Annotations, Article, Example, Prediction, Scope

__all__ = ["article_of", "decode"]

_STATED = ("title", "source", "published", "lang", "zones", "scope")
_SUGGESTIONS = "texts with suggestions of a system, which are no gold: left aside"


def decode(
    documents: Documents, profile: Profile, source: Source, *, named: bool = False, annotator: str | None = None
) -> Batch:
    """What a tool's documents say of articles.

    What a named annotator made is a reading; the ground truth, and what nobody in particular made, is gold. A layer was
    annotated in all articles if something of the file could be one of its items.

    Args:
        documents: what the tool's reader found.
        profile: what types, links and features mean.
        source: whether gold or predictions are wanted.
        named: whether the user named the profile, so that each of its layers counts as annotated.
        annotator: whose suggestions are wanted, where several systems made some of one article.
    """
    reader = ItemReader(profile)
    problems, notes = list(documents.problems), dict(documents.notes)
    suggested = [one for one in documents.documents if one.suggested]
    wanted = suggested if source.predicted and suggested else documents.documents
    if suggested and not source.predicted:
        notes[_SUGGESTIONS] = notes.get(_SUGGESTIONS, 0) + len(suggested)
    by_id: dict[str, list[Document]] = {}
    for one in wanted:
        by_id.setdefault(one.id, []).append(one)
    examples: list[Example] = []
    looked_at: list[bool] = []
    settled: list[bool] = []
    claims: list[Claims] = []
    splits: list[str | None] = []
    for own in by_id.values():
        try:
            _refuse_differing(own)
            if wanted is suggested:
                own = [_suggestion(own, annotator)]
            article, scope = article_of(own[0], profile)
        except FormatError as error:
            problems.append(error)
            continue
        for example in _examples(own, article, scope, reader, source):
            examples.append(example)
            looked_at.append(wanted is suggested or any(one.annotated and not one.suggested for one in own))
            settled.append(len([one for one in own if one.ground_truth and one.annotated]) == 1)
            text = article.text or None if wanted is suggested else None
            claims.append(Claims(where=own[0].where, text=text))
            splits.append(own[0].split)
    layers = frozenset(profile.layers if named else reader.annotated)
    examples = [
        with_layers(example, layers, is_settled=truth) if looked else example
        for example, looked, truth in zip(examples, looked_at, settled, strict=True)
    ]
    read = Batch(
        claims=tuple(claims),
        reading=documents.reading,
        notes=notes,
        left_out={kind: dict(names) for kind, names in reader.left_out.items()},
        together=layers if any(looked_at) else None,
        problems=tuple(problems),
    )
    if wanted is suggested:
        predictions = (Prediction(article_id=one.article.id, annotations=one.gold) for one in examples)
        return replace(read, predictions=tuple(predictions))
    return replace(read, examples=tuple(examples), splits=tuple(splits) if any(splits) else ())


def article_of(document: Document, profile: Profile) -> tuple[Article, Scope]:
    """The article of a document, and what of it was annotated exhaustively.

    Raises:
        FormatError: zones or scope are none.
    """
    known: dict[str, Any] = dict(document.article)
    if not known and not profile.article:
        return Article(id=document.id, text=document.text), Scope()
    by_folded = {profile.fold(name): name for name in known}
    answers = {profile.fold(name): values for name, values in document.labels.items()}
    renamed: dict[str, Any] = {}
    for ours, theirs in profile.article.items():
        if theirs in by_folded:
            renamed[ours] = known.pop(by_folded[theirs])
        elif answers.get(theirs):
            renamed[ours] = "; ".join(answers[theirs])
    known |= renamed
    row: dict[str, Any] = {key: known.pop(key) for key in _STATED if key in known}
    where = document.where or document.id
    article = article_from_row({"id": document.id, "text": document.text, "metadata": known, **row}, where)
    return article, scope_from_row(row, where)


def _examples(
    documents: Sequence[Document], article: Article, scope: Scope, reader: ItemReader, source: Source
) -> Iterable[Example]:
    """The article with its gold and its readings; several articles of one id if nothing tells who annotated them."""
    if not source.predicted:
        documents = [one for one in documents if not one.suggested and one.annotated]
    if not documents:
        yield Example(article=article, gold=Annotations(scope=scope))
        return
    annotations = [Annotations(reader.read(one), scope) for one in documents]
    if not any(one.annotator or one.ground_truth for one in documents) or (source.predicted and len(documents) == 1):
        for own in annotations:
            yield Example(article=article, gold=own)
        return
    readings: dict[str, Annotations] = {}
    truths = [own for one, own in zip(documents, annotations, strict=True) if one.ground_truth]
    for one, own in zip(documents, annotations, strict=True):
        if one.annotator or not one.ground_truth or len(truths) > 1:
            readings[_unlike(one.annotator or "unnamed", readings)] = own
    gold = truths[0] if len(truths) == 1 else Annotations(scope=scope)
    yield Example(article=article, gold=gold, readings=readings)


def _unlike(name: str, taken: Mapping[str, object]) -> str:
    """The name of an annotator who has annotated the article before, with a number."""
    number, unique = 1, name
    while unique in taken:
        number += 1
        unique = f"{name} ({number})"
    return unique


def _refuse_differing(documents: Sequence[Document]) -> None:
    first = documents[0]
    for other in documents[1:]:
        if other.text != first.text:
            places = " and ".join(dict.fromkeys(one.where for one in (first, other) if one.where))
            raise FormatError(
                f"{places or first.id}: article {first.id!r} has two texts, the lengths of which are "
                f"{len(first.text)} and {len(other.text)}; give each article its own id, or leave one out"
            )


def _suggestion(documents: Sequence[Document], annotator: str | None) -> Document:
    """The suggestions that are wanted of one article.

    Raises:
        FormatError: several systems made some, and nobody says whose are wanted.
    """
    names = sorted({one.annotator for one in documents})
    if annotator is not None:
        documents = [one for one in documents if one.annotator == annotator] or documents
    if len(documents) > 1:
        raise FormatError(
            f"{documents[0].where or documents[0].id}: article {documents[0].id!r} has suggestions of "
            f"{', '.join(map(repr, names))}; name one with --annotator"
        )
    return documents[0]
