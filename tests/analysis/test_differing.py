"""What two runs do not do alike, item by item."""

from __future__ import annotations

from evalkit.analysis.changes import changes_of_pairs
from evalkit.analysis.differing import DifferingItem, differing_items
from evalkit.dataset.loading.load import load_dataset
from evalkit.records import Annotations, Article, Entity, Quote, Span
from evalkit.scoring.pairs import Pair, pair_up
from evalkit.workflows.running.run import run_extractor

TEXT = "Ida Moen left Oslo for Bergen on Monday, said Jo."


def entities(*named: tuple[str, str]) -> Annotations:
    items = []
    for number, (words, label) in enumerate(named):
        start = TEXT.index(words)
        items.append(Entity(id=f"e{number}", spans=(Span(start, start + len(words)),), label=label))
    return Annotations(entities=tuple(items))


GOLD = entities(("Ida Moen", "PER"), ("Oslo", "GPE"), ("Bergen", "GPE"), ("Jo", "PER"))


def differing(first: Annotations, second: Annotations, gold: Annotations = GOLD) -> list[DifferingItem]:
    article = Article(id="a", text=TEXT)
    task = "quotes" if gold["quotes"] else "entities"
    return differing_items(task, [Pair(article, gold, first)], [Pair(article, gold, second)], names=("A", "B"))


def told(items: list[DifferingItem]) -> list[tuple[object, ...]]:
    return [
        (
            item.gold and item.gold.text,
            *item.kinds,
            *(answer and f"{answer.label} {answer.text}" for answer in item.answers),
        )
        for item in items
    ]


def test_gold_items_of_which_the_runs_say_something_else() -> None:
    first = entities(("Ida Moen", "PER"), ("Oslo", "ORG"), ("Jo", "PER"))
    second = entities(("Moen", "PER"), ("Oslo", "LOC"), ("Jo", "PER"))
    # Both miss Bergen, and both have Jo right: nothing to tell. Oslo is wrong in two ways.
    assert told(differing(first, second)) == [
        ("Ida Moen", "right", "boundary", "PER Ida Moen", "PER Moen"),
        ("Oslo", "label", "label", "ORG Oslo", "LOC Oslo"),
    ]
    assert [item.right for item in differing(first, second)] == [(True, False), (False, False)]
    # The other way round it is the same, with sides exchanged.
    assert told(differing(second, first))[0] == ("Ida Moen", "boundary", "right", "PER Moen", "PER Ida Moen")


def test_predictions_without_a_gold_item_that_one_run_has() -> None:
    first, second = entities(("Monday", "ORG")), entities(("Monday", "ORG"), ("left", "PER"))
    assert told(differing(first, second)) == [(None, "", "spurious", None, "PER left")]


def test_of_two_copies_where_the_other_has_one_one_is_told() -> None:
    (item,) = entities(("Monday", "ORG")).entities
    twice = Annotations(entities=(item, Entity(id="e9", spans=item.spans, label="ORG")))
    assert told(differing(Annotations(entities=(item,)), twice)) == [(None, "", "spurious", None, "ORG Monday")]


def test_equal_runs_differ_in_nothing() -> None:
    assert differing(entities(("Moen", "PER")), entities(("Moen", "PER"))) == []


def test_roles_tell_quotes_apart() -> None:
    quote = Quote(id="q", kind="direct", content=(Span(0, 8),), speaker=Span(46, 48))
    other = Annotations(quotes=(Quote(id="q", kind="direct", content=(Span(0, 8),), speaker=Span(14, 18)),))
    gold = Annotations(quotes=(quote,))
    (item,) = differing(gold, other, gold)
    assert item.kinds == ("right", "speaker")
    assert item.answers[1] is not None
    assert (item.gold.roles["speaker"], item.answers[1].roles["speaker"]) == ("Jo", "Oslo")  # type: ignore[union-attr]


def test_articles_with_most_of_it_come_first() -> None:
    gold = [Pair(Article(id=name, text=TEXT), GOLD, GOLD) for name in "ab"]
    worse = [Pair(gold[0].article, GOLD, entities(("Oslo", "GPE"), ("Bergen", "GPE"), ("Jo", "PER")))]
    worse += [Pair(gold[1].article, GOLD, entities())]
    found = differing_items("entities", gold, worse)
    assert [item.article for item in found] == ["b"] * 4 + ["a"]
    assert found[0].to_json()["gold"]["text"] == "Ida Moen"


def test_what_broke_and_what_was_fixed_for_a_gate_is_what_one_run_alone_has_right() -> None:
    gold = load_dataset(split="dev").subset(limit=4)
    sides = [pair_up(gold, run_extractor(name, gold, cache=False).predictions).pairs for name in ("trivial", "rules")]
    changes = changes_of_pairs(*sides)
    for task in ("entities", "quotes", "stances"):
        items = differing_items(task, *sides)
        for direction, right in (("fixed", (False, True)), ("broken", (True, False))):
            expected = sorted(
                (own.article, own.gold.spans) for own in changes if (own.layer, own.direction) == (task, direction)
            )  # type: ignore[union-attr]
            assert sorted((item.article, item.gold.spans) for item in items if item.right == right) == expected  # type: ignore[union-attr]
