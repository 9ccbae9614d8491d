"""A CAS as a document: which annotations are marks, and what refers to what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from evalkit.errors import FormatError
from evalkit.formats.standoff.document import Document, Link, Mark
from evalkit.formats.uima.loading import INITIAL_VIEW, LoadedCas
from evalkit.formats.uima.metadata import CURATOR, metadata_of, origin_of
from evalkit.formats.uima.type_names import (
    ANNOTATION,
    ANNOTATION_BASE,
    LABEL,
    LAYER_DEFINITION,
    METADATA_TYPES,
    SCORE,
    is_own,
    is_structure,
    short_names,
)
from evalkit.records import Span
from evalkit.text.counting import Counting, Ruler

if TYPE_CHECKING:
    from cassis.typesystem import Feature, FeatureStructure, Type

__all__ = ["document_of_cas"]

_PLACE = ("begin", "end", "sofa")
_ENDS = ("Governor", "Dependent")
_ARRAYS = ("uima.cas.FSArray", "uima.cas.FSList")
_STRUCTURES = "feature values that are neither text, a number, an annotation nor a link to one, not read"


def document_of_cas(
    loaded: LoadedCas,
    *,
    name: str,
    annotator: str,
    counting: Counting,
    problems: list[FormatError],
    notes: Counter[str],
) -> Document:
    """What a CAS says of its text.

    Args:
        loaded: the CAS.
        name: the id of a document that the CAS does not name.
        annotator: who annotated, where the place of the file says so.
        counting: how offsets count in its file: `UTF_16`, unless somebody said otherwise.
        problems: gets what cannot be read of it.
        notes: counts what is left aside.

    Raises:
        FormatError: it has no text.
    """
    return _CasReader(loaded, counting, problems, notes).document(name, annotator)


class _CasReader:
    """One CAS while it becomes a document: marks and links are found from its members on."""

    def __init__(self, loaded: LoadedCas, counting: Counting, problems: list[FormatError], notes: Counter[str]) -> None:
        self.loaded, self.problems, self.notes = loaded, problems, notes
        self.text, members = _view(loaded, notes)
        places = {known: number for number, known in enumerate(loaded.places)}
        self.members = sorted(members, key=lambda one: (places.get(one.xmiID, len(places)), one.xmiID))
        self.ruler = Ruler(self.text, counting)
        types = [one for one in loaded.cas.typesystem.get_types() if _is_layer(one)]
        self.own = [one for one in types if is_own(one.name) and one.name != LABEL]
        self.names = short_names(one.name for one in [*self.own, *(member.type for member in self.members)])
        self.marks: dict[int, Mark | None] = {}
        self.waiting: list[FeatureStructure] = []
        self.links: list[Link] = []

    def document(self, name: str, annotator: str) -> Document:
        labels: dict[str, tuple[str, ...]] = {}
        aside = 0
        for one in self.members:
            if one.type.name == LABEL:
                question = str(one["question"] or "")
                labels[question] = (*labels.get(question, ()), str(one["answer"] or ""))
            elif not _is_layer(one.type):
                aside += _is_a(one.type, ANNOTATION) and not one.type.name.startswith(METADATA_TYPES)
            elif one.type.get_feature("first") is not None and not _is_a(one.type, ANNOTATION):
                self._read_chain(one)
            elif _is_relation(one.type):
                self._read_relation(one)
            else:
                self._ref(one)
            self._read_waiting()
        if aside:
            self.notes["tokens, sentences and other structure of the text, which are no layers, not read"] += aside
        origin = origin_of(self.members)
        who = annotator or origin.annotator
        places = {known: number for number, known in enumerate(self.loaded.places)}
        marks = sorted(self.marks.items(), key=lambda item: (places.get(item[0], len(places)), item[0]))
        return Document(
            id=origin.document or name,
            text=self.text,
            marks=tuple(mark for _, mark in marks if mark is not None),
            links=tuple(self.links),
            labels=labels,
            annotator="" if who == CURATOR else who,
            ground_truth=who == CURATOR,
            article=metadata_of(self.members),
            declared=self._declared(),
            where=self.loaded.where,
        )

    def _declared(self) -> frozenset[str]:
        """The layers of the project, which INCEpTION lists; else all types that are not those of others."""
        listed = {str(one["name"]) for one in self.members if one.type.name == LAYER_DEFINITION}
        known = {one.name: one for one in self.loaded.cas.typesystem.get_types()}
        layers = [known[name] for name in listed if name in known and _is_layer(known[name])] if listed else self.own
        slots = [own.name for one in layers for own in one.all_features if _is_slot(own)]
        # What a chain is called is what its links are called.
        short = [self.names.get(one.name, one.name.rpartition(".")[2]).removesuffix("Chain") for one in layers]
        return frozenset((*short, *slots))

    def _read_waiting(self) -> None:
        """The features of marks that were made, which may lead to further ones; without going down into them."""
        while self.waiting:
            one = self.waiting.pop()
            mark = self.marks[one.xmiID]
            features = self._features(one, mark is not None)
            if mark is not None:
                told = features.pop(SCORE, None)
                score = _number(told)
                if told is not None and score is None:
                    self.notes["scores that are no number, left out"] += 1
                self.marks[one.xmiID] = mark._replace(features=features, score=score)

    def _ref(self, one: FeatureStructure) -> str | None:
        """The id of the mark for an annotation, which is made if it is not there; None if it has no place."""
        known = one.xmiID
        if known not in self.marks:
            self.marks[known] = self._mark(one)
            self.waiting.append(one)
        return None if self.marks[known] is None else str(known)

    def _mark(self, one: FeatureStructure) -> Mark | None:
        short = self.names.get(one.type.name) or one.type.name.rpartition(".")[2]
        spans: tuple[Span, ...] = ()
        if _is_a(one.type, ANNOTATION):
            place = self.loaded.places.get(one.xmiID)
            if place is None:
                self._refuse(one, "has no begin and end")
                return None
            if place[0] == place[1]:
                self.notes[f"annotations of no characters ({short}), left out"] += 1
                return None
            span = self.ruler.span(Span(*place))
            if span is None:
                self._refuse(one, f"{place[0]}-{place[1]} {self.ruler.fault(Span(*place))}")
                return None
            spans = (span,)
        return Mark(id=str(one.xmiID), type=short, spans=spans)

    def _refuse(self, one: FeatureStructure, why: str) -> None:
        name = one.type.name.rpartition(".")[2]
        self.problems.append(FormatError(f"{self.loaded.where}: {name} {one.xmiID}: {why}; export it again"))

    def _link(self, kind: str, source: str | None, target: str | None, features: Mapping[str, Any], known: str) -> None:
        if source is None or target is None:
            self.notes["links to annotations that could not be read, left out"] += 1
        else:
            self.links.append(Link(kind, source, target, features, known))

    def _features(self, one: FeatureStructure, linked: bool = True) -> dict[str, str | tuple[str, ...]]:
        """What an annotation says in text; what it refers to becomes links from it, if they are wanted."""
        said: dict[str, str | tuple[str, ...]] = {}
        for feature in one.type.all_features:
            if feature.name in _PLACE or (feature.name == "next" and _is_chain_link(one.type)):
                continue
            name = feature.name[:-1] if feature.name in ("self_", "type_") else feature.name
            value = getattr(one, feature.name)
            if value is None:
                continue
            texts: list[str] = []
            for inner in _elements(value):
                if (text := _text(inner)) is not None:
                    texts.append(text)
                elif linked:
                    self._read_reference(name, one, inner)
            if texts:
                said[name] = tuple(texts) if _is_collection(value) else texts[0]
        return said

    def _read_reference(self, name: str, source: FeatureStructure, inner: Any) -> None:
        """An annotation that is referred to, or a structure that refers to one and says in which role."""
        kind = getattr(inner, "type", None)
        if kind is None:
            self.notes[_STRUCTURES] += 1
        elif _is_a(kind, ANNOTATION_BASE):
            self._link(name, str(source.xmiID), self._ref(inner), {}, "")
        elif kind.get_feature("target") is not None:
            target = inner["target"]
            if target is None or not hasattr(target, "type") or not _is_a(target.type, ANNOTATION_BASE):
                self.notes["slots that nothing fills, left out"] += 1
                return
            rest = self._features(inner, linked=False)
            role = rest.pop("role", None)
            self._link(str(role) if role else name, str(source.xmiID), self._ref(target), rest, "")
        else:
            self.notes[_STRUCTURES] += 1

    def _read_relation(self, one: FeatureStructure) -> None:
        ends = [getattr(one, name) for name in _ENDS]
        if any(end is None or not hasattr(end, "type") or not _is_a(end.type, ANNOTATION) for end in ends):
            self.notes[f"relations without both ends ({self.names[one.type.name]}), left out"] += 1
            return
        features = self._features(one, linked=False)
        self._link(self.names[one.type.name], self._ref(ends[0]), self._ref(ends[1]), features, str(one.xmiID))

    def _read_chain(self, chain: FeatureStructure) -> None:
        """The links of a chain, each to the next one."""
        kind = self.names[chain.type.name].removesuffix("Chain")
        here, seen = chain["first"], set[int]()
        while here is not None and hasattr(here, "type") and here.xmiID not in seen:
            seen.add(here.xmiID)
            source, after = self._ref(here), getattr(here, "next", None)
            if after is not None and after.xmiID in seen:
                self._refuse(chain, f"goes in a circle at {after.xmiID}")
            elif after is not None:
                relation = getattr(here, "referenceRelation", None)
                features = {} if relation is None else {"referenceRelation": str(relation)}
                self._link(kind, source, self._ref(after), features, "")
            here = after


def _view(loaded: LoadedCas, notes: Counter[str]) -> tuple[str, list[FeatureStructure]]:
    """The text that was annotated, and what is indexed of it."""
    views = {view.sofa.sofaID: view for view in loaded.cas.views if isinstance(view.sofa.sofaString, str)}
    if not views:
        raise FormatError(f"{loaded.where}: the CAS has no text; export the document with its text")
    name = INITIAL_VIEW if INITIAL_VIEW in views else min(views)
    if len(views) > 1:
        notes[f"views of a CAS besides {name}, not read"] += len(views) - 1
    return views[name].sofa.sofaString, list(views[name].get_all_fs())


def _is_a(kind: Type, name: str) -> bool:
    """Whether a type is another, or inherits from it."""
    here: Type | None = kind
    while here is not None:
        if here.name == name:
            return True
        here = here.supertype
    return False


def _is_layer(kind: Type) -> bool:
    return not is_structure(kind.name) and _is_a(kind, ANNOTATION_BASE)


def _is_relation(kind: Type) -> bool:
    return all(kind.get_feature(name) is not None for name in _ENDS)


def _is_slot(feature: Feature) -> bool:
    """Whether a feature refers to annotations, and is no part of what an annotation is."""
    refers = feature.rangeType.name in _ARRAYS or _is_a(feature.rangeType, ANNOTATION_BASE)
    return refers and feature.name not in (*_PLACE, *_ENDS, "next", "first")


def _is_chain_link(kind: Type) -> bool:
    feature = kind.get_feature("next")
    return feature is not None and feature.rangeType.name == kind.name


def _elements(value: Any) -> Iterator[Any]:
    """The values in an array or a list of UIMA; any other value is one."""
    if isinstance(value, (list, tuple)):
        yield from (one for one in value if one is not None)
    elif hasattr(value, "elements"):
        yield from (one for one in value.elements or () if one is not None)
    elif hasattr(value, "tail") or _is_empty_list(value):
        seen = set[int]()
        while hasattr(value, "tail") and id(value) not in seen:
            seen.add(id(value))
            if value.head is not None:
                yield value.head
            value = value.tail
    else:
        yield value


def _is_collection(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        or hasattr(value, "elements")
        or hasattr(value, "tail")
        or _is_empty_list(value)
    )


def _is_empty_list(value: Any) -> bool:
    return hasattr(value, "type") and value.type.name.startswith("uima.cas.Empty")


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (str, int, float)) else None


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None
