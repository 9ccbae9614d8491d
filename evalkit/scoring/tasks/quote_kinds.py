"""What became of quotes, and how their speakers are given."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.layers.entities import ENTITIES
from evalkit.layers.quotes import speaker_form
from evalkit.records import Example, Quote
from evalkit.scoring.alignment import any_overlap
from evalkit.scoring.arrays import pair_arrays
from evalkit.scoring.columns import PREDICTED_SIDE, Columns, Ints
from evalkit.scoring.from_records import join_spans
from evalkit.scoring.items import Values
from evalkit.scoring.kinds import Judged
from evalkit.scoring.tasks.base import DUPLICATE, RIGHT
from evalkit.scoring.tasks.quote_conventions import equal_contents
from evalkit.scoring.tasks.quote_matching import quote_matches, same_speaker

__all__ = ["quote_kinds", "speaker"]


def quote_kinds(columns: Columns, names: tuple[str, ...]) -> Judged:
    """The kind and the partner of every quote: pairs of equal content, then what the matching leaves of the others."""
    judged = Judged.unsettled(columns, names)
    pairs: dict[str, list[tuple[int, int]]] = {RIGHT: [], "speaker": [], "boundary": []}
    copies: list[int] = []
    for match in quote_matches(columns):
        equal = equal_contents(match)
        taken = [{pair[side] for pair in equal} for side in (0, 1)]
        rest = [pair for pair in match.pairs if pair[0] not in taken[0] and pair[1] not in taken[1]]
        for gold, predicted in equal:
            right = same_speaker(match.quotes[0][gold], match.quotes[1][predicted], match.alignment)
            pairs[RIGHT if right else "speaker"].append((match.first[0] + gold, match.first[1] + predicted))
        pairs["boundary"] += [(match.first[0] + gold, match.first[1] + predicted) for gold, predicted in rest]
        paired_gold = {gold for gold, _ in (*equal, *rest)}
        paired_predicted = {predicted for _, predicted in (*equal, *rest)}
        touched = join_spans(piece for gold in sorted(paired_gold) for piece in match.tokens[0][gold])
        copies += [
            match.first[1] + position
            for position, tokens in enumerate(match.tokens[1])
            if position not in paired_predicted and any_overlap(touched, tokens)
        ]
    for kind, kind_pairs in pairs.items():
        judged.settle(kind, pair_arrays(kind_pairs))
    judged.kind[PREDICTED_SIDE][copies] = names.index(DUPLICATE)
    return judged


def speaker(columns: Columns, training: Sequence[Example] | None) -> Values:
    """How the speaker is given: `name`, `role`, `pronoun` or `(none)`."""

    def forms(numbers: Ints, quotes: Sequence[Quote]) -> list[str]:
        pairs = [columns.pairs[article] for article in numbers]
        return [
            speaker_form(pair.article, ENTITIES.of(pair.gold), quote) for pair, quote in zip(pairs, quotes, strict=True)
        ]

    return forms(columns.gold.article, columns.records[0]), forms(columns.predicted.article, columns.records[1])
