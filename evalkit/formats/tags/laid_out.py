"""Tag columns laid out as texts, with their entities as arrays of code points: no record for each token and entity.

Texts and offsets are those of `evalkit.formats.tags.articles`, which makes records of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from evalkit.formats.tags.reading import TagSides
from evalkit.formats.tags.schemes import TokenSpans
from evalkit.formats.tokens import PLACEHOLDER

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int32]

__all__ = ["LaidOutSides", "SpanArrays", "lay_out"]

_NOTHING, _SPACE, _LINE = range(3)
"""What stands before a token."""


@dataclass(frozen=True, eq=False)
class SpanArrays:
    """Entities of one side, in the order of the text.

    Attributes:
        article: the position of the document of each.
        start: its first code point.
        end: one past its last.
        label: the position of its label in `labels`.
        labels: the labels that entities have, sorted.
    """

    article: Ints
    start: Ints
    end: Ints
    label: Ints
    labels: list[str]


@dataclass(frozen=True, eq=False)
class LaidOutSides:
    """The texts of the documents in the order of the gold file, and the entities of both sides in them."""

    texts: list[str]
    gold: SpanArrays
    predicted: SpanArrays


def lay_out(sides: TagSides) -> LaidOutSides | None:
    """Both sides over texts with a space between tokens but where the file marks that there is none.

    None if nothing was predicted, or if entities are predicted on tokens that gold lacks.
    """
    import numpy as np

    if sides.predicted_spans is None or sides.unplaced:
        return None
    tokens, bounds = sides.gold.tokens, [part.start for part in sides.ranges]
    visible = [token.strip() or PLACEHOLDER for token in tokens.values]
    before = np.full(len(tokens), _SPACE, dtype=np.int32)
    glued = np.array(sorted(sides.gold.glued or ()), dtype=np.int64) + 1
    before[glued[glued < len(tokens)]] = _NOTHING
    before[sides.gold.blocks] = _LINE
    before[bounds] = _NOTHING
    lengths = np.array([len(token) for token in visible], dtype=np.int32)[tokens.codes]
    after = np.cumsum(lengths + (before != _NOTHING))
    first = np.array(bounds, dtype=np.int64)
    # In the text of its document a token ends so much earlier than in all texts one after the other.
    offset = np.where(first > 0, after[first - 1], 0)

    def arrays(spans: TokenSpans) -> SpanArrays:
        article = (np.searchsorted(first, spans.starts, side="right") - 1).astype(np.int32)
        start = after[spans.starts] - lengths[spans.starts] - offset[article]
        end = after[spans.ends - 1] - offset[article]
        used = np.flatnonzero(np.bincount(spans.label_of, minlength=len(spans.labels)))
        label = np.searchsorted(used, spans.label_of).astype(np.int32)
        labels = [spans.labels[code] for code in used.tolist()]
        return SpanArrays(article, start.astype(np.int32), end.astype(np.int32), label, labels)

    codes = before * len(visible) + tokens.codes
    return LaidOutSides(
        _texts(visible, codes, [*bounds, len(tokens)]), arrays(sides.gold_spans), arrays(sides.predicted_spans)
    )


def _texts(visible: Sequence[str], codes: Ints, bounds: Sequence[int]) -> list[str]:
    """The texts between some bounds; codes are positions among tokens by themselves, after a space and after a line."""
    pieces = [*visible, *(f" {token}" for token in visible), *(f"\n{token}" for token in visible)]
    return ["".join(map(pieces.__getitem__, codes[start:end].tolist())) for start, end in pairwise(bounds)]
