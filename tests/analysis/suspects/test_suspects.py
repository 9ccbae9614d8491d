"""Which items of gold are suspected: made mistakes come first, of every kind and layer."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit import Annotations, Entity, Example, InputError, Prediction, Span, convert_dataset, find_suspects
from evalkit.analysis.adjudication.decisions import ACCEPTED, PERSON, decision_lines
from evalkit.analysis.adjudication.decisions import Decision as Adjudicated
from evalkit.dataset.checking.disputes import DECISIONS_FILE
from evalkit.formats.native.rows import dump_line, example_to_row
from tests.analysis.suspects.mistaken import article, examples, right, system, systems, with_change

PER, PLACE = Span(0, 8), 5
"""Article 5 is `Åse Ek of Norsk Rør met Ida Moen in Lofoten.`"""


@pytest.mark.parametrize(
    ("layer", "changes", "kind"),
    [
        pytest.param("entities", {"label": "ORG"}, "label", id="another label"),
        pytest.param("entities", {"spans": (Span(67, 73),)}, "boundary", id="other bounds"),
        pytest.param("entities", {}, "missing", id="a missing item"),
        pytest.param("quotes", {"speaker": Span(24, 32), "speaker_id": "ida"}, "speaker", id="a swapped speaker"),
        pytest.param("quotes", {}, "missing", id="a missing quote"),
        pytest.param("stances", {"label": "against"}, "label", id="a flipped stance"),
        pytest.param("stances", {}, "missing", id="a missing stance"),
    ],
)
def test_a_mistake_is_the_first_suspect(layer: str, changes: dict[str, Any], kind: str):
    gold = with_change(examples(), PLACE, layer, **changes)
    wrong, was = (one.gold[layer] for one in (gold[PLACE], examples()[PLACE]))
    done = find_suspects(gold, systems(gold), least=0, tasks=[layer])
    first = done.items[0]
    assert (first.article_id, first.layer, first.kind) == ("a05", layer, kind)
    assert first.gold == (wrong[-1] if changes else None)
    assert (first.agree, first.propose, first.asked) == ((), ("system0", "system1", "system2"), 3)
    same = ("label", "spans") if layer == "entities" else ("speaker", "content") if layer == "quotes" else ("label",)
    assert all(getattr(first.proposed, name) == getattr(was[-1], name) for name in same)
    assert first.suspicion > done.items[1].suspicion


def test_what_nobody_else_finds_is_spurious():
    gold = examples()
    odd = Entity(id="e9", spans=(Span(9, 11),), label="ORG")
    gold[PLACE] = replace(gold[PLACE], gold=gold[PLACE].gold.with_layers(entities=[*gold[PLACE].gold.entities, odd]))
    first = find_suspects(gold, systems(gold), least=0, tasks=["entities"]).items[0]
    assert (first.kind, first.gold, first.proposed) == ("spurious", odd, None)


def test_right_gold_is_hardly_suspected():
    gold = examples()
    assert find_suspects(gold, systems(gold), least=0.5).items == ()


def test_a_system_is_trusted_as_far_as_it_agrees_elsewhere():
    """Of two that disagree about one item the one that is right elsewhere is believed."""
    gold = examples()
    wrong = [
        Prediction(
            article_id=one.article.id,
            annotations=Annotations(
                entities=[replace(entity, label="ORG") for entity in right(one.article).entities[:2]]
            ),
        )
        for one in gold
    ]
    done = find_suspects(gold, {"good": system(gold, errs_at=0), "bad": wrong}, least=0, tasks=["entities"])
    assert done.weights["good"]["entities"] > done.weights["bad"]["entities"]
    mistaken = with_change(gold, PLACE, "entities", label="LOC")
    done = find_suspects(mistaken, {"good": system(gold, errs_at=0), "bad": wrong}, least=0, tasks=["entities"])
    assert (done.items[0].article_id, done.items[0].propose) == ("a05", ("good",))


def test_copies_of_a_system_count_little_more_than_one():
    gold = with_change(examples(), PLACE, "entities", label="LOC")
    alone = find_suspects(gold, {"one": system(gold, errs_at=1)}, least=0, tasks=["entities"])
    copies = {name: system(gold, errs_at=1) for name in ("one", "two", "three")}
    together = find_suspects(gold, copies, least=0, tasks=["entities"])
    assert sum(own["entities"] for own in together.weights.values()) < 1.5 * alone.weights["one"]["entities"]


class TestWithoutSystems:
    def test_the_same_words_elsewhere(self):
        gold = with_change(examples(), PLACE, "entities", label="LOC")
        done = find_suspects(gold, least=0, tasks=["entities"])
        first = done.items[0]
        assert (first.article_id, first.kind, first.label) == ("a05", "label", "LOC")
        assert (first.proposed.label, first.asked, done.scores, done.weights) == ("PER", 0, (), {})

    def test_words_that_are_marked_everywhere_else(self):
        gold = with_change(examples(), PLACE, "entities")
        first = find_suspects(gold, least=0, tasks=["entities"]).items[0]
        assert (first.article_id, first.kind, first.text) == ("a05", "missing", "Åse Ek")

    def test_nothing_is_said_of_words_that_stand_nowhere_else(self):
        gold = [Example(article=article(0), gold=right(article(0)))]
        assert all(one.suspicion < 0.5 for one in find_suspects(gold, least=0).items)


def test_order_changes_nothing():
    gold = with_change(examples(), PLACE, "entities", label="LOC")
    runs = systems(gold)
    wanted = find_suspects(gold, runs, least=0).to_json()
    draw = random.Random(7)
    shuffled = draw.sample(
        [
            replace(
                one, gold=Annotations({name: draw.sample(items, len(items)) for name, items in one.gold.layers.items()})
            )
            for one in gold
        ],
        len(gold),
    )
    others = {name: draw.sample(runs[name], len(gold)) for name in reversed(runs)}
    found = find_suspects(shuffled, others, least=0).to_json()
    # The gold was read in another order, which is no other gold.
    assert found == wanted


class TestWhatIsAsked:
    def test_a_failed_article_is_no_vote(self):
        gold = with_change(examples(), PLACE, "entities", label="LOC")
        runs = systems(gold)
        runs["system0"][PLACE] = Prediction(article_id="a05", annotations=Annotations(), error="no idea")
        first = find_suspects(gold, runs, least=0, tasks=["entities"]).items[0]
        assert (first.asked, first.propose) == (2, ("system1", "system2"))

    def test_articles_without_a_prediction_are_left_alone_and_counted(self):
        gold = examples()
        runs = {"one": system(gold, errs_at=0)[:4]}
        done = find_suspects(gold, runs, least=0)
        assert {one.article_id for one in done.items} <= {"a00", "a01", "a02", "a03"}
        assert done.articles == 4
        assert any("8 articles without a prediction" in note for note in done.notes)

    def test_a_layer_that_no_system_claims(self):
        gold = examples()
        only = [
            replace(one, annotations=Annotations(entities=one.annotations.entities)) for one in system(gold, errs_at=0)
        ]
        assert set(find_suspects(gold, {"one": only}, least=0).checked) == {"entities"}

    @pytest.mark.parametrize(("word", "value"), [("least", 2), ("most", -1), ("k", "3")])
    def test_a_number_out_of_range(self, word: str, value: Any):
        with pytest.raises(InputError, match=f"{word} must be a number from 0"):
            find_suspects(examples(2), **{word: value})

    def test_gold_of_no_layer(self):
        bare = [Example(article=article(0), gold=Annotations())]
        with pytest.raises(InputError, match="has no layer whose errors can be told apart"):
            find_suspects(bare)


def test_what_a_person_adjudicated_is_settled(tmp_path: Path):
    mistaken = with_change(examples(), PLACE, "entities", label="LOC")
    source, folder = tmp_path / "gold.jsonl", tmp_path / "gold"
    source.write_text("".join(dump_line(example_to_row(one)) for one in mistaken), encoding="utf-8")
    convert_dataset(source, folder, to="hf")
    runs = systems(mistaken)
    assert [one.label for one in find_suspects(folder, runs, tasks=["entities"]).items] == ["LOC"]
    item = mistaken[PLACE].gold.entities[-1]
    words = {"article_id": "a05", "layer": "entities", "question": item.id, "by": ("ida",), "item": item}
    for rule, settled in (("majority", 0), (PERSON, 1)):
        made = [Adjudicated(**words, status=ACCEPTED, rule=rule)]
        (folder / DECISIONS_FILE).write_text(decision_lines(made), encoding="utf-8")
        done = find_suspects(folder, runs, tasks=["entities"])
        assert (len(done.items), done.settled) == (1 - settled, settled)


class TestWhatTheScoreCouldBe:
    def test_between_what_helps_and_what_costs(self):
        """One mistake of gold, so with it corrected the run has 59 of 60 right where it had 58."""
        gold = with_change(examples(), PLACE, "entities", label="LOC")
        runs = systems(gold)
        done = find_suspects(gold, runs, k=1, least=0, tasks=["entities"])
        for one in done.scores:
            assert (one.task, one.k, one.low) == ("entities", 1, one.f1)
            assert one.f1 < one.high == one.corrected

    def test_as_if_the_gold_were_corrected(self):
        """What the figure says is what scoring against the corrected gold gives."""
        from evalkit import score_predictions

        gold = with_change(examples(), PLACE, "quotes", speaker=Span(24, 32), speaker_id="ida")
        runs = systems(gold)
        done = find_suspects(gold, runs, k=1, least=0, tasks=["quotes"])
        for one in done.scores:
            before, after = (
                score_predictions(side, runs[one.run], tasks=["quotes"], resamples=0, baseline=False)
                for side in (gold, examples())
            )
            assert one.f1 == pytest.approx(before.tasks["quotes"]["exact"].micro.f1)
            assert one.corrected == pytest.approx(after.tasks["quotes"]["exact"].micro.f1)

    def test_a_run_is_scored_on_the_articles_that_it_was_made_for(self):
        gold = examples()
        done = find_suspects(gold, {"part": system(gold, errs_at=99)[:3]}, tasks=["entities"])
        assert [one.f1 for one in done.scores] == [1]

    def test_none_is_wrong(self):
        for one in find_suspects(examples(), systems(examples()), k=0).scores:
            assert one.low == one.f1 == one.high == one.corrected
