"""Tag-column files (CoNLL and its relatives): gold and predicted entities over one token sequence.

Gold and predicted tags stand in one file, as conlleval reads them, or in two. Two files are laid side by side by
their tokens, not by their line numbers; a gold token without a predicted one counts as O. Where sequences begin and
end is the gold file's business: blank lines part them, but in HIPE files (a header with `NE-…` columns) entities
run over lines and segments of a document, and only a document ends them. Whatever was mended on the way is counted in
`TagCorpus.notes`.

Example:
    >>> corpus = read_tag_columns("gold.tsv", "system.tsv", TagSettings(tag_column="NE-COARSE-LIT"))  # doctest: +SKIP
    >>> corpus.documents[0].gold  # doctest: +SKIP
    (TokenSpan(start=2, end=3, label='loc'),)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.formats.tags.documents import DocumentRange, TagDocument, cut_documents, find_documents, with_tails
from evalkit.formats.tags.pairing import PairedTags, Unplaced, label_spelling, pair_tags
from evalkit.formats.tags.schemes import DecodedTags, TokenSpans, decode_tags
from evalkit.formats.tags.settings import DEFAULTS, TagSettings
from evalkit.formats.tags.tag_cells import count_labels
from evalkit.formats.tags.tag_file import TagFile, check_tag_cells, read_tag_file

__all__ = ["TagCorpus", "TagDocument", "TagReading", "TagSides", "read_tag_columns", "read_tag_sides"]

_ODDITIES = {
    "begins-with-inside": "entities that begin with I- or E-",
    "never-closed": "entities that are never closed",
    "needless-begin": "entities that begin with B- where IOB1 has I-",
    "needless-end": "entities that end with E- where IOE1 has I-",
    "prefix-outside-scheme": "tags with a prefix outside the scheme",
    "unknown-prefix": "tags with an unknown prefix, read as I-",
    "no-prefix": "tags without a prefix, read as I-",
    "no-label": "tags without a label, read as ENTITY",
    "number": "tags that are pure numbers, read as labels; name the column if it is another (--tag-column)",
    "outside-variant": "tags such as '_' or empty, read as O",
    "prefixed-outside": "tags such as B-O or I-O, read as O",
    "several-tags": "cells with several tags, all read",
    "discarded": "entities left out because a tag is illegal",
}


@dataclass(frozen=True, kw_only=True)
class TagReading:
    """How tag columns were read.

    Attributes:
        gold_scheme: the tag scheme of the gold column.
        predicted_scheme: that of the predicted column; None if only gold was read.
        repair: the policy for illegal tag sequences.
        document: what a document is here ("comment", "docstart", "blank" or "file").
        notes: what was met and mended, in words, and how often; sorted.
    """

    gold_scheme: str
    predicted_scheme: str | None
    repair: str
    document: str
    notes: Mapping[str, int]

    @property
    def signature(self) -> str:
        """How it was read, for signatures."""
        return f"tags:{self.gold_scheme}/{self.repair}"


@dataclass(frozen=True, kw_only=True)
class TagCorpus(TagReading):
    """What `read_tag_columns` read: documents in the order of the gold file, and how they were read."""

    documents: tuple[TagDocument, ...]


@dataclass(frozen=True, kw_only=True)
class TagSides(TagReading):
    """The same before it is cut into documents.

    Attributes:
        gold: the gold file.
        ranges: the documents, as ranges of its tokens.
        gold_spans: the gold entities, over its tokens.
        predicted_spans: the predicted ones; None if only gold was read.
        unplaced: predicted entities on tokens that gold lacks.
    """

    gold: TagFile
    ranges: Sequence[DocumentRange]
    gold_spans: TokenSpans
    predicted_spans: TokenSpans | None
    unplaced: Sequence[Unplaced]

    def corpus(self) -> TagCorpus:
        """Document by document."""
        documents = cut_documents(self.gold, self.ranges, self.gold_spans, self.predicted_spans)
        return TagCorpus(
            documents=tuple(with_tails(documents, self.ranges, self.unplaced)),
            gold_scheme=self.gold_scheme,
            predicted_scheme=self.predicted_scheme,
            repair=self.repair,
            document=self.document,
            notes=self.notes,
        )


def read_tag_columns(
    gold_path: Path | str,
    predicted_path: Path | str | None = None,
    settings: TagSettings = DEFAULTS,
    *,
    unnamed: str = "",
) -> TagCorpus:
    """The gold entities of a tag-column file and, if given, the predicted ones, over the gold tokens.

    Args:
        gold_path: the file with the gold tags.
        predicted_path: the file with the predicted tags; None reads both from `gold_path` if
            `predicted_tag_column` is given, else gold only.
        settings: how they are read.
        unnamed: what a document is called that the file does not name, with its number if there are several.

    Raises:
        InputError: a file cannot be read.
        FormatError: a column is missing, a file holds no token, or repair is "strict" and a tag illegal.
    """
    return read_tag_sides(gold_path, predicted_path, settings, unnamed=unnamed).corpus()


def read_tag_sides(
    gold_path: Path | str,
    predicted_path: Path | str | None = None,
    settings: TagSettings = DEFAULTS,
    *,
    unnamed: str = "",
) -> TagSides:
    """The same over all tokens of the gold file. Takes and raises what `read_tag_columns` does."""
    notes: Counter[str] = Counter()
    predicted: PairedTags | None = None
    if predicted_path is None and settings.predicted_tag_column is not None:
        gold = read_tag_file(Path(gold_path), settings, (settings.gold_column, settings.predicted_column))
        predicted = PairedTags(tags=gold.cells[1], places=range(len(gold.tokens)), file=gold)
    else:
        gold = read_tag_file(Path(gold_path), settings, (settings.gold_column,))
    check_tag_cells(gold, settings.gold_column)
    if predicted_path is not None:
        gold, other = _beside(gold, Path(predicted_path), settings, notes)
        check_tag_cells(other, settings.predicted_column)
        predicted = pair_tags(gold, other, notes=notes)
    return _Builder(gold, predicted, settings, notes).build(unnamed)


def _beside(gold: TagFile, path: Path, settings: TagSettings, notes: Counter[str]) -> tuple[TagFile, TagFile]:
    """The gold file and the predicted one, in which lines that begin with # are tokens in both or in none.

    Where gold has several columns of tags, one is read that has labels of the prediction.
    """
    other = read_tag_file(path, settings, (settings.predicted_column,), beside=gold)
    if gold.rivals and not other.rivals and (column := _column_of(gold, other, settings)) is not None:
        columns = " and ".join(map(str, sorted({*gold.columns, *gold.rivals})))
        why = "since the predictions have none of the labels of the last"
        notes[f"gold: columns {columns} hold tags, column {column} was read, {why} (--tag-column)"] += 0
        settings = replace(settings, gold_tag_column=column)
        gold = read_tag_file(Path(gold.path), settings, (column,))
        other = read_tag_file(path, settings, (settings.predicted_column,), beside=gold)
    hashtags = {*_more(other.hashes, gold.hashes, gold.refused), *_more(gold.hashes, other.hashes, other.refused)}
    if hashtags:
        gold = read_tag_file(Path(gold.path), settings, (settings.gold_column,), hashtags=hashtags)
        other = read_tag_file(path, settings, (settings.predicted_column,), beside=gold, hashtags=hashtags)
    return gold, other


def _column_of(gold: TagFile, predicted: TagFile, settings: TagSettings) -> int | None:
    """The last rival column of the gold with labels that are predicted; None if the one that was read has some too.

    It is only asked about gold: in a prediction the other column may well be a copy of gold's.
    """
    columns = (*gold.columns, *reversed(gold.rivals))
    cells = read_tag_file(Path(gold.path), settings, columns).cells
    labels = [{label.casefold() for label in count_labels(column)} for column in cells]
    wanted = {label.casefold() for label in count_labels(predicted.cells[0])}
    shared = (column for column, own in zip(columns, labels, strict=True) if own & wanted)
    return None if labels[0] & wanted else next(shared, None)


def _more(tokens: Counter[str], here: Counter[str], refused: Counter[str]) -> set[str]:
    """What was refused here and stands oftener among the tokens of the other file than among those here."""
    return {token for token in refused if tokens[token] > here[token]}


class _Builder:
    """Decodes both columns over the gold tokens and cuts them into documents."""

    def __init__(
        self,
        gold: TagFile,
        predicted: PairedTags | None,
        settings: TagSettings,
        notes: Counter[str],
    ) -> None:
        self.gold, self.predicted = gold, predicted
        self.settings, self.notes = settings, notes
        self.spelling: dict[str, str] = {}
        if settings.label_case == "fold":
            self.spelling = label_spelling(gold.cells[0], predicted.tags if predicted else [], notes=notes)

    def build(self, unnamed: str) -> TagSides:
        """Both sides, and where the documents begin."""
        gold, predicted = self.gold, self.predicted
        mode, ranges = find_documents(gold, self.settings.document, notes=self.notes, unnamed=unnamed)
        starts = {part.start for part in ranges}
        breaks = sorted(starts if _runs_over_blocks(gold) else starts | set(gold.blocks))
        gold_tags = self._decode("gold", gold.cells[0], breaks, range(len(gold.tokens)), gold)
        predicted_tags = predicted_spans = None
        unplaced: list[Unplaced] = []
        if predicted:
            own_breaks = predicted.breaks(breaks)
            predicted_tags = self._decode("predicted", predicted.tags, own_breaks, predicted.places, predicted.file)
            predicted_spans, unplaced = predicted.over_gold(predicted_tags.found, breaks, gold, notes=self.notes)
            self._note_new_labels(gold_tags.found, predicted_spans)
        self._collect_notes()
        if unplaced:
            self.notes["predicted: entities on tokens that gold lacks, counted as spurious"] += len(unplaced)
        return TagSides(
            gold=gold,
            ranges=ranges,
            gold_spans=gold_tags.found,
            predicted_spans=predicted_spans,
            unplaced=unplaced,
            gold_scheme=gold_tags.scheme,
            predicted_scheme=predicted_tags.scheme if predicted_tags else None,
            repair=self.settings.repair,
            document=mode,
            notes=dict(sorted(self.notes.items())),
        )

    def _decode(
        self, side: str, tags: Sequence[str], breaks: list[int], places: Sequence[int], file: TagFile
    ) -> DecodedTags:
        decoded = decode_tags(
            tags,
            scheme=self.settings.scheme,
            repair=self.settings.repair,
            breaks=breaks,
            spelling=self.spelling,
            where=lambda index: file.place(places[index]),
        )
        for kind, count in decoded.repaired.items():
            self.notes[f"{side}: {_ODDITIES[kind]}"] += count
        return decoded

    def _note_new_labels(self, gold: TokenSpans, predicted: TokenSpans) -> None:
        known = gold.label_counts().keys()
        new = Counter({label: number for label, number in predicted.label_counts().items() if label not in known})
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
