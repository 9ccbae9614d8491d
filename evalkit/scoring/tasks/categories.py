"""Categories: labels for whole articles, such as their section.

A predicted category is right if the article has it in the gold; a wrong one is one missed and one spurious. An article
may have several: each is an item of its own.

    gold      a politics, b culture
    predicted a politics, b sports      exact 1/2, accuracy 1/2
"""

from __future__ import annotations

from evalkit.scoring.tasks.base import DUPLICATE, MISSED, RIGHT, SPURIOUS, Convention, Derived, Task

__all__ = ["TASK"]

_DERIVED = "evalkit.scoring.derived"

TASK = Task(
    name="categories",
    about="labels for whole articles, such as their section",
    layers=("categories",),
    conventions={
        # Items without spans all stand at one place, so that equal items are those of equal label.
        "exact": Convention(
            function="evalkit.scoring.conventions.exact:exact", about="1 for a label that the gold gives the article"
        )
    },
    main="exact",
    derived={
        "accuracy": Derived(function=f"{_DERIVED}:accuracy", about="right labels by gold labels"),
        "macro_f1": Derived(
            function=f"{_DERIVED}:macro_f1", about="mean F1 of all labels of either side, as in scikit-learn"
        ),
    },
    kinds=(RIGHT, "label", DUPLICATE, MISSED, SPURIOUS),
    floor="evalkit.extractors.trivial:one_category",
)
