"""The predicted tags of one file, laid over the tokens of another.

An entity is read from the predicted tags as they stand, and reaches from the first to the last gold token that its
tokens stand for. The pieces of a word that gold has whole say one tag together; gold tokens that the prediction lacks
belong to an entity whose tags go on after them. Marks that are glued to its edges belong to it only where gold has them
in an entity.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from evalkit.errors import FormatError
from evalkit.formats.tags.schemes import TokenSpans
from evalkit.formats.tags.tag_cells import begins, count_labels, is_outside, label_in, whole
from evalkit.formats.tags.tag_file import DocumentMark, TagFile
from evalkit.formats.tags.token_alignment import Alignment, align_tokens, plain_key, shared_letters, token_key
from evalkit.showing import number_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["PairedTags", "Unplaced", "label_spelling", "pair_tags"]

_SHARED = 0.2
"""Two files of which less than this part of the letters is in tokens that are alike are not about one text."""

_CLITIC = re.compile(r"['’](?:s|re|ve|ll|d|m|t)?|n['’]t", re.IGNORECASE)
"""What English tokenizers part from the word before it."""

Unplaced = tuple[int, tuple[str, ...], str]
"""An entity on no gold token: the index of the gold token before it, its tokens, its label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedTags:
    """Predicted tags, and which gold tokens each is about.

    Attributes:
        tags: the tags of the words of the prediction, in order.
        places: for each tag the index of its token in `file`.
        file: the file they come from.
        starts: for each tag its first gold token; None if there is one tag for each gold token.
        ends: for each tag where its gold tokens end; a tag on a token that gold lacks ends where it starts.
    """

    tags: Sequence[str]
    places: Sequence[int]
    file: TagFile
    starts: NDArray[np.int64] | None = None
    ends: NDArray[np.int64] | None = None

    def breaks(self, gold_breaks: Sequence[int]) -> list[int]:
        """Where sequences of these tags begin, if gold's begin at these gold tokens."""
        if self.starts is None or self.ends is None:
            return list(gold_breaks)
        import numpy as np

        places = set(np.searchsorted(self.starts, np.array(gold_breaks, dtype=np.int64)).tolist())
        own = {*self.file.blocks, *(mark.start for mark in self.file.marks)}
        # A block that gold lacks is a sequence of its own.
        places.update(at for at in np.flatnonzero(self.starts == self.ends).tolist() if self.places[at] in own)
        return sorted(place for place in places if place < len(self.tags))

    def over_gold(
        self, spans: TokenSpans, gold_breaks: Sequence[int], gold: TagFile, *, notes: Counter[str]
    ) -> tuple[TokenSpans, list[Unplaced]]:
        """Entities over these tags as entities over the gold tokens, and those that are on none of them.

        A punctuation mark or an ending such as 's that the prediction glued to the first or last word of an entity,
        and that is outside in gold, is not in the entity: one tag for both cannot say so. It is counted in `notes`.
        """
        if self.starts is None or self.ends is None or not len(spans):
            return spans, []
        import numpy as np

        on_gold = np.flatnonzero(self.starts < self.ends)
        # Of the tags of an entity the first and the last that are about gold tokens; there may be none.
        first, after = np.searchsorted(on_gold, spans.starts), np.searchsorted(on_gold, spans.ends)
        placed = np.flatnonzero(first < after)
        starts, ends = self.starts[on_gold[first[placed]]], self.ends[on_gold[after[placed] - 1]]
        # One predicted token may cover the end of a sequence and the beginning of the next.
        breaks = np.append(np.array(gold_breaks, dtype=np.int64), np.iinfo(np.int64).max)
        ends = np.minimum(ends, breaks[np.searchsorted(breaks, starts, side="right")])
        cut = self._cut_glued(starts, ends, on_gold[first[placed]], on_gold[after[placed] - 1], gold)
        if cut:
            notes["predicted: marks and endings glued to an entity that are outside in gold, left out of it"] += cut
        label_of = spans.label_of[placed]
        unplaced = [
            (max(int(self.starts[start]) - 1, 0), self._tokens(start, end), label)
            for (start, end, label), place in zip(spans, (first >= after).tolist(), strict=True)
            if place
        ]
        order = np.lexsort((label_of, ends, starts))
        over = TokenSpans(starts[order].astype(np.int32), ends[order].astype(np.int32), label_of[order], spans.labels)
        return over, unplaced

    def _cut_glued(
        self,
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
        firsts: NDArray[np.intp],
        lasts: NDArray[np.intp],
        gold: TagFile,
    ) -> int:
        """Moves the edges of entities inwards over what is glued to their first and last tags; how many tokens."""
        import numpy as np

        if self.starts is None or self.ends is None:
            return 0
        cut = 0
        # Few tags cover several gold tokens; only entities that begin or end with such a tag are looked at.
        many = self.ends - self.starts > 1
        for number in np.flatnonzero(many[firsts] | many[lasts]).tolist():
            first, last = int(starts[number]), int(ends[number]) - 1
            limits = int(self.ends[firsts[number]]), int(self.starts[lasts[number]])
            while last > max(first, limits[1]) and _is_glued_mark(gold, last):
                last -= 1
            while first < min(last, limits[0] - 1) and _is_glued_mark(gold, first):
                first += 1
            cut += (first - int(starts[number])) + (int(ends[number]) - 1 - last)
            starts[number], ends[number] = first, last + 1
        return cut

    def _tokens(self, start: int, end: int) -> tuple[str, ...]:
        return tuple(self.file.tokens[self.places[start] : self.places[end - 1] + 1])


def _is_glued_mark(gold: TagFile, index: int) -> bool:
    token = gold.tokens[index]
    mark = not any(map(str.isalnum, token)) or _CLITIC.fullmatch(token) is not None
    return mark and is_outside(gold.cells[0][index])


def pair_tags(gold: TagFile, predicted: TagFile, *, notes: Counter[str]) -> PairedTags:
    """The predicted tags over the gold tokens; counts in `notes` what did not line up.

    Raises:
        FormatError: the files share almost no characters, or a file without tokens cannot be laid over the gold.
    """
    predicted = _in_gold_order(gold, predicted, notes)
    if predicted.tokenless or gold.tokenless:
        found = _by_position(gold, predicted)
    else:
        found = align_tokens(gold.tokens, predicted.tokens, gold_blocks=gold.blocks, predicted_blocks=predicted.blocks)
        _note_spelling(gold, predicted, found, notes)
    missing = found.partner.count(-1)
    if missing:
        first = gold.place(found.partner.index(-1))
        what = "gold tokens that are missing, read as O unless an entity goes on after them"
        notes[f"predicted: {what} (first: {first})"] += missing
    if found.extra:
        notes[f"predicted: tokens that gold lacks (first: {predicted.place(found.extra[0])})"] += len(found.extra)
    if not (missing or found.extra or found.until) and len(gold.tokens) == len(predicted.tokens):
        return PairedTags(tags=predicted.cells[0], places=found.partner, file=predicted)
    return _words(predicted, found, notes)


def _words(predicted: TagFile, found: Alignment, notes: Counter[str]) -> PairedTags:
    """One tag for each predicted word, the pieces of a gold token together; tokens that gold lacks only if tagged."""
    import numpy as np

    cells = list(predicted.cells[0])
    partner = np.array(found.partner, dtype=np.int64)
    paired = np.flatnonzero(partner >= 0)
    starts, ends = np.full(len(cells), -1, dtype=np.int64), np.zeros(len(cells), dtype=np.int64)
    # Of several gold tokens of one predicted token the last assignment stays, so the first comes last here.
    starts[partner[paired][::-1]] = paired[::-1]
    ends[partner[paired]] = paired + 1
    for index, last in found.until.items():
        pieces = slice(found.partner[index] + 1, last + 1)
        starts[pieces] = np.where(starts[pieces] < 0, index, np.minimum(starts[pieces], index))
        ends[pieces] = np.maximum(ends[pieces], index + 1)
    kept = starts >= 0
    for place in found.extra:
        kept[place] = not is_outside(cells[place])
    before = np.concatenate(([0], np.maximum.accumulate(ends)[:-1])) if len(ends) else ends
    alone = starts < 0
    starts[alone] = ends[alone] = before[alone]
    left_aside = 0
    for index, last in sorted(found.until.items()):
        head = found.partner[index]
        for place in range(head + 1, last + 1):
            if starts[place] != index or not kept[place]:
                continue
            cell, outside = cells[place], is_outside(cells[place])
            same = label_in(cell) == label_in(cells[head])
            if is_outside(cells[head]):
                # Quotation marks before a name are no reason to take the name from the word.
                kept[head], starts[place], head = False, starts[head], place
            elif not outside and (same or not begins(cell)):
                cells[head] = whole(cells[head], cell) if same else cells[head]
                ends[head], kept[place] = max(ends[head], ends[place]), False
                left_aside += not same
            elif outside and ends[place] <= ends[head]:
                kept[place] = False
            else:
                # It begins an entity of its own, or says that what it covers besides is in none.
                starts[place] = ends[head] if outside else index
                head = place
    if left_aside:
        notes["predicted: pieces of a word with another label than its first, left aside"] += left_aside
    places = np.flatnonzero(kept)
    tags = [cells[place] for place in places.tolist()]
    return PairedTags(tags=tags, places=places.tolist(), file=predicted, starts=starts[places], ends=ends[places])


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
    moved = replace(predicted, blocks=[], marks=[], glued=None)
    places: list[int] = []
    for _, name, start, end in sorted(pieces, key=lambda piece: piece[0]):
        moved.marks.append(DocumentMark(kind="comment", start=len(places), name=name))
        moved.blocks += [len(places) + i - start for i in range(start, end) if i in old_blocks]
        places += range(start, end)
    moved.tokens = predicted.tokens.take(places)
    moved.cells = (predicted.cells[0].take(places),)
    moved.lines = [predicted.lines[place] for place in places]
    return moved


def _by_position(gold: TagFile, predicted: TagFile) -> Alignment:
    """Pair by position in the file, or block by block where both have as many blocks of other sizes.

    Raises:
        FormatError: there are neither as many tags nor as many blocks, or there is one block only.
    """
    sizes = len(gold.tokens), len(predicted.tokens)
    partner = list(range(sizes[0]))
    if sizes[0] != sizes[1]:
        if len(gold.blocks) != len(predicted.blocks) or len(gold.blocks) == 1:
            alone, other = (gold, predicted) if gold.tokenless else (predicted, gold)
            raise FormatError(
                f"{alone.path}: holds {number_of(len(alone.tokens), 'tag')} and no tokens, and {other.path} "
                f"{number_of(len(other.tokens), 'token')}; tags alone are paired by position, so give a file with "
                "tokens, or one tag for each"
            )
        ends = [*gold.blocks[1:], sizes[0]], [*predicted.blocks[1:], sizes[1]]
        for g0, g1, p0, p1 in zip(gold.blocks, ends[0], predicted.blocks, ends[1], strict=True):
            partner[g0:g1] = [p0 + step if p0 + step < p1 else -1 for step in range(g1 - g0)]
    used = set(partner)
    return Alignment(partner=partner, extra=[index for index in range(sizes[1]) if index not in used])


def _note_spelling(gold: TagFile, predicted: TagFile, found: Alignment, notes: Counter[str]) -> None:
    """Counts tokens that were paired though they are not equal.

    Raises:
        FormatError: hardly any is the same.
    """
    respelled = marked = other = 0
    glued: set[int] = set()
    own, tokens = list[str](), list[str]()
    # Where all tokens are equal nothing is to be said of them.
    if not isinstance(found.partner, range):
        glued = {partner for partner, following in pairwise(found.partner) if partner == following and partner >= 0}
        own, tokens = list(gold.tokens), list(predicted.tokens)
    for index in [n for n, (one, at) in enumerate(zip(own, found.partner, strict=False)) if one != tokens[at]]:
        one, two, partner = own[index], tokens[found.partner[index]], found.partner[index]
        if partner < 0 or index in found.until or partner in glued:
            continue
        same = plain_key(one) == plain_key(two)
        alike = same or token_key(one) == token_key(two)
        respelled, marked, other = respelled + same, marked + (alike and not same), other + (not alike)
    if 2 * (other + found.partner.count(-1)) > len(gold.tokens):
        shared = shared_letters(own, tokens, found)
        if shared < _SHARED:
            raise FormatError(
                f"{predicted.path}: shares {shared:.0%} of its text with {gold.path}: the tokens are "
                f"{_some(predicted)} there and {_some(gold)} here; is it about this gold, is the column of the tokens "
                "right (--token-column), and the encoding (--encoding)?"
            )
    for what, number in (
        ("tokens with other quotes, escapes or Unicode form, read as the same", respelled),
        ("tokens in other case, without accents or with marks of subwords, read as the same", marked),
        ("tokens with another spelling, paired by place", other),
        ("tokens that cover several gold tokens", len(glued)),
        ("gold tokens that were cut into pieces, read as one word", len(found.until)),
        ("blocks cut otherwise than in gold, gold's are used", int(gold.blocks != predicted.blocks)),
    ):
        if number:
            notes[f"predicted: {what}"] += number


def _some(file: TagFile) -> str:
    return ", ".join(repr(token[:20]) for token in file.tokens[:3])


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
