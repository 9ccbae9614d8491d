"""trimmed: as exact after both ends are cut, with words only in the languages that have a list."""

from __future__ import annotations

import pytest

from evalkit.records import Annotations, Article, Entity, Quote, Span
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.table import score_task

#       0         1         2         3
#       0123456789012345678901234567890123456789
TEXT = "“the Harbour Board’s” plan, that he knew."


def scored(task, lang, gold, predicted, convention="trimmed"):
    layers = {"entities": lambda span, n: Entity(id=f"e{n}", spans=span, label="ORG")}
    layers["quotes"] = lambda span, n: Quote(id=f"q{n}", kind="indirect", content=span)
    sides = [
        Annotations({task: [layers[task](tuple(Span(*one) for one in spans), n) for n, spans in enumerate(side)]})
        for side in (gold, predicted)
    ]
    return score_task(task, [Pair(Article(id="a", text=TEXT, lang=lang), *sides)], [convention])[convention]


@pytest.mark.parametrize("task", ["entities", "quotes"])
@pytest.mark.parametrize(
    ("lang", "gold", "predicted", "right"),
    [
        pytest.param("en", (5, 18), (5, 18), 1, id="equal"),
        pytest.param("en", (1, 20), (5, 18), 1, id="article-and-possessive"),
        pytest.param("en", (0, 21), (5, 18), 1, id="marks-then-words"),
        pytest.param("en", (28, 41), (33, 40), 1, id="complementiser-and-full-stop"),
        pytest.param("en", (5, 18), (5, 12), 0, id="a-word-short"),
        # there is a list for English only: elsewhere the article stays
        pytest.param("no", (1, 20), (5, 18), 0, id="no-list"),
        pytest.param("no", (0, 21), (1, 20), 1, id="marks-in-every-language"),
        pytest.param("", (1, 20), (5, 18), 0, id="no-language"),
        pytest.param("en-GB", (1, 20), (5, 18), 1, id="region"),
        # nothing would be left of the article alone: it stays
        pytest.param("en", (1, 4), (1, 4), 1, id="all-of-it"),
        pytest.param("en", (0, 1), (20, 21), 0, id="two-marks-are-not-one"),
    ],
)
def test_what_is_cut(
    task,
    lang,
    gold,
    predicted,
    right,
):
    counts = scored(task, lang, [[gold]], [[predicted]]).table.counts()
    assert (counts.gold_credit, counts.predicted_credit, counts.gold, counts.predicted) == (right, right, 1, 1)


def test_a_language_for_articles_that_name_none():
    assert scored("entities", "", [[(1, 20)]], [[(5, 18)]], "trimmed:en").table.counts().f1 == 1.0
    # One that names its language keeps it.
    assert scored("entities", "no", [[(1, 20)]], [[(5, 18)]], "trimmed:en").table.counts().f1 == 0.0


def test_only_the_outer_ends_of_pieces_are_cut():
    # “the” is a piece of its own and goes; the gap within stays.
    assert scored("entities", "en", [[(1, 4), (5, 12), (13, 18)]], [[(5, 12), (13, 18)]]).table.counts().f1 == 1.0
    assert scored("entities", "en", [[(5, 12), (13, 18)]], [[(5, 18)]]).table.counts().f1 == 0.0


def test_what_is_equal_as_it_stands_is_paired_as_it_stands():
    items = scored("entities", "en", [[(5, 18)]], [[(1, 18)], [(5, 18)]]).items
    # The exact one has the gold item, the longer one, which comes first, is left over.
    assert items.predicted.credit.tolist() == [0.0, 1.0]


@pytest.mark.parametrize(("lang", "told"), [("en", "en:words"), ("no", "other:punctuation"), ("", "other:punctuation")])
def test_the_signature_says_which_lists_there_were(lang, told):
    assert scored("quotes", lang, [[(5, 18)]], [[(5, 18)]]).items.told == told
