"""What fits every layer whose items are spans with a label: to put together a task of one's own.

::

    TASK = Task(
        name="claims",
        about="what can be checked",
        layers=("claims",),
        conventions={"exact": SPAN_CONVENTIONS["exact"]},
        main="exact",
        kinds=SPAN_KINDS,
        properties=SPAN_PROPERTIES,
    )
"""

from __future__ import annotations

from evalkit.scoring.tasks.base import DUPLICATE, MISSED, RIGHT, SPURIOUS, Convention, Parameter, Property

__all__ = ["SPAN_CONVENTIONS", "SPAN_KINDS", "SPAN_PROPERTIES"]

_FOLDER = "evalkit.scoring.conventions"

_LEAST = Parameter(
    name="least",
    about="least share of the gold item that must be covered",
    default=0.0,
    least=0,
    most=1,
    excepted={"swap": "the share is that of the gold item, as in nervaluate"},
)

SPAN_CONVENTIONS = {
    "exact": Convention(function=f"{_FOLDER}.exact:exact", about="1 for the spans and the label of a gold item"),
    "boundary": Convention(
        function=f"{_FOLDER}.boundary:boundary", about="1 for the spans of a gold item, whatever its label"
    ),
    "partial": Convention(
        function=f"{_FOLDER}.partial:partial",
        about="1 for equal spans and 0.5 for overlapping ones, whatever the label",
        parameters=(_LEAST,),
    ),
    "type": Convention(
        function=f"{_FOLDER}.type:type_", about="1 for overlapping spans of equal label", parameters=(_LEAST,)
    ),
    "fuzzy": Convention(
        function=f"{_FOLDER}.fuzzy:fuzzy",
        about="1 for overlapping spans of equal label, decided gold by gold in text order (HIPE)",
        excepted={"swap": "decided gold by gold, as its published definition is"},
    ),
    "overlap": Convention(
        function=f"{_FOLDER}.overlap:overlap", about="the share of characters that the other side covers with its label"
    ),
    "iou": Convention(
        function=f"{_FOLDER}.iou:iou",
        about="1 when matched to an item of equal label with intersection / union of at least the threshold",
        parameters=(Parameter(name="threshold", about="least intersection / union", default=0.5, above=0, most=1),),
    ),
    "trimmed": Convention(
        function=f"{_FOLDER}.trimmed:trimmed",
        about="as exact, after articles, possessive endings and punctuation are cut from both ends",
        parameters=(Parameter(name="lang", about="the language of articles that name none", kind=str, default=""),),
        plain=False,
    ),
    "weighted": Convention(
        function=f"{_FOLDER}.weighted:weighted",
        about="the weight of the pair of labels, for the spans of a gold item",
        parameters=(Parameter(name="file", about="TOML or JSON with the weights of pairs of labels", kind=str),),
        excepted={"swap": "a pair of labels may weigh another thing the other way round"},
    ),
    "token": Convention(
        function=f"{_FOLDER}.token:token",
        about="items are tokens: 1 for a token that the other side gives the same label",
        excepted={"counts": "its items are tokens"},
    ),
    "surface": Convention(
        function=f"{_FOLDER}.surface:surface",
        about="items are the distinct (text, label) pairs of the whole split (WNUT-2017)",
        parameters=(
            Parameter(
                name="where",
                about="where a pair must be found: anywhere, or in-place (the scorer of WNUT-2017)",
                kind=str,
                default="anywhere",
                among=("anywhere", "in-place"),
            ),
        ),
        additive=False,
        excepted={
            "counts": "its items are distinct pairs of text and label",
            "merge": "what is distinct depends on the whole split",
        },
    ),
}

SPAN_KINDS = (RIGHT, "label", "boundary", "boundary+label", DUPLICATE, MISSED, SPURIOUS)
"""What `evalkit.scoring.kinds.span_kinds` tells apart."""

_PROPERTIES = "evalkit.scoring.properties"

SPAN_PROPERTIES = {
    "zone": Property(function=f"{_PROPERTIES}:zone", about="the part of the article, such as headline or caption"),
    "length": Property(function=f"{_PROPERTIES}:length", about="number of words: 1 to 3, or 4+"),
    "nested": Property(function=f"{_PROPERTIES}:nested", about="whether it overlaps another item of its side"),
    "seen": Property(function=f"{_PROPERTIES}:seen", about="whether the training data has the name"),
}
