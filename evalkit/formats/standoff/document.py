"""What the files of annotation tools have in common: a text with marks on it, links between them, and who made them.

A tool's reader turns its file into documents, its writer documents into a file; neither knows a layer. What a mark or a
link means is said by a profile (`evalkit.formats.standoff.profile`), at one place for all tools.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from evalkit.errors import FormatError
from evalkit.records import Span

__all__ = ["Document", "Documents", "Holds", "Link", "Mark"]

_NOTHING: Mapping[str, Any] = {}


def _none(name: str) -> bool:
    return False


class Mark(NamedTuple):
    """A place in the text that somebody marked.

    Attributes:
        id: unique among the marks of its document; links refer to it.
        type: what the tool calls it: its label, or its type.
        spans: where it stands, in half-open code points of the text; several for a discontinuous one. None is for a
            mark without a place.
        features: its attributes by name, as text; a note that belongs to no attribute is called `note`. A value
            that a tool holds as a list is a tuple.
        score: how sure a system is.
    """

    id: str
    type: str
    spans: tuple[Span, ...]
    features: Mapping[str, str | tuple[str, ...]] = _NOTHING
    score: float | None = None


class Link(NamedTuple):
    """A relation between two marks, or the role that one has in the other, as an argument of an event has.

    Attributes:
        type: what the tool calls it.
        source: the id of the mark that it goes out from; of an event, the event's own mark.
        target: the id of the mark that it goes to.
        features: its attributes.
        id: its own id, if it has one.
    """

    type: str
    source: str
    target: str
    features: Mapping[str, str | tuple[str, ...]] = _NOTHING
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One text with the marks of one annotator. Several documents of one id are readings of one article.

    Attributes:
        id: the article's id.
        text: its text, as offsets count it.
        marks: in the order of the file.
        links: in the order of the file.
        labels: what is said of the whole text: name of the question → answers.
        annotator: who made the marks; empty if nobody is named.
        ground_truth: whether the tool says that these marks are the gold, beside readings.
        suggested: whether a system made them, for people to correct.
        system: the name of that system, for what is written; read, it is the annotator.
        annotated: whether anybody has looked at it: in a text that nobody did, no layer is annotated.
        article: what else is known of the article: `title`, `source`, `published`, `lang` and other metadata, as text;
            `zones` and `scope` as native JSON.
        split: the split that the file names.
        declared: the types of marks and links that could have been used, where the file says so: a layer made of one
            of them was annotated, even if nothing of it is there.
        where: its place for messages.
    """

    id: str
    text: str
    marks: tuple[Mark, ...] = ()
    links: tuple[Link, ...] = ()
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    annotator: str = ""
    ground_truth: bool = False
    suggested: bool = False
    system: str = ""
    annotated: bool = True
    article: Mapping[str, Any] = field(default_factory=dict)
    split: str | None = None
    declared: frozenset[str] = frozenset()
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """What a tool's reader found in a file.

    Attributes:
        documents: in the order of the file.
        problems: what could not be read; the rest is here.
        notes: what was met and mended or left aside, in words, and how often, such as `tasks rejected, left out`.
        reading: how it was read where that changes figures, for signatures.
    """

    documents: tuple[Document, ...] = ()
    problems: tuple[FormatError, ...] = ()
    notes: Mapping[str, int] = field(default_factory=dict)
    reading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """What the files of a tool can hold; what they cannot is a loss, counted by kind.

    Attributes:
        features: attributes of marks.
        links: relations between marks.
        overlap: marks that share characters (a file of flat marks holds the longest).
        discontinuous: marks of several spans.
        placeless: marks without a place in the text.
        labels: answers about the whole text.
        article: title, source, metadata, zones and scope of the article.
        readings: several annotators' marks of one text.
        scores: how sure a system is of a mark.
        declared: which types could have been used, so that a layer of which nothing is there is known to be empty.
        suggestions: what is a suggestion of a system, so that it does not come back as gold.
        reserved: whether an attribute of a mark or a link may not be called so, as the tool calls something else so.
    """

    features: bool = True
    links: bool = True
    overlap: bool = True
    discontinuous: bool = False
    placeless: bool = False
    labels: bool = False
    article: bool = False
    readings: bool = False
    scores: bool = False
    declared: bool = False
    suggestions: bool = False
    reserved: Callable[[str], bool] = _none
