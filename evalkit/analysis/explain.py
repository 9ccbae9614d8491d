"""One article under every convention: what each gold and predicted item earned, and what kind of error it is.

A convention that counts something else than the items themselves is shown by what it counts in each item: under
`token` an item has the share of its tokens that are right.
"""

from __future__ import annotations

import bisect
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evalkit.analysis.judged import GOLD_SIDE, JUDGES, JudgedArticle, JudgedItem, equal_quotes, sorted_stances
from evalkit.errors import InputError
from evalkit.records import LAYERS, Quote, Span
from evalkit.scoring.alignment import plain_name
from evalkit.scoring.conventions.token import tokenize
from evalkit.scoring.entities import columns_of_pairs
from evalkit.scoring.pairs import Pair
from evalkit.scoring.quote_matching import MatchedArticle, match_quotes
from evalkit.scoring.quotes import CONVENTIONS as QUOTE_CONVENTIONS
from evalkit.scoring.tasks.table import choose_conventions, load_convention

__all__ = ["ExplainedItem", "Explanation", "LayerExplanation", "explain_pair", "find_places"]

Places = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedItem:
    """One item with its credit.

    Attributes:
        number: its place in the list.
        item: the item and its kind.
        partner_number: the number of the item that it was matched with, or None.
        credits: convention → credit, 0 to 1; None where the convention does not count the item.
        roles: cue and speaker of a quote, in words.
    """

    number: int
    item: JudgedItem
    partner_number: int | None
    credits: Mapping[str, float | None]
    roles: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerExplanation:
    """The items of one layer, gold and predicted in order of their places, and the conventions shown."""

    layer: str
    conventions: tuple[str, ...]
    items: tuple[ExplainedItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Explanation:
    """One article of one run."""

    run: str
    article: str
    layers: tuple[LayerExplanation, ...]

    def to_json(self) -> dict[str, Any]:
        """The explanation as JSON values."""
        return {"format": "evalkit.explanation", "version": 1, **asdict(self)}

    def to_pandas(self) -> Any:
        """One row an item and convention, with the credit that it earned."""
        import pandas as pd

        rows = []
        for part in self.layers:
            for shown in part.items:
                item = {"layer": part.layer, "number": shown.number, "partner": shown.partner_number}
                item |= {name: getattr(shown.item, name) for name in ("side", "label", "kind", "text", "spans")}
                rows += [{**item, "convention": name, "credit": credit} for name, credit in shown.credits.items()]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return f"<Explanation of {self.article} of {self.run}: {sum(len(part.items) for part in self.layers)} items>"


def explain_pair(
    pair: Pair,
    *,
    run: str = "",
    tasks: Sequence[str] = (),
    conventions: Sequence[str] = ("all",),
    places: Places | None = None,
) -> Explanation:
    """What became of the items of one article.

    Args:
        pair: gold and predictions of the article.
        run: the name to show.
        tasks: only these layers.
        conventions: as for scoring; every one by default.
        places: only items that touch one of these spans, and those that they were matched with.

    Raises:
        UnknownNameError: no such convention.
    """
    layers = []
    for layer in LAYERS:
        names = choose_conventions(layer, conventions)
        known = getattr(pair.gold, layer) is not None and getattr(pair.predicted, layer) is not None
        if known and names and (not tasks or layer in tasks):
            layers.append(_explain_layer(layer, pair, names, places))
    return Explanation(run=run, article=pair.article.id, layers=tuple(layers))


def _explain_layer(layer: str, pair: Pair, names: tuple[str, ...], places: Places | None) -> LayerExplanation:
    judged = JUDGES[layer]([pair])[0]
    credit, roles = _CREDITS[layer](pair, judged, names)
    sides = judged.gold, judged.predicted
    kept = [
        (side, at)
        for side, own in enumerate(sides)
        for at, item in enumerate(own)
        if places is None or _touches(item, places) or any(_touches(other, places) for other in _partner(item, sides))
    ]
    kept.sort(key=lambda key: (sides[key[0]][key[1]].spans, key))
    numbers = {key: number for number, key in enumerate(kept, 1)}
    items = tuple(
        ExplainedItem(
            number=numbers[side, at],
            item=sides[side][at],
            partner_number=None if (other := sides[side][at].partner) is None else numbers[1 - side, other],
            credits={name: credit[name][side][at] for name in names},
            roles=roles[side][at] if roles else {},
        )
        for side, at in kept
    )
    return LayerExplanation(layer=layer, conventions=names, items=items)


def _partner(item: JudgedItem, sides: tuple[Sequence[JudgedItem], Sequence[JudgedItem]]) -> list[JudgedItem]:
    return [] if item.partner is None else [sides[item.side == GOLD_SIDE][item.partner]]


def _touches(item: JudgedItem, places: Places) -> bool:
    own = item.spans + item.places
    return any(start < high and low < end for start, end in own for low, high in places)


def find_places(text: str, wanted: str) -> tuple[tuple[int, int], ...]:
    """The spans that `START-END`, or a piece of the text, stands for.

    Raises:
        InputError: it is neither a span of the text nor in it.
    """
    if numbers := re.fullmatch(r"(\d{1,9})-(\d{1,9})", wanted):
        start, end = int(numbers[1]), int(numbers[2])
        if start >= end or end > len(text):
            raise InputError(f"span {wanted} is not inside the article, which has {len(text)} characters")
        return ((start, end),)
    found = tuple(match.span() for match in re.finditer(re.escape(wanted), text)) if wanted else ()
    if not found:
        raise InputError(f"{wanted!r} is not in the article; give words of its text, or START-END in characters")
    return found


Sides = tuple[Sequence[float | None], Sequence[float | None]]
Roles = tuple[Sequence[Mapping[str, str]], Sequence[Mapping[str, str]]]
Credited = tuple[Mapping[str, Sides], Roles | None]


def _entity_credits(pair: Pair, judged: JudgedArticle, names: Sequence[str]) -> Credited:
    columns = columns_of_pairs([pair])
    found: dict[str, Sides] = {}
    for name in names:
        if name == "token" and pair.article.text:
            found[name] = _token_shares(pair.article.text, judged)
            continue
        credits = load_convention("entities", name)(columns)
        counted = credits.gold_items is None and credits.predicted_items is None
        found[name] = (
            (credits.gold.tolist(), credits.predicted.tolist())
            if counted
            else ([None] * len(judged.gold), [None] * len(judged.predicted))
        )
    return found, None


def _token_shares(text: str, judged: JudgedArticle) -> Sides:
    bounds = tokenize(text)
    starts, ends = bounds[:, 0].tolist(), bounds[:, 1].tolist()

    def keys(item: JudgedItem) -> set[tuple[int, str]]:
        touched = (range(bisect.bisect_right(ends, low), bisect.bisect_left(starts, high)) for low, high in item.spans)
        return {(at, item.label) for part in touched for at in part}

    tokens = [[keys(item) for item in side] for side in (judged.gold, judged.predicted)]
    all_tokens = [set[tuple[int, str]]().union(*side) for side in tokens]
    shares = [[len(own & all_tokens[1 - side]) / len(own) if own else 0.0 for own in tokens[side]] for side in (0, 1)]
    return shares[0], shares[1]


def _quote_credits(pair: Pair, judged: JudgedArticle, names: Sequence[str]) -> Credited:
    match = match_quotes(pair)
    special = {"exact": _exact_quotes, "token": _token_quotes}
    found = {name: special[name](match) if name in special else _credited_quotes(name, match) for name in names}
    roles = [[_quote_roles(pair.article.text, quote) for quote in side] for side in (match.gold, match.predicted)]
    return found, (roles[0], roles[1])


def _exact_quotes(match: MatchedArticle) -> Sides:
    pairs = equal_quotes(match)
    right = {gold for gold, _ in pairs}, {predicted for _, predicted in pairs}
    sides = [[float(at in right[side]) for at in range(len(match.contents[side]))] for side in (0, 1)]
    return sides[0], sides[1]


def _token_quotes(match: MatchedArticle) -> Sides:
    every = [frozenset[int]().union(*side) for side in match.tokens]
    shares = [[len(own & every[1 - side]) / len(own) if own else 0.0 for own in match.tokens[side]] for side in (0, 1)]
    return shares[0], shares[1]


def _credited_quotes(name: str, match: MatchedArticle) -> Sides:
    """The credit of each quote; a convention gives its items in the order of the quotes that have the role."""
    cells = iter(list(QUOTE_CONVENTIONS[name](0, match)))
    counts = _counted(name)
    sides: list[list[float | None]] = []
    for side, quotes in enumerate((match.gold, match.predicted)):
        matched = {pair[side] for pair in match.pairs}
        given = name.endswith("-given")
        sides.append(
            [next(cells).credit if counts(q) and (at in matched or not given) else None for at, q in enumerate(quotes)]
        )
    return sides[0], sides[1]


def _counted(name: str) -> Callable[[Quote], bool]:
    if name.startswith("cue"):
        return lambda quote: bool(quote.cue)
    if name.startswith("speaker-entity"):
        return lambda quote: quote.speaker is not None or quote.speaker_id is not None
    if name.startswith("speaker"):
        return lambda quote: quote.speaker is not None
    return lambda quote: True


def _quote_roles(text: str, quote: Quote) -> dict[str, str]:
    def words(spans: Sequence[Span]) -> str:
        return " … ".join(text[span.start : span.end] for span in spans)

    speaker = "" if quote.speaker is None else words([quote.speaker])
    if quote.speaker_id is not None:
        speaker += f" ({quote.speaker_id})" if speaker else quote.speaker_id
    return {"cue": words(quote.cue), "speaker": speaker}


def _stance_credits(pair: Pair, judged: JudgedArticle, names: Sequence[str]) -> Credited:
    good = {"found": ("right", "label"), "right": ("right",)}
    found: dict[str, Sides] = {}
    for name in names:
        if name == "given":
            found[name] = _given_credits(pair, judged), [None] * len(judged.predicted)
            continue
        sides = [[float(item.kind in good[name]) for item in side] for side in (judged.gold, judged.predicted)]
        found[name] = sides[0], sides[1]
    return found, None


def _given_credits(pair: Pair, judged: JudgedArticle) -> list[float]:
    """Whether the label for the holder and target of each gold stance is right; only gold stances are asked for."""
    if pair.given_stances is None:
        return [float(item.kind == "right") for item in judged.gold]
    offered = Counter((plain_name(s.holder), plain_name(s.target), s.label) for s in pair.given_stances)
    credits = []
    for stance in sorted_stances(pair.gold.stances or ()):
        key = plain_name(stance.holder), plain_name(stance.target), stance.label
        credits.append(float(offered[key] > 0))
        offered[key] -= 1
    return credits


_CREDITS: dict[str, Callable[[Pair, JudgedArticle, Sequence[str]], Credited]] = {
    "entities": _entity_credits,
    "quotes": _quote_credits,
    "stances": _stance_credits,
}
