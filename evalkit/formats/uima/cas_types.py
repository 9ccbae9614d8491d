"""The type system that documents need: their own layers, and those of DKPro Core that INCEpTION has already."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evalkit.errors import FormatError
from evalkit.formats.standoff.document import Document, Link, Mark
from evalkit.formats.uima.loading import needs_cassis
from evalkit.formats.uima.type_names import (
    ANNOTATION,
    ANNOTATION_BASE,
    DOCUMENT,
    FEATURE_DEFINITION,
    LABEL,
    LAYER_DEFINITION,
    METADATA,
    METADATA_FIELD,
    NAMED_ENTITY,
    SCORE,
    full_name,
)

if TYPE_CHECKING:
    from cassis import TypeSystem
    from cassis.typesystem import Type

__all__ = ["ANY", "CasTypes", "cas_types"]

_STRING, _ARRAY, _STRINGS, _DOUBLE, _TOP = (
    f"uima.cas.{name}" for name in ("String", "FSArray", "StringArray", "Double", "TOP")
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
ANY = "*"
"""Among the types that could have been used: some type, whichever. A CAS cannot say that."""

_TAKEN = ("begin", "end", "sofa")

_BUILT_IN: dict[str, tuple[str, dict[str, str]]] = {
    METADATA: (
        DOCUMENT,
        dict.fromkeys(("documentTitle", "documentId", "documentUri", "collectionId", "documentBaseUri"), _STRING),
    ),
    METADATA_FIELD: (ANNOTATION, {"key": _STRING, "value": _STRING}),
    LAYER_DEFINITION: (_TOP, {"name": _STRING, "uiName": _STRING}),
    FEATURE_DEFINITION: (_TOP, {"layer": LAYER_DEFINITION, "name": _STRING, "uiName": _STRING}),
    NAMED_ENTITY: (ANNOTATION, {"value": _STRING, "identifier": _STRING}),
    LABEL: (ANNOTATION_BASE, {"question": _STRING, "answer": _STRING}),
}
"""Types by name: what they inherit from, and their features."""


@dataclass(frozen=True, kw_only=True)
class CasTypes:
    """A type system and what is written as what.

    Attributes:
        system: the type system.
        marks: the types of all marks.
        relations: the types of links that are relations of their own, by the type of the link.
        slots: the feature of a mark that holds its links, and what such a link is, by the type of mark and of link.
    """

    system: TypeSystem
    marks: frozenset[str] = frozenset()
    relations: dict[str, str] = field(default_factory=dict)
    slots: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def type_of(self, mark: Mark) -> str:
        """The type that a mark is written as."""
        return full_name(mark.type, placeless=not mark.spans)

    def is_relation(self, link: Link, source: Mark, target: Mark) -> bool:
        """Whether a link is a relation: it says something of itself. Any other one fills a slot of its source."""
        has_place = bool(source.spans and target.spans)
        return bool(link.features) and has_place and link.type not in self.marks and _is_name(link.type)


def cas_types(documents: Sequence[Document]) -> CasTypes:
    """The types for some documents.

    Raises:
        FormatError: a mark, a link or a feature has a name that no type can have.
        MissingExtraError: cassis is not installed.
    """
    with needs_cassis():
        from cassis import TypeSystem

    with warnings.catch_warnings():
        # Of names such as `type`, which have to be called otherwise in Python.
        warnings.simplefilter("ignore")
        types = frozenset(mark.type for document in documents for mark in document.marks)
        made = CasTypes(system=TypeSystem(), marks=types)
        for name, (parent, features) in _BUILT_IN.items():
            _add_features(made.system, made.system.create_type(name, parent), features)
        for document in documents:
            for mark in document.marks:
                _add_mark(made, mark)
        for document in documents:
            marks = {mark.id: mark for mark in document.marks}
            for link in document.links:
                _add_link(made, link, marks)
        for name in sorted({name for document in documents for name in document.declared}):
            if name not in made.relations and name != ANY:
                _type(made.system, full_name(_checked(name)), ANNOTATION)
    return made


def _add_mark(made: CasTypes, mark: Mark) -> None:
    kind = _type(made.system, made.type_of(mark._replace(type=_checked(mark.type))), _parent(mark))
    features = {name: _STRING if isinstance(value, str) else _STRINGS for name, value in mark.features.items()}
    if mark.score is not None:
        features[SCORE] = _DOUBLE
    _add_features(made.system, kind, features)


def _add_link(made: CasTypes, link: Link, marks: dict[str, Mark]) -> None:
    """The type of a relation, or the slot of the mark that a link goes out from."""
    source, target = marks.get(link.source), marks.get(link.target)
    if source is None or target is None:
        raise FormatError(f"link {link.type!r} goes to a mark that is not there: {link.source!r} or {link.target!r}")
    features = {name: _STRING if isinstance(value, str) else _STRINGS for name, value in link.features.items()}
    if made.is_relation(link, source, target):
        name = made.relations.setdefault(link.type, full_name(_checked(link.type)))
        kind = _type(made.system, name, ANNOTATION)
        _add_features(made.system, kind, {"Governor": ANNOTATION, "Dependent": ANNOTATION, **features})
        return
    owner = made.system.get_type(made.type_of(source))
    key = (owner.name, link.type)
    if key not in made.slots:
        taken = {own.name for own in owner.all_features}
        slot = re.sub(r"\W|^(?=\d)", "_", link.type, flags=re.ASCII) or "_"
        while slot in taken or slot in _TAKEN:
            slot += "_link"
        short = source.type.rpartition(".")[2]
        name = full_name(f"{short}{slot[:1].upper()}{slot[1:]}Link")
        while made.system.contains_type(name):
            name += "_"
        made.slots[key] = (slot, name)
        base = _type(made.system, ANNOTATION_BASE, _TOP).name
        _add_features(made.system, _type(made.system, name, _TOP), {"role": _STRING, "target": base})
        made.system.create_feature(owner, slot, _ARRAY, elementType=name, multipleReferencesAllowed=False)
    _add_features(made.system, made.system.get_type(made.slots[key][1]), features)


def _parent(mark: Mark) -> str:
    return ANNOTATION if mark.spans else ANNOTATION_BASE


def _type(system: TypeSystem, name: str, parent: str) -> Type:
    return system.get_type(name) if system.contains_type(name) else system.create_type(name, parent)


def _add_features(system: TypeSystem, kind: Type, features: dict[str, str]) -> None:
    for name, value in features.items():
        _checked(name)
        if name in _TAKEN:
            raise FormatError(
                f"feature {name!r} of {kind.name}: UIMA keeps the place under that name; name it otherwise"
            )
        there = kind.get_feature(f"{name}_" if name in ("self", "type") else name)
        if there is None:
            system.create_feature(kind, name, value, multipleReferencesAllowed=False if value == _STRINGS else None)
        elif (there.rangeType.name == _STRINGS) != (value == _STRINGS):
            raise FormatError(
                f"feature {name!r} of {kind.name} is a list in one place and none in another; name them apart"
            )


def _is_name(name: str) -> bool:
    return all(_NAME.fullmatch(part) for part in name.split("."))


def _checked(name: str) -> str:
    if not _is_name(name):
        raise FormatError(
            f"{name!r} cannot be the name of a type or a feature of UIMA, which are letters, digits and '_'; name it "
            "otherwise in the profile"
        )
    return name
