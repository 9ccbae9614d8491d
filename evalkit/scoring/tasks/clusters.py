"""Clusters: mentions that share an `entity_id` in one article, as in coreference.

Mentions are paired by their place, whatever their label. Each metric counts what its authors count, under the label of
the mention:

* `muc`: links (Vilain et al. 1995); clusters of one mention have none;
* `b3`: mentions (Bagga & Baldwin 1998);
* `ceaf`: clusters, by φ4 (Luo 2005);
* `lea`: mentions, by the links of their cluster (Moosavi & Strube 2016);
* `conll`: the mean of the first three (CoNLL-2012; Pradhan et al. 2014), which are its rows: they count different
  things, so they are never pooled.

`muc` and so on look at all mentions, as the reference scorer does (Pradhan et al. 2014); `muc:both` looks at those only
that both sides have, which tells the naming apart from the finding. A mention without `entity_id` is a cluster of its
own; an article in which no gold entity has one is not evaluated.

    gold      Moen, she: moen · Oslo: oslo
    predicted Moen: a · she, Oslo: b          muc 0/1, b3 (1/2 + 1/2 + 1/1) / 3
"""

from __future__ import annotations

from evalkit.scoring.tasks.base import Convention, Parameter, Task

__all__ = ["TASK"]

_HERE = "evalkit.scoring.tasks.cluster_conventions"

_MENTIONS = Parameter(
    name="mentions",
    about="all, or both: only those that both sides have",
    kind=str,
    default="all",
    among=("all", "both"),
    excepted={"counts": "its items are those that both sides have"},
)


def _metric(name: str, about: str, items: str = "") -> Convention:
    return Convention(
        function=f"{_HERE}:{name}",
        about=about,
        parameters=(_MENTIONS,),
        needs=("entity_id",),
        each=True,
        excepted={"counts": f"its items are {items}"} if items else {},
    )


TASK = Task(
    name="clusters",
    about="which mentions mean the same thing, by entity_id",
    layers=("entities",),
    conventions={
        "conll": _metric("conll", "the mean F1 of muc, b3 and ceaf (CoNLL-2012)", "those of muc, b3 and ceaf"),
        "muc": _metric("muc", "1 for a link between mentions that the other side has too", "links between mentions"),
        "b3": _metric("b3", "the share of a mention's cluster that its cluster there has too"),
        "ceaf": _metric("ceaf", "the likeness (phi 4) of a cluster to the one that it is paired with", "clusters"),
        "lea": _metric("lea", "the share of the links of a mention's cluster that are there too"),
    },
    main="conll",
    every=("conll", "muc", "b3", "ceaf", "lea", "conll:both", "muc:both", "b3:both", "ceaf:both", "lea:both"),
    cases="evalkit.scoring.tasks.linked_cases:named_sides",
    asked=True,
)
