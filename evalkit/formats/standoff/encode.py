"""From articles with layers to the documents of a tool, and what of them it cannot hold.

What was lost is not argued but seen: the documents, without what the tool says that it cannot hold (`Holds`), are read
again by the profile, and each item is compared with what became of it. So the items read are those written and those
lost, by construction. No file is read for this: that a tool's writer writes all of a document, and its reader reads it
again, is what the tests of its round trip hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evalkit.formats.base import Batch, Losses
from evalkit.formats.native.rows import example_to_row
from evalkit.formats.standoff.document import Document, Holds, Mark
from evalkit.formats.standoff.drafting import Draft, Key, draft_document
from evalkit.formats.standoff.items import THING, ItemReader
from evalkit.formats.standoff.profile import Profile
from evalkit.layers.base import Layer
from evalkit.layers.table import load_layer
from evalkit.records import Annotations, Article, Example, Prediction, Scope, Span

__all__ = ["Encoded", "encode"]

Beyond = Callable[[Document], Mapping[str, str]]

Remarks = Mapping[tuple[str, str], Mapping[Key, str]]
_SILENCE: Mapping[Key, str] = {}
NOTE = "note"
"""The feature of a mark that tools show as a note."""

_STATED = ("title", "source", "published", "lang", "zones", "scope")


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """Documents for a tool's writer, and what they do not hold of what was to be written."""

    documents: tuple[Document, ...]
    losses: Losses


def encode(batch: Batch, profile: Profile, holds: Holds, beyond: Beyond | None = None) -> Encoded:
    """The documents of articles: their gold and its readings, or what a system predicted as suggestions.

    Args:
        batch: what is to be written.
        profile: how layers are said by marks, links and labels.
        holds: what the tool's files can hold.
        beyond: marks of a document that they cannot hold although `holds` allows for them: mark → kind of loss.
    """
    encoder = _Encoder(profile, holds, beyond)
    documents: list[Document] = []
    predictions = None if batch.predictions is None else {one.article_id: one for one in batch.predictions}
    splits = batch.splits or (None,) * len(batch.examples)
    for example, split in zip(batch.examples, splits, strict=True):
        page = replace(encoder.page(example), split=split)
        if predictions is not None:
            words = batch.remarks.get((example.article.id, ""), {})
            document = encoder.suggestion(page, predictions.get(example.article.id), words)
            documents.append(replace(document, system=batch.system) if document.suggested else document)
            continue
        documents += encoder.readings(page, example, batch.remarks)
    if predictions is None:
        encoder.count_absent(batch.examples)
    return Encoded(documents=tuple(documents), losses=encoder.losses())


class _Encoder:
    """Writes one article after the other and counts what is lost."""

    def __init__(self, profile: Profile, holds: Holds, beyond: Beyond | None) -> None:
        self.profile, self.holds, self.beyond = profile, holds, beyond
        self.reader = ItemReader(profile)
        self.references = {
            origin.name
            for table in profile.tables
            for field in table.layer.refers
            for origin in table.fields[field]
            if origin.value == "feature" and not origin.steps
        }
        self.written: Counter[str] = Counter()
        self.lost: dict[str, Counter[str]] = {}
        self.left_out: Counter[str] = Counter()

    def losses(self) -> Losses:
        """What was written and what was not."""
        lost = {layer: dict(sorted(kinds.items())) for layer, kinds in self.lost.items()}
        return Losses(written=dict(self.written), lost=lost, left_out=dict(sorted(self.left_out.items())))

    def page(self, example: Example) -> Document:
        """The article of an example without marks."""
        article, known = example.article, dict[str, Any]()
        row = example_to_row(replace(example, gold=Annotations(scope=example.gold.scope)))
        stated = {key: row[key] for key in _STATED if row[key] and row[key] != _NO_SCOPE}
        for key, value in {f"{key} of articles": one for key, one in stated.items()}.items():
            if not self.holds.article and value:
                self.left_out[key] += 1
        if article.metadata and not self.holds.article:
            self.left_out["metadata of articles"] += 1
        if self.holds.article:
            hidden = [name for name in article.metadata if name in _STATED]
            self.left_out.update(f"metadata of articles called {name!r}" for name in hidden)
            known = {**{name: value for name, value in article.metadata.items() if name not in _STATED}, **stated}
            theirs = self.profile.article
            known = {theirs.get(name, name): value for name, value in known.items()}
        return Document(id=article.id, text=article.text, article=known)

    def readings(self, page: Document, example: Example, remarks: Remarks) -> list[Document]:
        """The documents of one article: its gold, and what each annotator said."""
        readings = example.readings if self.holds.readings else {}
        if len(readings) < len(example.readings):
            self.left_out["readings of annotators"] += len(example.readings)
        documents = []
        if example.gold.layers or not readings:
            same = next((name for name, own in readings.items() if own == example.gold), None)
            words = remarks.get((example.article.id, ""), {})
            annotated = bool(example.gold.layers)
            document = self.annotated(page, example.gold, words) if annotated else replace(page, annotated=False)
            documents.append(replace(document, ground_truth=bool(readings), annotator=same or ""))
            readings = {name: own for name, own in readings.items() if name != same}
        for name, own in readings.items():
            # An only reading is the gold.
            words = remarks.get((example.article.id, name), {})
            document = self.annotated(page, own, words, of_reading=own is not example.settled)
            documents.append(replace(document, annotator=name))
        return documents

    def suggestion(self, page: Document, prediction: Prediction | None, words: Mapping[Key, str]) -> Document:
        """What a system predicted, to be corrected."""
        if prediction is None or prediction.error is not None:
            self.left_out["articles that failed, without suggestions"] += 1
            return replace(page, annotated=False)
        if not self.holds.suggestions:
            self.left_out["articles whose suggestions would be read as gold: the format cannot tell them apart"] += 1
        return replace(self.annotated(page, prediction.annotations, words), suggested=True)

    def annotated(
        self, page: Document, annotations: Annotations, words: Mapping[Key, str] = _SILENCE, *, of_reading: bool = False
    ) -> Document:
        """The document with the items, and words as notes at some of them; what it does not hold is counted."""
        draft = draft_document(page, annotations, self.profile, self.holds)
        document, dropped = _held(draft, self.holds, self.beyond)
        document = self._without_references(document, dropped)
        self._compare(annotations, draft, self.reader.read(document), dropped, of_reading=of_reading)
        return self._with_notes(document, {draft.pieces[key]: own for key, own in words.items() if key in draft.pieces})

    def _with_notes(self, document: Document, words: Mapping[str, str]) -> Document:
        """The document with notes at some marks or links, where the tool has them."""
        if not words or not self.holds.features or self.holds.reserved(NOTE):
            return document
        marks = (one._replace(features=_noted(one.features, words.get(one.id, ""))) for one in document.marks)
        links = (one._replace(features=_noted(one.features, words.get(one.id, ""))) for one in document.links)
        return replace(document, marks=tuple(marks), links=tuple(links))

    def _without_references(self, document: Document, dropped: Mapping[str, str]) -> Document:
        """The document without features that refer to items which are lost."""
        if not dropped or not self.references:
            return document
        return replace(
            document,
            marks=tuple(
                mark._replace(features={name: value for name, value in mark.features.items() if name not in gone})
                if (gone := {one for one in self.references & mark.features.keys() if mark.features[one] in dropped})
                else mark
                for mark in document.marks
            ),
        )

    def _compare(
        self,
        annotations: Annotations,
        draft: Draft,
        read: Mapping[str, Sequence[Any]],
        dropped: Mapping[str, str],
        *,
        of_reading: bool,
    ) -> None:
        things = _things_by_reading(annotations, draft, read)
        for name, items in annotations.layers.items():
            layer = load_layer(name)
            again = {item.id: item for item in read.get(name, ())}
            answers = Counter(layer.label(item) for item in read.get(name, ())) if layer.spans_field is None else None
            if not of_reading:
                self.written.setdefault(name, 0)
            for number, item in enumerate(items):
                key = (name, number)
                cause = self._cause(layer, item, key, draft, again, dropped, things, answers)
                if of_reading:
                    self.left_out.update([f"{name} of readings: {cause}"] if cause else [])
                elif cause:
                    self.lost.setdefault(name, Counter())[cause] += 1
                else:
                    self.written[name] += 1

    def _cause(
        self,
        layer: Layer[Any],
        item: Any,
        key: Key,
        draft: Draft,
        again: Mapping[str, Any],
        dropped: Mapping[str, str],
        things: Mapping[str, str],
        answers: Counter[str] | None,
    ) -> str:
        """Why an item is lost; empty if it was written. What it lacks beside what it is, is counted."""
        if key in draft.lost:
            return draft.lost[key]
        if key in draft.answers and answers is not None:
            label = layer.label(item)
            answers[label] -= 1
            if answers[label] < 0:
                return f"{layer.label_field} changed"
            if any(getattr(item, one.name) != one.absent for one in layer.fields if one.name != layer.label_field):
                self._count_parts(layer, item, None, things)
            return ""
        piece = draft.pieces[key]
        if piece in dropped:
            return dropped[piece]
        other = again.get(piece)
        if other is None:
            return "not read by the profile"
        for name in _essential(layer):
            ours, theirs = _unordered(getattr(item, name)), _unordered(getattr(other, name))
            if ours != theirs and not (name in layer.names and things.get(theirs) == ours):
                return f"{name} changed"
        self._count_parts(layer, item, other, things)
        return ""

    def _count_parts(self, layer: Layer[Any], item: Any, other: Any, things: Mapping[str, str]) -> None:
        for one in layer.fields:
            if one.name in _essential(layer):
                continue
            ours = _unordered(getattr(item, one.name))
            theirs = one.absent if other is None else _unordered(getattr(other, one.name))
            names_thing = one.name == THING or one.name in layer.names
            # An id that others needed was made, and another item is called by the mark that stands for it.
            made = (ours == one.absent and one.name == THING) or (one.name in layer.refers and theirs is not None)
            if ours != theirs and not made and not (names_thing and things.get(theirs) == ours):
                self.left_out[f"{one.name} of {layer.name}"] += 1

    def count_absent(self, examples: Sequence[Example]) -> None:
        """Counts layers that the tool cannot tell: not annotated in an article, or empty in all that were."""
        gold = [example.settled for example in examples]
        readings = [own for example in examples for own in example.readings.values()] if self.holds.readings else []
        together = {name for one in gold for name in one.layers}
        for name in sorted(name for name in together if not any(one[name] for one in (*gold, *readings))):
            if not self.holds.declared or name not in self.profile.layers:
                articles = sum(one[name] is not None for one in gold)
                self.left_out[f"articles in which {name} are annotated and empty: read as not annotated"] += articles
        if together and not self.holds.declared:
            unlooked = sum(not (one.gold.layers or (self.holds.readings and one.readings)) for one in examples)
            self.left_out.update({"articles that nobody annotated: read as annotated": unlooked} if unlooked else {})
        for one in gold:
            if one.layers:
                for name in together - one.layers.keys():
                    self.left_out[f"articles in which nobody annotated {name}: read as none there"] += 1


_NO_SCOPE = example_to_row(Example(article=Article(id="", text=""), gold=Annotations(scope=Scope())))["scope"]


def _noted(features: Mapping[str, Any], words: str) -> Mapping[str, Any]:
    return {**features, NOTE: words} if words and NOTE not in features else features


def _unordered(value: Any) -> Any:
    """A value in which the order of several spans or names says nothing."""
    return tuple(sorted(value)) if type(value) is tuple and len(value) > 1 else value


def _essential(layer: Layer[Any]) -> list[str]:
    """The fields without which an item is another one."""
    place = [layer.spans_field] if layer.spans_field is not None and layer.needs_spans else []
    return list(dict.fromkeys([*place, layer.label_field, *layer.same]))


def _things_by_reading(annotations: Annotations, draft: Draft, read: Mapping[str, Sequence[Any]]) -> dict[str, str]:
    """What a thing is called when it is read again → what it is called here, as far as no two things share it."""
    found: dict[str, str] = {}
    mixed: set[str] = set()
    for name, items in annotations.layers.items():
        again = {item.id: item for item in read.get(name, ())}
        for number, item in enumerate(items):
            ours = getattr(item, THING, None)
            theirs = getattr(again.get(draft.pieces.get((name, number), "")), THING, None)
            if isinstance(theirs, str) and isinstance(ours, str) and found.setdefault(theirs, ours) != ours:
                mixed.add(theirs)
    return {theirs: ours for theirs, ours in found.items() if theirs not in mixed}


def _held(draft: Draft, holds: Holds, beyond: Beyond | None) -> tuple[Document, dict[str, str]]:
    """What a tool can hold of a document, and the marks that it cannot, each with the cause."""
    document = draft.document
    dropped: dict[str, str] = {}
    for mark in document.marks:
        if not mark.spans and not holds.placeless:
            dropped[mark.id] = "without a place"
        elif len(mark.spans) > 1 and not holds.discontinuous:
            dropped[mark.id] = "discontinuous"
    if not holds.overlap:
        dropped |= dict.fromkeys(_overlapping(mark for mark in document.marks if mark.id not in dropped), "overlapping")
    kept = _without(draft, document, dropped, holds)
    if beyond is not None and (more := dict(beyond(kept))):
        dropped |= more
        kept = _without(draft, kept, dropped, holds)
    return kept, dropped


def _without(draft: Draft, document: Document, dropped: dict[str, str], holds: Holds) -> Document:
    # The parts of an item go with it: alone they would be nothing.
    dropped |= {part: dropped[whole] for part, whole in draft.parts.items() if whole in dropped and part not in dropped}
    marks = (mark for mark in document.marks if mark.id not in dropped)
    links = (link for link in document.links if not {link.source, link.target} & dropped.keys())
    return replace(
        document,
        marks=tuple(_plain(mark, holds) for mark in marks),
        links=tuple(link._replace(features=_free(link.features, holds)) for link in links) if holds.links else (),
    )


def _free(features: Mapping[str, Any], holds: Holds) -> Mapping[str, Any]:
    """The features that are not called as something of the tool."""
    if not any(map(holds.reserved, features)):
        return features
    return {name: value for name, value in features.items() if not holds.reserved(name)}


def _plain(mark: Mark, holds: Holds) -> Mark:
    features = _free(mark.features, holds) if holds.features else {}
    if len(features) == len(mark.features) and (holds.scores or mark.score is None):
        return mark
    return mark._replace(features=features, score=mark.score if holds.scores else None)


def _overlapping(marks: Iterable[Mark]) -> list[str]:
    """The marks that share characters with a longer one, or with one as long that stands before."""
    from bisect import bisect_left

    def size(mark: Mark) -> int:
        return sum(span.end - span.start for span in mark.spans)

    starts: list[int] = []
    ends: list[int] = []
    left_out = []
    for mark in sorted(marks, key=lambda mark: (-size(mark), mark.spans)):
        places = [bisect_left(starts, span.end) for span in mark.spans]
        if any(place and ends[place - 1] > span.start for place, span in zip(places, mark.spans, strict=True)):
            left_out.append(mark.id)
            continue
        for span in _joined(mark.spans):
            place = bisect_left(starts, span.start)
            starts.insert(place, span.start)
            ends.insert(place, span.end)
    return left_out


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Spans that share no character and cover the same ones."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start < joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined
