"""PARC3: attribution relations on the words of the Penn Treebank, in XML.

::

    <WORD ByteCount="17,23" text="Street" word="1">
      <attribution id="wsj_2401_set_0"><attributionRole roleValue="content"/></attribution>
    </WORD>

A word is in as many attributions as it has such elements; each has words that are its content, cue and source.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from evalkit.errors import FormatError
from evalkit.files import read_bytes
from evalkit.formats.attribution.word_layout import Word, laid_out, runs
from evalkit.formats.base import Source
from evalkit.formats.safe_xml import parse_xml
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.options import ReadOptions
from evalkit.records import Span
from evalkit.text.quotation_marks import kinds_by_marks

__all__ = ["parc3_certainty", "parc3_documents"]

_ROLES = ("content", "cue", "source")
_HEAD = re.compile(rb"<WORD\b[^>]*\bByteCount=|<attributionRole\b")
_BYTES = re.compile(r"\s*(\d{1,12})\s*,\s*(\d{1,12})\s*")
_TRACE = "-NONE-"
"""The part of speech of what was never written."""


def parc3_certainty(path: Path, head: bytes) -> float:
    """How sure it is that a file is one of PARC3."""
    return 0.97 if _HEAD.search(head) and not path.is_dir() else 0.0


def parc3_documents(source: Source, options: ReadOptions) -> Documents:
    """The text of a file and its attributions, each as a mark for its content, cue and source, linked."""
    where = str(source.path)
    try:
        root = parse_xml(read_bytes(source.path), where, remedy="get the file again")
    except FormatError as error:
        return Documents(problems=(error,))
    words: list[Word] = []
    attributions: dict[str, dict[str, list[int]]] = {}
    problems: list[FormatError] = []
    notes: Counter[str] = Counter()
    begins = True
    for element in root.iter("SENTENCE", "WORD"):
        if element.tag == "SENTENCE":
            begins = True
            continue
        text, place = element.get("text") or "", _BYTES.fullmatch(element.get("ByteCount") or "")
        if not text or element.get("pos") == _TRACE:
            continue
        for attribution in element.iterfind("attribution"):
            name = (attribution.get("id") or "").strip()
            if not name:
                problems.append(
                    FormatError(
                        f"{where}:{attribution.sourceline}: the word {text[:40]!r} is in an attribution without an id, "
                        "which would be one with all others; give each its id"
                    )
                )
                continue
            for role in attribution.iterfind("attributionRole"):
                value = (role.get("roleValue") or "").lower()
                if value not in _ROLES:
                    notes[f"words in a role that is none of content, cue and source ({value[:20]}), left out"] += 1
                    continue
                attributions.setdefault(name, {}).setdefault(value, []).append(len(words))
        start, end = (int(place[1]), int(place[2])) if place else (None, None)
        words.append(Word(text, start, end, begins))
        begins = False
    if not words:
        return Documents(problems=(FormatError(f"{where}: has no WORD with a text; is it a file of PARC3?"),))
    (text, spans), how = laid_out(words)
    notes[how] += 1
    if without := sum("content" not in roles for roles in attributions.values()):
        notes["attributions without a content, left out"] += without
    marks, links = _marked(attributions, text, spans)
    document = Document(
        id=source.name or source.path.stem,
        text=text,
        marks=tuple(marks),
        links=tuple(links),
        declared=frozenset(_ROLES),
        where=where,
    )
    return Documents(documents=(document,), problems=tuple(problems), notes=dict(notes))


def _marked(
    attributions: dict[str, dict[str, list[int]]], text: str, spans: list[Span]
) -> tuple[list[Mark], list[Link]]:
    whole = {name: roles for name, roles in attributions.items() if "content" in roles}
    kinds = kinds_by_marks(text, [runs(roles["content"], spans) for roles in whole.values()])
    marks, links = [], []
    for (name, roles), kind in zip(whole.items(), kinds, strict=True):
        for role in _ROLES:
            if role not in roles:
                continue
            features = {"kind": kind} if role == "content" else {}
            marks.append(Mark(f"{name}:{role}", role, runs(roles[role], spans), features))
            if role != "content":
                links.append(Link(role, f"{name}:content", f"{name}:{role}"))
    return marks, links
