"""A draft of a profile for the files of a tool: what is in them, and a guess which layer each type of mark is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.dataset.loading.sources import check_settings, documents_of, find_place
from evalkit.errors import InputError
from evalkit.formats.base import Batch
from evalkit.formats.standoff.draft import Findings, draft_text, look_at
from evalkit.options import ReadOptions
from evalkit.showing import shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["ProfileDraft", "draft_profile"]


@dataclass(frozen=True, kw_only=True)
class ProfileDraft:
    """A draft of a profile.

    Attributes:
        place: what was looked at.
        text: the draft as TOML, with what was found as comments.
        found: what was found.
        notes: what is to be said about how it was read.
    """

    place: str
    text: str
    found: Findings = field(repr=False)
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The draft and what was found as JSON values."""
        return {
            "format": "evalkit.profile_draft",
            "version": 1,
            "place": self.place,
            "documents": self.found.documents,
            "marks": {
                name: {
                    "marks": what.marks,
                    "example": what.example,
                    "features": {feature: dict(values) for feature, values in sorted(what.features.items())},
                }
                for name, what in self.found.types.items()
            },
            "links": {
                name: [
                    {"source": one, "target": other, "links": number} for (one, other), number in sorted(ends.items())
                ]
                for name, ends in self.found.links.items()
            },
            "questions": {name: dict(answers) for name, answers in sorted(self.found.questions.items())},
            "declared": list(self.found.declared),
            "draft": self.text,
            "notes": list(self.notes),
        }

    def to_pandas(self) -> DataFrame:
        """One row for each type of marks, of links and of questions, with how many there are."""
        import pandas as pd

        rows = [("mark", name, what.marks, what.example) for name, what in self.found.types.items()]
        rows += [("link", name, sum(ends.values()), "") for name, ends in self.found.links.items()]
        rows += [("question", name, sum(answers.values()), "") for name, answers in self.found.questions.items()]
        return pd.DataFrame(rows, columns=["what", "type", "number", "example"])

    _repr_html_ = shown_html


def draft_profile(source: str | Path, *, format: str | None = None, read: ReadOptions | None = None) -> ProfileDraft:
    """A draft of a profile for the files of an annotation tool, to be mended by people.

    Args:
        source: a file, or a folder of files, of an annotation tool.
        format: the format of the files; found by looking into them by default.
        read: how they are read.

    Raises:
        InputError: they cannot be read, hold no text, or are in a format without marks.
    """
    read = read or ReadOptions()
    place = find_place(source, format or read.format, profile=read.profile, download=read.download)
    check_settings(read, place)
    several = documents_of(place, read)
    documents = [document for one in several for document in one.documents]
    problems = [problem for one in several for problem in one.problems]
    if not documents:
        if problems:
            raise problems[0]
        raise InputError(f"{place.location}: holds no text; check the path")
    found = look_at(documents)
    notes = [sentence for one in several for sentence in Batch(notes=one.notes).sentences]
    if problems:
        notes.append(f"{len(problems)} could not be read, first: {problems[0]}; evalkit dataset validate tells of all")
    form = place.format.name if place.format is not None else ""
    text = draft_text(found, where=Path(place.location).name, format_name=form)
    return ProfileDraft(place=place.location, text=text, found=found, notes=tuple(notes))
