"""The results of one annotation of Label Studio: regions, relations between them, and answers about the whole text.

A region of a text may have several results with one id: one of each control that says something about it, its labels,
choices, a rating, a note. What is said of no region is said of the whole text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

from evalkit.formats.standoff.document import Link, Mark
from evalkit.formats.standoff.proof import Claim
from evalkit.records import Span

__all__ = ["CONTINUED", "PARENT", "PLACELESS", "Region", "Results", "links_of", "plain_results", "texts_of"]

CONTINUED = "continued"
"""The relation from each piece of a discontinuous mark to the next one."""

PLACELESS = "without-place"
"""The control whose answers about the whole text are marks that have no place in it."""

PARENT = "parent"
"""The link from a region to the one that it lies under in the tree of regions."""

RELATION = "relation"
"""What a relation without a label is called."""

_HTML, _PARAGRAPHS = "HyperText (offsets into HTML)", "Paragraphs (a dialogue)"
_ANSWERS = ("choices", "taxonomy", "rating", "number", "datetime", "textarea", "pairwise")
_OF_MEDIA = frozenset(
    ("x", "y", "width", "height", "points", "rle", "sequence", "channel", "ranges", "vertices", "original_length")
)
_SAID_OF_VALUE = {"textarea": "text", "pairwise": "selected"}

Counts = Counter[str]
Apart = Callable[[Mapping[str, Any]], str]
_NONE: Set[str] = frozenset()


def plain_results(
    results: Sequence[Any], text: str, others: Set[str] = _NONE
) -> tuple[list[Mark], list[Mapping[str, Any]]] | None:
    """The marks of regions that have one label and nothing else, and stand where they say; and the relations.

    None if a result is anything else, so that all are looked at closely. Nearly all are this, and there are many.
    """
    marks: list[Mark] = []
    relations: list[Mapping[str, Any]] = []
    size, place = len(text), None
    if not text.isascii() and _PAIRS.search(text):
        # What its regions count makes a difference.
        return None
    try:
        for result in results:
            if result["type"] != "labels":
                if result["type"] != RELATION:
                    return None
                relations.append(result)
                continue
            value, name = result["value"], result["id"]
            start, end, labels, said = value["start"], value["end"], value["labels"], value["text"]
            if (
                type(start) is not int
                or type(end) is not int
                or not 0 <= start < end <= size
                or type(labels) is not list
                or len(labels) != 1
                or not _MORE.isdisjoint(result)
            ):
                return None
            held = text[start:end]
            if held != said and held.replace("\n", "\\n") != said:
                return None
            if result["to_name"] != place:
                if place is not None or not result["to_name"] or result["to_name"] in others:
                    return None
                place = result["to_name"]
            marks.append(_new(Mark, (name, labels[0], (_new(Span, (start, end)),), _NOTHING, None)))
    except (KeyError, TypeError):
        return None
    if not all(type(mark.id) is type(mark.type) is str for mark in marks):
        return None
    if len({mark.id for mark in marks}) != len(marks):
        return None
    if any(relation.get("labels") == [CONTINUED] for relation in relations):
        return None
    return marks, relations


_PAIRS = re.compile("[\U00010000-\U0010ffff]")
_MORE = frozenset(("meta", "score", "parentID", "parent_id"))
_NOTHING: Mapping[str, Any] = {}
_new = tuple.__new__


class Region:
    """A place of a text with all that the results of one id say about it.

    Attributes:
        name: its id.
        start: where it begins, as the file counts.
        end: where it ends, as the file counts.
        said: what stands there, as the file says; None if it does not.
        labels: its labels, by the control that gave them.
        features: what other controls and notes say about it.
        score: how sure a system is.
        parent: the id of the region that it lies under; empty if none.
    """

    __slots__ = ("end", "features", "labels", "name", "parent", "said", "score", "start")

    def __init__(self, name: str, start: int, end: int) -> None:
        self.name, self.start, self.end = name, start, end
        self.said: str | None = None
        self.labels: dict[str, list[str]] = {}
        self.features: dict[str, str | tuple[str, ...]] = {}
        self.score: float | None = None
        self.parent = ""

    @property
    def claim(self) -> Claim:
        """What is to be proved of it."""
        return Claim((Span(self.start, self.end),), self.said)

    def marks(self, spans: tuple[Span, ...]) -> list[Mark]:
        """A mark for each of its labels; what other controls say are its features."""
        made: list[Mark] = []
        for control, labels in self.labels.items():
            others = {name: _one_or_all(own) for name, own in self.labels.items() if name != control}
            for label in labels:
                name = self.name if not made else f"{self.name}-{len(made) + 1}"
                made.append(Mark(name, label, spans, {**self.features, **others}, self.score))
        return made


class Results:
    """What the results of one annotation say, before the places of its regions are proved.

    Attributes:
        regions: by id, in the order of the file.
        labels: what is said of the whole text, by control.
        placeless: marks that have no place.
        places: what regions are part of: the name of an object of the configuration.
        unread: what no text has a place for, by what it is.
    """

    def __init__(self, results: Sequence[Any], counts: Counter[str], apart: Apart = lambda result: "") -> None:
        """Reads them.

        Args:
            results: those of one annotation.
            counts: gets what is left out.
            apart: why the region of a result is left out, as it lies in another text; empty if it does not.
        """
        self.regions: dict[str, Region] = {}
        self.labels: dict[str, tuple[str, ...]] = {}
        self.placeless: list[Mark] = []
        self.places: Counter[str] = Counter()
        self.unread: Counter[str] = Counter()
        self._counts, self._apart = counts, apart
        self._left_out: set[str] = set()
        self._again: Counter[str] = Counter()
        self._relations: list[Mapping[str, Any]] = []
        others = []
        for number, result in enumerate(results, 1):
            if not isinstance(result, dict):
                counts["results that are no objects, left out"] += 1
            elif result.get("type") == RELATION or ("from_id" in result and "to_id" in result):
                self._relations.append(result)
            elif not isinstance(result.get("value"), dict):
                counts["results without a value, left out"] += 1
            elif not self._take_region(result, number):
                others.append(result)
        for result in others:
            self._take_answer(result)
        for name in [name for name, region in self.regions.items() if not region.labels]:
            counts["regions without a label, left out"] += 1
            del self.regions[name]

    def _take_region(self, result: Mapping[str, Any], number: int) -> bool:
        """Whether a result is about a stretch of something; if that is the text, it is part of a region."""
        value, kind = result["value"], str(result.get("type") or "")
        if (hidden := _kind_of_place(value, kind)) is not None:
            if hidden and (told := self._apart(result)):
                self._counts[told] += 1
            elif hidden:
                self.unread[hidden] += 1
            else:
                self._counts[f"results of type {kind[:40]!r}, which mark no text, left out"] += 1
            return True
        if "start" not in value and "end" not in value:
            return False
        if told := self._apart(result):
            # Several controls may speak of one region.
            if (name := str(result.get("id") or number)) not in self._left_out:
                self._counts[told] += 1
            self._left_out.add(name)
            return True
        start, end = _whole(value.get("start")), _whole(value.get("end"))
        if start is None or end is None:
            self._counts["regions whose start or end is no whole number, left out"] += 1
            return True
        name = str(result.get("id") or f"region-{number}")
        region = self.regions.get(name)
        if region is None or (region.start, region.end) != (start, end):
            free = name
            while free in self.regions:
                self._again[name] += 1
                free = f"{name}'{self._again[name] if self._again[name] > 1 else ''}"
            region = self.regions[free] = Region(free, start, end)
        self._add(region, result, kind)
        return True

    def _add(self, region: Region, result: Mapping[str, Any], kind: str) -> None:
        value = result["value"]
        self.places[str(result.get("to_name") or "")] += 1
        if kind != "textarea" and isinstance(value.get("text"), str) and value["text"]:
            region.said = value["text"]
        control = str(result.get("from_name") or kind)
        if kind in _ANSWERS:
            self._add_answers(region, result, kind)
        else:
            labels = value.get(kind) if isinstance(value.get(kind), list) else value.get("labels")
            if isinstance(labels, list) and labels:
                own = region.labels.setdefault(control, [])
                own += [label for label in map(str, labels) if label not in own]
        for score in (result.get("score"), value.get("score"), value.get("confidence")):
            if isinstance(score, (int, float)) and not isinstance(score, bool) and region.score is None:
                region.score = float(score)
        parent = result.get("parentID") or result.get("parent_id")
        region.parent = str(parent) if parent else region.parent
        if isinstance(result.get("meta"), dict):
            region.features.update(_features_of(result["meta"]))

    def _add_answers(self, region: Region, result: Mapping[str, Any], kind: str) -> None:
        answers = texts_of(result["value"], kind)
        if answers:
            region.features[str(result.get("from_name") or kind)] = _one_or_all(answers)

    def _take_answer(self, result: Mapping[str, Any]) -> None:
        """A result without a place: about a region of its id, about its parent, or about the whole text."""
        kind = str(result.get("type") or "")
        region = self.regions.get(str(result.get("id"))) or self.regions.get(str(result.get("parentID")))
        if region is not None and kind in _ANSWERS:
            self._add_answers(region, result, kind)
            return
        control, answers = str(result.get("from_name") or kind), texts_of(result["value"], kind)
        if control == PLACELESS and answers:
            meta = result.get("meta")
            features = _features_of(meta) if isinstance(meta, dict) else {}
            self.placeless.append(Mark(str(result.get("id")), answers[0], (), features))
        elif answers:
            self.labels[control] = (*self.labels.get(control, ()), *answers)
        else:
            self._counts[f"results of type {kind[:40]!r}, which say nothing of a text, left out"] += 1

    def links(self, known: Mapping[str, str]) -> list[Link]:
        """The relations between marks, and the tree of regions; `known` names the first mark of each region."""
        tree = [(region.name, region.parent) for region in self.regions.values() if region.parent]
        made = [Link(PARENT, known[name], known[parent]) for name, parent in tree if name in known and parent in known]
        return [*links_of(self._relations, known, self._counts), *made]


def links_of(relations: Sequence[Mapping[str, Any]], known: Mapping[str, str], counts: Counter[str]) -> list[Link]:
    """Relations as links, one for each label."""
    links = []
    for relation in relations:
        source, target = known.get(str(relation.get("from_id"))), known.get(str(relation.get("to_id")))
        if source is None or target is None:
            counts["relations to regions that are not there, left out"] += 1
            continue
        direction = relation.get("direction")
        if direction == "left":
            source, target = target, source
        features: dict[str, str] = {"direction": "bi"} if direction == "bi" else {}
        if isinstance(relation.get("notes"), str) and relation["notes"]:
            features["note"] = relation["notes"]
        if isinstance(relation.get("meta"), dict):
            features.update({name: value for name, value in relation["meta"].items() if isinstance(value, str)})
        labels = relation.get("labels")
        for label in labels if isinstance(labels, list) and labels else [RELATION]:
            links.append(Link(str(label), source, target, features))
    return links


def texts_of(value: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    """The answers that a value holds, as texts; a path through a taxonomy is one, with slashes."""
    key = _SAID_OF_VALUE.get(kind, kind)
    given = value.get(key)
    if given is None and kind not in _ANSWERS:
        given = next((value[name] for name in _ANSWERS if name in value), value.get("labels"))
    several = given if isinstance(given, list) else [given]
    return tuple(text for one in several if (text := _text_of(one)))


def _text_of(one: Any) -> str:
    if isinstance(one, list):
        return "/".join(map(_text_of, one))
    if isinstance(one, bool) or one is None or isinstance(one, dict):
        return ""
    return f"{one:g}" if isinstance(one, float) else str(one)


def _features_of(meta: Mapping[str, Any]) -> dict[str, str | tuple[str, ...]]:
    """The notes and other texts of a region; what Label Studio calls its text is a note."""
    features: dict[str, str | tuple[str, ...]] = {}
    for name, value in meta.items():
        several = tuple(map(str, value)) if isinstance(value, list) else None
        if name == "text":
            if several or isinstance(value, str):
                features["note"] = "\n".join(several) if several else str(value)
        elif several is not None:
            features[name] = several
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
            features[name] = str(value)
    return features


def _one_or_all(texts: Sequence[str]) -> str | tuple[str, ...]:
    return texts[0] if len(texts) == 1 else tuple(texts)


def _kind_of_place(value: Mapping[str, Any], kind: str) -> str | None:
    """What the place of a region lies in, if not in a text: in words if offsets count in it, else empty."""
    start = value.get("start")
    if kind == "paragraphlabels" or ("startOffset" in value and isinstance(start, str) and start.isdigit()):
        return _PARAGRAPHS
    if kind == "hypertextlabels" or "startOffset" in value or "globalOffsets" in value:
        return _HTML
    if isinstance(start, str) and start.startswith("/"):
        return _HTML
    return None if _OF_MEDIA.isdisjoint(value) else ""


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else None
