"""One cause of all that broke. Four people and places in two articles, right before."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.analysis.causes import common_causes
from evalkit.analysis.changes import BROKEN, changes_of_pairs
from evalkit.records import Annotations, Article, Entity, Example, Prediction, Span
from evalkit.scoring.pairs import pair_up

Mention = tuple[int, int, str]

TEXTS = {"a": "Ida Moen left Oslo for Bergen, said Jo.", "b": "In Bodø, Jo met Ida Moen again."}
GOLD: dict[str, list[Mention]] = {
    "a": [(0, 8, "PER"), (14, 18, "GPE"), (23, 29, "GPE")],
    "b": [(3, 7, "GPE"), (9, 11, "PER"), (16, 24, "PER")],
}


def entities(mentions: list[Mention]) -> tuple[Entity, ...]:
    return tuple(
        Entity(id=f"e{at}", spans=(Span(start, end),), label=label) for at, (start, end, label) in enumerate(mentions)
    )


def causes(
    change: Callable[[str, Mention], Mention | None],
    *,
    texts: dict[str, str] | None = None,
    before: dict[str, list[Mention]] | None = None,
    failed: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """What is said when every prediction is changed in one way (None: not predicted any more)."""
    texts, right = texts or TEXTS, before or GOLD
    examples = [
        Example(article=Article(id=name, text=text), gold=Annotations(entities=entities(GOLD[name])))
        for name, text in texts.items()
    ]
    ours = [Prediction(article_id=name, annotations=Annotations(entities=entities(own))) for name, own in right.items()]
    theirs = [
        Prediction(
            article_id=name,
            annotations=Annotations(entities=entities([new for one in own if (new := change(name, one)) is not None])),
        )
        for name, own in right.items()
    ]
    pairs = pair_up(examples, ours).pairs, pair_up(examples, theirs).pairs
    changes = changes_of_pairs(*pairs)
    assert any(one.direction == BROKEN for one in changes)
    return common_causes(changes, pairs[1], failed)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(
            lambda _, one: (one[0] + 1, one[1] + 1, one[2]),
            "every broken item of entities has one cause: it is predicted 1 character later (shifted by +1), as "
            "if counted from one (6 items)",
            id="one-based",
        ),
        pytest.param(
            lambda _, one: (one[0], one[1] - 1, one[2]),
            "what is predicted ends 1 character earlier, as if the end were the last character",
            id="inclusive",
        ),
        pytest.param(lambda _, one: (one[0] + 9, one[1] + 9, one[2]), "it is predicted 9 characters later", id="moved"),
        pytest.param(
            lambda _, one: (one[0] + 1, one[1] - 1, one[2]),
            "what is predicted begins 1 character later and ends 1 character earlier",
            id="narrower",
        ),
        pytest.param(
            lambda _, one: (*one[:2], "LOC" if one[2] == "GPE" else one[2]),
            "the label GPE is renamed, it is predicted as LOC (3 items)",
            id="renamed",
        ),
        pytest.param(lambda *_: None, "nothing of entities is predicted in any of the 2 articles", id="nothing"),
        # Two labels renamed, or a label renamed and a span moved, are two causes.
        pytest.param(lambda _, one: (*one[:2], "LOC" if one[2] == "GPE" else "ORG"), None, id="two-labels"),
        pytest.param(
            lambda _, one: (*one[:2], "LOC") if one[2] == "GPE" else (one[0] + 1, one[1] + 1, one[2]), None, id="mixed"
        ),
        # All but one are moved: that one is enough to keep silent.
        pytest.param(
            lambda _, one: None if one == (16, 24, "PER") else (one[0] + 1, one[1] + 1, one[2]), None, id="all-but-one"
        ),
        pytest.param(lambda _, one: (one[0] + 1, one[1] + 1, one[2]) if one[0] == 0 else one, None, id="one-item"),
    ],
)
def test_a_cause_is_told_if_it_explains_every_item(
    change: Callable[[str, Mention], Mention | None], told: str | None
) -> None:
    said = causes(change)

    assert (said == ()) if told is None else (len(said) == 1 and told in said[0])


def test_another_unit() -> None:
    """Two characters of four bytes stand before everything: one unit of UTF-16 each is two, of UTF-8 four."""
    texts = {"a": "𝔸" + TEXTS["a"][1:], "b": "𝔸𝔹" + TEXTS["b"][2:]}

    def utf16(name: str, one: Mention) -> Mention:
        more = {"a": (one[0] > 0, True), "b": (2, 2)}[name]
        return (one[0] + more[0], one[1] + more[1], one[2])

    (said,) = causes(utf16, texts=texts)

    assert "it is predicted where its offsets are UTF-16 units, not code points" in said


def test_articles_on_which_the_extractor_failed() -> None:
    (said,) = causes(lambda name, one: None if name == "a" else one, failed=("a",))

    assert said == "everything that broke is in a, where the extractor failed (3 items)"


def test_an_item_that_broke_elsewhere_is_no_failure() -> None:
    said = causes(lambda name, one: None if name == "a" or one[0] == 3 else one, failed=("a",))

    assert said == ()


@given(st.integers(-9, 9), st.integers(-9, 9))
def test_what_is_said_of_a_move_is_true(start: int, end: int) -> None:
    """Spans that stay inside the text; some moves make empty ones, of which nothing is said."""
    far = {name: [(one[0] + 20, one[1] + 20, one[2]) for one in own] for name, own in GOLD.items()}
    if start == end == 0 or any(one[0] + 20 + start >= one[1] + 20 + end for own in GOLD.values() for one in own):
        return
    examples = [
        Example(article=Article(id=name, text="x" * 90), gold=Annotations(entities=entities(own)))
        for name, own in far.items()
    ]
    sides = [
        [
            Prediction(
                article_id=name,
                annotations=Annotations(entities=entities([(one[0] + by[0], one[1] + by[1], one[2]) for one in own])),
            )
            for name, own in far.items()
        ]
        for by in ((0, 0), (start, end))
    ]
    pairs = [pair_up(examples, side).pairs for side in sides]

    said = common_causes(changes_of_pairs(*pairs), pairs[1])

    # A move onto another item of its label leaves that one right, and what is left may be too little for a pattern.
    assert len(said) <= 1
    if said:
        assert (f"{abs(start)} character" in said[0]) == (start != 0 or start == end)
