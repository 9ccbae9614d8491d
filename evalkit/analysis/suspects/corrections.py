"""What people made of suspects: which items they kept and which they corrected, as decisions and as a patch.

An annotation tool does not hold all that gold says, and nothing of that was corrected. So what came back is compared
with what the tool was given: the gold after a way through the same format and back. What the two have in common is
left as the gold has it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from evalkit.analysis.differences.change import ItemChange, change_of, changes_to_json
from evalkit.analysis.differences.matching import Version, changes_between, free_id, matched_items
from evalkit.analysis.differences.naming import named_alike
from evalkit.analysis.suspects.ranking import Suspect
from evalkit.analysis.suspects.settled import CORRECTED, KEPT, Decision
from evalkit.harmless import clean
from evalkit.layers.base import Layer
from evalkit.layers.table import load_layer
from evalkit.records import Annotations, Article, Example
from evalkit.showing import number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Corrections", "corrections_between", "decisions_of"]


@dataclass(frozen=True, kw_only=True, repr=False)
class Corrections:
    """What came back.

    Attributes:
        changes: what was corrected, suspected or not, by article, layer and place.
        decisions: what was decided about each suspect of the articles that came back.
        articles: the ids of the articles that came back.
        sources: article id → the article, of those with changes.
        notes: what is to be said about what came back.
    """

    changes: tuple[ItemChange, ...]
    decisions: tuple[Decision, ...]
    articles: tuple[str, ...]
    sources: Mapping[str, Article] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many suspects were kept and how many corrected."""
        there = Counter(one.decision for one in self.decisions)
        return {name: there[name] for name in (KEPT, CORRECTED)}

    def figures(self) -> dict[str, float]:
        """What a condition may be about: `changes`, `kept`, `corrected`, `articles`."""
        return {"changes": len(self.changes), **self.counts, "articles": len(self.articles)}

    def to_json(self) -> dict[str, Any]:
        """The changes as a patch, which `evalkit dataset patch` makes, with the decisions beside them."""
        return {
            **changes_to_json(self.changes),
            "decisions": [one.to_json() for one in self.decisions],
            "articles": list(self.articles),
            "notes": list(self.notes),
        }

    def to_pandas(self) -> DataFrame:
        """One row a suspect that was decided about: article, layer, decision, and the label that it has now."""
        import pandas as pd

        rows = [
            {
                "article_id": one.article_id,
                "layer": one.layer,
                "decision": one.decision,
                "label": None if one.gold is None else load_layer(one.layer).label(one.gold),
            }
            for one in self.decisions
        ]
        return pd.DataFrame(rows, columns=["article_id", "layer", "decision", "label"])

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return clean(f"<Corrections of {number_of(len(self.articles), 'article')}: {self.counts}>")

    _repr_html_ = shown_html


def corrections_between(gold: Example, given: Annotations, came_back: Annotations) -> list[ItemChange]:
    """What was corrected in one article, as changes of the gold.

    Args:
        gold: the article as gold has it.
        given: its annotations as the tool was given them.
        came_back: its annotations as they came back; layers that are not there were not looked at.
    """
    article, settled = gold.article, gold.settled
    layers = [name for name in settled.layers if name in came_back and name in given]
    start = given.with_layers(**{name: None for name in given.layers if name not in layers})
    end = Annotations({name: came_back[name] for name in layers})
    changes = []
    taken = {name: {item.id for item in settled[name] or ()} for name in layers}
    partners = {name: _partners(article, name, settled, given) for name in layers}
    for change in changes_between([Version(article, start, end)]):
        layer = load_layer(change.layer)
        if change.old is None:
            name = free_id(layer, change.new.id, taken[layer.name])
            taken[layer.name].add(name)
            made = change_of(article.id, layer.name, None, replace(change.new, id=name), article.text)
        else:
            # What the tool made up has no item in the gold.
            was = partners[layer.name].get(change.old.id)
            if was is None:
                continue
            now = None if change.new is None else _as_corrected(layer, was, change.old, change.new)
            made = change_of(article.id, layer.name, was, now, article.text)
        if made is not None:
            changes.append(made)
    return changes


def _partners(article: Article, layer: str, gold: Annotations, given: Annotations) -> dict[str, Any]:
    """The id that an item has in the tool → the item of the gold that it is."""
    # What a tool numbers is called otherwise there.
    ((version, _),) = named_alike([Version(article, gold, given)])
    (matches,) = matched_items(layer, [version])
    ours, theirs = gold[layer] or (), given[layer] or ()
    return {theirs[other].id: ours[one] for one, other in matches}


def _as_corrected(layer: Layer[Any], gold: Any, given: Any, now: Any) -> Any:
    """The gold's item with what was changed in the tool."""
    changed = {
        one.name: getattr(now, one.name)
        for one in layer.fields
        if getattr(layer.ordered(now), one.name) != getattr(layer.ordered(given), one.name)
    }
    return replace(gold, **changed)


def decisions_of(suspects: Iterable[Suspect], changes: Sequence[ItemChange], articles: Iterable[str]) -> list[Decision]:
    """What was decided about the suspects of the articles that came back.

    A suspect is corrected if its item was changed or removed; a missing one if an item was added at its place.
    """
    there = set(articles)
    return [
        _decision(
            suspect, [one for one in changes if (one.article_id, one.layer) == (suspect.article_id, suspect.layer)]
        )
        for suspect in suspects
        if suspect.article_id in there
    ]


def _decision(suspect: Suspect, changes: Sequence[ItemChange]) -> Decision:
    if suspect.gold is not None:
        change = next((one for one in changes if one.old is not None and one.old.id == suspect.gold.id), None)
    else:
        change = next((one for one in changes if one.old is None and _meets(suspect, one.new)), None)
    now = suspect.gold if change is None else change.new
    decision = KEPT if change is None else CORRECTED
    return Decision(suspect.article_id, suspect.layer, decision, now, suspect.proposed)


def _meets(suspect: Suspect, item: Any) -> bool:
    """Whether an item stands where one was proposed, or says the same."""
    layer = load_layer(suspect.layer)
    spans = layer.spans(item)
    if suspect.spans and spans:
        return any(start < span.end and span.start < end for start, end in suspect.spans for span in spans)
    return layer.identity(item) == layer.identity(suspect.proposed)
