"""One article, one label for a name: what all mentions of a string say together decides for each of them.

A network that reads a window sees each mention alone; a company's name is plain in one sentence and could be
anybody's in the next. The same string seldom names two kinds of things in one article.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from evalkit.extractors.shipped.bio import TaggedSpan
from evalkit.text.windows import Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["agree", "label_chances"]


def label_chances(scores: NDArray[np.float32], span: TaggedSpan) -> NDArray[np.float64]:
    """How probable it is for each word of a span to belong to a name of each label, [words, labels]."""
    import numpy as np

    chances = np.exp(scores[span.first : span.last, 1:].astype(np.float64))
    return np.asarray(chances[:, 0::2] + chances[:, 1::2])


def agree(words: Words, scores: NDArray[np.float32], spans: Sequence[TaggedSpan]) -> list[TaggedSpan]:
    """The spans, each with the label that the mentions of its string have in sum."""
    import numpy as np

    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, span in enumerate(spans):
        groups[_key(words, span)].append(number)
    agreed = list(spans)
    for numbers in groups.values():
        if len({spans[number].label for number in numbers}) < 2:
            continue
        total = np.sum([label_chances(scores, spans[number]).mean(axis=0) for number in numbers], axis=0)
        label = int(total.argmax())
        for number in numbers:
            agreed[number] = spans[number]._replace(label=label)
    return agreed


def _key(words: Words, span: TaggedSpan) -> tuple[str, ...]:
    return tuple(words.forms[span.first : span.last])
