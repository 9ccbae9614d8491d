"""What became of quotes, and how their speakers are given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evalkit.layers.entities import ENTITIES
from evalkit.layers.quotes import speaker_form
from evalkit.records import Example, Quote
from evalkit.scoring.columns import PREDICTED_SIDE, Columns, Ints
from evalkit.scoring.items import Values
from evalkit.scoring.kinds import Judged
from evalkit.scoring.tasks.base import DUPLICATE, RIGHT
from evalkit.scoring.tasks.quote_contents import equal_contents
from evalkit.scoring.tasks.quote_matching import QuoteMatches, quote_matches

__all__ = ["quote_kinds", "speaker"]


def quote_kinds(columns: Columns, names: tuple[str, ...]) -> Judged:
    """The kind and the partner of every quote: pairs of equal content, then what the matching leaves of the others."""
    matches = quote_matches(columns)
    judged = Judged.unsettled(columns, names)
    gold, predicted = equal_contents(matches)
    right = matches.roles.same_speaker(gold, predicted)
    judged.settle(RIGHT, (gold[right], predicted[right]))
    judged.settle("speaker", (gold[~right], predicted[~right]))
    rest = ~(np.isin(matches.pairs[0], gold) | np.isin(matches.pairs[1], predicted))
    judged.settle("boundary", (matches.pairs[0][rest], matches.pairs[1][rest]))
    open_gold, open_predicted = judged.unsettled_items()
    judged.kind[PREDICTED_SIDE][_touching(matches, open_gold, open_predicted)] = names.index(DUPLICATE)
    return judged


def _touching(matches: QuoteMatches, open_gold: Ints, open_predicted: Ints) -> Ints:
    """Those of some predicted quotes that touch a token which a gold quote touches, other than some gold ones."""
    quote, start, end = matches.tokens[0]
    taken = ~np.isin(quote, open_gold) & (start < end)
    start, end = start[taken], end[taken]
    order = np.argsort(start, kind="stable")
    start, reach = start[order], np.append(-1, np.maximum.accumulate(end[order]))
    # Stretches that touch are one.
    begins = np.flatnonzero(start > reach[:-1])
    reach = np.append(-1, reach[np.append(begins[1:], len(start))])
    quote, low, high = matches.tokens[1]
    touching = reach[np.searchsorted(start[begins], high)] > low
    return np.intersect1d(quote[touching], open_predicted)


def speaker(columns: Columns, training: Sequence[Example] | None) -> Values:
    """How the speaker is given: `name`, `role`, `pronoun` or `(none)`."""

    def forms(numbers: Ints, quotes: Sequence[Quote]) -> list[str]:
        pairs = [columns.pairs[article] for article in numbers]
        return [
            speaker_form(pair.article, ENTITIES.of(pair.gold), quote) for pair, quote in zip(pairs, quotes, strict=True)
        ]

    return forms(columns.gold.article, columns.records[0]), forms(columns.predicted.article, columns.records[1])
