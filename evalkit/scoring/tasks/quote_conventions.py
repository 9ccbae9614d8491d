"""What quotes earn: by their content, by a role of the quotes that they are matched with, or by both.

Each function here is a convention of the task `quotes` and is described there.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from evalkit.scoring.columns import GOLD_SIDE, PREDICTED_SIDE, Columns
from evalkit.scoring.items import NOBODY, Items, Rows, items_of_pairs, items_of_rows
from evalkit.scoring.meanings import NAMELESS
from evalkit.scoring.tasks.quote_contents import equal_contents, trimmed_contents
from evalkit.scoring.tasks.quote_matching import QuoteMatches, quote_matches

__all__ = ["cue", "exact", "harm", "joint", "speaker", "trimmed"]

Mask = NDArray[np.bool_]


def exact(columns: Columns) -> Items:
    """Equal contents, one-to-one; those of equal kind first."""
    return items_of_pairs(columns, *equal_contents(quote_matches(columns)))


def trimmed(columns: Columns, lang: str = "") -> Items:
    """As exact, after both contents are cut at their ends (see `evalkit.scoring.conventions.trimmed`).

    It is one of the conventions that are always shown; without texts nothing is cut, and the signature says so.
    """
    if columns.texts is None:
        return replace(exact(columns), told="no text, nothing cut")
    pairs, told = trimmed_contents(quote_matches(columns), lang)
    return items_of_pairs(columns, *pairs, told=told)


def cue(columns: Columns, how: str) -> Items:
    """The cue of the matched quote: `exact` (the same spans) or `overlap`."""
    matches = quote_matches(columns)
    roles = matches.roles
    right = roles.same_cue if how == "exact" else roles.cues_overlap
    return _role(matches, (roles.gold.has_cue, roles.predicted.has_cue), right(*matches.pairs))


def speaker(columns: Columns, how: str, given: bool = False) -> Items:
    """The speaker of the matched quote: `exact` (the same mention), `overlap` or `entity`; `given`: of no other.

    A mention is not judged where the gold says who speaks by an id alone: where that is said, it does not tell.
    """
    matches = quote_matches(columns)
    gold, predicted = matches.roles.sides
    if how == "entity":
        right = matches.roles.right_speaker(*matches.pairs)
        return _role(matches, (gold.has_speaker, predicted.has_speaker), right, given=given)
    agree = matches.roles.same_mention if how == "exact" else matches.roles.mentions_overlap
    by_id_alone = ~gold.has_mention & (gold.speaker_id != NAMELESS)
    judged = predicted.has_mention.copy()
    judged[matches.pairs[1][by_id_alone[matches.pairs[0]]]] = False
    return _role(matches, (gold.has_mention, judged), agree(*matches.pairs), given=given)


def _role(matches: QuoteMatches, has: tuple[Mask, Mask], right: Mask, *, given: bool = False) -> Items:
    """Rows are the quotes that have the role; with `given` only those of matched quotes.

    Args:
        matches: who is matched with whom.
        has: which gold and which predicted quotes have the role.
        right: of each matched pair whether it agrees in it.
        given: whether only matched quotes count.
    """
    rows = []
    for number in (GOLD_SIDE, PREDICTED_SIDE):
        side, partner = matches.columns.sides[number], matches.partner[number]
        earned = np.zeros(len(side))
        earned[matches.pairs[number][right]] = 1.0
        item = np.flatnonzero(has[number] & (partner != NOBODY) if given else has[number])
        rows.append(Rows(item, side.label[item], earned[item], partner[item], number))
    return items_of_rows(matches.columns, rows[0], rows[1])


def harm(columns: Columns, cost: int = 2) -> Items:
    """As the speaker as an entity, where a wrong person counts as often as it costs.

    A wrong person is a predicted speaker of a matched quote who is not the one that gold names, or whom gold does not
    name. It is `cost` predicted items; a missing one, and one of a spurious quote, is one item as ever.
    """
    once = speaker(columns, "entity")
    rows = once.predicted
    wrong = (rows.partner != NOBODY) & (rows.credit == 0)
    again = np.repeat(np.arange(len(rows.item)), np.where(wrong, cost, 1))
    predicted = Rows(rows.item[again], rows.label[again], rows.credit[again], rows.partner[again], rows.side)
    return items_of_rows(columns, once.gold, predicted)


def joint(columns: Columns) -> Items:
    """Content exact and speaker-entity both right."""
    matches = quote_matches(columns)
    right = matches.same_content & matches.same_speaker
    gold, predicted = matches.pairs
    return items_of_pairs(columns, gold[right], predicted[right])
