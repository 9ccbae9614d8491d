"""How tag columns are read: every choice, with what it is by default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from evalkit.formats.tags.tag_cells import known_scheme
from evalkit.registry import unknown_name

__all__ = ["DEFAULTS", "DETOKENISERS", "DOCUMENT_MODES", "HELP", "TagSettings", "tag_settings"]

DETOKENISERS = ("auto", "space", "simple", "marked")
DOCUMENT_MODES = ("auto", "comment", "docstart", "blank", "sentence", "file")
REPAIRS = ("begin", "discard", "strict")
"""What an illegal tag sequence can mean, see `evalkit.formats.tags.schemes`."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")

HELP = {
    "token_column": "where the tokens are: a number from 0, negative from the end, or a header name; found out.",
    "tag_column": "where the tags are, in every file.",
    "gold_tag_column": "where the gold tags are, if elsewhere.",
    "predicted_tag_column": "where the predicted tags are, if elsewhere (also in the gold file itself).",
    "separator": "a character, or tab, space, comma, whitespace.",
    "comment": "what comment lines begin with, or none; by default # where no tag follows.",
    "document": "what begins a document: comment, docstart, blank, file; found out by default.",
    "scheme": "IOB1, IOB2, IOE1, IOE2, IOBES, BILOU, IO; found out by default.",
    "repair": "what illegal sequences mean: begin (default), discard or strict.",
    "label_case": "fold (default) reads labels that differ only in case as one, keep does not.",
    "encoding": "the encoding; UTF-8 by default, damaged lines as Windows-1252.",
    "detokenise": "how text is rebuilt: space, simple or marked; found out by default.",
}
"""The settings with their lines of help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagSettings:
    """How tag columns are read.

    Attributes:
        token_column: a number from 0, negative from the end, or a header name; a text of digits is a number.
            "auto:token" is the first column that neither numbers the tokens nor holds tags.
        tag_column: the column of the tags in every file. "auto:tag" is the column whose header names it (NE-COARSE-LIT,
            NER, …), else the last column that looks like tags, else the last that may hold labels without prefixes.
        gold_tag_column: the gold column, if it differs from `tag_column`.
        predicted_tag_column: the predicted column, if it differs; one of the gold file where there is no other file.
        separator: a character or "tab", "space", "comma", "whitespace"; None finds out (tab, else any blanks).
        comment: "none", what comment lines begin with, or "auto": # where the character that parts the columns does
            not follow, and where the label that follows stands on no other line; a word glued to the # that has a
            tag with a prefix is a token, and what one of two files has as a token is one in both.
        document: what begins a document: "comment", "docstart", "blank" ("sentence" is the same), "file", or "auto"
            for the first of comment and docstart that the gold file has, else "blank". `# id = a1` is such a comment
            where the file has no other.
        scheme: the tag scheme of both columns; "auto" finds out, column by column.
        repair: what illegal sequences mean: "begin", "discard" or "strict".
        label_case: "fold" reads labels that differ only in case as one, spelled as gold spells it; "keep" does not.
        encoding: the encoding of both files; None reads UTF-8, damaged lines as Windows-1252.
        detokenise: how text is rebuilt: "space"; "simple" for English punctuation; "marked" by NoSpaceAfter in the
            file; "auto" for "marked" where the file has such marks, else "space".

    Raises:
        UnknownNameError: a word that is none of these.
    """

    token_column: int | str = "auto:token"
    tag_column: int | str = "auto:tag"
    gold_tag_column: int | str | None = None
    predicted_tag_column: int | str | None = None
    separator: str | None = None
    comment: str = "auto"
    document: str = "auto"
    scheme: str = "auto"
    repair: str = "begin"
    label_case: str = "fold"
    encoding: str | None = None
    detokenise: str = "auto"

    def __post_init__(self) -> None:
        for what, name, words in (
            ("repair policy", self.repair, REPAIRS),
            ("document mode", self.document, DOCUMENT_MODES),
            ("label case", self.label_case, ("fold", "keep")),
            ("detokenisation", self.detokenise, DETOKENISERS),
        ):
            if name not in words:
                raise unknown_name(what, name, words)
        object.__setattr__(self, "scheme", known_scheme(self.scheme))
        for own in fields(self):
            column = getattr(self, own.name)
            if own.name.endswith("_column") and isinstance(column, str) and _NUMBER.fullmatch(column.strip()):
                # A command line says everything in letters; a number is the number of a column, never its name.
                object.__setattr__(self, own.name, int(column.strip()))

    @property
    def gold_column(self) -> int | str:
        """Where the gold tags are."""
        return self.tag_column if self.gold_tag_column is None else self.gold_tag_column

    @property
    def predicted_column(self) -> int | str:
        """Where the predicted tags are."""
        return self.tag_column if self.predicted_tag_column is None else self.predicted_tag_column


DEFAULTS = TagSettings()


def tag_settings(values: Mapping[str, Any]) -> TagSettings:
    """The settings among some values by name; what belongs to other formats is left aside."""
    return TagSettings(**{own.name: values[own.name] for own in fields(TagSettings) if own.name in values})
