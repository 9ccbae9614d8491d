"""One article under every convention: what each gold and predicted item earned, and what kind of error it is.

A convention that counts something else than the items themselves is shown by what it counts in each item: under
`token` an item has the share of right ones among the tokens that are counted with it. One that depends on the whole
split, such as `surface`, gives the credit that the item has there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evalkit.analysis.judged import (
    GOLD,
    Credits,
    JudgedArticle,
    JudgedItem,
    judge_articles,
)
from evalkit.errors import InputError
from evalkit.frames import figure_frame
from evalkit.harmless import clean
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.table import choose_conventions, load_task, task_names
from evalkit.showing import number_of, shown_html

__all__ = ["ExplainedItem", "Explanation", "LayerExplanation", "explain_pair", "find_places"]

Places = Sequence[tuple[int, int]]
SideShares = tuple[Sequence[float | None], Sequence[float | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedItem:
    """One item with its credit.

    Attributes:
        number: its place in the list.
        item: the item and its kind.
        partner_number: the number of the item that it was matched with, or None.
        credits: convention → credit, 0 to 1; None where the convention does not count the item.
        roles: who does what in it, such as cue and speaker of a quote, in words.
    """

    number: int
    item: JudgedItem
    partner_number: int | None
    credits: Credits
    roles: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerExplanation:
    """The items of one layer, gold and predicted in order of their places, and the conventions shown.

    Attributes:
        task: the task whose kinds and conventions they are.
    """

    task: str
    layer: str
    conventions: tuple[str, ...]
    items: tuple[ExplainedItem, ...]

    @property
    def kinds(self) -> dict[str, int]:
        """Kind → how many items are of it, in the order of the task; a pair counts once."""
        counted = Counter(
            shown.item.kind for shown in self.items if shown.item.side == GOLD or shown.partner_number is None
        )
        return {kind: counted[kind] for kind in load_task(self.task).kinds}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Explanation:
    """One article of one run.

    Attributes:
        text: the text of the article, in which the spans of items are.
        zones: (kind, start, end) of the parts of the page.
        places: where items were asked for; all of the article if empty.
        error: why the extractor failed on the article, or "".
    """

    run: str
    article: str
    layers: tuple[LayerExplanation, ...]
    text: str = ""
    zones: tuple[tuple[str, int, int], ...] = ()
    places: tuple[tuple[int, int], ...] = ()
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """The explanation as JSON values."""
        return {"format": "evalkit.explanation", "version": 1, **asdict(self)}

    def to_pandas(self) -> Any:
        """One row an item and convention, with the credit that it earned."""
        rows = []
        for part in self.layers:
            for shown in part.items:
                item = {"layer": part.layer, "number": shown.number, "partner": shown.partner_number}
                item |= {name: getattr(shown.item, name) for name in ("side", "label", "kind", "text", "spans")}
                rows += [{**item, "convention": name, "credit": credit} for name, credit in shown.credits.items()]
        return figure_frame(rows, figures=("credit",), whole=("partner",))

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        items = number_of(sum(len(part.items) for part in self.layers), "item")
        return clean(f"<Explanation of {self.article} of {self.run}: {items}>")

    _repr_html_ = shown_html


def explain_pair(
    pair: Pair,
    *,
    run: str = "",
    tasks: Sequence[str] = (),
    conventions: Sequence[str] = ("all",),
    places: Places | None = None,
    left_out: Mapping[str, str] | None = None,
    of_task: Mapping[str, Pair] | None = None,
    of_split: Mapping[str, Mapping[str, SideShares]] | None = None,
) -> Explanation:
    """What became of the items of one article.

    Args:
        pair: gold and predictions of the article.
        run: the name to show.
        tasks: only these tasks.
        conventions: as for scoring; every one by default.
        places: only items that touch one of these spans, and those that they were matched with.
        left_out: conventions that are not evaluated of the run, as `not_evaluated` names them.
        of_task: task → the article as it takes it, where label maps are for some tasks alone.
        of_split: task → convention → what the gold and the predicted items earned in the whole split, of conventions
            that depend on it; in this article alone if not given.

    Raises:
        UnknownNameError: no such convention.
    """
    layers = []
    for task in task_names():
        layer = load_task(task).layer
        chosen = choose_conventions(task, conventions)
        names = tuple(name for name in chosen if f"{task} {name}" not in (left_out or ()))
        own = (of_task or {}).get(task, pair)
        both = own.gold[layer] is not None and own.predicted[layer] is not None
        if load_task(task).kinds and both and names and (not tasks or task in tasks):
            (judged,) = judge_articles(task, [own], names)
            earned = [list(own_side) for own_side in judged.credits]
            for name, sides in (of_split or {}).get(task, {}).items():
                for side, shares in enumerate(sides):
                    for position, share in enumerate(shares):
                        earned[side][position] = {**earned[side][position], name: share}
            explained = _explained(judged, earned, places)
            layers.append(LayerExplanation(task=task, layer=layer, conventions=names, items=explained))
    return Explanation(
        run=run,
        article=pair.article.id,
        layers=tuple(layers),
        text=pair.article.text,
        zones=tuple((zone.kind, zone.start, zone.end) for zone in pair.article.zones),
        places=tuple(places or ()),
    )


def _explained(
    judged: JudgedArticle, credits: Sequence[Sequence[Credits]], places: Places | None
) -> tuple[ExplainedItem, ...]:
    kept = [
        (side, position)
        for side, items in enumerate(judged.items)
        for position, item in enumerate(items)
        if places is None or _touches(item, places) or any(_touches(o, places) for o in _partner(judged, side, item))
    ]
    kept.sort(key=lambda key: (judged.items[key[0]][key[1]].spans, key))
    numbers = {key: number for number, key in enumerate(kept, 1)}
    return tuple(
        ExplainedItem(
            number=numbers[side, position],
            item=item,
            partner_number=None if item.partner is None else numbers[1 - side, item.partner],
            credits=credits[side][position],
            roles=judged.roles[side][position],
        )
        for side, position in kept
        for item in (judged.items[side][position],)
    )


def _partner(judged: JudgedArticle, side: int, item: JudgedItem) -> list[JudgedItem]:
    return [] if item.partner is None else [judged.items[1 - side][item.partner]]


def _touches(item: JudgedItem, places: Places) -> bool:
    return any(start < high and low < end for start, end in item.spans + item.places for low, high in places)


def find_places(text: str, wanted: str) -> tuple[tuple[int, int], ...]:
    """The spans that `START-END`, or a piece of the text, stands for.

    Raises:
        InputError: it is neither a span of the text nor in it.
    """
    if numbers := re.fullmatch(r"(\d{1,9})-(\d{1,9})", wanted):
        start, end = int(numbers[1]), int(numbers[2])
        if start >= end or end > len(text):
            raise InputError(f"span {wanted} is not inside the article, which has {number_of(len(text), 'character')}")
        return ((start, end),)
    places = tuple(match.span() for match in re.finditer(re.escape(wanted), text)) if wanted else ()
    if not places:
        raise InputError(f"{wanted!r} is not in the article; give words of its text, or START-END in characters")
    return places
