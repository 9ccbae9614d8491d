"""A comparison in words: the order of the runs, and what the gold can show."""

from __future__ import annotations

from dataclasses import replace

from evalkit.analysis.comparison import ComparedRow, Comparison
from evalkit.analysis.differing import DifferingItem, ToldItem
from evalkit.analysis.power import detectable_differences
from evalkit.analysis.ranking import RankingChange
from evalkit.report.document import Lines
from evalkit.report.of.comparison import document
from evalkit.report.render import render_report

ROW = ComparedRow(
    task="entities",
    convention="exact",
    scope="micro",
    label="",
    score="f1",
    first="a",
    second="b",
    first_value=0.5,
    second_value=0.51,
    difference=0.01,
    ci=(-0.02, 0.04),
    error=0.01,
    p_randomization=0.3,
    q=0.3,
    effect=0.1,
    wins=3,
    ties=1,
    losses=2,
    units=100,
)


def comparison(*rows: ComparedRow, **fields: object) -> Comparison:
    given = {"runs": ("a", "b"), "gold": "g", "split": "test", "method": "m", "rows": rows}
    given |= {"detectable": detectable_differences(rows), **fields}
    return Comparison(**given)  # type: ignore[arg-type]


def lines(compared: Comparison) -> list[str]:
    found = [block for block in document(compared).blocks if isinstance(block, Lines)]
    return [line.text for line in found[-1].lines]


def test_what_the_gold_can_show_and_how_many_more_articles_would_show_it():
    # t(99, .975) + t(99, .8) = 1.98422 + 0.84535, by √(100 / 99) and a standard error of .01: .0284. For a difference
    # of .01 about 100 · 2.8² articles: of 788 t is 1.96300 and 0.84220, and 2.80520 · √(788 / 787) · .1 / √788 = .01.
    assert lines(comparison(ROW)) == [
        "entities, a and b: 100 articles show differences of exact micro F1 from 0.028 on "
        "(80 % power, alpha 0.05); 688 more articles would show one of 0.010"
    ]


def test_nothing_is_said_of_more_articles_where_these_are_enough_or_nothing_differs():
    for difference in (0.03, 0.0):
        (line,) = lines(comparison(replace(ROW, difference=difference, wins=9)))
        assert line.endswith("(80 % power, alpha 0.05)")


def test_so_few_articles_show_nothing():
    (line,) = lines(comparison(replace(ROW, units=3, error=0.01, wins=0, ties=2, losses=1, difference=-0.09)))
    # Six articles that differ are the fewest that can show anything; one of three does here, so there must be 18.
    assert line == (
        "entities, a and b: 3 articles show no difference of exact micro F1, however large (alpha 0.05); "
        "15 more articles would show one of 0.090"
    )


def test_a_difference_that_is_the_same_everywhere():
    (line,) = lines(comparison(replace(ROW, error=1e-17, wins=100, ties=0, losses=0)))
    assert line == (
        "entities, a and b: 100 articles show the same difference of exact micro F1 each, which says nothing of "
        "smaller ones"
    )


def test_nothing_differs():
    (line,) = lines(comparison(replace(ROW, error=0.0, wins=0, ties=100, losses=0, difference=0.0)))
    assert line == "entities, a and b: nothing differs, exact micro F1 is the same in every article"


def test_figures_are_those_of_the_result():
    (seen,) = comparison(ROW).to_json()["detectable"]
    assert (seen["task"], seen["convention"], seen["units"], seen["more"]) == ("entities", "exact", 100, 688)
    assert round(seen["smallest"], 4) == 0.0284


def test_the_main_convention_is_told_of():
    """Of several conventions; where it is missing, the first that there is."""
    other = replace(ROW, convention="partial", units=7)
    assert "exact micro F1" in lines(comparison(other, ROW))[0]
    assert "partial micro F1" in lines(comparison(other))[0]


def test_the_order_of_the_runs():
    change = RankingChange(
        task="entities", first="a", second="b", first_better={"exact micro f1": 0.1}, second_better={"x": 0.2}, equal=()
    )
    figures = {"entities": 4, "quotes": 2}
    asked = comparison(order_changes=(change,), figures_compared=figures, multiverse=True)
    words = "entities: the order changes. a is better under exact micro f1; b is better under x"
    assert lines(asked) == [words, "quotes: the order is the same under all 2 figures"]
    assert lines(replace(asked, multiverse=False)) == [words]


def test_figures_without_a_difference_in_any_article_are_folded_away():
    same = replace(ROW, scope="label", label="PER", difference=0.0, second_value=0.5, identical=True)
    table = document(comparison(ROW, same, replace(same, label="ORG"))).tables[0]
    assert [row[0] for row in table.rows] == ["exact micro"]
    assert table.caption == "the same in every article, so nothing to test: exact PER 0.500, exact ORG 0.500"


def differing(number: int, **fields: object) -> DifferingItem:
    gold = ToldItem(label="PER", text=f"Ida {number}", spans=((0, 5),), roles={"cue": "said"})
    answer = replace(gold, label="ORG", roles={"cue": "told"})
    given = {"task": "entities", "article": f"a{number // 2}", "first": "a", "second": "b", "gold": gold}
    given |= {"kinds": ("right", "label"), "answers": (gold, answer), **fields}
    return DifferingItem(**given)  # type: ignore[arg-type]


def test_items_on_which_the_runs_differ_stand_below_their_figures():
    alone = differing(2, gold=None, kinds=("spurious", ""), answers=(differing(2).answers[1], None))
    compared = comparison(ROW, differing=(differing(0), differing(1), alone))
    table = document(compared).tables[1]
    assert table.title == "entities: 3 items on which a and b differ, in 2 articles"
    assert [column.name for column in table.columns] == ["article", "gold", "a", "b"]
    assert table.rows == (
        ("a0", "PER Ida 0", "right", "ORG Ida 0 (cue: told)"),
        ("", "PER Ida 1", "right", "ORG Ida 1 (cue: told)"),
        ("a1", "–", "ORG Ida 2", "–"),
    )
    assert table.caption == "a alone is right in 2, b alone in 0; – is nothing"
    cut = document(compared, differences=1).tables[1]
    assert len(cut.rows) == 1
    assert cut.caption.endswith("; most in a0 2, a1 1; 2 more with --differences N or --json")
    assert len(document(compared, differences=0).tables) == 1
    assert len(compared.to_json()["differing"]) == 3


def test_rows_that_are_all_the_same_are_a_sentence_not_an_empty_table():
    shown = document(comparison(replace(ROW, identical=True, difference=0.0)))
    assert not shown.tables
    told = [line.text for block in shown.blocks if isinstance(block, Lines) for line in block.lines]
    assert "the same in every article, so nothing to test: exact micro 0.500" in told
    for form in ("markdown", "html", "latex", "terminal"):
        text = render_report(shown, form)
        assert "W/T/L" not in text
        assert "nothing to test" in text


def test_a_label_called_as_an_average_is_told_apart():
    shown = document(comparison(ROW, replace(ROW, scope="label", label="micro")))
    assert [row[0] for row in shown.tables[0].rows] == ["exact micro", "exact label micro"]
