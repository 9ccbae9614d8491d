"""From gold and predictions to a result: maps, labels, notes, signatures, and what is not evaluated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.labels import load_inventory
from evalkit.errors import InputError, UnknownNameError
from evalkit.options import Intervals, Scoring
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Article, Category, Entity, Example, Prediction, Quote, Span
from evalkit.results import Counts, EvalResult, floor_label
from evalkit.workflows.scoring.pairing import check_scoring, pair_run
from evalkit.workflows.scoring.score import score_predictions

TEXT = "Ida Moen left Oslo for the port."


def entity(start: int, end: int, label: str) -> Entity:
    return Entity(id=f"e{start}", spans=(Span(start, end),), label=label)


def gold_of(*entities: Entity, names: str = "ab") -> GoldDataset:
    examples = [Example(article=Article(id=name, text=TEXT), gold=Annotations(entities=entities)) for name in names]
    return gold_dataset(examples, name="mini", split="test", inventory=load_inventory())


def predictions(*entities: Entity, names: str = "ab") -> list[Prediction]:
    return [Prediction(article_id=name, annotations=Annotations(entities=entities)) for name in names]


def score(
    gold: GoldDataset,
    found: Iterable[Prediction],
    *,
    layers: tuple[str, ...] | None = None,
    scoring: Scoring | None = None,
    resamples: int = 0,
    baseline: bool = False,
) -> EvalResult:
    run = Run(extractor="predictions", predictions=tuple(found), layers=layers)
    intervals = Intervals(resamples=resamples, seed=4)
    return score_predictions(gold, run, baseline=baseline, scoring=scoring, intervals=intervals)


MOEN, OSLO = entity(0, 8, "PER"), entity(14, 18, "GPE")
GOLD = gold_of(MOEN, OSLO)


def micro(result: EvalResult, convention: str = "exact") -> tuple[float, float]:
    found = result.tasks["entities"][convention].micro
    return found.precision, found.recall


def test_the_four_numbers_and_the_scores():
    result = score(GOLD, predictions(MOEN, entity(14, 18, "LOC")))
    exact = result.tasks["entities"]["exact"]
    # In each of two articles: one of two right on both sides.
    assert exact.micro.counts is not None
    assert (exact.micro.counts.gold, exact.micro.counts.predicted, exact.micro.counts.gold_credit) == (4, 4, 2.0)
    # LOC has no gold support: macro is over GPE (0) and PER (1).
    assert exact.macro.f1 == 0.5
    assert set(exact.labels) == {"GPE", "LOC", "PER"}
    assert micro(result, "boundary") == (1.0, 1.0)


def test_what_is_not_evaluated_has_a_reason():
    result = score(GOLD, predictions(MOEN))
    assert result.not_evaluated["quotes"] == "the gold does not annotate it"
    claimed = score(GOLD, predictions(MOEN), layers=("entities", "quotes"))
    assert claimed.not_evaluated["quotes"] == "the gold does not annotate it"
    only = score(GOLD, predictions(MOEN), scoring=Scoring(tasks=("entities",)))
    assert only.not_evaluated == {}


def test_the_signature_reproduces_the_number():
    options = Scoring(tasks=("entities",), label_map="conll4", labels=("PER", "LOC"))
    result = score(GOLD, predictions(MOEN), scoring=options, resamples=20)
    assert result.tasks["entities"]["exact"].signature == (
        f"entities|exact|micro|labels:conll4[PER+LOC]|gold:mini@{GOLD.fingerprint[:7]}|split:test|"
        f"ci:bootstrap20/article/seed4/expanded|evalkit:{result.run['evalkit']}"
    )


class TestLabels:
    def test_maps_are_counted(self):
        result = score(GOLD, predictions(MOEN, entity(14, 18, "LOC")), scoring=Scoring(label_map="conll4"))
        assert micro(result) == (1.0, 1.0)
        assert result.notes == ("2 gold entities mapped: GPE→LOC 2",)

    def test_the_extractors_own_map_goes_first(self):
        options = Scoring(predicted_label_map="news", label_map="conll4")
        found = predictions(
            entity(0, 8, "PERSON"), entity(14, 18, "GPE"), entity(9, 13, "DATE"), entity(19, 22, "VERB")
        )
        result = score(GOLD, found, scoring=options)
        assert micro(result) == (1.0, 1.0)
        assert set(result.tasks["entities"]["exact"].labels) == {"LOC", "PER"}
        assert "2 predicted entities dropped by the label map: DATE 2" in result.notes
        assert "2 predicted entities dropped, their label is not in the map: VERB 2" in result.notes

    def test_a_map_in_a_file(self, tmp_path: Path):
        (tmp_path / "mine.toml").write_text('[map]\nPERSON = "PER"\nCITY = "GPE"\nDATE = false\n')
        options = Scoring(predicted_label_map=tmp_path / "mine.toml")
        result = score(GOLD, predictions(entity(0, 8, "PERSON"), entity(14, 18, "CITY")), scoring=options)
        assert micro(result) == (1.0, 1.0)
        assert result.notes == ("4 predicted entities mapped: CITY→GPE 2, PERSON→PER 2",)

    def test_only_some_labels_set_the_others_aside_and_say_so(self):
        result = score(GOLD, predictions(MOEN, entity(27, 31, "FAC")), scoring=Scoring(labels=("PER",)))
        assert micro(result) == (1.0, 1.0)
        assert "2 gold entities not of the labels PER, set aside" in result.notes
        assert "2 predicted entities not of the labels PER, set aside" in result.notes

    def test_two_numbers_of_what_is_outside_say_what_differs(self):
        scoring = Scoring(labels=("PER",), scope=("entities:labels=PER,GPE",))
        result = score(GOLD, predictions(MOEN, entity(27, 31, "FAC"), entity(0, 3, "GPE")), scoring=scoring)
        # In each of two articles: FAC is no annotated label, and GPE is one that nobody asks for.
        aside = [note for note in result.notes if "predicted" in note]
        assert aside == [
            "2 predicted entities outside the annotated scope, set aside",
            "4 predicted entities outside the annotated scope or not of the labels PER, set aside",
        ]

    def test_a_label_that_no_gold_has(self):
        with pytest.raises(InputError, match=r"no gold entity has the label 'PRE' \(there are GPE, PER\)"):
            score(GOLD, predictions(MOEN), scoring=Scoring(labels=("PRE",)))

    def test_labels_that_the_gold_does_not_use_stay_and_are_counted(self):
        result = score(GOLD, predictions(entity(0, 8, "PERSON")))
        assert micro(result) == (0.0, 0.0)
        assert any(
            note.startswith("2 predicted entities have a label that this gold does not use") for note in result.notes
        )


BAD_OPTIONS = [
    pytest.param(Scoring(tasks=("entity",)), "unknown task 'entity'", id="task"),
    pytest.param(Scoring(conventions=("exakt",)), "did you mean 'exact'", id="convention"),
    pytest.param(Scoring(label_map="x"), "unknown label map 'x'", id="label-map"),
    pytest.param(Scoring(predicted_label_map="x"), "unknown label map 'x'", id="predicted-map"),
    pytest.param(Scoring(labels=("X",)), "no gold entity has the label 'X'", id="labels"),
    pytest.param(Scoring(labels=("GPE",), label_map="conll4"), r"there are LOC, PER", id="labels-after-the-map"),
]


@pytest.mark.parametrize(("options", "message"), BAD_OPTIONS)
def test_options_are_refused_before_and_while_scoring(options: Scoring, message: str):
    with pytest.raises((InputError, UnknownNameError), match=message):
        check_scoring(GOLD, options)
    with pytest.raises((InputError, UnknownNameError), match=message):
        score(GOLD, predictions(MOEN), scoring=options)


def test_good_options_pass():
    check_scoring(GOLD, Scoring(tasks=("quotes",), conventions=("all",), label_map="conll4", labels=("LOC",)))


class TestMissing:
    def test_an_article_without_prediction_counts_as_missed(self):
        result = score(GOLD, predictions(MOEN, OSLO, names="a"))
        assert micro(result) == (1.0, 0.5)
        assert "1 article without a prediction, counted as missed" in result.notes

    def test_a_failed_article_counts_as_missed_and_is_named(self):
        failed = Prediction(article_id="b", annotations=Annotations(), error="boom")
        result = score(GOLD, [*predictions(MOEN, OSLO, names="a"), failed], layers=("entities",))
        assert micro(result) == (1.0, 0.5)
        assert result.failed == {"b": "boom"}

    def test_predictions_for_other_articles_are_set_aside(self):
        result = score(GOLD, predictions(MOEN, OSLO, names="abz"))
        assert micro(result) == (1.0, 1.0)
        assert "1 prediction for an article that is not in the gold, set aside" in result.notes


def test_the_floor_has_the_same_tasks_and_no_tables():
    result = score(GOLD, predictions(MOEN), baseline=True)
    below = result.floor["entities"]["exact"]
    # The trivial baseline takes each name for a place: right for Oslo, wrong for Ida Moen.
    assert (below.micro.precision, below.micro.recall, below.table) == (0.5, 0.5, None)
    assert set(result.floor) == set(result.tasks)


class TestFloor:
    """What the trivial baseline gets; it finds Moen and Oslo in each article."""

    LOCS = gold_of(entity(0, 8, "PER"), entity(14, 18, "LOC"), entity(14, 18, "LOC"))

    def test_it_predicts_the_most_frequent_label_of_any_gold(self):
        floor = score(self.LOCS, predictions(MOEN), baseline=True).floor["entities"]["exact"]
        # One LOC of three items in each of two articles; Moen is no item of the gold.
        assert floor.micro.counts == Counts(gold=6, predicted=4, gold_credit=2.0, predicted_credit=2.0)
        assert floor_label(floor) == "LOC"

    def test_the_row_of_a_label_has_the_floor_of_that_label(self):
        floor = score(self.LOCS, predictions(MOEN), baseline=True).floor["entities"]["boundary"]
        # Oslo called PER: the place is that of a gold item, which is no PER; its own row has nothing of that.
        assert floor.labels["PER"].counts == Counts(gold=2, predicted=4, gold_credit=0.0, predicted_credit=2.0)
        assert floor.labels["LOC"].counts == Counts(gold=4, predicted=4, gold_credit=2.0, predicted_credit=2.0)

    def test_it_knows_the_labels_after_maps_and_restrictions(self):
        mapped = score(GOLD, predictions(MOEN), baseline=True, scoring=Scoring(label_map="conll4", labels=("LOC",)))
        floor = mapped.floor["entities"]["exact"]
        # Oslo is right, Moen is not: 2 of 4, and all there is.
        assert (floor_label(floor), floor.micro.precision, floor.micro.recall) == ("LOC", 0.5, 1.0)

    def test_categories_have_one(self):
        gold = gold_of(names="abc")
        labels = ("news", "news", "sports")
        examples = [
            replace(example, gold=Annotations(categories=(Category(id="c1", label=label),)))
            for example, label in zip(gold.examples, labels, strict=True)
        ]
        made = [Prediction(article_id=name, annotations=Annotations(categories=())) for name in "abc"]
        result = score(replace(gold, examples=tuple(examples)), made, baseline=True, layers=("categories",))
        # Always news: two of three.
        assert result.floor["categories"]["exact"].micro.f1 == pytest.approx(2 / 3)
        # Always sports, in the row of sports: one of three predicted, the one gold item found.
        assert result.floor["categories"]["exact"].labels["sports"].f1 == pytest.approx(2 * (1 / 3) / (1 / 3 + 1))


def test_macro_says_over_how_many_labels_it_is_the_mean():
    result = score(GOLD, predictions(MOEN, entity(14, 18, "LOC"))).tasks["entities"]["exact"]
    # PER and GPE have gold items, LOC has none.
    assert (len(result.labels), result.macro.labels, result.micro.labels) == (3, 2, None)


def test_labels_that_are_set_aside_are_not_said_to_be_wrong():
    result = score(GOLD, predictions(MOEN, entity(14, 18, "CITY")), scoring=Scoring(labels=("PER",)))
    assert micro(result) == (1.0, 1.0)
    assert [note for note in result.notes if "wrong" in note] == []
    assert "2 predicted entities not of the labels PER, set aside" in result.notes


def test_notes_about_the_gold_come_first():
    result = score(replace(GOLD, notes=("read as IOB2",)), predictions(MOEN, names="a"))
    assert result.notes[0] == "read as IOB2"


@given(order=st.permutations(range(6)))
def test_the_order_changes_nothing(order: list[int]):
    names = "abcdef"
    gold = gold_of(MOEN, OSLO, names=names)
    made = predictions(MOEN, names="ab") + predictions(OSLO, MOEN, names="cde") + predictions(names="f")
    options = Scoring(conventions=("all",))
    shuffled = score(gold, [made[at] for at in order], scoring=options, resamples=10)
    assert shuffled == score(gold, made, scoring=options, resamples=10)


def test_tables_alone_are_those_of_the_result():
    run = Run(extractor="predictions", predictions=tuple(predictions(MOEN)))
    tables = pair_run(GOLD, run, Scoring()).tables(Scoring())
    result = score(GOLD, predictions(MOEN))
    assert {task: set(found) for task, found in tables.items()} == {
        task: set(found) for task, found in result.tasks.items()
    }
    assert result.tasks["entities"]["exact"].table is not None
    assert tables["entities"]["exact"].table.to_json() == result.tasks["entities"]["exact"].table


def test_a_result_survives_json():
    result = score(GOLD, predictions(MOEN, names="a"), resamples=10, baseline=True)
    assert EvalResult.from_json(result.to_json()).to_json() == result.to_json()


def test_predictions_made_in_python_may_have_a_piece_that_covers_nothing() -> None:
    article = Article(id="a", text="“We go,” said Moen.")
    gold = [Example(article=article, gold=Annotations(quotes=(Quote(id="g", kind="direct", content=(Span(1, 7),)),)))]
    quotes = (Quote(id="p", kind="direct", content=(Span(1, 7), Span(9, 9))),)
    said = Prediction(article_id="a", annotations=Annotations(quotes=quotes))
    result = score_predictions(gold, [said], resamples=0)
    assert result.tasks["quotes"]["exact"].micro.f1 == 1.0


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        pytest.param(["entities"], ["label"], id="entities"),
        pytest.param(["quotes"], ["cue", "kind"], id="quotes"),
        pytest.param([], ["cue", "kind", "label"], id="all"),
    ],
)
def test_notes_are_about_what_is_scored(tasks: list[str], said: list[str]):
    quote = Quote(id="q1", kind="direct", content=(Span(0, 4),))
    entity = Entity(id="e1", spans=(Span(0, 4),), label="GPE")
    gold = Example(article=Article(id="a", text="Oslo is it"), gold=Annotations(entities=[entity], quotes=[quote]))
    predicted = Annotations(
        entities=[replace(entity, label="PLACE")], quotes=[replace(quote, kind="indirect", cue=(Span(5, 7),))]
    )
    result = score_predictions(
        [gold], [Prediction(article_id="a", annotations=predicted)], tasks=tasks, resamples=0, baseline=False
    )
    notes = " ".join(result.notes)
    found = {"cue": "has a cue, which", "kind": "has a kind that", "label": "has a label that"}
    assert [name for name, words in found.items() if words in notes] == said


class TestConventionsOfSomeTasks:
    """A convention must be one of the chosen tasks, and one of some of them is enough."""

    GOLD = gold_of(entity(0, 8, "PER"))

    def scored(self, *conventions: str, tasks: tuple[str, ...] = ()) -> EvalResult:
        scoring = Scoring(tasks=tasks, conventions=conventions)
        return score_predictions(self.GOLD, predictions(entity(0, 8, "PER")), scoring=scoring, resamples=0)

    def test_one_of_no_chosen_task_is_refused_with_what_these_have(self):
        with pytest.raises(
            InputError, match="convention 'boundary' is none of quotes, but of entities; quotes has exact,"
        ):
            self.scored("exact", "boundary", tasks=("quotes",))
        with pytest.raises(InputError, match="'conll' is none of entities or quotes, but of clusters; entities has"):
            self.scored("all", "conll", tasks=("quotes", "entities"))

    @pytest.mark.parametrize("tasks", [(), ("entities",), ("entities", "quotes")])
    def test_one_of_some_is_fine(self, tasks: tuple[str, ...]):
        result = self.scored("boundary", "iou:0.5", tasks=tasks)
        assert {task: list(own) for task, own in result.tasks.items()} == {"entities": ["boundary", "iou:0.5"]}
        assert "entities" not in result.not_evaluated

    def test_where_only_other_tasks_have_it_the_reason_is_no_layer(self):
        result = self.scored("joint")
        assert not result.tasks
        assert result.not_evaluated["entities"] == "it has no convention joint"
        assert "no layer is in both" not in result.shortfall
