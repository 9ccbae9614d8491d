"""The predicted tags of one file, carried over to the tokens of another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from evalkit.formats.tags.schemes import decode_tags
from evalkit.formats.tags.tag_cells import count_labels
from evalkit.formats.tags.tag_file import DocumentMark, TagFile
from evalkit.formats.tags.token_alignment import Alignment, align_tokens, token_key

__all__ = ["PairedTags", "label_spelling", "pair_tags"]

_CONTINUED = {"B": "I", "S": "I", "U": "I", "W": "I", "b": "i", "s": "i", "u": "i", "w": "i"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedTags:
    """Predicted tags over gold tokens.

    Attributes:
        tags: one tag a gold token.
        places: for each gold token the index of its predicted token in `file`, or -1.
        file: the file they come from.
        unplaced: predicted entities that stand on no gold token: the index of the gold token before them, their
            tokens, their label.
    """

    tags: list[str]
    places: list[int]
    file: TagFile
    unplaced: list[tuple[int, tuple[str, ...], str]] = field(default_factory=list)


def pair_tags(gold: TagFile, predicted: TagFile, *, notes: Counter[str]) -> PairedTags:
    """The predicted tag of every gold token; counts in `notes` what did not line up."""
    predicted = _in_gold_order(gold, predicted, notes)
    if predicted.tokenless or gold.tokenless:
        found = _by_position(gold, predicted)
    else:
        found = align_tokens(gold.tokens, predicted.tokens, gold_blocks=gold.blocks, predicted_blocks=predicted.blocks)
        _note_spelling(gold, predicted, found, notes)
    missing = found.partner.count(-1)
    if missing:
        first = gold.place(found.partner.index(-1))
        notes[f"predicted: gold tokens that are missing, read as O (first: {first})"] += missing
    cells = predicted.cells[0]
    tags: list[str] = []
    before = -1
    for index in found.partner:
        tag = "O" if index < 0 else cells[index]
        # A predicted token that covers two gold tokens tags one entity, not two.
        if index >= 0 and index == before and tag[:1] in _CONTINUED:
            tag = _CONTINUED[tag[0]] + tag[1:]
        tags.append(tag)
        before = index
    unplaced = _unplaced(predicted, found, notes)
    return PairedTags(tags=tags, places=found.partner, file=predicted, unplaced=unplaced)


def _in_gold_order(gold: TagFile, predicted: TagFile, notes: Counter[str]) -> TagFile:
    """The predicted file with its documents in gold's order, if both name their documents and the order differs."""
    names = [[mark.name for mark in file.marks if mark.name] for file in (gold, predicted)]
    wanted = {name: number for number, name in enumerate(names[0])}
    order = [wanted[name] for name in names[1] if name in wanted]
    if order == sorted(order) or any(len(set(group)) < len(group) for group in names):
        return predicted
    marks = [mark for mark in predicted.marks if mark.name]
    ends = [*(mark.start for mark in marks[1:]), len(predicted.tokens)]
    pieces = [(-1, "", 0, marks[0].start)]
    pieces += [(wanted.get(m.name, len(wanted)), m.name, m.start, end) for m, end in zip(marks, ends, strict=True)]
    notes["predicted: documents in another order than gold, sorted by name"] += len(marks)
    old_blocks = set(predicted.blocks)
    moved = replace(predicted, tokens=[], cells=([],), lines=[], blocks=[], marks=[], glued=None)
    for _, name, start, end in sorted(pieces, key=lambda piece: piece[0]):
        moved.marks.append(DocumentMark(kind="comment", start=len(moved.tokens), name=name))
        moved.blocks += [len(moved.tokens) + i - start for i in range(start, end) if i in old_blocks]
        moved.tokens += predicted.tokens[start:end]
        moved.cells[0].extend(predicted.cells[0][start:end])
        moved.lines += predicted.lines[start:end]
    return moved


def _by_position(gold: TagFile, predicted: TagFile) -> Alignment:
    """Pair by position in the file, or block by block where both have as many blocks of other sizes."""
    sizes = len(gold.tokens), len(predicted.tokens)
    partner = [index if index < sizes[1] else -1 for index in range(sizes[0])]
    if sizes[0] != sizes[1] and len(gold.blocks) == len(predicted.blocks):
        ends = [*gold.blocks[1:], sizes[0]], [*predicted.blocks[1:], sizes[1]]
        for g0, g1, p0, p1 in zip(gold.blocks, ends[0], predicted.blocks, ends[1], strict=True):
            partner[g0:g1] = [p0 + step if p0 + step < p1 else -1 for step in range(g1 - g0)]
    used = set(partner)
    extra = [index for index in range(sizes[1]) if index not in used]
    return Alignment(partner=partner, extra=extra, by_position=not extra)


def _note_spelling(gold: TagFile, predicted: TagFile, found: Alignment, notes: Counter[str]) -> None:
    respelled = other = 0
    for index, partner in enumerate(found.partner):
        if partner >= 0 and gold.tokens[index] != predicted.tokens[partner]:
            same = token_key(gold.tokens[index]) == token_key(predicted.tokens[partner])
            respelled, other = respelled + same, other + (not same)
    if respelled:
        notes["predicted: tokens with other quotes, escapes or Unicode form, read as the same"] += respelled
    if other:
        notes["predicted: tokens with another spelling, paired by place"] += other
    twice = len(found.partner) - found.partner.count(-1) - len(set(found.partner) - {-1})
    if twice:
        notes["predicted: tokens that cover several gold tokens"] += twice
    if gold.blocks != predicted.blocks:
        notes["predicted: blocks cut otherwise than in gold, gold's are used"] += 1


def _unplaced(predicted: TagFile, found: Alignment, notes: Counter[str]) -> list[tuple[int, tuple[str, ...], str]]:
    if not found.extra:
        return []
    notes[f"predicted: tokens that gold lacks (first: {predicted.place(found.extra[0])})"] += len(found.extra)
    extra = set(found.extra)
    gold_of = {partner: index for index, partner in enumerate(found.partner) if partner >= 0}
    starts = {*predicted.blocks, *(mark.start for mark in predicted.marks)}
    unplaced: list[tuple[int, tuple[str, ...], str]] = []
    for span in decode_tags(predicted.cells[0], breaks=sorted(starts)).spans:
        if not extra.issuperset(range(span.start, span.end)):
            continue
        left = span.start
        while left > 0 and left not in gold_of:
            left -= 1
        unplaced.append((gold_of.get(left, 0), tuple(predicted.tokens[span.start : span.end]), span.label))
    if unplaced:
        notes["predicted: entities on tokens that gold lacks, counted as spurious"] += len(unplaced)
    return unplaced


def label_spelling(gold: Sequence[str], predicted: Sequence[str], *, notes: Counter[str]) -> dict[str, str]:
    """How labels are spelled, by their case-folded form: as gold mostly spells them, else as predicted mostly do."""
    spelling: dict[str, str] = {}
    for side, tags in (("gold", gold), ("predicted", predicted)):
        counts = count_labels(tags)
        for label, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            spelling.setdefault(label.casefold(), label)
        changed = sum(count for label, count in counts.items() if spelling[label.casefold()] != label)
        if changed:
            notes[f"{side}: tags with a label in other case, spelled as gold spells it"] += changed
    return spelling
