"""TEI: speech and names in the text of a document, in XML.

::

    <p>“<said who="#ida" direct="true">I left</said>,” said <persName ref="#ida">Ida Moen</persName>.</p>

The text is that of `text`, blanks collapsed as XML has it, with a line feed after each block. Elements that say who
speaks and what is named are marks of their name, with their attributes. `next` and `prev` join the parts of one speech.
GUM keeps its words one a line in such elements, which are read as well.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.errors import FormatError
from evalkit.files import read_bytes
from evalkit.formats.base import Source
from evalkit.formats.safe_xml import parse_xml, root_name
from evalkit.formats.standoff.document import Document, Documents, Mark
from evalkit.formats.tokens import RULES, rebuilt
from evalkit.options import ReadOptions
from evalkit.records import Span

if TYPE_CHECKING:
    from lxml import etree

__all__ = ["tei_certainty", "tei_documents"]

_ROOTS = ("TEI", "TEI.2", "teiCorpus")
_WORDS = re.compile(rb"<text\b[^>]*>\s*(?:<[^>]*>\s*)*[^<>\t\n]+\t[^<>\t\n]+\t", re.DOTALL)
_XML = "{http://www.w3.org/XML/1998/namespace}"

_MARKS = ("said", "q", "quote", "sp", "persName", "placeName", "orgName", "geogName", "name", "rs")
"""Elements that are marks."""

_BLOCKS = frozenset(
    ("p", "ab", "head", "l", "lg", "sp", "speaker", "stage", "div", "div1", "div2", "div3", "item", "list", "row")
) | {"table", "figure", "figDesc", "caption", "byline", "dateline", "opener", "closer", "trailer", "titlePart", "body"}
"""Elements that stand on lines of their own."""

_LEFT_OUT = frozenset(("teiHeader", "note", "fw", "del", "gap", "standOff", "facsimile", "index", "certainty"))
"""Elements whose text nobody reads with the rest."""

_SPEECH = ("said", "q", "quote")
_CALLINGS = ("label", "speaker")
"""Elements that say who speaks; in what is said they are no part of it."""

_PRINTED = ("sic", "orig", "abbr")
"""Of a choice, what stands in the source."""

_ZONES = {"head": "headline", "p": "body", "byline": "byline", "caption": "caption", "figDesc": "caption"}


def tei_certainty(path: Path, head: bytes) -> float:
    """How sure it is that a file is one of TEI, or of GUM's XML."""
    if path.is_dir() or head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"<":
        return 0.0
    if root_name(head).rpartition(":")[2] in _ROOTS or b"http://www.tei-c.org/ns/1.0" in head[:4096]:
        return 0.97
    return 0.9 if _WORDS.match(head.lstrip()) else 0.0


def tei_documents(source: Source, options: ReadOptions) -> Documents:
    """The documents of a file, one for each TEI element.

    Raises:
        InputError: the file cannot be read.
    """
    where = str(source.path)
    notes: Counter[str] = Counter()
    try:
        root = parse_xml(read_bytes(source.path), where, named_type=True, remedy="mend it")
        name = source.name or source.path.stem
        if _local(root) == "text" and root.find(".//s") is not None:
            return Documents(documents=(_of_words(root, name, where, notes),), notes=dict(notes))
        found = [root] if _local(root) != "teiCorpus" else [one for one in root if _local(one) in _ROOTS]
        documents = []
        for number, element in enumerate(found, 1):
            known = element.get(f"{_XML}id") or (name if len(found) == 1 else f"{name}-{number}")
            documents.append(_of_elements(element, known, where, notes))
    except FormatError as error:
        return Documents(problems=(error,))
    return Documents(documents=tuple(documents), notes=dict(notes))


def _local(element: etree._Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _of_elements(root: etree._Element, name: str, where: str, notes: Counter[str]) -> Document:
    body = next((one for one in root.iter() if _local(one) == "text"), None)
    if body is None:
        raise FormatError(f"{where}: has no element 'text'; mend it")
    text = _Text({str(value) for one in root.iter() if (value := one.get(f"{_XML}id"))})
    text.walk(body, notes)
    text.end_line()
    return Document(
        id=name,
        text=text.written,
        marks=text.joined(notes),
        article=_article(root) | ({"zones": text.zones} if text.zones else {}),
        declared=frozenset(_MARKS),
        where=where,
    )


@dataclass
class _Text:
    """A text while elements are read into it.

    Attributes:
        ids: those that elements of the document have, which no other one gets.
        parts: its pieces.
        length: how long it is so far.
        waits: whether a blank comes before the next character.
        marks: what was marked, with the id and the next part of each, by XML.
        zones: stretches with one function, as native JSON.
        callings: where elements stand that say who speaks, and what they are.
    """

    ids: set[str]
    parts: list[str] = field(default_factory=list)
    length: int = 0
    waits: bool = False
    fresh: bool = True
    marks: list[tuple[Mark, dict[str, str]]] = field(default_factory=list)
    zones: list[dict[str, Any]] = field(default_factory=list)
    callings: list[tuple[Span, str]] = field(default_factory=list)

    @property
    def written(self) -> str:
        """The text so far."""
        return "".join(self.parts)

    def add(self, text: str | None) -> None:
        """Adds characters, runs of blanks as one, which waits for what comes next."""
        for piece in re.findall(r"[ \t\r\n]+|[^ \t\r\n]+", text or ""):
            if piece.isspace() and piece.strip(" \t\r\n") == "":
                self.waits = not self.fresh
                continue
            self._put((" " if self.waits else "") + piece)
            self.waits = self.fresh = False

    def end_line(self) -> None:
        """Begins a new line, if something stands on this one."""
        if not self.fresh:
            self._put("\n")
        self.waits, self.fresh = False, True

    def _put(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def walk(self, element: etree._Element, notes: Counter[str]) -> None:
        """Reads an element and all that is in it."""
        name = _local(element)
        if name in _LEFT_OUT:
            if "".join(element.itertext()).strip():
                notes[f"elements whose text is not read with the rest ({name}), left out"] += 1
            return
        if name == "choice":
            children = [one for one in element if _local(one) in _PRINTED] or list(element)[:1]
            for one in children[:1]:
                self.walk(one, notes)
            return
        if name in _BLOCKS:
            self.end_line()
        if name == "lb" and element.get("break") != "no":
            self.waits = not self.fresh
        start = self.length
        self.add(element.text)
        for child in element:
            self.walk(child, notes)
            self.add(child.tail)
        # A blank that was waiting when the element began stands before it, not in it.
        begin = start + 1 if start < self.length and self._first_of(start).isspace() else start
        if begin < self.length:
            if name in _MARKS:
                self._mark(name, element, begin)
            if name in _CALLINGS:
                self.callings.append((Span(begin, self.length), name))
            if name in _ZONES:
                self._zone(_ZONES[name], begin)
        elif name in _MARKS:
            notes[f"elements without a text ({name}), left out"] += 1
        if name in _BLOCKS:
            self.end_line()

    def _first_of(self, start: int) -> str:
        """The character at a place near the end."""
        length = self.length
        for part in reversed(self.parts):
            length -= len(part)
            if length <= start:
                return part[start - length]
        return ""

    def _mark(self, name: str, element: etree._Element, begin: int) -> None:
        features: dict[str, str | tuple[str, ...]] = {}
        for key, value in element.attrib.items():
            short = str(key).replace(_XML, "xml:").rpartition("}")[2]
            texts = tuple(one.removeprefix("#") for one in str(value).split())
            pointing = short in ("who", "ref", "corresp", "key", "sameAs", "ana")
            features[short] = (texts if len(texts) > 1 else texts[0]) if pointing and texts else str(value)
        # A line that ended with the last block inside is no part of what was said.
        end = self.length - (1 if self.parts and self.parts[-1] == "\n" else 0)
        following: dict[str, str] = {key: str(features.pop(key)) for key in ("next", "prev") if key in features}
        known = self._id_of(name, str(features.get("xml:id") or ""))
        self.marks.append((Mark(known, name, (Span(begin, max(end, begin + 1)),), features), following))

    def _id_of(self, name: str, given: str) -> str:
        """The id that an element has, or one that no other has."""
        known = given or f"{name}-{len(self.marks) + 1}"
        while not given and known in self.ids:
            known += "'"
        return known

    def _leave_out_callings(self, notes: Counter[str]) -> None:
        """Takes what says who speaks out of what is said."""
        callings: list[tuple[Span, str]] = []
        for span, name in sorted(self.callings, key=lambda one: (one[0].start, -one[0].end)):
            if not callings or callings[-1][0].end <= span.start:
                callings.append((span, name))
        starts = [span.start for span, _ in callings]
        text, left_out = self.written, dict[Span, str]()
        for number, (mark, following) in enumerate(self.marks):
            (whole,) = mark.spans
            inside = dict(callings[bisect_left(starts, whole.start) : bisect_left(starts, whole.end)])
            if mark.type not in _SPEECH or not inside or whole in inside:
                continue
            edges = [whole.start, *(edge for span in inside for edge in span), whole.end]
            pieces = (_stripped(text, *pair) for pair in zip(edges[::2], edges[1::2], strict=True))
            if spans := tuple(span for span in pieces if span.start < span.end):
                self.marks[number] = mark._replace(spans=spans), following
                left_out |= inside
        notes.update(f"elements that say who speaks ({name}), left out of what is said" for name in left_out.values())

    def _zone(self, kind: str, begin: int) -> None:
        if not self.zones or self.zones[-1]["end"] <= begin:
            self.zones.append({"kind": kind, "start": begin, "end": self.length})

    def joined(self, notes: Counter[str]) -> tuple[Mark, ...]:
        """The marks in the order of the text; those that say they go on in another one are one mark."""
        if self.callings:
            self._leave_out_callings(notes)
        by_id = {mark.id: mark for mark, _ in self.marks}
        into: dict[str, str] = {}
        for mark, following in self.marks:
            for key, value in following.items():
                other = value.removeprefix("#")
                if other in by_id and by_id[other].type == mark.type and other != mark.id:
                    first, second = (mark.id, other) if key == "next" else (other, mark.id)
                    into.setdefault(second, first)
        whole: dict[str, list[Mark]] = {}
        for mark, _ in self.marks:
            first, seen = mark.id, {mark.id}
            while first in into and into[first] not in seen:
                first = into[first]
                seen.add(first)
            whole.setdefault(first, []).append(mark)
        marks = [
            parts[0]._replace(
                spans=tuple(sorted({span for part in parts for span in part.spans})),
                features={key: value for part in reversed(parts) for key, value in part.features.items()},
            )
            for parts in whole.values()
        ]
        return tuple(sorted(marks, key=lambda mark: (mark.spans[0].start, -mark.spans[-1].end)))


def _stripped(text: str, start: int, end: int) -> Span:
    """A stretch without the blanks at its ends."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return Span(start, start + len(piece.strip()))


def _article(root: etree._Element) -> dict[str, Any]:
    """What the header says of the article."""
    said: dict[str, Any] = {}
    header = next((one for one in root if _local(one) == "teiHeader"), None)
    for element in () if header is None else header.iter():
        inner = " ".join("".join(element.itertext()).split())
        name = _local(element)
        parent = element.getparent()
        above = "" if parent is None else _local(parent)
        if name == "title" and above == "titleStmt":
            said.setdefault("title", inner)
        elif name == "publisher" and inner:
            said.setdefault("source", inner)
        elif name == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", element.get("when") or ""):
            said.setdefault("published", element.get("when"))
        elif name == "language" and re.fullmatch(r"[a-z]{2}(-.*)?", element.get("ident") or ""):
            said.setdefault("lang", str(element.get("ident"))[:2])
    lang = root.get(f"{_XML}lang") or ""
    if re.fullmatch(r"[a-z]{2}(-.*)?", lang):
        said["lang"] = lang[:2]
    return said


def _of_words(root: etree._Element, name: str, where: str, notes: Counter[str]) -> Document:
    """A text whose words stand one a line, with what is known of each behind a tab, as in GUM."""
    words: list[str] = []
    begins: set[int] = set()
    glued: set[int] = set()
    open_marks: list[tuple[str, int, dict[str, str]]] = []

    def add(text: str | None) -> None:
        words.extend(line.split("\t")[0] for line in (text or "").split("\n") if line.strip())

    def walk(element: etree._Element) -> None:
        start, kind = len(words), _local(element)
        if kind in ("s", "head", "p", "caption", "item", "l"):
            begins.add(start)
        add(element.text)
        for child in element:
            walk(child)
            add(child.tail)
        if kind == "w":
            glued.update(range(start, len(words) - 1))
        if kind in _MARKS and len(words) > start:
            features = {
                str(key).rpartition("}")[2]: str(value).removeprefix("#") for key, value in element.attrib.items()
            }
            open_marks.append((kind, start, {**features, "": str(len(words))}))

    walk(root)
    if not words:
        raise FormatError(f"{where}: has no words; mend it")
    layout = rebuilt(words, "simple", sentences=begins, glued=glued)
    notes[f"texts rebuilt from words: {RULES['simple']}"] += 1
    marks = []
    for number, (kind, start, features) in enumerate(sorted(open_marks, key=lambda one: (one[1], -int(one[2][""]))), 1):
        end = int(features.pop(""))
        span = Span(layout.spans[start].start, layout.spans[end - 1].end)
        marks.append(Mark(f"{kind}-{number}", kind, (span,), features))
    said = {"title": root.get("title"), "published": root.get("dateCreated"), "source": root.get("author")}
    article = {key: value for key, value in said.items() if value}
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", article.get("published", "")):
        article.pop("published", None)
    return Document(
        id=root.get("id") or name,
        text=layout.text,
        marks=tuple(marks),
        article=article,
        declared=frozenset(_MARKS),
        where=where,
    )
