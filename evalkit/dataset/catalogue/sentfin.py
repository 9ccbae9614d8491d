"""SEntFiN: a CSV file of headlines, with what is said of each entity in a cell that is nearly Python.

An entity is given by its name, without a place: where the headline has it once, as a word of its own, it is there.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter

from evalkit.errors import FormatError
from evalkit.files import read_text
from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Document, Documents, Mark
from evalkit.formats.standoff.form import standoff_format
from evalkit.options import ReadOptions
from evalkit.records import Span
from evalkit.showing import number_of

__all__ = ["SENTFIN"]

_COLUMNS = ["S No.", "Title", "Decisions", "Words"]
# Names hold apostrophes that nothing escapes, so no reader of Python or JSON takes the cell.
_DECISION = re.compile(r"""(['"])(?P<name>.+?)\1: *(['"])(?P<label>\w+)\3""")

NOWHERE = "entities that their headline does not have, left out"
SEVERAL = "entities that their headline has several times, so that nothing tells which is meant, left out"
UNREAD = "headlines with a cell of entities that cannot be read, left out"


def _documents(source: Source, options: ReadOptions) -> Documents:
    rows = csv.reader(io.StringIO(read_text(source.path), newline=""))
    if next(rows, None) != _COLUMNS:
        raise FormatError(f"{source.path}: its columns are not {', '.join(_COLUMNS)}; get the corpus again")
    notes: Counter[str] = Counter()
    documents = []
    for row in rows:
        where = f"{source.path}:{rows.line_num}"
        if len(row) != len(_COLUMNS):
            raise FormatError(f"{where}: {number_of(len(row), 'cell')}, expected {len(_COLUMNS)}; get the corpus again")
        number, text, cell, _ = row
        decisions = [(found["name"], found["label"]) for found in _DECISION.finditer(cell)]
        if not decisions:
            notes[UNREAD] += 1
            continue
        marks = tuple(_marks(text, decisions, notes))
        documents.append(
            Document(id=f"{source.name}-{number}", text=text, marks=marks, declared=frozenset({"*"}), where=where)
        )
    return Documents(documents=tuple(documents), notes=notes, reading="sentfin")


def _marks(text: str, decisions: list[tuple[str, str]], notes: Counter[str]) -> list[Mark]:
    marks = []
    for number, (name, label) in enumerate(decisions, 1):
        places = _places(text, name)
        if len(places) == 1:
            marks.append(Mark(f"m{number}", label, (places[0],)))
        else:
            notes[SEVERAL if places else NOWHERE] += 1
    return marks


def _places(text: str, name: str) -> list[Span]:
    """Where a name stands in a text: as words of their own, or, if nowhere so, as part of others."""
    own = [Span(*found.span()) for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)]
    return own or [Span(*found.span()) for found in re.finditer(re.escape(name), text)]


SENTFIN = standoff_format(
    name="sentfin",
    about="the CSV file of SEntFiN",
    suffixes=(".csv",),
    documents=_documents,
    profile="default",
    has_offsets=False,
)
