"""What `find_suspects` gives: the suspects, who was asked, and what the scores could be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from evalkit.analysis.suspects.bounds import ScoreBounds
from evalkit.analysis.suspects.ranking import Suspect
from evalkit.harmless import clean
from evalkit.layers.table import load_layer
from evalkit.records import Example
from evalkit.showing import number_of, shown_html

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Suspects"]


@dataclass(frozen=True, kw_only=True, repr=False)
class Suspects:
    """Items of gold that are probably wrong, and items that it probably lacks.

    Attributes:
        gold: the gold, as signatures name it.
        split: its split, or `all`.
        articles: how many articles were looked at.
        items: the suspects, the most suspicious first; those of at least `least`, at most as many as were asked for.
        least: the least suspicion.
        counts: layer → kind → how many suspects there are of at least `least`.
        checked: layer → gold items that were looked at.
        weights: system → layer → what its vote adds to the log odds that gold has an item, beside the votes of the
            others; empty without systems.
        settled: how many suspects are not among them because somebody decided about them.
        scores: what the score of each run could be.
        examples: article id → the article with its gold, of those with suspects.
        notes: what is to be said besides.
    """

    gold: str
    split: str
    articles: int
    items: tuple[Suspect, ...]
    least: float
    counts: Mapping[str, Mapping[str, int]]
    checked: Mapping[str, int]
    weights: Mapping[str, Mapping[str, float]]
    settled: int = 0
    scores: tuple[ScoreBounds, ...] = ()
    examples: Mapping[str, Example] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def found(self) -> int:
        """How many suspects there are of at least `least`."""
        return sum(sum(kinds.values()) for kinds in self.counts.values())

    def first(self, number: int) -> Suspects:
        """The same with the most suspicious items only, so many of them; the counts stay those of all."""
        return replace(self, items=self.items[:number])

    def figures(self) -> dict[str, float]:
        """What a condition may be about: `items`, `settled`, and by layer and kind `entities`, `entities.label` ….

        All are numbers of suspects of at least the least suspicion, also of those beyond a limit.
        """
        figures: dict[str, float] = {"items": self.found, "settled": self.settled}
        for layer, kinds in self.counts.items():
            figures |= {layer: sum(kinds.values()), **{f"{layer}.{kind}": number for kind, number in kinds.items()}}
        return figures

    def to_json(self) -> dict[str, Any]:
        """The suspects as JSON values."""
        return {
            "format": "evalkit.suspects",
            "version": 1,
            "gold": self.gold,
            "split": self.split,
            "articles": self.articles,
            "least": self.least,
            "found": self.found,
            "counts": {layer: dict(kinds) for layer, kinds in self.counts.items()},
            "settled": self.settled,
            "items": [_row(one) for one in self.items],
            "checked": dict(self.checked),
            "weights": {system: dict(own) for system, own in self.weights.items()},
            "scores": [one.to_json() for one in self.scores],
            "notes": list(self.notes),
        }

    def to_pandas(self) -> DataFrame:
        """One row a suspect: article, layer, kind, label, text, suspicion, what is proposed, and the votes."""
        import pandas as pd

        columns = ["article_id", "layer", "kind", "label", "text", "suspicion", "proposed", "agree", "propose", "asked"]
        rows = [
            {name: getattr(one, name) for name in ("article_id", "layer", "kind", "label", "text", "suspicion")}
            | {"proposed": None if one.proposed is None else load_layer(one.layer).label(one.proposed)}
            | {"agree": len(one.agree), "propose": len(one.propose), "asked": one.asked}
            for one in self.items
        ]
        return pd.DataFrame(rows, columns=columns)

    def __repr__(self) -> str:
        """One line; everything in full would fill screens."""
        return clean(f"<Suspects of {self.gold}: {number_of(self.found, 'item')} from {self.least:g} on>")

    _repr_html_ = shown_html


def _row(suspect: Suspect) -> dict[str, Any]:
    layer = load_layer(suspect.layer)
    return {
        "article_id": suspect.article_id,
        "layer": suspect.layer,
        "kind": suspect.kind,
        "spans": [list(span) for span in suspect.spans],
        "label": suspect.label,
        "suspicion": round(suspect.suspicion, 6),
        "text": suspect.text,
        "gold": None if suspect.gold is None else layer.to_json(suspect.gold),
        "proposed": None if suspect.proposed is None else layer.to_json(suspect.proposed),
        "agree": list(suspect.agree),
        "propose": list(suspect.propose),
        "asked": suspect.asked,
    }
