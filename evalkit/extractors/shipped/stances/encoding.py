"""What `stance-base` reads: a passage in which a target is marked, as word pieces with a few numbers each.

The input is `[CLS] passage [SEP] name of the target [SEP]`. Each piece carries its mark (whether it belongs to the
passage, to a mention of the target in it, or to the name behind it) and its valence (how good or bad its word is by a
lexicon). Training and inference both call `encode`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from evalkit.records import Span
from evalkit.text.windows import Words, find_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

__all__ = ["FEATURE_SIZES", "LABELS", "TARGET", "Passage", "encode", "read_valence", "word_features"]

FEATURE_SIZES = (4, 10)
"""How many ids each feature has: mark and valence. Id 0 is for the special pieces."""

LABELS = ("favor", "against", "neutral")
"""The classes in the order of the network's scores."""

_CLS, _SEP = 101, 102
TARGET = 2
"""The mark of a piece that belongs to a mention of the target."""

_PASSAGE, _NAME = 1, 3
_UNKNOWN_VALENCE = 5
_NAME_PIECES = 24


class Passage(NamedTuple):
    """A stretch of text with the target in it.

    Attributes:
        text: the stretch.
        mentions: where the target is mentioned in it (it need not be).
        name: what the target is called.
        start: where the stretch begins in its article.
    """

    text: str
    mentions: tuple[Span, ...]
    name: str
    start: int = 0


def read_valence(path: Path) -> dict[str, int]:
    """Words with their valence from 1 (bad) over 5 (none) to 9 (good), from lines of a word, a tab and a number."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {word: int(number) for word, _, number in (line.partition("\t") for line in lines)}


def encode(
    passage: Passage, tokenizer: Tokenizer, valence: Mapping[str, int], *, size: int = 128
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Piece ids [length] and features [length, 2] of a passage.

    A passage that is too long is cut to `size` pieces around the first mention of the target.

    Args:
        passage: the text with its target.
        tokenizer: a WordPiece tokenizer, without truncation and padding.
        valence: what `read_valence` gave.
        size: how many pieces of the passage are read.
    """
    import numpy as np

    ids, marks, values = _pieces(passage.text, passage.mentions, tokenizer, valence)
    if len(ids) > size:
        marked = np.flatnonzero(marks == TARGET)
        middle = int(marked[0]) if len(marked) else 0
        low = min(max(0, middle - size // 2), len(ids) - size)
        ids, marks, values = ids[low : low + size], marks[low : low + size], values[low : low + size]
    name, _, named = _pieces(passage.name, (), tokenizer, valence)
    name, named = name[:_NAME_PIECES], named[:_NAME_PIECES]
    pieces = np.concatenate(([_CLS], ids, [_SEP], name, [_SEP]))
    features = np.zeros((len(pieces), len(FEATURE_SIZES)), dtype=np.int64)
    features[1 : len(ids) + 1] = np.stack((marks, values), axis=1)
    features[len(ids) + 2 : -1] = np.stack((np.full(len(name), _NAME), named), axis=1)
    return pieces.astype(np.int64), features


def _pieces(
    text: str, mentions: Sequence[Span], tokenizer: Tokenizer, valence: Mapping[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Ids, marks and valences of the pieces of a text."""
    import numpy as np

    words = find_words(text)
    table = word_features(words, mentions, valence)
    encoding = tokenizer.encode(words.forms, is_pretokenized=True, add_special_tokens=False)
    owner = np.asarray(encoding.word_ids, dtype=np.int64)
    return np.asarray(encoding.ids, dtype=np.int64), table[owner, 0], table[owner, 1]


def word_features(words: Words, mentions: Iterable[Span], valence: Mapping[str, int]) -> NDArray[np.int64]:
    """Mark and valence of each word, [words, 2].

    Args:
        words: the words of a text.
        mentions: where the target is mentioned in that text.
        valence: what `read_valence` gave.
    """
    import numpy as np

    table = np.full((len(words.forms), len(FEATURE_SIZES)), _PASSAGE, dtype=np.int64)
    for start, end in mentions:
        table[(words.starts < end) & (start < words.ends), 0] = TARGET
    table[:, 1] = [valence.get(form.lower(), _UNKNOWN_VALENCE) for form in words.forms]
    return table
