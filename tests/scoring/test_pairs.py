from __future__ import annotations

import pytest

from evalkit.errors import InputError
from evalkit.records import Annotations, Article, Entity, Example, Prediction, Scope, Span, Stance, Zone
from evalkit.scoring.pairs import pair_up
from evalkit.scoring.tasks.evaluable import articles_of, conventions_of, not_evaluated
from evalkit.showing import number_of


def entity(start, end, label="X"):
    return Entity(id=f"{start}", spans=(Span(start, end),), label=label)


def example(name, *entities, scope=None, zones=(), **layers):
    return Example(
        article=Article(id=name, text="some text " * 5, zones=zones),
        gold=Annotations(entities=entities, scope=scope or Scope(), **layers),
    )


def prediction(name, *entities, **layers):
    return Prediction(article_id=name, annotations=Annotations(entities=entities, **layers))


def said(paired):
    return [number_of(number, *what) for what, number in paired.set_aside.items()]


def test_articles_come_sorted_and_missing_predictions_count_as_missed():
    paired = pair_up([example("b", entity(0, 4)), example("a")], [prediction("a")])
    assert [pair.article.id for pair in paired.pairs] == ["a", "b"]
    assert paired.pairs[1].predicted.entities == ()
    assert said(paired) == ["1 article without a prediction, counted as missed"]


def test_predictions_for_other_articles_are_counted():
    paired = pair_up([example("a")], [prediction("a"), prediction("z")])
    assert said(paired) == ["1 prediction for an article that is not in the gold, set aside"]


def test_layers_that_nobody_claims_or_annotates_are_not_evaluated():
    paired = pair_up([example("a", quotes=())], [prediction("a", stances=())])
    assert not_evaluated(paired) == {
        "quotes": "the predictions do not have it",
        "stances": "the gold does not annotate it",
        "chain": "it needs entities, quotes and stances; quotes: the predictions do not have it",
    }
    with_extractor = pair_up([example("a", quotes=())], [prediction("a")], layers=["entities"])
    assert not_evaluated(with_extractor)["quotes"] == "the extractor does not claim it"
    assert [pair.article.id for pair in articles_of("entities", paired)] == ["a"]
    assert articles_of("stances", paired) == articles_of("chain", paired) == []


def test_the_chain_needs_an_article_with_all_layers():
    gold = [
        Example(article=Article(id="a", text="x"), gold=Annotations(entities=(), quotes=())),
        Example(article=Article(id="b", text="x"), gold=Annotations(entities=(), stances=())),
    ]
    claims = [prediction("a", quotes=(), stances=())]
    assert not_evaluated(pair_up(gold, claims)) == {"chain": "no article of the gold has entities, quotes and stances"}
    whole = Example(article=Article(id="c", text="x"), gold=Annotations(entities=(), quotes=(), stances=()))
    paired = pair_up([*gold, whole], claims)
    assert not_evaluated(paired) == {}
    assert [pair.article.id for pair in articles_of("chain", paired)] == ["c"]


def test_items_outside_the_scope_are_set_aside_on_both_sides_and_counted():
    zones = (Zone("body", 0, 20), Zone("boilerplate", 20, 50))
    gold = example("a", entity(0, 4), entity(30, 34), scope=Scope(zones=("body",), labels=("X",)), zones=zones)
    paired = pair_up([gold], [prediction("a", entity(0, 4), entity(18, 22), entity(5, 9, "Y"))])
    assert paired.pairs[0].gold.entities == (entity(0, 4),)
    assert paired.pairs[0].predicted.entities == (entity(0, 4),)
    assert said(paired) == [
        "1 gold entity outside the annotated scope, set aside",
        "2 predicted entities outside the annotated scope, set aside",
    ]


def test_predictions_of_a_layer_that_an_article_does_not_annotate_are_counted():
    gold = [example("a"), Example(article=Article(id="b", text="x"), gold=Annotations())]
    paired = pair_up(gold, [prediction("a"), prediction("b", entity(0, 1))])
    assert said(paired) == ["1 predicted entity in articles whose gold does not annotate it, set aside"]


@pytest.mark.parametrize(
    ("gold", "predictions", "message"),
    [
        pytest.param([], [], "no article", id="no-gold"),
        pytest.param([example("a"), example("a")], [], "'a' is given twice", id="gold-twice"),
        pytest.param([example("a")], [prediction("a"), prediction("a")], "'a' is given twice", id="prediction-twice"),
        pytest.param([example("a")], [prediction("z")], "gold has 'a', predictions have 'z'", id="nothing-in-common"),
    ],
)
def test_refuses(gold, predictions, message):
    with pytest.raises(InputError, match=message):
        pair_up(gold, predictions)


def test_layers_that_nobody_has_are_named_only_if_asked_for():
    paired = pair_up([example("a")], [prediction("a")])
    # Entities, quotes and stances are what articles are annotated with here; other layers are not missed.
    assert set(not_evaluated(paired)) == {"quotes", "stances", "chain"}
    assert not_evaluated(paired, ["categories"]) == {"categories": "the gold does not annotate it"}


def test_an_extractor_that_only_labels_is_scored_on_given_items():
    stance = Stance(id="s", holder="a", target="b", label="favor")
    gold = [Example(article=Article(id="a", text="x"), gold=Annotations(stances=(stance,)))]
    given = Prediction(article_id="a", annotations=Annotations(), given=Annotations(stances=(stance,)))
    paired = pair_up(gold, [given], layers=["stances"])
    assert conventions_of("stances", paired) == ("given",)
    assert "stances end to end" in not_evaluated(paired)
    own = Prediction(article_id="a", annotations=Annotations(stances=()), given=Annotations(stances=(stance,)))
    assert conventions_of("stances", pair_up(gold, [own])) == ("given", "found", "right", "found-named", "right-named")
