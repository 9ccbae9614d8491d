"""Stances: given the pairs of the gold, and end to end.

Under `given` every gold stance is one item; it is right if the label for its holder and target is. An extractor that
can label given pairs is asked for them; of any other its own stances are taken, and a pair that it did not find has no
label. Holders and targets match by entity_id, through the mentions behind it where the extractor has ids of its own.
A topic matches by one of the names that the gold gives it, or, for the same holder, by evidence that overlaps the
gold's: what two readers call a plan says nothing about what they read. `found-named` and `right-named` ask for its very
name, letter case and punctuation apart. A missed target is missed for stance.

    gold      moen -> topic:port-plan against  "It must not be built."
    predicted moen -> topic:harbour against    "not be built"       found 1/1, right 1/1, right-named 0/1
    predicted moen -> topic:port-plan neutral                       found 1/1, right 0/1, found-named 1/1

Kinds of errors: `right`, `label` (holder and target match, the label does not), `missed`, `spurious`.
"""

from __future__ import annotations

from evalkit.scoring.tasks.base import MISSED, RIGHT, SPURIOUS, Convention, Derived, Property, Task

__all__ = ["TASK"]

_HERE = "evalkit.scoring.tasks.stance_conventions"
_DERIVED = "evalkit.scoring.derived"
_NAMES = "the other names of a topic are those of the gold"
_PAIRS = "its items are the pairs of the gold"

TASK = Task(
    name="stances",
    about="what a holder thinks of a target",
    layers=("stances",),
    conventions={
        "given": Convention(
            function=f"{_HERE}:given",
            about="1 for the label of a gold holder and target",
            given=True,
            excepted={"swap": _PAIRS, "counts": _PAIRS},
        ),
        "found": Convention(
            function=f"{_HERE}:found",
            about="1 if holder and target match those of a gold stance, a topic by any of its names or by the evidence",
            excepted={"swap": _NAMES},
        ),
        "right": Convention(
            function=f"{_HERE}:right", about="1 if found and the label matches", excepted={"swap": _NAMES}
        ),
        "found-named": Convention(
            function=f"{_HERE}:found", settings={"named": True}, about="as found, a topic by its very name only"
        ),
        "right-named": Convention(
            function=f"{_HERE}:right", settings={"named": True}, about="as right, a topic by its very name only"
        ),
    },
    main="right",
    matched="found",
    derived={
        "accuracy": Derived(
            function=f"{_DERIVED}:accuracy", about="right labels by gold stances", conventions=("given",)
        ),
        "favg": Derived(
            function=f"{_DERIVED}:favg",
            about="(F1 favor + F1 against) / 2, pooled over targets (SemEval-2016 task 6)",
            conventions=("given",),
        ),
        "macro_f1": Derived(
            function=f"{_DERIVED}:macro_f1",
            about="mean F1 over the labels, with support or not",
            conventions=("given",),
        ),
        "favg_by_target": Derived(
            function=f"{_DERIVED}:favg_by_group",
            about="mean of favg over the targets that have a gold stance",
            conventions=("given",),
            group=f"{_HERE}:targets",
        ),
    },
    kinds=(RIGHT, "label", MISSED, SPURIOUS),
    judge=f"{_HERE}:stance_kinds",
    properties={
        "holder": Property(function=f"{_HERE}:holder", about="what the holder is: the author, or an entity's label"),
        "target": Property(
            function=f"{_HERE}:target", about="what the target is: a topic, or an entity's label", usual=False
        ),
    },
    cases="evalkit.scoring.tasks.linked_cases:linked_sides",
)
