"""Training sequences: runs of sentences made into one text, varied, tokenised and padded."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from masks import Piece, mask_of, single
from sources import LABELS
from synth import name
from tokenizers import Tokenizer
from torch import Tensor

from evalkit.text.windows import FEATURE_SIZES, features, find_words

_CLS, _SEP = 101, 102
_SHORT = {"btc": 14, "synth": 14, "newsmtsc": 6}
"""Sources whose documents are too short to be a sequence: how many lines are joined."""
_SMALL = frozenset(("a", "an", "the", "of", "in", "on", "at", "to", "and", "or", "for", "by", "with", "as", "from"))


@dataclass
class Line:
    """A sentence ready for training: its words and the white space before it."""

    pieces: list[Piece]
    before: str = " "


@dataclass
class Corpus:
    """Documents of one source, with the weight of its loss and how often it is drawn."""

    name: str
    documents: list[list[Line]]
    share: float
    weight: float = 1.0
    vary: bool = True


@dataclass
class Encoded:
    """One encoded text: piece ids, features by piece, and the mask and weight of each piece."""

    ids: np.ndarray
    features: np.ndarray
    masks: np.ndarray
    weight: float


@dataclass
class Encoder:
    """Turns words into pieces, remembering every word it has met."""

    tokenizer: Tokenizer
    known: dict[str, list[int]] = field(default_factory=dict)

    def __call__(self, form: str) -> list[int]:
        """The piece ids of one word; empty for a character that normalisation removes."""
        if form not in self.known:
            self.known[form] = self.tokenizer.encode(form, add_special_tokens=False).ids
        return self.known[form]


def _spans(pieces: Sequence[Piece]) -> Iterator[tuple[int, int, str]]:
    """Firm mentions: runs of words with one tag each."""
    index = 0
    while index < len(pieces):
        tag = pieces[index].mask.bit_length() - 1
        if not (single(pieces[index].mask) and tag > 0 and tag % 2 == 1):
            index += 1
            continue
        end = index + 1
        while end < len(pieces) and pieces[end].mask == 1 << (tag + 1):
            end += 1
        if end == len(pieces) or not pieces[end].mask >> (tag + 1) & 1:
            yield index, end, LABELS[tag // 2]
        index = end


def _replacement(old: str, label: str, swaps: dict[str, str], chance: float, rng: random.Random) -> str:
    """What a name becomes; a short form follows the long form met before, and "" leaves it as it is."""
    for long, new in swaps.items():
        if label == "PER" and long.endswith(f" {old}"):
            return new.split()[-1] if new else ""
        if label == "ORG" and long.startswith(f"{old} "):
            return new.split()[0] if new else ""
    if rng.random() >= chance:
        return ""
    new = name(label, rng)
    return new.split()[-1] if label == "PER" and " " not in old else new


def _rename(pieces: list[Piece], swaps: dict[str, str], chance: float, rng: random.Random) -> list[Piece]:
    """Some names replaced; a name gets the same replacement throughout a sequence."""
    result: list[Piece] = []
    last = 0
    for first, end, label in list(_spans(pieces)):
        old = "".join(piece.gap + piece.form for piece in pieces[first:end]).strip()
        if label in ("PER", "ORG", "GPE", "NORP") and old not in swaps:
            swaps[old] = _replacement(old, label, swaps, chance, rng)
        new = swaps.get(old)
        result += pieces[last:first]
        if not new:
            result += pieces[first:end]
        else:
            words = find_words(new)
            begin = 0
            for number, (form, start, stop) in enumerate(zip(words.forms, words.starts, words.ends, strict=True)):
                gap = pieces[first].gap if number == 0 else new[begin:start]
                result.append(Piece(gap, form, mask_of((label,), first=number == 0)))
                begin = int(stop)
        last = end
    return result + pieces[last:]


def _recase(pieces: list[Piece], how: str) -> list[Piece]:
    if how == "title":
        return [p if p.form in _SMALL else Piece(p.gap, p.form[:1].upper() + p.form[1:], p.mask) for p in pieces]
    return [Piece(p.gap, p.form.upper() if how == "upper" else p.form.lower(), p.mask) for p in pieces]


_CURLY = {'"': ("“", "”"), "'": ("‘", "’")}


def _curl(pieces: list[Piece]) -> list[Piece]:
    """Typographic quotation marks."""
    out, opened = [], {'"': False, "'": False}
    for index, piece in enumerate(pieces):
        if piece.form in _CURLY:
            opening = not opened['"'] if piece.form == '"' else bool(piece.gap) or index == 0
            opened[piece.form] = bool(opening)
            piece = Piece(piece.gap, _CURLY[piece.form][0 if opening else 1], piece.mask)
        out.append(piece)
    return out


class Sampler:
    """Draws sequences from corpora, endlessly and reproducibly."""

    def __init__(self, corpora: Sequence[Corpus], encoder: Encoder, seed: int, rename: float = 0.15) -> None:
        self.corpora = [corpus for corpus in corpora if corpus.documents]
        self.encoder = encoder
        self.rng = random.Random(seed)
        self.rename = rename
        self.orders: dict[str, list[int]] = {}

    def _next_document(self, corpus: Corpus) -> list[Line]:
        order = self.orders.setdefault(corpus.name, [])
        if not order:
            order.extend(range(len(corpus.documents)))
            self.rng.shuffle(order)
        return corpus.documents[order.pop()]

    def draw(self, budget: int) -> list[Encoded]:
        """The sequences of one document of a random corpus, each of at most `budget` pieces."""
        rng = self.rng
        corpus = rng.choices(self.corpora, [c.share for c in self.corpora])[0]
        lines = list(self._next_document(corpus))
        while len(lines) < _SHORT.get(corpus.name, 0):
            lines += self._next_document(corpus)
        furniture = [other for other in self.corpora if other.name == "synth"]
        if furniture and corpus.name in ("gmb", "wikigold", "gum") and rng.random() < 0.3:
            lines = self._next_document(furniture[0])[:3] + lines
        sequences, run, used, swaps = [], [], 0, {}
        chance = self.rename if corpus.vary and rng.random() < 0.7 else 0.0
        curl = rng.random() < 0.5
        limit = rng.choice((budget, budget, budget // 2)) if corpus.vary else budget
        for line in lines:
            pieces = _rename(line.pieces, swaps, chance, rng) if chance else line.pieces
            before = line.before if rng.random() < 0.85 or not corpus.vary else "\n\n"
            if corpus.vary:
                pieces, before = self._vary(pieces, before, curl)
            size = sum(len(self.encoder(piece.form)) for piece in pieces)
            if run and used + size > limit:
                sequences.append(self._encode(run, corpus.weight, budget))
                run, used = [], 0
            run.append(Line(pieces, before))
            used += size
        if run:
            sequences.append(self._encode(run, corpus.weight, budget))
        return sequences

    def _vary(self, pieces: list[Piece], before: str, curl: bool) -> tuple[list[Piece], str]:
        roll = self.rng.random()
        if curl:
            pieces = _curl(pieces)
        if roll < 0.11:
            pieces = _recase(pieces, "upper" if roll < 0.03 else "lower" if roll < 0.06 else "title")
            before = "\n"
        if len(pieces) > 2 and pieces[-1].form == "." and (0.06 < roll < 0.16):
            pieces, before = pieces[:-1], "\n"
        return pieces, before

    def _encode(self, run: list[Line], weight: float, budget: int) -> Encoded:
        text, forms, masks = "", [], []
        for line in run:
            text += line.before if text else ""
            for index, piece in enumerate(line.pieces):
                text += (piece.gap if index else "") + piece.form
                forms.append(piece.form)
                masks.append(piece.mask)
        words = find_words(text)
        if words.forms != forms:
            # Letters that change their count or kind with their case: the plain words are used as they are.
            plain = np.ones((len(forms), len(FEATURE_SIZES)), dtype=np.int64)
            return self._encode_words(forms, plain, masks, 0.0, budget)
        return self._encode_words(forms, features(text, words), masks, weight, budget)

    def _encode_words(
        self, forms: list[str], table: np.ndarray, masks: list[int], weight: float, budget: int
    ) -> Encoded:
        ids, rows, targets = [_CLS], [0], [0]
        for index, form in enumerate(forms):
            found = self.encoder(form)
            if len(ids) + len(found) > budget:
                break
            ids += found
            rows += [index + 1] * len(found)
            targets += [masks[index]] + [0] * (len(found) - 1) if found else []
        padded = np.vstack([np.zeros((1, table.shape[1]), dtype=np.int64), table])
        return Encoded(np.array([*ids, _SEP]), padded[[*rows, 0]], np.array([*targets, 0], dtype=np.int64), weight)

    def batches(self, tokens: int, budget: int) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor, Tensor]]:
        """Batches of about `tokens` pieces: ids, features, attention, masks and weights, sorted by length."""
        pool: list[Encoded] = []
        while True:
            while sum(len(item.ids) for item in pool) < tokens * 12:
                pool += self.draw(budget)
            pool.sort(key=lambda item: (len(item.ids), self.rng.random()))
            groups, group = [], []
            for item in pool:
                if group and len(item.ids) * (len(group) + 1) > tokens:
                    groups.append(group)
                    group = []
                group.append(item)
            pool = group
            self.rng.shuffle(groups)
            for group in groups:
                yield collate(group)


def collate(group: Sequence[Encoded]) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Padded tensors of several sequences."""
    longest = max(len(item.ids) for item in group)
    ids = np.zeros((len(group), longest), dtype=np.int64)
    table = np.zeros((len(group), longest, len(FEATURE_SIZES)), dtype=np.int64)
    masks = np.zeros((len(group), longest), dtype=np.int64)
    for row, item in enumerate(group):
        ids[row, : len(item.ids)] = item.ids
        table[row, : len(item.ids)] = item.features
        masks[row, : len(item.ids)] = item.masks
    attention = torch.from_numpy(ids != 0)
    weights = torch.tensor([item.weight for item in group], dtype=torch.float32)
    return torch.from_numpy(ids), torch.from_numpy(table), attention, torch.from_numpy(masks), weights
