"""How CoNLL-U is read: what there is to choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evalkit.formats.tags.settings import REPAIRS
from evalkit.formats.tags.tag_cells import known_scheme
from evalkit.registry import unknown_name

__all__ = ["HELP", "ConlluSettings", "conllu_settings"]

DOCUMENTS = ("auto", "newdoc", "sentence", "file")
_SAME = {"comment": "newdoc", "blank": "sentence"}
"""What these are called for tag columns."""

HELP = {
    "tag_column": "where tags are: a key of MISC, a column's name, or several with commas; found out, Entity first.",
    "gold_tag_column": "where the gold tags are, if elsewhere.",
    "predicted_tag_column": "where the predicted tags are, if elsewhere.",
    "document": "what begins a document: newdoc, sentence, file; by default newdoc, or the file is one.",
    "scheme": "IOB1, IOB2, IOE1, IOE2, IOBES, BILOU, IO; found out by default.",
    "repair": "what illegal sequences mean: begin (default), discard or strict.",
    "encoding": "the encoding; UTF-8 by default, damaged lines as Windows-1252.",
}
"""The settings with their lines of help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConlluSettings:
    """How a file is read.

    Attributes:
        tag_column: keys of MISC or names or numbers of columns; with none the brackets of `Entity` are read, or tags
            where they are found.
        document: `newdoc`, `sentence` or `file`; `auto` for the first if the file has it, else the last.
        scheme: the tag scheme; `auto` finds out.
        repair: what illegal sequences of tags mean.
        encoding: that of the file; None reads UTF-8, damaged lines as Windows-1252.

    Raises:
        UnknownNameError: a word that is none of these.
    """

    tag_column: tuple[str, ...] = ()
    document: str = "auto"
    scheme: str = "auto"
    repair: str = "begin"
    encoding: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "document", _SAME.get(self.document, self.document))
        for what, name, words in (
            ("document mode", self.document, DOCUMENTS),
            ("repair policy", self.repair, REPAIRS),
        ):
            if name not in words:
                raise unknown_name(what, name, words)
        object.__setattr__(self, "scheme", known_scheme(self.scheme))


def conllu_settings(values: Mapping[str, Any], *, predicted: bool) -> ConlluSettings:
    """The settings among some values by name, those of one side."""
    side = "predicted_tag_column" if predicted else "gold_tag_column"
    named = str(values.get(side) or values.get("tag_column") or "")
    others = {key: values[key] for key in ("document", "scheme", "repair", "encoding") if values.get(key)}
    return ConlluSettings(tag_column=tuple(name.strip() for name in named.split(",") if name.strip()), **others)
