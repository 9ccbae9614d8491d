"""How far readers agree: the scorer run on readings, over what they share."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import cohen_kappa_score

from evalkit.dataset.loading.load import load_dataset
from evalkit.dataset.making.build import build_dataset
from evalkit.dataset.publishing.measured import read_measured
from evalkit.errors import InputError
from evalkit.records import (
    Annotations,
    Article,
    Category,
    Entity,
    Example,
    LayerScope,
    Prediction,
    Quote,
    Scope,
    Span,
    Stance,
)
from evalkit.report.render import render_report
from evalkit.workflows.curating.agreement import measure_agreement
from evalkit.workflows.scoring.score import score_predictions

TEXT = "Ida Moen left Oslo for Rome. She said it was late, Åse Ek wrote. The port must be built, said Moen."
PLACES = {"Ida Moen": "PER", "Oslo": "GPE", "Rome": "GPE", "Åse Ek": "PER"}


def entity(number: int, name: str, label: str = "", *, ends: int = 0) -> Entity:
    start = TEXT.index(name)
    return Entity(
        id=f"e{number}",
        spans=(Span(start, start + len(name) + ends),),
        label=label or PLACES[name],
        entity_id=name.casefold().split()[-1],
    )


def quote(kind: str = "indirect", who: str = "Åse Ek", start: int = 33) -> Quote:
    place = TEXT.index(who)
    return Quote(
        id="q1",
        kind=kind,
        content=(Span(start, 49),),
        cue=(Span(58, 63),),
        speaker=Span(place, place + len(who)),
        speaker_id=who.casefold().split()[-1],
    )


def stance(target: str = "topic:port", label: str = "favor") -> Stance:
    return Stance(id="s1", holder="moen", target=target, label=label, evidence=(Span(65, 87),))


ALL = tuple(entity(number, name) for number, name in enumerate(PLACES))
READINGS: dict[str, dict[str, Annotations]] = {
    "a1": {
        "anna": Annotations(entities=ALL, quotes=(quote(),), stances=(stance(),)),
        "bert": Annotations(entities=ALL[:3], quotes=(quote(who="Ida Moen"),), stances=(stance("topic:harbour"),)),
        "carl": Annotations(entities=(entity(0, "Ida Moen", "ORG"), *ALL[1:]), quotes=()),
    },
    "a2": {
        "anna": Annotations(entities=(ALL[0], entity(1, "Oslo", ends=4)), quotes=(quote("direct"),)),
        "bert": Annotations(entities=ALL[:2], quotes=(quote(start=29),), stances=(stance(),)),
    },
    "a3": {
        "anna": Annotations(entities=ALL[:2], stances=(stance(label="against"),)),
        "bert": Annotations(entities=ALL, stances=(stance(),)),
    },
    "a4": {"bert": Annotations(entities=ALL)},
    "a5": {"anna": Annotations(entities=ALL[1:]), "carl": Annotations(entities=ALL[:2])},
}


def examples(readings: dict[str, dict[str, Annotations]] = READINGS) -> list[Example]:
    return [
        Example(article=Article(id=name, text=TEXT), gold=Annotations(), readings=own) for name, own in readings.items()
    ]


def scored(one: str, other: str, task: str, convention: str) -> float | None:
    """F1 of one reader against another, by the scorer itself; None where they share nothing."""
    both = [
        (name, own[one], own[other])
        for name, own in READINGS.items()
        if {one, other} <= own.keys() and own[one][task] is not None and own[other][task] is not None
    ]
    if not both:
        return None
    common = [(name, {layer: (a[layer], b[layer]) for layer in a.layers if layer in b.layers}) for name, a, b in both]
    gold = [
        Example(article=Article(id=name, text=TEXT), gold=Annotations({k: a for k, (a, _) in own.items()}))
        for name, own in common
    ]
    predicted = [
        Prediction(article_id=name, annotations=Annotations({k: b for k, (_, b) in own.items()}))
        for name, own in common
    ]
    result = score_predictions(gold, predicted, baseline=False, tasks=[task], conventions=[convention], resamples=0)
    tasks = result.tasks.get(task, {})
    return tasks[convention].micro.f1 if convention in tasks else None


CONVENTIONS = {
    "entities": ("exact", "boundary", "partial", "type", "fuzzy", "overlap", "type:0.9", "surface"),
    "quotes": ("exact", "overlap", "cue-exact", "speaker-entity", "attribution-harm", "joint"),
    "stances": ("found", "right", "right-named", "given"),
}


@pytest.mark.parametrize(
    ("task", "convention"), [(task, name) for task, names in CONVENTIONS.items() for name in names]
)
def test_f1_is_that_of_the_scorer_both_ways_and_the_mean_over_pairs(task: str, convention: str) -> None:
    own = measure_agreement(examples(), tasks=[task], conventions=[convention], resamples=0)
    means = []
    for pair in own.pairs:
        ways = [scored(*names, task, convention) for names in (pair.readers, pair.readers[::-1])]
        known = [value for value in ways if value is not None]
        if len(known) == 2:
            means.append(sum(known) / 2)
            scores = pair.layers[task][convention].scores
            assert scores is not None
            assert scores.micro.f1 == pytest.approx(means[-1])
    scores = own.layers[task][convention].scores
    assert scores is not None
    if convention != "surface":
        assert scores.micro.f1 == pytest.approx(sum(means) / len(means))


def test_only_what_both_read_and_both_annotated_is_compared() -> None:
    own = measure_agreement(examples(), resamples=0)
    assert (own.articles, own.of_articles, own.readers) == (4, 5, {"anna": 4, "bert": 3, "carl": 2})
    pairs = {pair.readers: pair for pair in own.pairs}
    assert {names: pair.articles for names, pair in pairs.items()} == {
        ("anna", "bert"): 3,
        ("anna", "carl"): 2,
        ("bert", "carl"): 1,
    }
    # Of stances anna and bert share those of a1 and a3; carl gave none.
    assert pairs["anna", "bert"].layers["stances"]["right"].items == 4
    assert "stances" not in pairs["anna", "carl"].layers
    # Items of both: 4 + 3, 2 + 2, 2 + 4.
    assert pairs["anna", "bert"].layers["entities"]["exact"].items == 17


def test_kappa_and_alpha_of_parts() -> None:
    own = measure_agreement(examples(), resamples=0)
    assert set(own.alpha["quotes"]) == {"boundary", "label", "cue", "speaker-span", "speaker"}
    assert set(own.alpha["stances"]) == {"boundary", "label", "holder", "target"}
    # The evidence is one, and what a topic is called is free.
    assert own.alpha["stances"]["target"].value == pytest.approx(1)
    speaker = own.alpha["quotes"]["speaker"].value
    boundary = own.alpha["quotes"]["boundary"].value
    assert speaker is not None
    assert boundary is not None
    assert speaker < boundary
    assert own.kappa["entities"].items == 3 + 1 + 2 + 4 + 3 + 1
    # One label of two for both: nothing but chance.
    assert own.figures()["entities.kappa"] == own.kappa["entities"].value


def test_kappa_of_labels_of_whole_articles_is_that_of_scikit_learn() -> None:
    given = {"anna": "aabbccabca", "bert": "abbbccabaa"}
    readings = {
        f"x{at}": {name: Annotations(categories=(Category(id="c", label=own[at]),)) for name, own in given.items()}
        for at in range(10)
    }
    own = measure_agreement(examples(readings), resamples=50)
    assert own.kappa["categories"].value == pytest.approx(cohen_kappa_score(*map(list, given.values())))
    assert own.kappa["categories"].items == 10
    assert own.alpha == {}


def test_disagreements_by_kind_say_who_missed_what() -> None:
    own = measure_agreement(examples(), tasks=["entities"], resamples=0, examples=1)
    kinds = {one.kind: one for one in own.disagreements}
    assert {kind: one.items for kind, one in kinds.items()} == {"missed": 7, "label": 2, "boundary": 1}
    assert kinds["missed"].by == {"anna": 3, "bert": 2, "carl": 2}
    (shown,) = kinds["boundary"].examples
    assert [marked.text for marked in shown.marked if marked] == ["Oslo for", "Oslo"]
    assert shown.readers == ("anna", "bert")


def test_what_a_task_does_not_ask_for_is_a_kind_too() -> None:
    said = quote()
    other = {
        "cue": replace(said, cue=(Span(29, 32),)),
        "kind": replace(said, kind="direct", cue=()),
        "speaker-span": replace(said, speaker=Span(51, 54)),
    }
    readings = {
        name: {"anna": Annotations(quotes=(said,)), "bert": Annotations(quotes=(own,))} for name, own in other.items()
    }
    kinds = {one.kind: one for one in measure_agreement(examples(readings), resamples=0).disagreements}
    assert {kind: (one.items, one.examples[0].article_id) for kind, one in kinds.items()} == {
        **{name: (1, name) for name in other},
        "cue": (2, "cue"),
    }
    both = replace(quote(who="Ida Moen"), cue=(Span(29, 32),))
    two = {"a": {"anna": readings["cue"]["anna"], "bert": Annotations(quotes=(both,))}}
    kinds = {one.kind: one for one in measure_agreement(examples(two), resamples=0).disagreements}
    # Another speaker has another mention.
    assert {kind: one.items for kind, one in kinds.items()} == {"cue": 1, "speaker": 1}
    # Of a cue that one of them left to others nothing is asked.
    narrow = Annotations(quotes=(other["cue"],), scope=Scope(of=(LayerScope(layer="quotes", parts=("speaker",)),)))
    own = measure_agreement(examples({"a": {"anna": readings["cue"]["anna"], "bert": narrow}}), resamples=0)
    assert own.disagreements == ()


def test_the_same_words_at_two_places_are_shown_with_their_places() -> None:
    twice = "said and said"
    marks = [Entity(id="e", spans=(Span(at, at + 4),), label="PER") for at in (0, 9)]
    one, other = (
        Quote(id="q", kind="direct", content=(Span(5, 8),), cue=mark.spans, speaker=None, speaker_id=None)
        for mark in marks
    )
    readings = {"anna": Annotations(quotes=(one,)), "bert": Annotations(quotes=(other,))}
    gold = [Example(article=Article(id="a", text=twice), gold=Annotations(), readings=readings)]
    text = render_report(measure_agreement(gold, resamples=0), "markdown")
    assert "cue at 0-4" in text
    assert "cue at 9-13" in text


def test_a_reason_is_that_of_the_pairs_that_have_one() -> None:
    bare = Annotations(entities=ALL)
    linked = Annotations(entities=ALL, stances=(stance(),))
    readings = {"a1": {"anna": bare, "bert": linked, "carl": linked}}
    own = measure_agreement(examples(readings), conventions=["exact", "linked"], resamples=0)
    # anna gave no stances, so the first pair lacks them; the last pair has them, but not under these conventions.
    assert "stances" not in own.not_evaluated
    assert own.not_evaluated["entities linked"] == "link: no reader's entity has one"


def test_a_label_called_micro_is_not_the_total() -> None:
    odd = (entity(0, "Ida Moen", "micro"), *ALL[1:])
    own = measure_agreement(
        examples({"a1": {"anna": Annotations(entities=odd), "bert": Annotations(entities=odd[:2])}}), resamples=0
    )
    rows = [row for row in own.rows() if row["what"] == "exact" and row["task"] == "entities"]
    assert [(row["scope"], row["label"]) for row in rows] == [
        *(("micro", ""), ("macro", "")),
        *(("label", "GPE"), ("label", "PER"), ("label", "micro")),
    ]


def test_what_is_not_evaluated_is_said_of_readers() -> None:
    bare = {
        name: {reader: own.with_layers(stances=None) for reader, own in by.items()} for name, by in READINGS.items()
    }
    own = measure_agreement(examples(bare), conventions=["exact", "linked", "right"], resamples=0)
    assert own.not_evaluated["stances"] == "no two readers of an article annotated it"
    assert own.not_evaluated["entities linked"] == "link: no reader's entity has one"
    assert not any("gold" in reason or "prediction" in reason for reason in own.not_evaluated.values())


def test_order_of_articles_and_readers_changes_nothing() -> None:
    turned = [replace(one, readings=dict(reversed(one.readings.items()))) for one in reversed(examples())]
    first, second = (measure_agreement(own, resamples=50).to_json() for own in (examples(), turned))
    assert first == second


def test_an_interval_holds_the_figure_and_a_level_is_said() -> None:
    many = {f"{name}{number}": own for number in range(4) for name, own in READINGS.items()}
    own = measure_agreement(examples(many), resamples=100, level=0.8)
    exact = own.layers["entities"]["exact"].scores
    assert exact is not None
    low, high = exact.micro.ci["f1"]
    assert low < exact.micro.f1 < high
    assert "level0.8" in own.signature
    alpha = own.alpha["entities"]["label"]
    assert alpha.ci is not None
    assert alpha.ci[0] < (alpha.value or 0) < alpha.ci[1]


@pytest.mark.parametrize("method", ["expanded", "bca"])
def test_the_interval_of_two_readers_is_that_of_the_scorer(method: str) -> None:
    many = {f"{number}{name}": READINGS[name] for number in range(5) for name in ("a1", "a2", "a3")}
    gold = [replace(one, gold=one.readings["anna"], readings={}) for one in examples(many)]
    predicted = [
        Prediction(article_id=one.article.id, annotations=one.readings["bert"].with_layers(quotes=None, stances=None))
        for one in examples(many)
    ]
    words: dict[str, Any] = {"tasks": ["entities"], "resamples": 200, "seed": 3, "interval": method}
    expected = score_predictions(gold, predicted, baseline=False, **words).tasks["entities"]
    two = [
        replace(
            one, readings={name: one.readings[name].with_layers(quotes=None, stances=None) for name in ("anna", "bert")}
        )
        for one in examples(many)
    ]
    own = measure_agreement(two, **words).layers["entities"]
    for convention, result in expected.items():
        scores = own[convention].scores
        assert scores is not None
        assert scores.micro.f1 == pytest.approx(result.micro.f1)
        assert scores.micro.ci["f1"] == pytest.approx(result.micro.ci["f1"])


def test_label_maps_scope_and_labels_are_for_readings(tmp_path: Path) -> None:
    mapping = tmp_path / "two.toml"
    mapping.write_text('PER = "WHO"\nORG = "WHO"\nGPE = "WHERE"\n')
    own = measure_agreement(examples(), tasks=["entities"], conventions=["exact"], gold_label_map=mapping, resamples=0)
    scores = own.layers["entities"]["exact"].scores
    assert scores is not None
    assert set(scores.labels) == {"WHO", "WHERE"}
    only = measure_agreement(examples(), tasks=["entities"], conventions=["exact"], labels=["GPE"], resamples=0)
    scores = only.layers["entities"]["exact"].scores
    assert scores is not None
    # Items of other labels are compared only where they stand at one of the label.
    whole = measure_agreement(examples(), tasks=["entities"], resamples=0).layers["entities"]["exact"].scores
    assert whole is not None
    assert scores.labels["GPE"].f1 == pytest.approx(whole.labels["GPE"].f1)


@pytest.mark.parametrize("words", [{"min_score": 0.5}, {"predicted_label_map": "conll4"}])
def test_what_is_for_predictions_is_refused(words: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="readings are no predictions"):
        measure_agreement(examples(), **words)


def test_what_one_of_two_did_not_annotate_exhaustively_is_left_out() -> None:
    narrow = Annotations(entities=ALL[1:3], scope=Scope(labels=("GPE",)))
    own = measure_agreement(
        examples({"a1": {"anna": Annotations(entities=ALL), "bert": narrow}}),
        tasks=["entities"],
        conventions=["exact"],
        resamples=0,
    )
    scores = own.layers["entities"]["exact"].scores
    assert scores is not None
    assert scores.micro.f1 == 1


def row(name: str, **rest: Any) -> dict[str, Any]:
    return {"id": name, "text": "Ida Moen left Oslo."} | rest


MOEN = {"spans": [[0, 8]], "label": "PER"}
OSLO = {"spans": [[14, 18]], "label": "GPE"}


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    return path


class TestFilesOfOneReader:
    def test_each_reader_in_a_file(self, tmp_path: Path) -> None:
        anna = written(tmp_path / "anna.jsonl", [row("a", entities=[MOEN, OSLO]), row("b", entities=[])])
        bert = written(tmp_path / "bert.jsonl", [row("a", entities=[MOEN]), row("c", entities=[])])
        own = measure_agreement(anna, others={"bert": bert}, gold_as="anna", resamples=0)
        assert own.readers == {"anna": 1, "bert": 1}
        assert own.figures()["entities.exact.f1"] == pytest.approx(2 / 3)
        assert "1 article of bert not in anna, set aside" in own.notes
        assert measure_agreement(anna, others={"bert": bert}, resamples=0).readers == {"bert": 1, "gold": 1}

    def test_gold_beside_a_reading(self, tmp_path: Path) -> None:
        gold = written(
            tmp_path / "gold.jsonl", [row("a", entities=[MOEN, OSLO], readings={"kari": {"entities": [MOEN]}})]
        )
        with pytest.raises(InputError, match="no article has two readings"):
            measure_agreement(gold)
        assert measure_agreement(gold, gold_as="gold").readers == {"gold": 1, "kari": 1}
        with pytest.raises(InputError, match="a reader 'kari' in gold already"):
            measure_agreement(gold, gold_as="kari")

    def test_another_text_or_corpus_is_refused(self, tmp_path: Path) -> None:
        anna = written(tmp_path / "anna.jsonl", [row("a", entities=[MOEN])])
        other = written(tmp_path / "bert.jsonl", [row("a", text="Ida Moen left.", entities=[MOEN])])
        with pytest.raises(InputError, match="bert: article 'a' of bert is another text: "):
            measure_agreement(anna, others={"bert": other})
        two = {"kari": {"entities": [MOEN]}, "ola": {"entities": []}}
        several = written(tmp_path / "two.jsonl", [row("a", readings=two)])
        with pytest.raises(InputError, match="dora: two keeps several readings of article 'a' and no gold"):
            measure_agreement(anna, others={"dora": several})
        elsewhere = written(tmp_path / "carl.jsonl", [row("z", entities=[MOEN])])
        with pytest.raises(InputError, match="no article of carl is one of anna"):
            measure_agreement(anna, others={"carl": elsewhere})

    def test_a_text_that_differs_in_white_space_is_carried_over(self, tmp_path: Path) -> None:
        anna = written(tmp_path / "anna.jsonl", [row("a", entities=[MOEN, OSLO])])
        wide = {"id": "a", "text": "Ida  Moen left\nOslo .", "entities": [{"spans": [[0, 9]], "label": "PER"}]}
        bert = written(tmp_path / "bert.jsonl", [wide])
        own = measure_agreement(anna, others={"bert": bert}, resamples=0)
        assert own.figures()["entities.exact.f1"] == pytest.approx(2 / 3)
        assert "1 text differs of bert from anna in white space alone: carried over to the same letters" in own.notes

    def test_several_splits_are_one(self, tmp_path: Path) -> None:
        readings = {"kari": {"entities": [MOEN]}, "ola": {"entities": [MOEN, OSLO]}}
        gold = written(tmp_path / "gold.jsonl", [row(name, split=name, readings=readings) for name in ("dev", "test")])
        assert measure_agreement(gold).articles == 2
        assert measure_agreement(gold, split="dev").articles == 1


def test_the_main_figures_are_recorded_for_the_card(tmp_path: Path) -> None:
    readings = {"kari": {"entities": [MOEN]}, "ola": {"entities": [MOEN, OSLO]}}
    gold = written(tmp_path / "gold.jsonl", [row("a", split="test", entities=[MOEN], readings=readings)])
    with pytest.raises(InputError, match="figures are recorded in a dataset folder"):
        measure_agreement(gold, record=True)
    folder = tmp_path / "mine"
    build_dataset([gold], folder, corpus=tmp_path / "corpus")
    own = measure_agreement(folder, record=True, resamples=0)
    assert read_measured(folder)["agreement"].figures == own.headline()
    assert own.headline()["entities.exact.f1"].value == pytest.approx(2 / 3)
    build_dataset([folder], folder, corpus=tmp_path / "corpus")
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "| agreement | F1 of entities, exact | 0.6667 |" in card
    assert "hanged since" not in card


def test_a_loaded_dataset_keeps_its_readings(tmp_path: Path) -> None:
    readings = {"kari": {"entities": [MOEN]}, "ola": {"entities": [MOEN, OSLO]}}
    gold = written(tmp_path / "gold.jsonl", [row("a", entities=[MOEN], readings=readings)])
    assert measure_agreement(load_dataset(gold)).readers == {"kari": 1, "ola": 1}


def test_every_pair_of_readers_is_there() -> None:
    own = measure_agreement(examples(), resamples=0)
    assert [pair.readers for pair in own.pairs] == list(combinations(["anna", "bert", "carl"], 2))
    frame = own.to_pandas()
    assert {"all", "anna + bert", "anna + carl", "bert + carl"} == set(frame["readers"])
    assert not frame["score"].isna().any()
