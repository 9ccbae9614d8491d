"""The files of brat as documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from evalkit.errors import EvalkitError, FormatError
from evalkit.files import read_text
from evalkit.formats.base import Source
from evalkit.formats.brat.config import Types, parse_config
from evalkit.formats.brat.lines import Bound, Lines, parse_lines
from evalkit.formats.brat.meaning import meaning_of
from evalkit.formats.brat.names import BYTE_ORDER_MARK, CONFIG
from evalkit.formats.brat.pairs import Pair, find_pairs
from evalkit.formats.brat.pieces import LINE_ENDS_AS_ONE, surface_of
from evalkit.formats.standoff.document import Document, Documents
from evalkit.formats.standoff.proof import AS_IT_IS, COLLAPSED, TRIMMED, UTF_16, Claim, Prover, Spelling
from evalkit.options import ReadOptions
from evalkit.records import Span
from evalkit.text.counting import CODE_POINTS, Counting, parse_counting

__all__ = ["brat_documents"]

_SPELLINGS = (AS_IT_IS, Spelling("", surface_of), TRIMMED, COLLAPSED)


class _Read(NamedTuple):
    """A text with the lines about it."""

    pair: Pair
    text: str
    lines: Lines


def brat_documents(source: Source, options: ReadOptions) -> Documents:
    """The texts of a folder, or of a pair of files, with what is said of them.

    Offsets are proved by the text that each place is said to hold. brat breaks a place at line ends and tabs: its
    pieces are one span again, and counted.

    Raises:
        InputError: somebody said that offsets are counted in a way that there is not.
    """
    found = find_pairs(source.path)
    notes, problems = Counter(found.notes), list(found.problems)
    read: list[_Read] = []
    for pair in found.pairs:
        lines = Lines()
        try:
            text = read_text(pair.text)
            for file in pair.files:
                parse_lines(read_text(file), file, lines)
        except FormatError as error:
            problems.append(error)
            continue
        problems += lines.problems
        if lines.comments:
            notes["comments about no line, left out"] += lines.comments
        read.append(_Read(pair, text, lines))
    stated = parse_counting(options.offsets) if options.offsets else None
    places = _proved(read, stated, notes, problems)
    root = source.path if source.path.is_dir() else source.path.parent
    types: dict[Path, Types] = {}
    documents = []
    for (pair, text, lines), own in zip(read, places, strict=True):
        declared = _types_beside(root, pair.files[0].parent, types, problems)
        if text.startswith(BYTE_ORDER_MARK):
            notes["byte order marks taken away from texts"] += 1
            text = text[1:]
        meaning = meaning_of(lines, text, own, declared.roles)
        problems += meaning.problems
        notes.update(meaning.notes)
        documents.append(
            Document(
                id=pair.id,
                text=text,
                marks=meaning.marks,
                links=meaning.links,
                annotator=pair.annotator,
                article={"annotator": pair.made_by} if pair.made_by and not pair.annotator else {},
                split=pair.split,
                declared=declared.all,
                where=str(pair.files[0]),
            )
        )
    return Documents(documents=tuple(documents), problems=tuple(problems), notes=notes)


def _proved(
    read: Sequence[_Read], stated: Counting | None, notes: Counter[str], problems: list[FormatError]
) -> list[dict[str, tuple[Span, ...]]]:
    """The spans of each place of each text, by id, in code points of the text without its mark."""
    bounds = [list(one.lines.of(Bound)) for one in read]
    usual = LINE_ENDS_AS_ONE if any("\r\n" in one.text for one in read) else CODE_POINTS
    likely = (CODE_POINTS, UTF_16) if usual != CODE_POINTS else (UTF_16,)
    prover = Prover(usual=stated or usual, likely=likely, spellings=_SPELLINGS, stated=stated is not None)
    claims = [(one.text, [_claim(bound) for bound in own]) for one, own in zip(read, bounds, strict=True)]
    places: list[dict[str, tuple[Span, ...]]] = []
    for one, own, proofs in zip(read, bounds, prover.prove_all(claims), strict=True):
        spans: dict[str, tuple[Span, ...]] = {}
        shift = int(one.text.startswith(BYTE_ORDER_MARK))
        for bound, proof in zip(own, proofs, strict=True):
            if proof.refusal:
                problems.append(FormatError(f"{bound.where}: {bound.id}: {proof.refusal}"))
                one.lines.broken.add(bound.id)
                continue
            if proof.cause:
                notes[f"places {proof.cause}"] += 1
            if proof.note:
                notes[f"places {proof.note}"] += 1
            spans[bound.id] = tuple(Span(max(0, start - shift), end - shift) for start, end in proof.spans)
        places.append(spans)
    return places


def _claim(bound: Bound) -> Claim:
    """What a line says; versions before 1.3 wrote nothing between the pieces."""
    sizes = [end - start for start, end in bound.pieces]
    if bound.surface is None or len(sizes) == 1 or len(bound.surface) != sum(sizes) or min(sizes) < 0:
        return Claim(bound.pieces, bound.surface)
    pieces, place = [], 0
    for size in sizes:
        pieces.append(bound.surface[place : place + size])
        place += size
    return Claim(bound.pieces, " ".join(pieces))


def _types_beside(root: Path, folder: Path, types: dict[Path, Types], problems: list[FormatError]) -> Types:
    """The types of the configuration that lies nearest above some files, within what was asked for."""
    if folder in types:
        return types[folder]
    config, found = folder / CONFIG, Types(frozenset(), frozenset())
    if config.is_file():
        try:
            found = parse_config(read_text(config))
        except EvalkitError as error:
            problems.append(FormatError(str(error)))
    elif folder != root and folder.is_relative_to(root):
        found = _types_beside(root, folder.parent, types, problems)
    types[folder] = found
    return found
