"""Two token sequences of one text, laid side by side.

Submissions come back with damaged characters, escaped quotes, other token boundaries, missing or added lines. Tokens
are paired by the characters that they hold, never by line number: where both files spell the same characters, tokens
that were split (`Brun ##sen`) or glued (`Ruun.`) stand for those whose characters they share. Around a place where
the characters differ, tokens are paired that are equal, then those that share most of their characters; position
decides only between as many tokens on both sides that share none.
"""

from __future__ import annotations

import bisect
import difflib
import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

__all__ = ["Alignment", "align_tokens", "plain_key", "shared_letters", "token_key"]

_QUOTES = str.maketrans("“”„‟«»‘’‚‛`´′″", '""""""' + "''''" + "''" + "'\"")
_MARKS = re.compile(r"^##(?=.)|^Ġ|▁|(?<=.)(?:@@|</w>)$")
"""What tokenizers of language models add to the pieces of a word: WordPiece, byte-level BPE, SentencePiece, BPE."""

_DIFF_CELLS = 250_000
"""Ranges of up to this many cells (gold tokens times predicted tokens) are compared by difflib, which is quadratic."""

_CHARACTER_CELLS = 100_000
"""The same for the characters of tokens that differ."""

_LONGEST_CUT = 200
"""After how many tokens two sides that spell the same characters must have come to the end of a token together."""

_WINDOWS = ((32, 3), (256, 4), (4_096, 5), (65_536, 6))
"""How far to look for the place where two sequences agree again, and for how many tokens they must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Which predicted tokens stand for each gold token.

    Attributes:
        partner: for each gold token the index of its (first) predicted token, or -1; a predicted token that covers
            several gold tokens is named several times in a row.
        until: the index of its last predicted token, for gold tokens that have several.
        extra: indices of predicted tokens that stand for no gold token.
    """

    partner: Sequence[int]
    until: dict[int, int] = field(default_factory=dict)
    extra: list[int] = field(default_factory=list)


def plain_key(token: str) -> str:
    """What a token says, whatever its quotes, entities (`&amp;`), CSV doubling or Unicode form."""
    if token.isascii() and token.isalnum():
        return token
    if len(token) > 2 and token[0] == token[-1] == '"':
        token = token[1:-1].replace('""', '"')
    key = unicodedata.normalize("NFKC", html.unescape(token)).translate(_QUOTES).strip().replace("''", '"')
    return key or token


def token_key(token: str) -> str:
    """What tokens are paired by: `plain_key` without case, accents and the marks of subwords.

    Models write their tokens in lower case, without accents or with marks, and mean the same ones.
    """
    if token.isascii() and token.isalnum():
        return token.lower()
    if token in ("▁", "Ġ"):
        return ""
    key = unicodedata.normalize("NFKD", plain_key(_MARKS.sub("", token)).casefold())
    return "".join(letter for letter in key if not unicodedata.combining(letter)) or token


def align_tokens(
    gold: Sequence[str], predicted: Sequence[str], *, gold_blocks: Sequence[int], predicted_blocks: Sequence[int]
) -> Alignment:
    """The predicted tokens of each gold token.

    Args:
        gold: the gold tokens of a whole file.
        predicted: the predicted tokens of a whole file.
        gold_blocks: indices of the gold tokens that begin a block (between blank lines).
        predicted_blocks: the same for the predicted file.
    """
    if gold == predicted:
        return Alignment(partner=range(len(gold)))
    cache: dict[str, str] = {}
    keys = [[_cached_key(token, cache) for token in tokens] for tokens in (gold, predicted)]
    aligner = _Aligner(keys[0], keys[1])
    if len(gold) == len(predicted) and len(gold_blocks) > 1 and list(gold_blocks) == list(predicted_blocks):
        for start, end in zip(gold_blocks, [*gold_blocks[1:], len(gold)], strict=True):
            aligner.pair(start, end, start, end)
    else:
        aligner.pair(0, len(gold), 0, len(predicted))
    extra = aligner.unused()
    if any(place and keys[1][place] == keys[1][place - 1] for place in extra):
        aligner.prefer_last()
        extra = aligner.unused()
    return Alignment(partner=aligner.partner, until=aligner.until, extra=extra)


def shared_letters(gold: Sequence[str], predicted: Sequence[str], found: Alignment) -> float:
    """Which part of the letters and digits of the shorter side stands in tokens that are alike on both sides."""
    shared = 0
    covers = Counter(found.partner)
    for index, partner in enumerate(found.partner):
        cut = index in found.until or covers[partner] > 1
        if partner >= 0 and (cut or _alike(token_key(gold[index]), token_key(predicted[partner]))):
            shared += _letters(gold[index : index + 1])
    fewest = min(_letters(gold), _letters(predicted))
    return shared / fewest if fewest else 1.0


def _alike(one: str, other: str) -> bool:
    """Whether two tokens share more than half of the characters of the shorter one."""
    blocks = difflib.SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return one == other or 2 * sum(block.size for block in blocks) > min(len(one), len(other))


def _letters(tokens: Iterable[str]) -> int:
    return sum(letter.isalnum() for token in tokens for letter in token)


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
        self.until: dict[int, int] = {}

    def unused(self) -> list[int]:
        """The predicted tokens that stand for no gold token."""
        used = set(self.partner)
        for index, last in self.until.items():
            used.update(range(self.partner[index], last + 1))
        return [index for index in range(len(self.predicted)) if index not in used]

    def prefer_last(self) -> None:
        """Of a token that is repeated the last stands for gold's, so that what goes on after it goes on from it."""
        for index, place in enumerate(self.partner):
            limit = self.partner[index + 1] if index + 1 < len(self.partner) else len(self.predicted)
            if place < 0 or limit <= place + 1 or index in self.until:
                continue
            while place + 1 < limit and self.predicted[place + 1] == self.gold[index] == self.predicted[place]:
                place += 1
            self.partner[index] = place

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
        """Pair equal tokens from both ends; what lies between is returned."""
        while g0 < g1 and p0 < p1 and self.gold[g0] == self.predicted[p0]:
            self.partner[g0] = p0
            g0, p0 = g0 + 1, p0 + 1
        while g0 < g1 and p0 < p1 and self.gold[g1 - 1] == self.predicted[p1 - 1]:
            g1, p1 = g1 - 1, p1 - 1
            self.partner[g1] = p1
        return g0, g1, p0, p1

    def _trim_characters(self, g0: int, g1: int, p0: int, p1: int) -> tuple[int, int, int, int]:
        """Pair from both ends the tokens that spell the same characters; what lies between is returned."""
        for step in (1, -1):
            while g0 < g1 and p0 < p1:
                g, p = (g0, p0) if step > 0 else (g1 - 1, p1 - 1)
                sizes = self._same_characters(g, g1 - g0, p, p1 - p0, step)
                if sizes is None:
                    break
                if step > 0:
                    self._pair_cuts(g0, g0 + sizes[0], p0, p0 + sizes[1])
                    g0, p0 = g0 + sizes[0], p0 + sizes[1]
                else:
                    self._pair_cuts(g1 - sizes[0], g1, p1 - sizes[1], p1)
                    g1, p1 = g1 - sizes[0], p1 - sizes[1]
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
        if g0 == g1 or p0 == p1:
            return
        same_size = g1 - g0 == p1 - p0
        if same_size and g1 - g0 == 1:
            self.partner[g0] = p0
            return
        if "".join(self.gold[g0:g1]) == "".join(self.predicted[p0:p1]):
            self._pair_cuts(g0, g1, p0, p1)
            return
        cost, codes = self._diff_cost(g0, g1, p0, p1)
        if same_size and self._differences(g0, g1, p0) <= cost:
            # Nothing is gained by a shift: what is equal place by place is equal, what lies between is one change.
            codes = self._changes(g0, g1, p0)
        for kind, a, b, c, d in codes:
            if kind == "equal":
                self._pair_positions(g0 + a, g0 + b, p0 + c)
            elif kind == "replace":
                self._pair_changed(*self._trim_characters(g0 + a, g0 + b, p0 + c, p0 + d))

    def _changes(self, g0: int, g1: int, p0: int) -> list[tuple[str, int, int, int, int]]:
        """The steps of a diff that pairs by position."""
        codes: list[tuple[str, int, int, int, int]] = []
        for step in range(g1 - g0):
            kind = "equal" if self.gold[g0 + step] == self.predicted[p0 + step] else "replace"
            start = codes.pop()[1] if codes and codes[-1][0] == kind else step
            codes.append((kind, start, step + 1, start, step + 1))
        return codes

    def _pair_changed(self, g0: int, g1: int, p0: int, p1: int) -> None:
        """Pair tokens of which none is equal: by the characters that they share, else by their place."""
        sizes = [sum(map(len, keys)) for keys in (self.gold[g0:g1], self.predicted[p0:p1])]
        if (g1 - g0, p1 - p0) != (1, 1) and sizes[0] * sizes[1] <= _CHARACTER_CELLS:
            self._pair_sharing(g0, g1, p0, p1)
        g, p = g0, p0
        for index in range(g0, g1 + 1):
            if index < g1 and self.partner[index] < 0:
                continue
            last = self.partner[index] if index < g1 else p1
            if index - g == last - p:
                self._pair_positions(g, index, p)
            if index < g1:
                g, p = index + 1, self.until.get(index, last) + 1

    def _pair_sharing(self, g0: int, g1: int, p0: int, p1: int) -> None:
        """Pair tokens with those that hold more than half of the characters of the shorter one."""
        texts = "".join(self.gold[g0:g1]), "".join(self.predicted[p0:p1])
        owners = _owners(self.gold, g0, g1), _owners(self.predicted, p0, p1)
        shared: Counter[tuple[int, int]] = Counter()
        for start, other, size in difflib.SequenceMatcher(None, *texts, autojunk=False).get_matching_blocks():
            shared.update(zip(owners[0][start : start + size], owners[1][other : other + size], strict=True))
        # As many tokens on both sides that are hardly alike, such as addresses and a word for each, are so by chance.
        if g1 - g0 == p1 - p0 and 2 * shared.total() < max(map(len, texts)):
            return
        for (g, p), letters in sorted(shared.items()):
            if 2 * letters > min(len(self.gold[g]), len(self.predicted[p])):
                self._pair_piece(g, p)

    def _pair_piece(self, g: int, p: int) -> None:
        if self.partner[g] < 0:
            self.partner[g] = p
        elif p > self.partner[g]:
            self.until[g] = p

    def _pair_cuts(self, g0: int, g1: int, p0: int, p1: int) -> None:
        """Pair tokens that spell the same characters, cut differently."""
        owners = _owners(self.predicted, p0, p1) or [p0]
        position = 0
        for g in range(g0, g1):
            end = position + len(self.gold[g])
            self._pair_piece(g, owners[min(position, len(owners) - 1)])
            if end > position:
                self._pair_piece(g, owners[end - 1])
            position = end

    def _same_characters(self, g: int, g_left: int, p: int, p_left: int, step: int) -> tuple[int, int] | None:
        """How many tokens of each side spell the same characters together; None if they differ before that.

        They are looked at from `g` and `p` onwards, backwards if the step is -1, as many as are left.
        """
        rest = [self.gold[g][::step], self.predicted[p][::step]]
        sizes, left = [1, 1], (min(g_left, _LONGEST_CUT), min(p_left, _LONGEST_CUT))
        while rest[0] != rest[1]:
            short = int(len(rest[1]) < len(rest[0]))
            if sizes[short] == left[short] or not rest[1 - short].startswith(rest[short]):
                return None
            rest[1 - short] = rest[1 - short][len(rest[short]) :]
            place = (p if short else g) + step * sizes[short]
            rest[short] = (self.predicted if short else self.gold)[place][::step]
            sizes[short] += 1
        return sizes[0], sizes[1]


def _owners(keys: list[str], start: int, end: int) -> list[int]:
    """For each character of a range of tokens the token that it belongs to."""
    return [index for index in range(start, end) for _ in keys[index]]


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
