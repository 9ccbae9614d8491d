"""LitBank: quotes with their speakers, and mentions with what they name, in lines of tabs beside a text of words.

::

    QUOTE    Q342  54  0  54  13   “ Of course , we ’ll take over your furniture , mother , ”
    ATTRIB   Q342  Winnie_Verloc-3
    MENTION  T0  0  7  0  8  Kellynch Hall  FAC  PROP
    COREF    T0  Kellynch_Hall-4

A word is told by its line of the text and its number there, from 0; the last word is that of the span. Quotes and
mentions of one text lie in files of one name in two folders (`quotations/tsv`, `coref/tsv`); a folder with both is read
as one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.errors import FormatError, InputError
from evalkit.files import read_text
from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Document, Documents, Link, Mark
from evalkit.options import ReadOptions
from evalkit.records import Span
from evalkit.showing import number_of

__all__ = ["litbank_certainty", "litbank_documents"]

_KINDS = {"QUOTE": 7, "ATTRIB": 3, "MENTION": 9, "COREF": 3, "COP": 3, "APPOS": 3}
"""How many fields a line has, by its first."""

_HEAD = re.compile(rb"(?:QUOTE\tQ?\w+\t\d+\t\d+\t|ATTRIB\t|MENTION\tT?\w+\t\d+\t\d+\t|COREF\tT)")
_BRAT = re.compile(rb"(?:[TREAMN]\d+|\*|#\d*)\t")
_ENDING = "_brat"
_LOOKED_INTO = 20
"""Files of each folder: many texts have no quote, and their files are empty."""


def litbank_certainty(path: Path, head: bytes) -> float:
    """How sure it is that a file, or a folder, is one of LitBank."""
    if not path.is_dir():
        return 0.98 if _HEAD.match(head) else 0.0
    by_folder: dict[Path, list[Path]] = {}
    for file in _files(path):
        by_folder.setdefault(file.parent, []).append(file)
    looked_into = [file for files in by_folder.values() for file in files[:_LOOKED_INTO]]
    return 0.98 if any(_HEAD.match(_head(file)) for file in looked_into) else 0.0


def litbank_documents(source: Source, options: ReadOptions) -> Documents:
    """The texts of a file or a folder with what is said of them.

    Raises:
        InputError: a file cannot be read.
    """
    problems: list[FormatError] = []
    notes: Counter[str] = Counter()
    by_name: dict[str, _Text] = {}
    folder = source.path if source.path.is_dir() else None
    files = [source.path] if folder is None else [file for file in _files(folder) if _is_litbank(file)]
    if folder is not None and (others := sum(1 for _ in _files(folder)) - len(files)):
        notes["files of another form that end in .ann, left out"] += others
    for file in files:
        name = file.stem.removesuffix(_ENDING)
        try:
            text = read_text(file.with_suffix(".txt"), remedy=f"put the text beside {file.name}")
            here = by_name.setdefault(name, _Text(text, str(file)))
            if here.text != text:
                raise FormatError(f"{file}: its text is another than that of {here.where}; read one folder at a time")
            here.read(read_text(file).split("\n"), str(file), problems)
        except InputError as error:
            problems.append(error if isinstance(error, FormatError) else FormatError(str(error)))
    return Documents(
        documents=tuple(one.document(name, notes) for name, one in by_name.items()),
        problems=tuple(problems),
        notes=dict(notes),
    )


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*.ann")) if path.is_file())


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(200)
    except OSError:
        return b""


def _is_litbank(path: Path) -> bool:
    """Whether a file is one of these, not one of brat; an empty one is a text in which nobody speaks."""
    return _BRAT.match(_head(path)) is None


@dataclass
class _Text:
    """One text, and what lines say of it.

    Attributes:
        text: the text.
        where: its first file.
        words: where each word stands, by its line.
        marks: quotes and mentions by id.
        said: what is said of marks by lines of their own: mark → feature → value.
        links: appositions and copulas.
        kinds: the kinds of lines that are there.
        others: how many lines, by kind, say of a mark another thing than a line before.
    """

    text: str
    where: str
    words: list[list[Span]] = field(default_factory=list)
    marks: dict[str, Mark] = field(default_factory=dict)
    said: dict[str, dict[str, str]] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    others: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        # A word ends at a blank; an empty one between two blanks counts, too, as in the files.
        for line in re.finditer(r"[^\n]*\n?", self.text):
            words = re.finditer(r"[^ \n]+", line[0].rstrip("\r\n"))
            self.words.append([Span(line.start() + word.start(), line.start() + word.end()) for word in words])

    def read(self, lines: Sequence[str], where: str, problems: list[FormatError]) -> None:
        """Reads the lines of one file."""
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            cells = line.rstrip("\r").split("\t")
            kind = cells[0]
            try:
                if kind not in _KINDS:
                    raise FormatError(f"{kind[:20]!r} is none of {', '.join(_KINDS)}")
                if len(cells) < _KINDS[kind]:
                    raise FormatError(f"{kind} has {number_of(len(cells), 'field')}, not {_KINDS[kind]}")
                self.kinds.add(kind)
                self._read(kind, cells)
            except FormatError as error:
                problems.append(FormatError(f"{where}:{number}: {error}; mend that line"))

    def _read(self, kind: str, cells: Sequence[str]) -> None:
        name = cells[1]
        if kind in ("QUOTE", "MENTION"):
            if name in self.marks:
                raise FormatError(f"the id {name!r} is given twice")
            span = self._span(cells)
            if kind == "QUOTE":
                self.marks[name] = Mark(name, "QUOTE", (span,))
            else:
                self.marks[name] = Mark(name, cells[7], (span,), {"form": cells[8]})
        elif kind in ("ATTRIB", "COREF"):
            key = "speaker" if kind == "ATTRIB" else "entity_id"
            if self.said.setdefault(name, {}).setdefault(key, cells[2]) != cells[2]:
                self.others[kind] += 1
        else:
            self.links.append(Link(kind, name, cells[2]))

    def _span(self, cells: Sequence[str]) -> Span:
        places = []
        for line, word in ((cells[2], cells[3]), (cells[4], cells[5])):
            if not (line.isdecimal() and word.isdecimal() and len(line) + len(word) < 18):
                raise FormatError(f"a word is told by two numbers, found {line[:20]!r} and {word[:20]!r}")
            words = self.words[int(line)] if int(line) < len(self.words) else []
            if int(word) >= len(words):
                raise FormatError(
                    f"line {line} of the text has {number_of(len(words), 'word')}, so there is none numbered {word}"
                )
            places.append(words[int(word)])
        span = Span(places[0].start, places[1].end)
        if span.start >= span.end:
            raise FormatError("ends before it begins")
        here, said = self.text[span.start : span.end].split(), cells[6].split()
        if here != said:
            raise FormatError(f"{' '.join(said)[:40]!r} is said to stand where {' '.join(here)[:40]!r} stands")
        return span

    def document(self, name: str, notes: Counter[str]) -> Document:
        """The text with its marks; what is said of marks that are not there is counted."""
        marks = []
        for mark in self.marks.values():
            said = self.said.pop(mark.id, {})
            marks.append(mark._replace(features={**mark.features, **said}))
        if self.said:
            notes["lines about a mark that is not there, left out"] += len(self.said)
        for kind, number in self.others.items():
            notes[f"lines {kind} that say of a mark another thing than the one before, left out"] += number
        links = [link for link in self.links if link.source in self.marks and link.target in self.marks]
        if len(links) < len(self.links):
            notes["links of a mark that is not there, left out"] += len(self.links) - len(links)
        return Document(
            id=name,
            text=self.text,
            marks=tuple(marks),
            links=tuple(links),
            declared=frozenset({"QUOTE"} & self.kinds),
            where=self.where,
        )
