"""Two token sequences of one text, laid side by side.

Submissions come back with damaged characters, escaped quotes, other token boundaries, missing or added lines. Tokens
are paired by what they say, never by line number. Where both files are cut into the same number of tokens, block by
block, they are paired by position, as the scripts of the shared tasks do, however different they are spelled.
"""

from __future__ import annotations

import bisect
import difflib
import html
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Alignment", "align_tokens", "token_key"]

_QUOTES = str.maketrans("“”„‟«»‘’‚‛`´′″", '""""""' + "''''" + "''" + "'\"")
_DIFF_CELLS = 250_000
"""Ranges of up to this many cells (gold tokens times predicted tokens) are compared by difflib, which is quadratic."""

_WINDOWS = ((32, 3), (256, 4), (4_096, 5), (65_536, 6))
"""How far to look for the place where two sequences agree again, and for how many tokens they must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Which predicted token stands for each gold token.

    Attributes:
        partner: for each gold token the index of its predicted token, or -1; a predicted token that covers several
            gold tokens is named several times in a row.
        extra: indices of predicted tokens that stand for no gold token.
        by_position: whether the files were paired token by token from start to end.
    """

    partner: list[int]
    extra: list[int]
    by_position: bool


def token_key(token: str) -> str:
    """What a token says, whatever its quotes, entities (`&amp;`), CSV doubling or Unicode form."""
    if token.isascii() and token.isalnum():
        return token
    if len(token) > 2 and token[0] == token[-1] == '"':
        token = token[1:-1].replace('""', '"')
    key = unicodedata.normalize("NFKC", html.unescape(token)).translate(_QUOTES).strip().replace("''", '"')
    return key or token


def align_tokens(
    gold: Sequence[str], predicted: Sequence[str], *, gold_blocks: Sequence[int], predicted_blocks: Sequence[int]
) -> Alignment:
    """The predicted token of each gold token.

    Args:
        gold: the gold tokens of a whole file.
        predicted: the predicted tokens of a whole file.
        gold_blocks: indices of the gold tokens that begin a block (between blank lines).
        predicted_blocks: the same for the predicted file.
    """
    if gold == predicted:
        return Alignment(partner=list(range(len(gold))), extra=[], by_position=True)
    cache: dict[str, str] = {}
    keys = [[_cached_key(token, cache) for token in tokens] for tokens in (gold, predicted)]
    aligner = _Aligner(keys[0], keys[1])
    if len(gold) == len(predicted) and len(gold_blocks) > 1 and list(gold_blocks) == list(predicted_blocks):
        bounds = [*gold_blocks, len(gold)]
        for start, end in zip([0, *gold_blocks], bounds, strict=True):
            aligner.pair_block(start, end)
    else:
        aligner.pair(0, len(gold), 0, len(predicted))
    partner = aligner.partner
    used = set(partner)
    extra = [index for index in range(len(predicted)) if index not in used]
    return Alignment(partner=partner, extra=extra, by_position=partner == list(range(len(predicted))))


def _cached_key(token: str, cache: dict[str, str]) -> str:
    key = cache.get(token)
    if key is None:
        key = cache[token] = token_key(token)
    return key


class _Aligner:
    """Pairs ranges of two key sequences into `partner`; ranges still to do are kept on a stack, not in recursion."""

    def __init__(self, gold: list[str], predicted: list[str]) -> None:
        self.gold = gold
        self.predicted = predicted
        self.partner = [-1] * len(gold)

    def pair_block(self, start: int, end: int) -> None:
        """Pair a block of equal position and size, unless half of it is plainly shifted."""
        different = self._differences(start, end, start)
        small = (end - start) ** 2 <= _DIFF_CELLS
        shifted = different * 2 > end - start and (
            not small or self._diff_cost(start, end, start, end)[0] * 2 <= different
        )
        if shifted:
            self.pair(start, end, start, end)
        else:
            self._pair_positions(start, end, start)

    def pair(self, g0: int, g1: int, p0: int, p1: int) -> None:
        """Pair a range of gold tokens with a range of predicted tokens."""
        todo = [(g0, g1, p0, p1)]
        while todo:
            g0, g1, p0, p1 = self._trim(*todo.pop())
            if g0 == g1 or p0 == p1:
                continue
            if (g1 - g0) * (p1 - p0) <= _DIFF_CELLS:
                self._pair_gap(g0, g1, p0, p1)
                continue
            anchors = self._anchors(g0, g1, p0, p1)
            if not anchors:
                self._walk(g0, g1, p0, p1)
                continue
            for g, p in [*anchors, (g1, p1)]:
                todo.append((g0, g, p0, p))
                if g < g1:
                    self.partner[g] = p
                g0, p0 = g + 1, p + 1

    def _trim(self, g0: int, g1: int, p0: int, p1: int) -> tuple[int, int, int, int]:
        while g0 < g1 and p0 < p1 and self.gold[g0] == self.predicted[p0]:
            self.partner[g0] = p0
            g0, p0 = g0 + 1, p0 + 1
        while g0 < g1 and p0 < p1 and self.gold[g1 - 1] == self.predicted[p1 - 1]:
            g1, p1 = g1 - 1, p1 - 1
            self.partner[g1] = p1
        return g0, g1, p0, p1

    def _anchors(self, g0: int, g1: int, p0: int, p1: int) -> list[tuple[int, int]]:
        """Places where three tokens in a row occur once in both ranges, in an order that both share."""
        found: list[tuple[int, int]] = []
        for size in (3, 1):
            gold = _unique_runs(self.gold, g0, g1, size)
            predicted = _unique_runs(self.predicted, p0, p1, size)
            found = [(g, predicted[run]) for run, g in gold.items() if run in predicted]
            if found:
                break
        return _increasing(sorted(found))

    def _walk(self, g: int, g1: int, p: int, p1: int) -> None:
        """Pair a large range in which nothing is unique: go on together, and after a difference meet again soon."""
        while g < g1 and p < p1:
            if self.gold[g] == self.predicted[p]:
                self.partner[g] = p
                g, p = g + 1, p + 1
                continue
            step = next((step for window in _WINDOWS if (step := self._meeting(g, g1, p, p1, *window))), None)
            next_g, next_p = (g + step[0], p + step[1]) if step else (g1, p1)
            if (next_g - g) * (next_p - p) <= _DIFF_CELLS:
                self._pair_gap(g, next_g, p, next_p)
            elif next_g - g == next_p - p:
                self._pair_positions(g, next_g, p)
            g, p = next_g, next_p

    def _meeting(self, g: int, g1: int, p: int, p1: int, reach: int, size: int) -> tuple[int, int] | None:
        """The fewest steps on both sides to a place from which `size` tokens agree."""
        places: dict[tuple[str, ...], int] = {}
        for step in range(min(reach, p1 - p - size + 1)):
            places.setdefault(tuple(self.predicted[p + step : p + step + size]), step)
        best: tuple[int, int] | None = None
        for step in range(min(reach, g1 - g - size + 1)):
            if best and step >= sum(best):
                break
            other = places.get(tuple(self.gold[g + step : g + step + size]))
            if other is not None and (best is None or step + other < sum(best)):
                best = (step, other)
        return best

    def _differences(self, g0: int, g1: int, p0: int) -> int:
        return sum(self.gold[g] != self.predicted[p0 + g - g0] for g in range(g0, g1))

    def _pair_positions(self, g0: int, g1: int, p0: int) -> None:
        self.partner[g0:g1] = range(p0, p0 + g1 - g0)

    def _diff_cost(self, g0: int, g1: int, p0: int, p1: int) -> tuple[int, list[tuple[str, int, int, int, int]]]:
        """What a diff of two ranges costs (a lost or added token 2, a changed one 1), and its steps."""
        matcher = difflib.SequenceMatcher(None, self.gold[g0:g1], self.predicted[p0:p1], autojunk=False)
        codes: list[tuple[str, int, int, int, int]] = [*matcher.get_opcodes()]
        return sum(max(c[2] - c[1], c[4] - c[3]) * (1 + (c[0] != "replace")) for c in codes if c[0] != "equal"), codes

    def _pair_gap(self, g0: int, g1: int, p0: int, p1: int) -> None:
        same_size = g1 - g0 == p1 - p0
        if same_size and g1 - g0 == 1:
            self._pair_positions(g0, g1, p0)
            return
        if g0 == g1 or p0 == p1:
            return
        cost, codes = self._diff_cost(g0, g1, p0, p1)
        if same_size and self._differences(g0, g1, p0) <= cost:
            self._pair_positions(g0, g1, p0)
            return
        for kind, a, b, c, d in codes:
            if kind == "equal" or (kind == "replace" and b - a == d - c):
                self._pair_positions(g0 + a, g0 + b, p0 + c)
            elif kind == "replace":
                self._pair_cuts(g0 + a, g0 + b, p0 + c, p0 + d)

    def _pair_cuts(self, g0: int, g1: int, p0: int, p1: int) -> None:
        """Pair tokens of one text that was cut differently; what is another text stays unpaired."""
        gold, predicted = "".join(self.gold[g0:g1]), "".join(self.predicted[p0:p1])
        if gold.casefold() != predicted.casefold():
            self._pair_alike(g0, g1, p0, p1)
            return
        begins: list[int] = []
        for index in range(p0, p1):
            begins += [index] * len(self.predicted[index])
        position = 0
        for g in range(g0, g1):
            self.partner[g] = begins[min(position, len(begins) - 1)] if begins else -1
            position += len(self.gold[g])

    def _pair_alike(self, g0: int, g1: int, p0: int, p1: int) -> None:
        if (g1 - g0) * (p1 - p0) > 10_000:
            return
        p = p0
        for g in range(g0, g1):
            ratios = [difflib.SequenceMatcher(None, self.gold[g], other).ratio() for other in self.predicted[p:p1]]
            if ratios and max(ratios) >= 0.6:
                p += ratios.index(max(ratios))
                self.partner[g] = p
                p += 1


def _unique_runs(keys: list[str], start: int, end: int, size: int) -> dict[tuple[str, ...], int]:
    runs = [tuple(keys[index : index + size]) for index in range(start, end - size + 1)]
    counts = Counter(runs)
    return {run: start + index for index, run in enumerate(runs) if counts[run] == 1}


def _increasing(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of pairs whose second members rise too (patience sorting)."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = [-1] * len(pairs)
    for number, (_, second) in enumerate(pairs):
        place = bisect.bisect_left(tails, second)
        if place == len(tails):
            tails.append(second)
            ends.append(number)
        else:
            tails[place], ends[place] = second, number
        before[number] = ends[place - 1] if place else -1
    chosen: list[tuple[int, int]] = []
    number = ends[-1] if ends else -1
    while number >= 0:
        chosen.append(pairs[number])
        number = before[number]
    return chosen[::-1]
