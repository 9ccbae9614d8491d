"""Tag-column files (CoNLL and its relatives): gold and predicted entities over one token sequence.

Gold and predicted tags stand in one file, as conlleval reads them, or in two. Two files are laid side by side by
their tokens, not by their line numbers; a gold token without a predicted one counts as O. Where sequences begin and
end is the gold file's business: blank lines part them, but in HIPE files (a header with `NE-…` columns) entities
run over lines and segments of a document, and only a document ends them. Whatever was mended on the way is counted in
`TagCorpus.notes`.

Example:
    >>> corpus = read_tag_columns(Path("gold.tsv"), Path("system.tsv"), tag_column="NE-COARSE-LIT")  # doctest: +SKIP
    >>> corpus.documents[0].gold  # doctest: +SKIP
    (TokenSpan(start=2, end=3, label='loc'),)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from evalkit.formats.tags.documents import DOCUMENT_MODES, TagDocument, cut_documents, find_documents, with_tails
from evalkit.formats.tags.pairing import PairedTags, label_spelling, pair_tags
from evalkit.formats.tags.schemes import REPAIRS, DecodedTags, TokenSpan, decode_tags
from evalkit.formats.tags.tag_cells import known_scheme
from evalkit.formats.tags.tag_file import TagFile, check_tag_cells, read_tag_file
from evalkit.registry import unknown_name

__all__ = ["TagCorpus", "TagDocument", "read_tag_columns"]

_ODDITIES = {
    "begins-with-inside": "entities that begin with I- or E-",
    "never-closed": "entities that are never closed",
    "prefix-outside-scheme": "tags with a prefix outside the scheme",
    "unknown-prefix": "tags with an unknown prefix, read as I-",
    "no-prefix": "tags without a prefix, read as I-",
    "no-label": "tags without a label, read as ENTITY",
    "outside-variant": "tags such as '_' or empty, read as O",
    "several-tags": "cells with several tags, all read",
    "discarded": "entities left out because a tag is illegal",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TagCorpus:
    """What `read_tag_columns` read.

    Attributes:
        documents: in the order of the gold file.
        gold_scheme: the tag scheme of the gold column.
        predicted_scheme: that of the predicted column; None if only gold was read.
        repair: the policy for illegal tag sequences.
        document: what a document is here ("comment", "docstart", "blank" or "file").
        notes: what was met and mended, in words, and how often; sorted.
    """

    documents: tuple[TagDocument, ...]
    gold_scheme: str
    predicted_scheme: str | None
    repair: str
    document: str
    notes: Mapping[str, int]


def read_tag_columns(
    gold_path: Path | str,
    predicted_path: Path | str | None = None,
    *,
    token_column: int | str = "auto:token",
    tag_column: int | str = "auto:tag",
    gold_tag_column: int | str | None = None,
    predicted_tag_column: int | str | None = None,
    separator: str | None = None,
    comment: str = "auto",
    document: str = "auto",
    scheme: str = "auto",
    repair: str = "begin",
    label_case: str = "fold",
    encoding: str | None = None,
) -> TagCorpus:
    """The gold entities of a tag-column file and, if given, the predicted ones, over the gold tokens.

    Args:
        gold_path: the file with the gold tags.
        predicted_path: the file with the predicted tags; None reads both from `gold_path` if
            `predicted_tag_column` is given, else gold only.
        token_column: a number from 0, negative from the end, or a header name. "auto:token" is the first column, or
            the second if the first numbers the tokens.
        tag_column: the column of the tags in every file. "auto:tag" is the column whose header names it (NE-COARSE-LIT,
            NER, …), else the last column that looks like tags.
        gold_tag_column: the gold column, if it differs from `tag_column`.
        predicted_tag_column: the predicted column, if it differs.
        separator: a character or "tab", "space", "comma", "whitespace"; None finds out (tab, else any blanks).
        comment: "auto" (lines that begin with # and hold no tag), "none", or what comment lines begin with.
        document: what begins a document: "comment", "docstart", "blank" ("sentence" is the same), "file", or "auto"
            for the first of comment and docstart that the gold file has, else "blank".
        scheme: the tag scheme of both columns; "auto" finds out, column by column.
        repair: what illegal sequences mean: "begin", "discard" or "strict".
        label_case: "fold" reads labels that differ only in case as one, spelled as gold spells it; "keep" does not.
        encoding: the encoding of both files; None reads UTF-8, damaged lines as Windows-1252.

    Raises:
        InputError: a file cannot be read.
        FormatError: a column is missing, a file holds no token, or repair is "strict" and a tag illegal.
        UnknownNameError: an unknown scheme, policy or document mode.
    """
    for what, name, known in (
        ("repair policy", repair, REPAIRS),
        ("document mode", document, DOCUMENT_MODES),
        ("label case", label_case, ("fold", "keep")),
    ):
        if name not in known:
            raise unknown_name(what, name, known)
    scheme = known_scheme(scheme)
    gold_column = tag_column if gold_tag_column is None else gold_tag_column
    other_column = tag_column if predicted_tag_column is None else predicted_tag_column
    read = partial(read_tag_file, token_column=token_column, separator=separator, comment=comment, encoding=encoding)
    notes: Counter[str] = Counter()
    predicted: PairedTags | None = None
    if predicted_path is None and predicted_tag_column is not None:
        gold = read(Path(gold_path), tag_columns=(gold_column, other_column))
        predicted = PairedTags(tags=gold.cells[1], places=list(range(len(gold.tokens))), file=gold)
    else:
        gold = read(Path(gold_path), tag_columns=(gold_column,))
    check_tag_cells(gold, gold_column)
    if predicted_path is not None:
        other = read(Path(predicted_path), tag_columns=(other_column,), fallback=gold.layout)
        predicted = pair_tags(gold, other, notes=notes)
    return _Builder(gold, predicted, scheme, repair, label_case, notes).build(document)


class _Builder:
    """Decodes both columns over the gold tokens and cuts them into documents."""

    def __init__(
        self,
        gold: TagFile,
        predicted: PairedTags | None,
        scheme: str,
        repair: str,
        label_case: str,
        notes: Counter[str],
    ) -> None:
        self.gold, self.predicted = gold, predicted
        self.scheme, self.repair, self.notes = scheme, repair, notes
        self.spelling: dict[str, str] = {}
        if label_case == "fold":
            self.spelling = label_spelling(gold.cells[0], predicted.tags if predicted else [], notes=notes)

    def build(self, document: str) -> TagCorpus:
        """The corpus with its documents cut as `document` says."""
        gold, predicted = self.gold, self.predicted
        mode, ranges = find_documents(gold, document, notes=self.notes)
        starts = {part.start for part in ranges}
        breaks = sorted(starts if _runs_over_blocks(gold) else starts | set(gold.blocks))
        gold_tags = self._decode("gold", gold.cells[0], breaks, list(range(len(gold.tokens))), gold)
        predicted_tags = None
        if predicted:
            predicted_tags = self._decode("predicted", predicted.tags, breaks, predicted.places, predicted.file)
            self._note_new_labels(gold_tags.spans, predicted_tags.spans)
        self._collect_notes()
        documents = cut_documents(gold, ranges, gold_tags.spans, predicted_tags.spans if predicted_tags else None)
        if predicted and predicted.unplaced:
            documents = with_tails(documents, ranges, predicted)
        return TagCorpus(
            documents=tuple(documents),
            gold_scheme=gold_tags.scheme,
            predicted_scheme=predicted_tags.scheme if predicted_tags else None,
            repair=self.repair,
            document=mode,
            notes=dict(sorted(self.notes.items())),
        )

    def _decode(self, side: str, tags: list[str], breaks: list[int], places: list[int], file: TagFile) -> DecodedTags:
        decoded = decode_tags(
            tags,
            scheme=self.scheme,
            repair=self.repair,
            breaks=breaks,
            spelling=self.spelling,
            where=lambda index: file.place(places[index]),
        )
        for kind, count in decoded.repaired.items():
            self.notes[f"{side}: {_ODDITIES[kind]}"] += count
        return decoded

    def _note_new_labels(self, gold: list[TokenSpan], predicted: list[TokenSpan]) -> None:
        known = {span.label for span in gold}
        new = Counter(span.label for span in predicted if span.label not in known)
        if new:
            names = sorted(new, key=lambda label: (-new[label], label))
            some = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
            what = "entities with a label that gold never uses, counted as spurious"
            self.notes[f"predicted: {what} ({some})"] += new.total()

    def _collect_notes(self) -> None:
        files = {"gold": self.gold}
        if self.predicted and self.predicted.file is not self.gold:
            files["predicted"] = self.predicted.file
        for side, file in files.items():
            for what, count in file.notes.items():
                self.notes[f"{side}: {what}"] += count


def _runs_over_blocks(gold: TagFile) -> bool:
    """Whether entities run over blank lines: in HIPE's files they do, as its scorer merges the lines of a document."""
    return any(name.upper().startswith("NE-") for name in gold.layout.header)
